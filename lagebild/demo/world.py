"""The demo world: which outlet publishes what, and when. Pure; the same seed and clock give the same world."""

import random
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from lagebild.demo.clock import LOCAL, evening_before, last_morning, local
from lagebild.demo.outlets import SOCIAL_KINDS, Outlet, read_outlets
from lagebild.demo.posts import Post, read_posts
from lagebild.demo.texts import Text, When, read_texts

SHORTEST_COPY = 0.55  # of a text's characters; desks cut wire copy from the end
LAST_PRINT = timedelta(minutes=6)  # this morning's copies are out by 06:24
WEEKDAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """An article's wording from `since` on."""

    since: datetime
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One text at one outlet, with the truth about it. Times are UTC; `story` is None when it stands alone.

    `copy_of` is the id of the first article that carries the same text, None for that one itself.
    """

    id: str
    text_id: str
    outlet: Outlet
    path: str
    published: datetime
    versions: tuple[Version, ...]
    language: str
    markets: tuple[str, ...]
    topics: tuple[str, ...] = ()
    severity: int = 0
    story: str | None = None
    stances: tuple[tuple[str, str], ...] = ()
    copy_of: str | None = None
    credit: str | None = None
    authors: tuple[str, ...] = ()
    section: str = ""
    kind: str = "article"
    withdrawn_at: datetime | None = None
    file: Path | None = None  # bytes of a real page, instead of a template

    @property
    def relevant(self) -> bool:
        return self.severity > 0

    @property
    def story_label(self) -> str:
        """The story for scoring: copies of a text that stands alone are one story too."""
        return self.story or self.text_id

    @property
    def number(self) -> int:
        return zlib.crc32(self.id.encode()) % 9_000_000 + 1_000_000

    def as_of(self, moment: datetime) -> Version | None:
        """The wording that a reader found then; None before publication and after withdrawal."""
        if self.withdrawn_at and self.withdrawn_at <= moment:
            return None
        past = [version for version in self.versions if version.since <= moment]
        return past[-1] if past else None


@dataclass(frozen=True)
class World:
    """Everything there is to read. `morning` is the run's clock."""

    seed: int
    morning: datetime
    outlets: tuple[Outlet, ...]
    articles: tuple[Article, ...]
    posts: tuple[Post, ...] = ()

    @property
    def evening(self) -> datetime:
        return evening_before(self.morning)

    @cached_property
    def by_outlet(self) -> dict[str, tuple[Article, ...]]:
        """Articles by outlet id, newest first."""
        found: dict[str, list[Article]] = {outlet.id: [] for outlet in self.outlets}
        for article in self.articles:
            found[article.outlet.id].append(article)
        return {
            outlet: tuple(sorted(mine, key=lambda article: article.published, reverse=True))
            for outlet, mine in found.items()
        }

    def out_by(self, moment: datetime) -> Iterator[Article]:
        """What can be read then, in order of publication."""
        return (article for article in self.articles if article.as_of(moment))


def world(seed: int, now: datetime) -> World:
    """The world whose fortnight ends on the last 06:30 in Berlin before `now` (aware)."""
    morning = last_morning(now)
    outlets = read_outlets()
    articles = [article for text in read_texts() for article in _articles(text, outlets, seed, morning)]
    articles.sort(key=lambda article: (article.published, article.id))
    return World(seed, morning, outlets, tuple(articles), read_posts(morning))


def _articles(text: Text, outlets: Sequence[Outlet], seed: int, morning: datetime) -> Iterator[Article]:
    chance = random.Random(f"{seed}/{text.id}")
    desks = list(_desks(text, outlets, chance))
    start = _moment(text.when, morning)
    offsets = sorted(chance.randint(2, 165) for _ in desks[1:])
    first: str | None = None
    for place, (outlet, minutes) in enumerate(zip(desks, [0, *offsets], strict=True)):
        published = min(start + timedelta(minutes=minutes), max(start, morning - LAST_PRINT))
        article = _article(text, outlet, published, morning)
        if place:
            article = _edited(article, text, place, chance)
        yield replace(article, copy_of=first)
        first = first or article.id


def _desks(text: Text, outlets: Sequence[Outlet], chance: random.Random) -> Iterator[Outlet]:
    """The text's own outlet, then those that took it over, as many per market as it asks for."""
    if text.home:
        yield next(outlet for outlet in outlets if outlet.id == text.home)
    for market, count in text.spread:
        able = [
            o for o in outlets if o.market == market and o.language == text.language and o.takes_wire_copy
        ]
        able = [outlet for outlet in able if outlet.id != text.home and outlet.kind not in SOCIAL_KINDS]
        yield from chance.sample(able, min(count, len(able)))


