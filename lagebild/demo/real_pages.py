"""A folder of real article pages as a world: each publisher gets an address, a feed and its pages.

The folder holds `truth.jsonl` (one object per page: file, url, country, publisher, language, title, authors,
published, lead, body) and the gzipped pages it names.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from domain.errors import ConfigError
from lagebild.demo.clock import LOCAL, last_morning
from lagebild.demo.outlets import Outlet
from lagebild.demo.world import Article, Version, World, slugify

UTC = ZoneInfo("UTC")
FIRST_ADDRESS = 11
# Who has the pages on disk has settled what may be done with them; what they say to strangers does not bind here.
LICENCE = "own copies, read and measured on this machine only"


def pages_world(folder: Path, now: datetime) -> World:
    """The pages of `folder` behind feeds made from its truth; raises ConfigError when it has none.

    Articles keep the date of their publication. `paragraphs` are the truth's lead and body.
    """
    rows = _rows(folder / "truth.jsonl")
    outlets: dict[str, Outlet] = {}
    for row in rows:
        outlets.setdefault(_outlet_id(row), _outlet(row, FIRST_ADDRESS + len(outlets)))
    articles = sorted(_articles(folder, rows, outlets), key=lambda article: (article.published, article.id))
    return World(0, last_morning(now), tuple(outlets.values()), tuple(articles))


def _rows(truth: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in truth.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{truth}: {error}",
            remedy="give a folder that holds truth.jsonl and the pages it names",
            path=str(truth),
        ) from error


def _outlet_id(row: Mapping[str, Any]) -> str:
    return f"{row['country']}-{slugify(row['publisher'])}"


def _outlet(row: Mapping[str, Any], number: int) -> Outlet:
    return Outlet(
        id=_outlet_id(row),
        name=row["publisher"],
        address=f"20.{number}",
        kind="rss",
        template="none",
        language=row["language"][0],
        market=row["country"].upper(),
        category="news",
        tier=2,
        publisher=row["publisher"],
        licence=LICENCE,
    )


def _articles(folder: Path, rows: list[dict[str, Any]], outlets: Mapping[str, Outlet]) -> Iterator[Article]:
    for row in rows:
        outlet = outlets[_outlet_id(row)]
        published = _moment(row["published"])
        paragraphs = (*(row["lead"] or ()), *(row["body"] or ())) or (row["title"],)
        yield Article(
            id=row["file"],
            text_id=row["file"],
            outlet=outlet,
            path=quote(unquote(urlsplit(row["url"]).path)),
            published=published,
            versions=(Version(published, row["title"], paragraphs),),
            language=row["language"][0],
            markets=(outlet.market,),
            authors=tuple(row["authors"] or ()),
            file=folder / row["file"],
        )


def _moment(words: str) -> datetime:
    moment = datetime.fromisoformat(words)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)
