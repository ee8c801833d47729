"""A person's last word on a severity holds, until it is taken back."""

from datetime import UTC, datetime, timedelta

from domain.model import Label
from lagebild.overrides import in_force

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def said(level, by, verdict="right", minutes=0, reason="why"):
    return Label("a", "severity", level, verdict, by, NOW + timedelta(minutes=minutes), reason)


def test_the_last_word_holds():
    assert in_force([said("4", "anna"), said("2", "ben", minutes=5)]) == {"a": (2, "ben", "why")}


def test_what_was_taken_back_holds_no_more():
    assert in_force([said("4", "anna"), said("4", "anna", "wrong", minutes=5)]) == {}


def test_what_people_say_of_topics_is_no_severity():
    assert in_force([Label("a", "topic", "youth_safety", "right", "anna", NOW)]) == {}
