"""Platforms side by side: how many items name them, and the share of critical ones per lens with its interval."""

from domain.briefing import Interval, Intervals
from web.charts.board import Asked, Cell, Shown
from web.charts.lenses import LENSES, alt_of, heads, interval, labels_of, shares

MOST_PLATFORMS = 8


def made(asked: Asked) -> Shown:
    named = asked.ask("platforms")[:MOST_PLATFORMS]
    tone = {(row["platform"], row["lens"]): row for row in asked.ask("lenses_by_platform")}
    drawn: list[Interval] = []
    table: list[tuple[Cell, ...]] = []
    links: dict[tuple[int, int], str] = {}
    for row in named:
        platform = row["label"]
        for lens in LENSES:
            told = tone.get((platform, lens))
            if told is None:
                continue
            label = f"{asked.name('platform', platform)} · {asked.words[lens]}"
            shown = interval(asked, label, told["critical"], told["n"])
            links[len(table), 4] = asked.search(platform=platform, lens=lens)
            drawn.append(shown)
            name = asked.name("platform", platform)
            table.append((name, row["items"], row["publishers"], asked.words[lens], shown.n, *shares(shown)))
    chart = Intervals((asked.words["platforms"],), alt_of(tuple(drawn)), tuple(drawn), labels_of(asked))
    head = (
        asked.words["platform"],
        asked.words["items"],
        asked.words["publishers"],
        asked.words["lens"],
        "n",
    )
    return Shown(chart, (*head, *heads(asked)), tuple(table), links, asked.words["platforms_note"])
