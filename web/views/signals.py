"""What rises beyond its usual: the queue with the past days of each series, and what somebody decides of it by key or button."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Incident, Signal
from web.asked import number
from web.desk import Desk
from web.page import language_of, page, signal_name
from web.parts import parts_of
from web.roles import reader
from web.views.incidents import fields

DAYS = 28
BAR = 8
HEIGHT = 40
FARTHEST = timedelta(days=90)
DECISIONS = ("confirm", "dismiss", "escalate")
Series = Mapping[str, Mapping[date, tuple[int, int, int]]]
NOTHING = (0, 0, 0)


def show(request: Request) -> Response:
    """Undecided ones first, latest and loudest first."""
    desk: Desk = request.app.state.desk
    days = number(request.query_params.get("days"), 7, 90)
    market = request.query_params.get("market", "")
    last = desk.clock().date()
    decided = decisions(desk)
    signals = sorted(
        desk.archive.signals(last - timedelta(days=days), last, market),
        key=lambda s: (s.id not in decided, s.day, s.score),
        reverse=True,
    )
    wanted = parts_of(request)
    shown = [signal for signal in signals if not wanted or f"signal-{signal.id}" in wanted]
    charts = Charts(desk, shown)
    rows = [(signal, charts.of(signal), decided.get(signal.id)) for signal in shown]
    following = dict(zip([s.id for s in signals], [s.id for s in signals[1:]], strict=False))
    return page(
        request,
        "signals.html",
        rows=rows,
        following=following,
        days=days,
        market=market,
        markets=list(desk.zones),
        waiting=sum(signal.id not in decided for signal in signals),
    )


def decisions(desk: Desk) -> dict[str, Incident]:
    """The incident that each signal belongs to."""
    return {signal_id: incident for incident in desk.archive.incidents() for signal_id in incident.signal_ids}


async def decide(request: Request) -> Response:
    """Confirm, dismiss or escalate; the signal becomes an incident, or the step is taken on the one it belongs to."""
    desk: Desk = request.app.state.desk
    decision = request.path_params["decision"]
    signal = named(desk, request.path_params["signal_id"])
    if decision not in DECISIONS:
        raise HTTPException(404)
    given, who, now = await fields(request), reader(request), desk.clock()
    reason = given.get("reason", "")
    held = decisions(desk).get(signal.id)
    if held:
        step = desk.triage.decide(held, decision, who, reason, now)
        desk.triage.concerned(held, desk.archive.change_incident(*step), step[1])
    else:
        title = f"{signal_name(desk, signal, language_of(request))} · {signal.market} · {signal.day}"
        opening, step = desk.triage.of_signal(signal, title, decision, who, reason, now)
        opened = desk.archive.open_incident(*opening)
        desk.triage.concerned(opened, desk.archive.change_incident(*step), step[1])
    then = given.get("then", "")
    return RedirectResponse(f"/signals?{given.get('back', '')}#signal-{then or signal.id}", 303)


def named(desk: Desk, signal_id: str) -> Signal:
    last = desk.clock().date()
    found = (s for s in desk.archive.signals(last - FARTHEST, last) if s.id == signal_id)
    signal = next(found, None)
    if signal is None:
        raise HTTPException(404)
    return signal


class Charts:
    """The past days of signals; what belongs to one dimension of one market is asked for once."""

    def __init__(self, desk: Desk, signals: Sequence[Signal]) -> None:
        self._desk = desk
        self._of: dict[tuple[str, str], list[Signal]] = defaultdict(list)
        for signal in signals:
            self._of[signal.dimension, signal.market].append(signal)
        self._known: dict[tuple[str, str], Series] = {}

    def of(self, signal: Signal) -> Markup:
        """Bars of the last days with the expected count and the upper bound as lines, and the numbers in words."""
        first = signal.day - timedelta(days=DAYS - 1)
        series = self._series(signal.dimension, signal.market).get(signal.label, {})
        counts = [series.get(first + timedelta(days=n), NOTHING)[0] for n in range(DAYS)]
        return bars(counts, signal.expected, signal.upper, signal.day)

    def _series(self, dimension: str, market: str) -> Series:
        place = dimension, market
        if place not in self._known:
            self._known[place] = self._asked(dimension, market, self._of[place])
        return self._known[place]

    def _asked(self, dimension: str, market: str, signals: Sequence[Signal]) -> Series:
        days = [signal.day for signal in signals]
        first, last = min(days) - timedelta(days=DAYS - 1), max(days)
        zone, archive = self._desk.zones.get(market, "UTC"), self._desk.archive
        if dimension == "story":
            return archive.story_series([signal.label for signal in signals], first, last, zone, market)
        return archive.series(dimension, first, last, zone, market)


def bars(counts: list[int], expected: float, upper: float, day: date) -> Markup:
    """A small SVG with the band of what is expected; it carries its numbers in words for those who do not see it."""
    most = max([*counts, upper, 1])

    def height(count: float) -> float:
        return HEIGHT * count / most

    boxes = Markup("").join(
        Markup('<rect x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
            n * BAR, HEIGHT - height(count), BAR - 2, height(count)
        )
        for n, count in enumerate(counts)
    )
    words = f"{day}: {', '.join(map(str, counts))}; {expected:.1f}, {upper:.0f}"
    width = DAYS * BAR
    return Markup(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<rect class="band" x="0" y="{:.1f}" width="{}" height="{:.1f}"/><g fill="currentColor">{}</g>'
        '<line x1="0" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="currentColor" stroke-dasharray="3 3"/></svg>'
    ).format(
        words, width, HEIGHT, width, HEIGHT, HEIGHT - height(upper), width, height(upper), boxes, width,
        HEIGHT - height(expected), HEIGHT - height(expected),
    )  # fmt: skip
