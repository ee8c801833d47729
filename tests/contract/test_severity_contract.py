"""A person's severity holds in every archive: at once, in search, and through the next version of the annotator."""

from datetime import timedelta

import pytest

from domain.errors import ConfigError
from domain.model import Annotation, Evidence, Reading, Search
from lagebild.overrides import overrides_of, set_severity, severity_tag, take_back
from nlp.severity import overridden

REASON = (Evidence(0, 0, "the model reads level 2.0", "severity"),)


def reading(version: str) -> Reading:
    said = Annotation(item_id="a", layer="severity", label="2", annotator=version, evidence=REASON)
    topic = Annotation(item_id="a", layer="topic", label="youth_safety", annotator=version)
    return Reading("a", version, (said, topic))


@pytest.fixture
def read(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_readings([reading("risk/1")], now)
    return archive


def test_it_holds_at_once_and_the_other_tags_stay(read, now):
    later = now + timedelta(minutes=5)
    set_severity(read, "a", 4, "a pupil of our town", by="anna", now=later)
    tag = severity_tag(read, "a")
    assert (tag.label, tag.text, tag.evidence[0].text) == ("4", "anna", "anna: a pupil of our town")
    assert [t.label for t in read.annotations(["a"], "topic")["a"]] == ["youth_safety"]
    assert [hit.severity for hit in read.search(Search(min_severity=4)).hits] == [4]
    assert read.labels(now)[0].reason == "a pupil of our town"


def test_the_next_version_respects_it(read, now):
    set_severity(read, "a", 4, "a pupil of our town", by="anna", now=now + timedelta(minutes=5))
    by_hand = overrides_of(read)(["a"])["a"]
    newer = reading("risk/2")
    said = tuple(overridden(t, *by_hand) if t.layer == "severity" else t for t in newer.annotations)
    read.keep_readings([Reading("a", "risk/2", said)], now + timedelta(hours=1))
    assert severity_tag(read, "a").label == "4"


def test_it_can_be_taken_back(read, now):
    set_severity(read, "a", 4, "a pupil of our town", by="anna", now=now + timedelta(minutes=5))
    take_back(read, "a", "mixed up", by="ben", now=now + timedelta(minutes=9))
    tag = severity_tag(read, "a")
    assert (tag.label, tag.text, tag.evidence) == ("2", "", REASON)
    assert overrides_of(read)(["a"]) == {}


def test_what_makes_no_sense_is_refused(read, now):
    with pytest.raises(ConfigError, match="needs a reason"):
        set_severity(read, "a", 4, " ", by="anna", now=now)
    with pytest.raises(ConfigError, match="nobody set"):
        take_back(read, "a", "", by="anna", now=now)
    with pytest.raises(ConfigError, match="no item"):
        severity_tag(read, "z")
