"""Platforms side by side: how many items name them, and the share of critical ones per lens with its interval."""

from domain.briefing import Interval, Intervals
from domain.mentions import NONE
from web.charts.board import Asked, Cell, Shown
from web.charts.lenses import CRITICAL, LENSES, alt_of, heads, interval, labels_of, shares

MOST_PLATFORMS = 8


def made(asked: Asked) -> Shown:
    named = asked.labels("platform")[:MOST_PLATFORMS]
    tone = asked.over("platform_tone")
    drawn: list[Interval] = []
    table: list[tuple[Cell, ...]] = []
    links: dict[tuple[int, int], str] = {}
    for platform, mentions in named:
        name = asked.name("platform", platform)
        for lens in LENSES:
            of_lens = tone.get((platform, lens, ""), NONE)
            if not of_lens.items:
                continue
            critical = tone.get((platform, lens, CRITICAL), NONE)
            shown = interval(asked, f"{name} · {asked.words[lens]}", critical.items, of_lens.items)
            links[len(table), 4] = asked.search(platform=platform, lens=lens)
            drawn.append(shown)
            publishers = len(mentions.publishers)
            table.append((name, mentions.items, publishers, asked.words[lens], shown.n, *shares(shown)))
    chart = Intervals((asked.words["platforms"],), alt_of(tuple(drawn)), tuple(drawn), labels_of(asked))
    head = (
        asked.words["platform"],
        asked.words["items"],
        asked.words["publishers"],
        asked.words["lens"],
        "n",
    )
    return Shown(chart, (*head, *heads(asked)), tuple(table), links, asked.words["platforms_note"])
