"""Severity is about harm, and lists what moved it."""

import pytest

from domain.model import Annotation, Evidence
from nlp.severity import Facts, expected_level, judge_severity, overridden, restored

CALM = [9.0, 9.0, -9.0, -9.0, -9.0]  # at least 2, surely not 3


def facts(text, topics=("youth_safety",), named=False, language="de"):
    return Facts(text, language, topics, named)


def test_the_expected_level_is_the_sum_of_chances():
    assert expected_level([9, 9, 9, 9, 9]) == pytest.approx(5, abs=0.01)
    assert expected_level([9, -9, -9, -9, -9]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Zwölfjähriger stirbt nach Mutprobe", "a death is named: »stirbt«"),
        ("Polizei warnt", "an authority speaks or acts: »Polizei«"),
        ("Tipps für den Alltag", "prevention or advice: »Tipps«"),
        ("Millionen Nutzer betroffen", "very many people are affected: »Millionen Nutzer«"),
    ],
)
def test_every_rule_that_spoke_is_listed_with_its_words(text, reason):
    assert reason in judge_severity(CALM, facts(text)).reasons


def test_death_raises_and_advice_lowers():
    middle = [9.0, 9.0, 9.0, 0.0, -9.0]  # 3.5
    assert judge_severity(middle, facts("Kind stirbt")).level == 4
    assert judge_severity([9, 9, 0.0, -9, -9], facts("Tipps für Eltern")).level == 2


def test_enforcement_weighs_more_when_the_platform_is_in_the_title():
    text = "EU-Kommission leitet Verfahren ein"
    near = judge_severity(CALM, facts(text, named=True))
    assert any("named in the title" in r for r in near.reasons)
    assert not any("named in the title" in r for r in judge_severity(CALM, facts(text)).reasons)


MACHINE = Annotation(
    item_id="a",
    layer="severity",
    label="2",
    annotator="risk/1",
    evidence=(Evidence(0, 0, "the model reads level 2.0", "severity"),),
)


def test_a_person_may_override_with_a_reason_that_is_kept():
    changed = overridden(MACHINE, 4, "anna", " local case, minors ")
    assert (changed.label, changed.text) == ("4", "anna")
    assert [e.text for e in changed.evidence] == [
        "anna: local case, minors",
        "automatic level: 2",
        "the model reads level 2.0",
    ]
    with pytest.raises(ValueError, match="reason"):
        overridden(MACHINE, 3, "anna", " ")
    with pytest.raises(ValueError, match="0 to 5"):
        overridden(MACHINE, 6, "anna", "why")


def test_a_second_person_replaces_the_first_and_the_machines_level_comes_back():
    twice = overridden(overridden(MACHINE, 4, "anna", "minors"), 1, "ben", "an old case")
    assert twice.evidence[1].text == "automatic level: 2" and len(twice.evidence) == 3
    assert restored(twice) == MACHINE and restored(MACHINE) == MACHINE
