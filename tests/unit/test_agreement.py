"""How far two readers agree: the textbook's kappa, and who counts as a reader of what."""

from datetime import UTC, datetime

import pytest

from domain.model import Label
from lagebild.agreement import agreement, kappa

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def said(item: str, by: str, relevant: bool, *topics: str) -> list[Label]:
    told = [Label(item, "relevance", "relevant", "right" if relevant else "wrong", by, NOW)]
    return told + [Label(item, "topic", topic, "missing", by, NOW) for topic in topics]


def test_cohens_own_kind_of_table() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)


def test_where_nothing_varies_kappa_says_nothing() -> None:
    assert kappa([(True, True)] * 9) is None
    assert kappa([]) is None


def test_relevance_and_topics_are_compared_over_items_that_two_have_read() -> None:
    labels = [
        *said("a", "anna", True, "hate"),
        *said("a", "ben", True, "hate", "fraud"),
        *said("b", "anna", True),
        *said("b", "ben", False),
        *said("c", "anna", True, "hate"),
    ]
    rows = {(row.what, row.label): (row.n, row.same) for row in agreement(labels, ["hate", "fraud", "other"])}
    assert rows == {
        ("relevance", ""): (2, 1),
        ("topics", ""): (4, 3),
        ("topics", "hate"): (2, 2),
        ("topics", "fraud"): (2, 1),
    }


def test_a_verdict_on_the_item_page_makes_nobody_a_reviewer() -> None:
    assert (
        agreement([Label("a", "topic", "hate", "right", who, NOW) for who in ("anna", "ben")], ["hate"]) == []
    )
