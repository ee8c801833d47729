"""Outlets and the houses behind them."""

from collections import Counter
from urllib.parse import urlsplit

import pytest

from crawler.publishers import group_of, groups, publisher_of


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.abendblatt.de/a", "Funke Mediengruppe"),
        ("https://www.lvz.de/a", "Madsack Mediengruppe (RND)"),
        ("https://www.merkur.de/a", "Ippen-Mediengruppe"),
        ("https://www.derbund.ch/a", "TX Group"),
        ("https://www.luzernerzeitung.ch/a", "CH Media"),
        ("https://sport.bild.de/a", "Axel Springer"),
        ("https://www1.wdr.de/a", "ARD"),
        ("https://www.einzelblatt.example/a", "Das Einzelblatt"),
        ("", "Das Einzelblatt"),
    ],
)
def test_an_outlet_counts_with_its_house(url: str, publisher: str) -> None:
    assert publisher_of(url, "Das Einzelblatt") == publisher


def test_every_outlet_is_in_one_group_and_every_group_names_its_source() -> None:
    counted = Counter(host for group in groups() for host in group.outlets)
    assert [host for host, count in counted.items() if count > 1] == []
    assert all(urlsplit(group.source).scheme == "https" for group in groups())
    assert {group.shares for group in groups()} <= {"owner", "newsroom", "both"}


def test_a_bare_host_is_enough() -> None:
    group = group_of("waz.de")
    assert group is not None
    assert group.id == "funke"
