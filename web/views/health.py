"""For machines that watch: alive, ready, and figures in Prometheus' text form."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.model import JobRun
from web.desk import Desk

DAY = timedelta(days=1)


def alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def ready(request: Request) -> Response:
    """Ready while sources are visited; 503 tells a watcher to look."""
    desk: Desk = request.app.state.desk
    visits = desk.archive.visits(desk.clock() - DAY)
    reported = sum(visit.outcome.reported for visit in visits)
    fine = not desk.sources or reported > 0
    return JSONResponse(
        {"status": "ok" if fine else "silent", "visits": len(visits), "reported": reported},
        200 if fine else 503,
    )


def metrics(request: Request) -> Response:
    return Response(
        generate_latest(registry_of(request.app.state.desk)), media_type="text/plain; version=0.0.4"
    )


def registry_of(desk: Desk) -> CollectorRegistry:
    """Today's figures; made anew at each question, so that they are never stale."""
    registry, now = CollectorRegistry(), desk.clock()
    visits = desk.archive.visits(now - DAY)
    outcomes = Counter(visit.outcome.value for visit in visits)
    _by(registry, "visits_day", "Visits of the last 24 hours by outcome.", "outcome", outcomes)
    fresh = sum(visit.fresh for visit in visits)
    _one(registry, "fresh_entries_day", "New entries of the last 24 hours.", fresh)
    _by(registry, "collection_lag_seconds", "Since the last reporting visit, by class.", "class", lags(desk))
    _one(registry, "reading_lag_seconds", "How long the item waits that waits longest.", reading_lag(desk))
    _by(registry, "digest_age_seconds", "Since the latest briefing was kept.", "market", digest_ages(desk))
    _by(registry, "belt_depth", "What waits before a belt.", "belt", depths(desk))
    _by(registry, "job_seconds", "How long each job's latest run took.", "job", run_seconds(desk))
    _by(registry, "job_failed", "1 when a job's latest run failed.", "job", run_failures(desk))
    _by(
        registry, "alarm", "1 for each alarm that stands.", "alarm", {a.key: 1 for a in desk.archive.alarms()}
    )
    _by(
        registry,
        "annotator",
        "1 for each annotator version in use.",
        "version",
        dict.fromkeys(annotators(desk), 1),
    )
    return registry


def _by(registry: CollectorRegistry, name: str, told: str, label: str, values: Mapping[str, float]) -> None:
    gauge = Gauge(f"lagebild_{name}", told, [label], registry=registry)
    for key, value in values.items():
        gauge.labels(key).set(value)


def _one(registry: CollectorRegistry, name: str, told: str, value: float) -> None:
    Gauge(f"lagebild_{name}", told, registry=registry).set(value)


def annotators(desk: Desk) -> Sequence[str]:
    """Names and versions that the service noted; none before its first look."""
    noted: list[str] = json.loads(desk.archive.setting("annotators") or "[]")
    return noted


def lags(desk: Desk) -> dict[str, float]:
    """Seconds since a source of each class reported; a day for those not heard within it."""
    now, heard = desk.clock(), desk.archive.heard(desk.clock() - DAY)
    found: dict[str, float] = {}
    for source in desk.sources:
        if source.enabled:
            name, said = f"{source.lens.value}/{source.category}", heard.get(source.id)
            last = said.last_reported if said and said.last_reported else now - DAY
            found[name] = min(found.get(name, DAY.total_seconds()), (now - last).total_seconds())
    return found


def reading_lag(desk: Desk) -> float:
    """Seconds that an item has waited for an annotator, 0 when none waits."""
    since = desk.archive.waiting_since(annotators(desk))
    return (desk.clock() - since).total_seconds() if since else 0.0


def digest_ages(desk: Desk) -> dict[str, float]:
    """Seconds since each market's latest briefing was kept."""
    found: dict[str, float] = {}
    for row in desk.archive.digests("", 100):
        kept = datetime.fromisoformat(row["kept_at"].replace("Z", "+00:00"))
        found.setdefault(row["market"], (desk.clock() - kept).total_seconds())
    return found


def depths(desk: Desk) -> dict[str, float]:
    """Due sources, items the slowest annotator has not read, deliveries that wait."""
    archive = desk.archive
    waiting = sum(one.state in ("waiting", "sending") for one in archive.deliveries(limit=500))
    return {
        "collect": len(archive.due_sources(desk.clock())),
        "enrich": max(archive.backlog(annotators(desk)).values(), default=0),
        "publish": waiting,
    }


def latest_runs(desk: Desk) -> list[JobRun]:
    """Each job's newest run that has ended."""
    found: dict[str, JobRun] = {}
    for run in desk.archive.job_runs(limit=400):
        if run.finished_at is not None:
            found.setdefault(run.job, run)
    return list(found.values())


def run_seconds(desk: Desk) -> dict[str, float]:
    return {
        run.job: (run.finished_at - run.started_at).total_seconds()
        for run in latest_runs(desk)
        if run.finished_at is not None
    }


def run_failures(desk: Desk) -> dict[str, float]:
    return {run.job: float(run.outcome == "failed") for run in latest_runs(desk)}
