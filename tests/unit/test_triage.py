"""How an incident moves, and what its log keeps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Conflict
from domain.model import IncidentState, Item, ItemKind, Lens
from lagebild import triage
from lagebild.triage import TriageRefused

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # a Friday, 10:00 in Berlin


def opened(severity=4, **more):
    due = triage.due_at(severity, NOW, BERLIN)
    return triage.open_incident("Fake shop wave", "DE", severity, by="rule", now=NOW, due=due, **more)[0]


def walked(*states):
    incident = opened()
    for state in states:
        incident, _ = triage.set_state(incident, state, by="ada", now=NOW, reason="because")
    return incident


@pytest.mark.parametrize(
    ("severity", "due"),
    [
        (5, datetime(2026, 3, 6, 10, 0, tzinfo=UTC)),
        (4, datetime(2026, 3, 6, 13, 0, tzinfo=UTC)),
        (3, datetime(2026, 3, 9, 9, 0, tzinfo=UTC)),
        (2, datetime(2026, 3, 7, 6, 30, tzinfo=UTC)),
        (0, datetime(2026, 3, 7, 6, 30, tzinfo=UTC)),
    ],
)
def test_the_due_time_follows_from_severity(severity, due):
    assert triage.due_at(severity, NOW, BERLIN) == due


def test_a_holiday_is_no_working_day():
    monday_off = {date(2026, 3, 9)}
    assert triage.due_at(3, NOW, BERLIN, monday_off) == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def test_the_working_day_keeps_local_time_over_the_change_of_clocks():
    friday = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
    assert triage.due_at(3, friday, BERLIN) == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


def test_an_incident_walks_the_whole_way_and_logs_each_step():
    incident, steps = opened(), []
    for state in ("verifying", "assessed", "escalated", "mitigated", "closed"):
        incident, event = triage.set_state(incident, IncidentState(state), by="ada", now=NOW, reason="done")
        steps.append((event.before, event.after))
    assert steps == [
        ("new", "verifying"),
        ("verifying", "assessed"),
        ("assessed", "escalated"),
        ("escalated", "mitigated"),
        ("mitigated", "closed"),
    ]
    assert incident.state is IncidentState.CLOSED


def test_a_step_that_is_not_on_the_way_names_those_that_are():
    with pytest.raises(TriageRefused, match="verifying, assessed, escalated, dismissed"):
        triage.set_state(opened(), IncidentState.CLOSED, by="ada", now=NOW)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_dismissal_needs_a_reason(reason):
    with pytest.raises(TriageRefused, match="needs a reason"):
        triage.dismiss(opened(), by="ada", now=NOW, reason=reason)


def test_a_dismissed_incident_can_be_reopened_with_a_reason():
    gone, _ = triage.dismiss(opened(), by="ada", now=NOW, reason="satire")
    with pytest.raises(TriageRefused, match="reopening needs a reason"):
        triage.reopen(gone, by="bo", now=NOW, reason="")
    again, event = triage.reopen(gone, by="bo", now=NOW, reason="second source")
    assert (again.state, event.action, event.reason) == (IncidentState.VERIFYING, "reopen", "second source")


def test_leaving_new_or_taking_it_acknowledges():
    assert walked(IncidentState.VERIFYING).acknowledged_at == NOW
    assert triage.assign(opened(), "ada", by="ada", now=NOW)[0].acknowledged_at == NOW
    assert opened().acknowledged_at is None


def test_what_nobody_looked_at_in_time_is_overdue():
    late = NOW + timedelta(hours=5)
    assert triage.is_overdue(opened(), late)
    assert not triage.is_overdue(opened(), NOW)
    assert not triage.is_overdue(walked(IncidentState.VERIFYING), late)


def test_a_new_severity_needs_a_reason_and_moves_the_due_time():
    with pytest.raises(TriageRefused, match="needs a reason"):
        triage.set_severity(opened(), 5, by="ada", now=NOW, due=NOW, reason="")
    graver, event = triage.set_severity(opened(), 5, by="ada", now=NOW, due=NOW, reason="a minor is hurt")
    assert (graver.severity, graver.due_at, event.before, event.after) == (5, NOW, "4", "5")


def test_an_unknown_audience_is_refused():
    with pytest.raises(TriageRefused, match="Marketing"):
        triage.set_audience(opened(), ["policy", "Marketing"], by="ada", now=NOW)
    assert triage.set_audience(opened(), ["policy"], by="ada", now=NOW)[0].audience == ("Policy",)


def test_a_merge_keeps_the_links_the_graver_severity_and_the_earlier_due_time():
    kept, duplicate = opened(3, item_ids=("a",)), replace(opened(5, item_ids=("a", "b")), id="DE-2")
    (both, merged), (gone, closed) = triage.merge(kept, duplicate, by="ada", now=NOW)
    assert (both.item_ids, both.severity, both.due_at) == (("a", "b"), 5, NOW + timedelta(hours=1))
    assert (gone.state, closed.reason) == (IncidentState.DISMISSED, f"duplicate of {kept.id}")
    assert merged.after == "DE-2"


def test_an_incident_is_not_merged_with_itself_nor_into_an_ended_one():
    with pytest.raises(TriageRefused):
        triage.merge(opened(), opened(), by="ada", now=NOW)
    ended = walked(IncidentState.DISMISSED)
    with pytest.raises(TriageRefused, match="has ended"):
        triage.merge(ended, replace(opened(), id="DE-2"), by="ada", now=NOW)


def test_nobody_changes_anything_without_a_name():
    with pytest.raises(TriageRefused, match="somebody"):
        triage.note(opened(), "seen", by=" ", now=NOW)


def test_the_lag_ledger_reads_items_and_log():
    seen = NOW - timedelta(minutes=30)
    item = Item(
        id="a", source_id="s", raw_id="1", kind=ItemKind.ARTICLE, url="https://a.example/1", title="t", lead="",
        text="", language="de", markets=("DE",), lens=Lens.MEDIA, published_at=seen - timedelta(hours=2),
        fetched_at=seen, content_hash="h",
    )  # fmt: skip
    incident, first = triage.open_incident("t", "DE", 4, by="rule", now=NOW, due=NOW)
    incident, second = triage.set_state(
        incident, IncidentState.ESCALATED, by="ada", now=NOW + timedelta(minutes=20)
    )
    ledger = triage.lags([item], [first, second])
    assert ledger.seen_after == timedelta(hours=2)
    assert ledger.triaged_after == timedelta(minutes=50)
    assert ledger.escalated_after == timedelta(0)


class OneIncident:
    """A triage archive of one incident in which somebody else is faster for the first `races` changes."""

    def __init__(self, incident, races):
        self.kept, self.races, self.log = incident, races, []

    def incident(self, incident_id):
        return self.kept if incident_id == self.kept.id else None

    def change_incident(self, incident, event):
        if self.races:
            self.races -= 1
            self.kept = replace(self.kept, version=self.kept.version + 1, owner="faster")
        if incident.version != self.kept.version:
            raise Conflict("changed meanwhile", remedy="read it again")
        self.kept = replace(incident, version=incident.version + 1)
        self.log.append(event)
        return self.kept


def test_a_note_that_lost_the_race_is_written_on_the_newer_version():
    archive = OneIncident(opened(), races=2)
    after = triage.change(archive, archive.kept.id, lambda i: triage.note(i, "seen", by="ada", now=NOW))
    assert (after.owner, len(archive.log)) == ("faster", 1)


def test_a_decision_that_lost_the_race_is_given_back_to_its_maker():
    archive = OneIncident(opened(), races=1)
    with pytest.raises(Conflict):
        triage.change(archive, archive.kept.id, lambda i: triage.assign(i, "ada", by="ada", now=NOW))
    assert archive.kept.owner == "faster"


def test_an_unknown_incident_is_refused():
    with pytest.raises(TriageRefused, match="no incident"):
        triage.change(OneIncident(opened(), 0), "nope", lambda i: triage.note(i, "x", by="ada", now=NOW))
