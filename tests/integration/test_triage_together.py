"""Two people, one archive file: no change is lost, and every one can be read back."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from domain.errors import Conflict
from domain.model import IncidentState
from lagebild import triage
from storage.sqlite import open_archive

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
PEOPLE = ("ada", "bo", "cem", "dora")
NOTES_EACH = 12


def opened(path):
    incident, event = triage.open_incident("Fake shop wave", "DE", 4, by="rule", now=NOW, due=NOW)
    with_archive = open_archive(path)
    with_archive.open_incident(incident, event)
    return incident.id


def test_notes_by_four_people_at_once_are_all_kept(tmp_path):
    path = tmp_path / "archive.db"
    incident_id = opened(path)

    def write(person):
        archive = open_archive(path)
        for n in range(NOTES_EACH):
            while True:
                try:
                    triage.change(
                        archive,
                        incident_id,
                        lambda i, n=n: triage.note(i, f"{person} {n}", by=person, now=NOW),
                    )
                    break
                except Conflict:  # five lost races in a row: a person would press the button again
                    continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, PEOPLE))
    log = open_archive(path).incident_log(incident_id)
    written = Counter(event.by for event in log if event.action == "note")
    assert written == dict.fromkeys(PEOPLE, NOTES_EACH)
    assert open_archive(path).incident(incident_id).version == 1 + len(PEOPLE) * NOTES_EACH


def test_of_two_who_decide_at_once_one_is_told_and_the_log_shows_the_other(tmp_path):
    path = tmp_path / "archive.db"
    incident_id = opened(path)
    archive, other = open_archive(path), open_archive(path)
    seen_by_ada, seen_by_bo = archive.incident(incident_id), other.incident(incident_id)
    archive.change_incident(*triage.set_state(seen_by_ada, IncidentState.VERIFYING, by="ada", now=NOW))
    try:
        other.change_incident(*triage.dismiss(seen_by_bo, by="bo", now=NOW, reason="satire"))
        told = False
    except Conflict:
        told = True
    assert told
    assert archive.incident(incident_id).state is IncidentState.VERIFYING
    assert [(e.by, e.action, e.after) for e in archive.incident_log(incident_id)] == [
        ("rule", "open", "new"),
        ("ada", "state", "verifying"),
    ]
