"""Rows of the archive's answers (JSON) as values. Times come as ISO 8601 text."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from digest.facts import Correction, Period, Report, SourceFact, StoryFact
from domain.model import Incident, IncidentState, Lens, Level, Rights, Signal

Row = Mapping[str, Any]


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def report_of(row: Row) -> Report:
    return Report(
        item_id=row["item_id"],
        url=row["url"],
        title=row["title"],
        outlet=row["outlet"] or row["publisher"],
        published_at=datetime.fromisoformat(row["published_at"]),
        lead=row["lead"],
        publisher=row["publisher"],
        country=row["country"],
        language=row["language"],
        tier=row["tier"],
        lens=Lens(row["lens"]),
        kind=row["kind"],
        paywalled=None if row["paywalled"] is None else bool(row["paywalled"]),
        rights=Rights(row["rights"]),
        grade=row["grade"],
        topics=tuple(row["topics"]),
        severity=row["severity"],
    )


def story_of(row: Row, reports: tuple[Report, ...], abroad: tuple[Report, ...] = ()) -> StoryFact:
    return StoryFact(
        id=row["id"],
        title=row["title"],
        language=row["language"],
        first_published=datetime.fromisoformat(row["first_published"]),
        first_seen=datetime.fromisoformat(row["first_seen"]),
        last_change=datetime.fromisoformat(row["last_change"]),
        items=row["items"],
        outlets=row["outlets"],
        publishers=row["publishers"],
        items_now=row["items_now"],
        publishers_now=row["publishers_now"],
        publishers_before=row["publishers_before"],
        previous_at=moment(row["previous_at"]),
        severity=max(1, row["severity"]),
        severity_by=row.get("severity_by", ""),
        tier=row["tier"],
        state=row["state"],
        topics=tuple(row["topics"]),
        features=tuple(row["features"]),
        platforms=tuple(row["platforms"]),
        lenses=tuple(row["lenses"]),
        markets=tuple(dict.fromkeys(code for codes in row["markets"] for code in codes.split())),
        reports=reports,
        abroad=abroad,
    )


def faded(row: Row, period: Period) -> StoryFact:
    """A story that had reports in the period before and none in this one; only its counts are known."""
    before = period.start - timedelta(seconds=1)
    return StoryFact(
        id=row["id"],
        title=row["title"],
        language="",
        first_published=period.previous_start,
        first_seen=period.previous_start,
        last_change=before,
        items=0,
        outlets=0,
        publishers=row["publishers_before"],
        items_now=0,
        publishers_now=0,
        publishers_before=row["publishers_before"],
        previous_at=before,
        state=row["state"],
        topics=tuple(row.get("topics", ())),
    )


def source_of(row: Row) -> SourceFact:
    return SourceFact(
        row["id"],
        row["name"],
        row["outcome"],
        row["reason"],
        moment(row["since"]),
        row["share"] or 0.0,  # nothing was ever read: no share
        row["lens"],
        row["language"],
    )


def correction_of(row: Row) -> Correction:
    return Correction(
        row["item_id"],
        row["url"],
        row["outlet"],
        row["kind"],
        row["old"],
        row["new"],
        datetime.fromisoformat(row["at"]),
        row["language"],
        row["story_id"],
        Rights(row["rights"]),
        tuple(row["topics"]),
    )


def signal_of(row: Row) -> Signal:
    return Signal(
        **{
            **row,
            "day": date.fromisoformat(row["day"]),
            "level": Level(row["level"]),
            "reasons": tuple(row["reasons"]),
            "item_ids": tuple(row["item_ids"]),
        }
    )


def incident_of(row: Row) -> Incident:
    lists = {name: tuple(row[name]) for name in ("audience", "story_ids", "signal_ids", "item_ids")}
    return Incident(
        id=row["id"],
        title=row["title"],
        market=row["market"],
        severity=row["severity"],
        state=IncidentState(row["state"]),
        opened_at=datetime.fromisoformat(row["opened_at"]),
        version=row["version"],
        owner=row["owner"],
        due_at=moment(row["due_at"]),
        acknowledged_at=moment(row["acknowledged_at"]),
        tlp=row["tlp"],
        **lists,
    )
