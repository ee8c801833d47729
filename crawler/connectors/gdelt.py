"""GDELT: what the world's press published, from its files of fifteen minutes, or by its search (the DOC API).

The files are the first choice: nobody limits them. Each names the articles found in a quarter of an hour; those that
match become entries, and their pages are read at their publishers, by the publishers' rules.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode, urlsplit

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.shapes import View, answered_object, listed, number, server, text, unlike, wished
from crawler.walk import Leaf, Part, Walk, WalkBack, youngest
from domain.errors import ConfigError
from domain.model import Bookmark, Checkpoint, Entry, Fetched, Gap, Outcome, Purpose, Request, Source

REMEDY = "check that the address is GDELT's"
EDITIONS: Mapping[str, tuple[str, str]] = {
    "english": ("lastupdate.txt", ".gkg.csv.zip"),
    "translation": ("lastupdate-translation.txt", ".translation.gkg.csv.zip"),
}
"""Edition -> the file that names its latest one, and how its files' names end."""
FILE = "file "
"""Cursor names are this and the edition; the value is the stamp of the last file that was read."""
STAMP = re.compile(r"/(\d{14})\.")
QUARTER = timedelta(minutes=15)
FILES_PER_VISIT = 8.0
# A file that is still missing then will not come: GDELT skips a quarter of an hour now and then.
COMES_WITHIN = timedelta(hours=2)
UNPACKED_OCTETS = 300_000_000
PER_SEARCH = 250
URL, SITE, SEEN, THEMES, TRANSLATED, EXTRAS = 4, 3, 1, 7, 25, 26
"""Columns of the Global Knowledge Graph 2.1."""
TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.DOTALL)
SOURCE_LANGUAGE = re.compile(r"srclc:([a-z]{3})")
LANGUAGES = {
    "deu": "de", "fra": "fr", "ita": "it", "eng": "en", "spa": "es", "nld": "nl", "por": "pt", "pol": "pl",
    "german": "de", "french": "fr", "italian": "it", "english": "en", "spanish": "es", "dutch": "nl",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sieve:
    """What of a file is wanted. Empty fields do not restrict; a title has to hold all words of one of the `words`."""

    domains: tuple[str, ...]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    words: tuple[str, ...]

    def keeps(self, url: str, themes: str, language: str, title: str) -> bool:
        host = (urlsplit(url).hostname or "").lower()
        at_home = not self.domains or any(_is_at(host, domain) for domain in self.domains)
        on_theme = not self.themes or any(theme in themes.split(";") for theme in self.themes)
        in_language = not self.languages or language in self.languages
        folded = title.casefold()
        in_words = not self.words or any(
            all(word in folded for word in one.casefold().split()) for one in self.words
        )
        return at_home and on_theme and in_language and in_words


class Gdelt(WalkBack):
    """`url` is http://data.gdeltproject.org/ for the files, https://api.gdeltproject.org/ with `mode: doc`.

    `options`: `domains` (`.de`, `blatt.example`), `themes` (GKG's), `languages`, `queries` (words in the title; with
    `mode: doc` what is searched for), `editions` (english, translation), `files` a visit."""

    kind = "gdelt"
    nothing_asked = "give options: queries"

    def questions(self, source: Source) -> Sequence[str]:
        """What the search is asked for; the files have none."""
        return [query.words for query in queries(source)] if searches(source) else []

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The latest file's name per edition, or the searches. Raises ConfigError when everything would be read."""
        if searches(source):
            yield from super().plan(source, checkpoint, now)
            return
        sieve = sieve_of(source)
        if not (sieve.domains or sieve.themes or sieve.words):
            raise ConfigError(
                f"source {source.id!r} would keep a hundred thousand articles a day",
                remedy="give options: domains, themes or queries",
            )
        for edition in wished(source, "editions") or tuple(EDITIONS):
            context = {"edition": edition, "last": checkpoint.cursor.get(FILE + edition, "")}
            yield Request(
                f"{server(source)}/gdeltv2/{EDITIONS[edition][0]}", Purpose.DISCOVERY, context=context
            )

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Names of files, then the files one after the other."""
        if "stamp" in fetched.request.context:
            return _file(fetched, source)
        return _first_file(fetched, source)

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """A search of a span of time, newest first."""
        query = query_of(source, question)
        names = {code: name for name, code in LANGUAGES.items() if len(name) > 3}
        spoken = [f"sourcelang:{names[code]}" for code in query.languages if code in names]
        words = f"({question})" if " OR " in question else question
        asked = {
            "query": " ".join(
                [words, f"({' OR '.join(spoken)})" if len(spoken) > 1 else "".join(spoken)]
            ).strip(),
            "mode": "ArtList",
            "format": "json",
            "maxrecords": str(PER_SEARCH),
            "sort": "DateDesc",
            "startdatetime": _compact(parse_date(walk.floor)),
            **({"enddatetime": walk.onward} if walk.onward else {}),
        }
        return Request(f"{server(source)}/api/v2/doc/doc?{urlencode(asked)}", purse=query.purse)

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Articles of a search; a full answer leads to the span before it."""
        answer = answered_object(
            fetched, source, "GDELT answers in words when it refuses: see the dead letter"
        )
        rows = [row for row in listed(answer.get("articles") or []) if row.get("url")]
        entries = [_found(row, source) for row in rows]
        oldest = min((_compact(e.published) for e in entries if e.published), default="")
        parts: list[Part] = [*entries]
        onward = oldest if len(rows) >= PER_SEARCH else ""
        if onward and onward == walk.onward:
            parts.append(Gap(f"more than {PER_SEARCH} articles in one second ({onward})"))
            onward = _compact((_moment(onward) or fetched.fetched_at) - timedelta(seconds=1))
        return Leaf(parts, youngest(e.published for e in entries), onward)

    def health(self, fetched: Fetched) -> Outcome:
        """By status; a file that has not come for hours is passed over."""
        named = STAMP.search(fetched.request.url)
        at = _moment(named[1]) if named else None
        if fetched.status == 404 and at is not None and fetched.fetched_at - at > COMES_WITHIN:
            return Outcome.OK
        return super().health(fetched)


def searches(source: Source) -> bool:
    """Whether the search is asked instead of the files."""
    return source.options.get("mode") == "doc"


def sieve_of(source: Source) -> Sieve:
    """What the source wants of a file."""
    words = tuple(query.words for query in queries(source))
    return Sieve(wished(source, "domains"), wished(source, "themes"), wished(source, "languages"), words)


def _is_at(host: str, domain: str) -> bool:
    domain = domain.lower()
    return host.endswith(domain) if domain.startswith(".") else host == domain or host.endswith("." + domain)


# --- files ---------------------------------------------------------------------------------------


def _first_file(fetched: Fetched, source: Source) -> Iterator[Request]:
    context = fetched.request.context
    edition, ending = context["edition"], EDITIONS[context["edition"]][1]
    lines = [line.split() for line in fetched.body.decode("ascii", "replace").splitlines()]
    latest = next((line for line in lines if len(line) == 3 and line[2].endswith(ending)), None)
    named = STAMP.search(latest[2]) if latest else None
    if latest is None or named is None:
        raise unlike(source, "no file is named", REMEDY)
    after = _moment(context["last"])
    first = named[1] if after is None else _compact(after + QUARTER)
    left = str(int(number(source, "files", FILES_PER_VISIT)))
    if first <= named[1]:
        yield _request(
            source, {"edition": edition, "stamp": first, "until": named[1], "md5": latest[1], "left": left}
        )


def _request(source: Source, context: Mapping[str, str]) -> Request:
    url = f"{server(source)}/gdeltv2/{context['stamp']}{EDITIONS[context['edition']][1]}"
    return Request(url, Purpose.DISCOVERY, context={**context, "since": context["stamp"]})


def _file(fetched: Fetched, source: Source) -> Iterator[Part]:
    context, at = fetched.request.context, _moment(fetched.request.context["stamp"])
    if fetched.status == 404:
        yield Gap(f"GDELT has no {context['edition']} file of {context['stamp']}")
    else:
        if (
            context["stamp"] == context["until"]
            and hashlib.md5(fetched.body, usedforsecurity=False).hexdigest() != context["md5"]
        ):
            raise unlike(source, "the file is not the one that was named (its sum differs)", REMEDY)
        yield from _articles(fetched, source)
    yield Bookmark(FILE + context["edition"], context["stamp"])
    left = int(context["left"]) - 1
    if left > 0 and at is not None and context["stamp"] < context["until"]:
        yield _request(source, {**context, "stamp": _compact(at + QUARTER), "left": str(left)})


def _articles(fetched: Fetched, source: Source) -> Iterator[Entry]:
    sieve, edition = sieve_of(source), fetched.request.context["edition"]
    for row in _rows(fetched.body, source):
        told = SOURCE_LANGUAGE.search(row[TRANSLATED])
        language = LANGUAGES.get(told[1], "") if told else "en" if edition == "english" else ""
        named = TITLE.search(row[EXTRAS])
        title = unescape(named[1]).strip() if named else ""
        if row[URL].startswith("http") and sieve.keeps(row[URL], row[THEMES], language, title):
            yield Entry(
                source_id=source.id,
                raw_id=row[URL],
                url=row[URL],
                title=title,
                language=language,
                published=_moment(row[SEEN]),
            )


def _rows(body: bytes, source: Source) -> Iterator[list[str]]:
    """Lines of the packed table. Raises ParseError."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            (member,) = packed.infolist()
            if member.file_size > UNPACKED_OCTETS:
                raise unlike(source, f"the file unpacks to {member.file_size} octets", REMEDY)
            with packed.open(member) as file:
                for line in io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="\n"):
                    row = line.rstrip("\n").split("\t")
                    if len(row) > EXTRAS:
                        yield row
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise unlike(source, f"not a packed table: {error}", REMEDY) from error


# --- search --------------------------------------------------------------------------------------


def _found(row: View, source: Source) -> Entry:
    return Entry(
        source_id=source.id,
        raw_id=text(row, "url"),
        url=text(row, "url"),
        title=text(row, "title"),
        language=LANGUAGES.get(text(row, "language").lower(), ""),
        published=_moment(text(row, "seendate")),
    )


def _moment(compact: str) -> datetime | None:
    """`20261128091500`, also with a T and a Z."""
    digits = "".join(letter for letter in compact if letter.isdigit())
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _compact(moment: datetime | None) -> str:
    return f"{moment:%Y%m%d%H%M%S}" if moment else ""


CONNECTOR = Gdelt()
