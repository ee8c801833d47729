"""For machines that watch: alive, ready, and figures in Prometheus' text form."""

from collections import Counter
from datetime import timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.desk import Desk

DAY = timedelta(days=1)
LATE_AFTER = timedelta(hours=26)
"""A day, and the two hours that a briefing may take."""


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
    told = Gauge(
        "lagebild_visits_day", "Visits of the last 24 hours by outcome.", ["outcome"], registry=registry
    )
    for outcome, count in outcomes.items():
        told.labels(outcome).set(count)
    fresh = Gauge("lagebild_fresh_entries_day", "New entries of the last 24 hours.", registry=registry)
    fresh.set(sum(visit.fresh for visit in visits))
    lag = Gauge(
        "lagebild_collection_lag_seconds",
        "Since the last reporting visit, by lens.",
        ["lens"],
        registry=registry,
    )
    lens_of = {source.id: source.lens.value for source in desk.sources}
    for lens in set(lens_of.values()):
        last = max(
            (v.finished_at for v in visits if v.outcome.reported and lens_of.get(v.source_id) == lens),
            default=now - DAY,
        )
        lag.labels(lens).set((now - last).total_seconds())
    issues = desk.archive.digests("", 1)
    kept = Gauge("lagebild_briefings_kept", "1 when at least one briefing is kept.", registry=registry)
    kept.set(len(issues))
    return registry