def _moment(when: When, morning: datetime) -> datetime:
    return local(morning.astimezone(LOCAL).date() + timedelta(days=when.day), when.at)


def _article(text: Text, outlet: Outlet, published: datetime, morning: datetime) -> Article:
    article_id = f"{text.id}@{outlet.id}"
    article = Article(
        id=article_id,
        text_id=text.id,
        outlet=outlet,
        path="",
        published=published,
        versions=tuple(_versions(text, published, morning)),
        language=text.language,
        markets=(outlet.market,),
        topics=text.topics,
        severity=text.severity,
        story=text.story,
        stances=text.stances,
        credit=text.credit,
        authors=(text.author,) if text.author and outlet.id == text.home else (),
        section=text.section,
        kind=text.kind,
        withdrawn_at=_moment(text.withdrawn, morning) if text.withdrawn else None,
    )
    return _at_home(article)


def _at_home(article: Article) -> Article:
    """The article with its path and the spelling of its outlet's country."""
    if article.outlet.market == "CH":
        article = replace(article, versions=tuple(map(_swiss, article.versions)))
    return replace(article, path=_path(article))


def _swiss(version: Version) -> Version:
    return Version(
        version.since,
        version.title.replace("ß", "ss"),
        tuple(paragraph.replace("ß", "ss") for paragraph in version.paragraphs),
    )


def _versions(text: Text, published: datetime, morning: datetime) -> Iterator[Version]:
    weekday = WEEKDAYS[text.language][_moment(text.when, morning).astimezone(LOCAL).weekday()]
    for version in _worded(text, published, morning):
        yield replace(
            version, paragraphs=tuple(words.replace("{weekday}", weekday) for words in version.paragraphs)
        )


def _worded(text: Text, published: datetime, morning: datetime) -> Iterator[Version]:
    yield Version(published, text.title, text.paragraphs)
    for count, (when, _) in enumerate(text.entries, start=1):
        newest_first = [f"{w.at:%H:%M} – {words}" for w, words in reversed(text.entries[:count])]
        yield Version(_moment(when, morning), text.title, (*text.paragraphs, *newest_first))
    for rewrite in text.rewrites:
        yield Version(_moment(rewrite.when, morning), rewrite.title, rewrite.paragraphs)


def _edited(article: Article, text: Text, place: int, chance: random.Random) -> Article:
    """What a desk makes of a wire text: its own headline, often a shorter text."""
    title = text.alternatives[place - 1] if place <= len(text.alternatives) else None
    cut = chance.uniform(SHORTEST_COPY, 1.0) if chance.random() < 0.5 else 1.0
    versions = tuple(
        Version(v.since, (title if title and not index else v.title), _shortened(v.paragraphs, cut))
        for index, v in enumerate(article.versions)
    )
    return _at_home(replace(article, versions=versions))


def _shortened(paragraphs: tuple[str, ...], share: float) -> tuple[str, ...]:
    kept, room = [], share * sum(map(len, paragraphs))
    for paragraph in paragraphs:
        kept.append(paragraph)
        room -= len(paragraph)
        if room <= 0:
            break
    return tuple(kept)


def _path(article: Article) -> str:
    """Where the outlet puts it; the habit goes with the template."""
    slug, number, day = (
        slugify(article.versions[0].title),
        article.number,
        article.published.astimezone(LOCAL),
    )
    section = slugify(article.section or "news")
    match article.outlet.template:
        case "wordpress":
            return f"/{day:%Y/%m/%d}/{slug}/"
        case "table":
            return f"/artikel/{day:%Y-%m-%d}/{number}.html"
        case "soup" | "broken":
            return f"/{section}/{slug}-{day:%y%m%d}-{number}.html"
        case "press":
            return f"/presse/{day:%Y}/{day:%m%d}-{slug}.html"
        case _:
            plus = "plus/" if _is_reserved(article) else ""
            return f"/{plus}{section}/{slug}-id{day:%y%m%d}{number}.html"


def _is_reserved(article: Article) -> bool:
    """Some outlets keep a part of their pages from robots: every third, by its number."""
    return bool(article.outlet.quirks & {"disallow", "tdm_reserved"}) and article.number % 3 == 0


SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "-", "œ": "oe"}


def slugify(words: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 70 characters."""
    spelled = "".join(SPELLED.get(letter, letter) for letter in words.lower())
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70].strip("-")


def counts(articles: Iterable[Article]) -> dict[tuple[str, str, object], int]:
    """Independent publishers by (topic, market, local day)."""
    seen: dict[tuple[str, str, object], set[str]] = {}
    for article in articles:
        for topic in article.topics:
            day = article.published.astimezone(LOCAL).date()
            seen.setdefault((topic, article.outlet.market, day), set()).add(article.outlet.publisher)
    return {key: len(publishers) for key, publishers in seen.items()}
