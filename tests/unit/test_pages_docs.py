"""Every publisher's file has its heading in the docs, and the example there works."""

import re
from pathlib import Path

import pytest

from crawler.rules import PACKAGE, SiteRules
from domain.registry import names_in, plug

PAGE = (Path(__file__).parents[2] / "docs" / "plugs" / "pages.md").read_text("utf-8")


@pytest.mark.parametrize("site", names_in(PACKAGE))
def test_every_publisher_has_a_heading_that_names_its_hosts(site: str) -> None:
    section = PAGE.split(f"\n## `{site}`\n")[1].split("\n## ")[0]
    for rules in plug(PACKAGE, site).AGES:
        assert all(host in section for host in rules.hosts)


def test_the_example_in_the_docs_runs() -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    ages = names["AGES"]
    assert isinstance(ages, tuple)
    assert all(isinstance(rules, SiteRules) for rules in ages)


@pytest.mark.parametrize("field", SiteRules.__dataclass_fields__)
def test_every_field_of_the_rules_is_told(field: str) -> None:
    assert f"`{field}`" in PAGE or f"{field}=" in PAGE
