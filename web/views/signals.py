"""What rises beyond its usual: the queue, and the past days of each series as a small chart."""

from datetime import date, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from domain.model import Signal
from web.asked import number
from web.desk import Desk
from web.page import page

DAYS = 28
BAR = 8
HEIGHT = 40


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    days = number(request.query_params.get("days"), 7, 90)
    market = request.query_params.get("market", "")
    last = desk.clock().date()
    signals = sorted(
        desk.archive.signals(last - timedelta(days=days), last, market),
        key=lambda s: (s.day, s.score),
        reverse=True,
    )
    rows = [(signal, chart(desk, signal)) for signal in signals]
    return page(request, "signals.html", rows=rows, days=days, market=market, markets=list(desk.zones))


def chart(desk: Desk, signal: Signal) -> Markup:
    """Bars of the last days with the upper bound as a line, and the numbers in words."""
    first = signal.day - timedelta(days=DAYS - 1)
    zone = desk.zones.get(signal.market, "UTC")
    series = desk.archive.series(signal.dimension, first, signal.day, zone, signal.market)
    counts = [series.get(signal.label, {}).get(first + timedelta(days=n), (0, 0, 0))[0] for n in range(DAYS)]
    return bars(counts, signal.upper, signal.day)


def bars(counts: list[int], upper: float, day: date) -> Markup:
    """A small SVG; it carries its numbers in words for those who do not see it."""
    most = max([*counts, upper, 1])
    boxes = Markup("").join(
        Markup('<rect x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
            n * BAR, HEIGHT - HEIGHT * count / most, BAR - 2, HEIGHT * count / most
        )
        for n, count in enumerate(counts)
    )
    line = HEIGHT - HEIGHT * upper / most
    words = ", ".join(map(str, counts))
    return Markup(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<g fill="currentColor">{}</g><line x1="0" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="currentColor" '
        'stroke-dasharray="3 3"/></svg>'
    ).format(f"{day}: {words}", DAYS * BAR, HEIGHT, DAYS * BAR, HEIGHT, boxes, DAYS * BAR, line, line)
