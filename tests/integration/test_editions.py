"""A day's issues over a real archive: the morning's, its updates, the week's report; each once, each made again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from digest.formats import html
from digest.formats.email import message
from digest.formats.text import render
from digest.kept import keep
from domain.briefing import Digest
from domain.model import Level, Remark, RemarkKind, Signal
from lagebild.belts.deliver import parcels, send, wished_at
from lagebild.belts.publish import (
    Press,
    closed_friday,
    issues_of,
    publish,
    publish_update,
    publish_week,
    rebuilt,
    update_facts,
)
from lagebild.settings import Delivery, Edition, Recipient
from lagebild.upkeep import may_update
from storage.sqlite.archive import SqliteArchive
from tests.fixtures.digest_archive import LAST, SOURCES, changed_headline, filled

MORNING = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
EDITION = Edition(market="DE", zone="Europe/Berlin")


@pytest.fixture
def archive() -> Iterator[SqliteArchive]:
    held = filled(days=20)
    yield held
    held.close()


@pytest.fixture
def press(tmp_path: Path) -> Press:
    return Press(tmp_path, ("text",), {}, {})


def alarm(name: str, level: Level = Level.ESCALATE) -> Signal:
    return Signal(
        id=name, dimension="topic", label="fraud_scam_ads", market="DE", day=LAST, count=12, expected=2.0, upper=5.5,
        score=8.1, p_value=1e-9, level=level, items=14, outlets=12,
    )  # fmt: skip


def update_ids(archive: SqliteArchive, press: Press, now: datetime = NOON) -> list[str]:
    return [issue.digest.id for issue in publish_update(archive, press, EDITION, now) if issue.is_first]


def test_without_news_there_is_no_update(archive: SqliteArchive, press: Press) -> None:
    assert update_ids(archive, press) == []
    list(publish(archive, press, EDITION, MORNING))
    assert update_ids(archive, press) == []


def test_a_new_alarm_makes_one_update_in_each_language_and_no_second(
    archive: SqliteArchive, press: Press
) -> None:
    list(publish(archive, press, EDITION, MORNING))
    archive.keep_signals([alarm("sig-new")], NOON - timedelta(minutes=5))
    assert update_ids(archive, press) == ["de-2026-11-22-update-1-de", "de-2026-11-22-update-1-en"]
    assert update_ids(archive, press, NOON + timedelta(hours=1)) == []
    assert sorted(path.name for path in press.folder.rglob("*update*")) == [
        "2026-11-22-DE-de-update-1.txt",
        "2026-11-22-DE-en-update-1.txt",
    ]


def test_an_update_says_that_it_is_one_and_why_and_follows_the_mornings_mail(
    archive: SqliteArchive, press: Press
) -> None:
    list(publish(archive, press, EDITION, MORNING))
    archive.keep_signals([alarm("sig-new")], NOON - timedelta(minutes=5))
    digest = next(publish_update(archive, press, EDITION, NOON)).digest
    assert digest.header.title.endswith("Nachtrag 1")
    assert "Nachtrag 1" in digest.subject
    text = (press.folder / "DE" / "2026-11-22-DE-de-update-1.txt").read_text()
    assert "Nachtrag zur Ausgabe von 06:30 Uhr; Anlass: ein neuer Fall zum Eskalieren." in " ".join(
        text.split()
    )
    assert message(digest)["References"] == "<de-2026-11-22-daily-de@lagebild.invalid>"


def test_a_correction_of_a_told_story_makes_an_update(archive: SqliteArchive, press: Press) -> None:
    list(publish(archive, press, EDITION, MORNING))
    changed_headline(archive, "de-tagblatt-1121-1", "Ganz anders", NOON - timedelta(hours=1))
    facts = update_facts(archive, press, EDITION, issues_of(archive, EDITION, LAST), NOON)
    assert facts.occasions == ("correction",)


def test_a_word_of_the_analyst_makes_an_update_and_carries_it(archive: SqliteArchive, press: Press) -> None:
    list(publish(archive, press, EDITION, MORNING))
    archive.keep_remark(said("Der Bescheid ist da.", NOON - timedelta(minutes=3)))
    (german, english) = publish_update(archive, press, EDITION, NOON)
    assert "Der Bescheid ist da." in str(german.digest.section(1))
    assert english.digest.section(1) != german.digest.section(1)


def said(text: str, at: datetime) -> Remark:
    return Remark(
        market="DE", day=LAST, kind=RemarkKind.ASSESSMENT, text=text, by="Ute Kern", at=at, language="de"
    )


def test_an_update_that_a_crash_cut_short_is_finished_as_of_its_own_moment(
    archive: SqliteArchive, press: Press
) -> None:
    list(publish(archive, press, EDITION, MORNING))
    archive.keep_signals([alarm("sig-new")], NOON - timedelta(minutes=5))
    next(publish_update(archive, press, EDITION, NOON))
    assert update_ids(archive, press, NOON + timedelta(hours=2)) == ["de-2026-11-22-update-1-en"]
    assert [same for _, same in rebuilt(archive, press, EDITION, LAST)] == [True] * 4


def test_every_issue_of_a_day_is_made_again_byte_for_byte_whatever_came_later(
    archive: SqliteArchive, press: Press
) -> None:
    archive.keep_remark(said("Wir warten.", MORNING - timedelta(minutes=4)))
    list(publish(archive, press, EDITION, MORNING))
    archive.keep_signals([alarm("sig-new")], NOON - timedelta(minutes=5))
    list(publish_update(archive, press, EDITION, NOON))
    archive.keep_remark(said("Der Bescheid ist da.", NOON + timedelta(minutes=50)))
    list(publish_update(archive, press, EDITION, NOON + timedelta(hours=1)))
    archive.keep_remark(said("Doch nicht.", NOON + timedelta(hours=5)))
    again = dict(rebuilt(archive, press, EDITION, LAST))
    assert len(again) == 6
    assert all(again.values())


def test_the_weeks_report_tells_which_sources_came_and_went(archive: SqliteArchive, press: Press) -> None:
    kept_ones = [source for source in SOURCES if source.id != "de-forum"]
    archive.sync_sources(kept_ones, datetime(2026, 11, 18, 9, 0, tzinfo=UTC))
    report = next(publish_week(archive, press, EDITION, MORNING)).digest
    text = " ".join(render(report).decode().split())
    assert "Entfernte Quellen: 1" in text
    assert "Forum DE" in text


def test_the_weeks_report_is_kept_once_and_made_again(archive: SqliteArchive, press: Press) -> None:
    friday = date(2026, 11, 20)
    assert closed_friday(EDITION, MORNING) == friday
    first = [issue.is_first for issue in publish_week(archive, press, EDITION, MORNING)]
    assert first + [issue.is_first for issue in publish_week(archive, press, EDITION, NOON)] == [
        True,
        True,
        False,
        False,
    ]
    assert list(rebuilt(archive, press, EDITION, friday)) == [
        ("de-2026-11-20-weekly-de", True),
        ("de-2026-11-20-weekly-en", True),
    ]


@pytest.mark.parametrize(
    ("hour", "earlier", "allowed"), [(6, 1, False), (11, 1, True), (11, 4, False), (11, 0, False), (19, 1, False)]
)  # fmt: skip
def test_updates_come_by_day_and_not_too_often(
    archive: SqliteArchive, press: Press, hour: int, earlier: int, allowed: bool
) -> None:
    issues = [next(publish(archive, press, EDITION, MORNING)).digest] * earlier
    assert may_update(EDITION, issues, NOON.replace(hour=hour)) is allowed


# --- who gets what when --------------------------------------------------------------------------


@pytest.fixture
def daily(archive: SqliteArchive, press: Press) -> Digest:
    return next(publish(archive, press, EDITION, MORNING)).digest


def to(**given: object) -> Recipient:
    return Recipient.model_validate({"channel": "file", "to": "/tmp/x", **given})


def test_recipients_get_the_editions_they_asked_for(daily: Digest) -> None:
    update = replace(daily, edition="update-1", id=daily.id.replace("daily", "update-1"))
    people = [to(to="a"), to(to="b", editions=["daily", "update"]), to(to="c", editions=["weekly"])]
    assert [one.recipient for one in parcels(daily, people, MORNING)] == ["a", "b"]
    assert [one.recipient for one in parcels(update, people, MORNING)] == ["b"]
    assert parcels(daily, people, MORNING)[1].key != parcels(update, people, MORNING)[0].key


def test_a_form_is_set_once_for_all_who_get_it_and_not_again_for_those_who_have_it(
    archive: SqliteArchive, daily: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms: list[str] = []
    page = html.render
    monkeypatch.setattr(html, "render", lambda digest: forms.append(digest.id) or page(digest))
    people = tuple(to(to=str(tmp_path / name)) for name in ("a", "b"))
    brief = to(to=str(tmp_path / "c"), variant="leadership")
    send(archive, [daily], Delivery(recipients=people), {}, lambda: MORNING)
    assert forms == [daily.id]
    send(archive, [daily], Delivery(recipients=(*people, brief)), {}, lambda: MORNING)
    send(archive, [daily], Delivery(recipients=(*people, brief)), {}, lambda: MORNING)
    assert forms == [daily.id, f"{daily.id}-leadership"]
    assert len(archive.deliveries(daily.id)) == 3


@pytest.mark.parametrize(
    ("zone", "send_at", "due"),
    [
        ("", None, MORNING),
        ("", time(9, 0), datetime(2026, 11, 22, 8, 0, tzinfo=UTC)),
        ("Europe/London", time(7, 30), datetime(2026, 11, 22, 7, 30, tzinfo=UTC)),
        ("America/New_York", time(7, 30), datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        ("Asia/Tokyo", time(7, 30), MORNING),
    ],
)
def test_each_recipient_may_have_a_time_and_a_zone_and_never_gets_it_before_it_is_made(
    daily: Digest, zone: str, send_at: time | None, due: datetime
) -> None:
    (parcel,) = parcels(daily, [to(zone=zone, send_at=send_at)], MORNING)
    assert parcel.next_try_at == due


def test_a_parcel_waits_for_its_time_and_an_update_for_none(archive: SqliteArchive, daily: Digest) -> None:
    late = to(send_at=time(9, 0))
    archive.enqueue(parcels(daily, [late], MORNING))
    archive.enqueue(parcels(daily, [late], MORNING + timedelta(hours=4)))
    assert archive.claim(MORNING + timedelta(hours=1)) == []
    assert len(archive.claim(MORNING + timedelta(hours=2))) == 1
    assert wished_at(replace(daily, edition="update-1"), late) is None


def test_a_market_without_a_morning_issue_has_no_update(archive: SqliteArchive, press: Press) -> None:
    keep(archive, next(publish(archive, press, EDITION, MORNING)).digest)
    austria = Edition(market="AT", zone="Europe/Vienna")
    assert list(publish_update(archive, press, austria, NOON)) == []
