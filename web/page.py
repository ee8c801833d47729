"""Facts -> HTML page: one Jinja environment, words in the reader's language, times in the market's zone."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from ruamel.yaml import YAML
from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.model import Item, Rights, Signal, Story
from domain.severity import band_of
from web.desk import LANGUAGES, Desk
from web.parts import HEADER, parts_of, rendered
from web.roles import Role, may
from web.roles import reader as reader

TITLE_CHARACTERS = 110
"""So many letters of a text without a title stand for one."""

MENU = (
    ("/", "today"),
    ("/search", "search"),
    ("/signals", "signals"),
    ("/incidents", "incidents"),
    ("/dashboard", "dashboard"),
    ("/intake", "intake"),
    ("/review", "review"),
    ("/sources", "sources"),
)


@cache
def words(language: str) -> Mapping[str, str]:
    """The interface's words: those of the whole room, and one file per group of pages."""
    folder, spoken = files("web").joinpath("words"), dict[str, str]()
    pages = folder.joinpath(language).iterdir()
    for file in (folder.joinpath(f"{language}.yaml"), *sorted(pages, key=lambda page: page.name)):
        spoken |= YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return spoken


@cache
def asset_url(name: str) -> str:
    """The asset's address with a mark of its content, so that browsers may keep it for ever."""
    body = files("web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={sha256(body).hexdigest()[:10]}"


@cache
def _environment() -> Environment:
    room = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.filters["marked"] = marked
    room.filters["away"] = away
    return room


def marked(snippet: str) -> Markup:
    """A snippet whose « and » become <mark>; everything else is escaped."""
    return Markup(str(escape(snippet)).replace("«", "<mark>").replace("»", "</mark>"))


def away(url: str) -> str:
    """An address on the web; "#" for any other, since a stored one may have been meant to run."""
    return url if url.lower().startswith(("https://", "http://")) else "#"


def headline(desk: Desk, item: Item, topics: Collection[str], language: str) -> str:
    """What an item is called in lists: its title, a post's first words, or a neutral name where its words are shielded."""
    spoken = words(language)
    if desk.shield.cover(topics) == "always" or item.rights is Rights.DENY:
        return spoken["neutral_title"].format(outlet=item.outlet or item.source_id)
    said = item.title or shortened(item.lead or item.text)
    return desk.shield.soften(said, item.language, topics) or spoken["post_on"].format(
        platform=desk.name("platform", item.platform, language) or item.outlet
    )


def story_title(desk: Desk, story: Story, topics: Collection[str], language: str) -> str:
    """A story's headline as it may be shown."""
    return shielded(desk, story.title, story.language, topics, language)


def shielded(desk: Desk, title: str, spoken_in: str, topics: Collection[str], language: str) -> str:
    """A story's headline, in the language it is spoken in; a neutral one where its subject is never shown."""
    if desk.shield.cover(topics) == "always":
        return words(language)["neutral_story"]
    return desk.shield.soften(shortened(title), spoken_in, topics) or words(language)["story"]


def story_name(desk: Desk, row: Mapping[str, Any], language: str) -> str:
    """A story of a figure by its headline; by its first item's words where its items have no titles."""
    topics = row["topics"] or ()
    if row["title"]:
        return shielded(desk, row["title"], row["language"], topics, language)
    members = desk.archive.members([row["id"]]).get(row["id"], ())
    items = desk.archive.items([members[0].item_id]) if members else ()
    return headline(desk, items[0], topics, language) if items else words(language)["story"]


def severity_mark(level: int, word: str) -> Markup:
    """The band, as briefings print it; the number behind it is told where a pointer rests."""
    return Markup('<span class="sev sev-{0}" title="{1} {0}/5">{2}</span>').format(
        level, word, band_of(level)
    )


def counted(spoken: Mapping[str, str], count: int, what: str, language: str) -> str:
    """A number with its noun: `what` is a word's key, `what_one` the key of its singular."""
    noun = spoken.get(f"{what}_one", spoken[what]) if count == 1 else spoken[what]
    return f"{format_decimal(count, locale=language)} {noun}"


def signal_name(desk: Desk, signal: Signal, language: str) -> str:
    """What rises: a topic, platform or feature by its name, a story by its headline, a class of sources as it is."""
    kind, _, label = (
        signal.label.rpartition(":")
        if signal.dimension == "silence"
        else (signal.dimension, "", signal.label)
    )
    if kind == "story":
        found = desk.archive.stories_by_id([label])
        tags = desk.archive.annotations(
            [m.item_id for m in desk.archive.members([label]).get(label, ())], "topic"
        )
        topics = {tag.label for held in tags.values() for tag in held if not tag.suppressed}
        return story_title(desk, found[0], topics, language) if found else label
    return desk.name("topic" if kind == "tripwire" else kind, label, language)


def shortened(text: str) -> str:
    """The first words of a text without a title."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARACTERS else line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + " …"


def language_of(request: Request) -> str:
    """The address's word first, then the cookie, then the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get("lang") or ""
    if asked in LANGUAGES:
        return asked
    return "de" if request.headers.get("accept-language", "").lower().startswith("de") else "en"


def address(request: Request, **changes: object) -> str:
    """This page's address with some parameters changed; None takes one out."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in changes]
    added = [(k, str(v)) for k, v in changes.items() if v is not None]
    query = urlencode(kept + added)
    return f"{request.url.path}?{query}" if query else request.url.path


def page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """The rendered page, or the parts of it that were asked for; remembers a language that was chosen by the address."""
    desk: Desk = request.app.state.desk
    language = language_of(request)
    other = next(code for code in LANGUAGES if code != language)
    zone = ZoneInfo(next(iter(desk.zones.values()), "UTC"))
    spoken = words(language)

    def when(moment: datetime, form: str = "d MMM, HH:mm") -> str:
        return str(format_datetime(moment.astimezone(zone), form, locale=language))

    wanted = parts_of(request)
    kept = _environment().get_template(template)
    told = dict(
        language=language,
        other_language=other,
        other_language_url=address(request, lang=other),
        t=lambda key: spoken[key],
        topic=lambda name: desk.name("topic", name, language),
        platform=lambda name: desk.name("platform", name, language),
        named=lambda kind, name: desk.name(kind, name, language),
        band=band_of,
        severity_mark=lambda level: severity_mark(level, spoken["severity"]),
        story_name=lambda row: story_name(desk, row, language),
        state_word=lambda said: spoken.get(said, said) or "–",
        counted=lambda count, what: counted(spoken, count, what, language),
        signal_name=lambda signal: signal_name(desk, signal, language),
        span=lambda between: str(format_timedelta(between, locale=language, threshold=1.2)),
        story_title=lambda story, topics: story_title(desk, story, topics, language),
        cover=desk.shield.cover,
        spoken_reason=lambda reason: desk.speak(reason, language),
        headline=lambda item, topics=(): headline(desk, item, topics, language),
        token=request.state.form_token,
        person=request.state.person,
        may=lambda role: may(request, Role[role]),
        open_door=desk.is_open(),
        static=asset_url,
        link=lambda **changes: address(request, **changes),
        when=when,
        number=lambda value: format_decimal(value, locale=language),
        now=desk.clock(),
        menu=MENU,
        here=request.url.path,
        **facts,
    )
    part = rendered(kept, wanted, told) if wanted else None
    html = kept.render(told) if part is None else part
    response = HTMLResponse(html, status, {"Vary": HEADER})
    if part is not None:
        response.headers[HEADER] = request.headers[HEADER]
    if request.query_params.get("lang") == language:
        response.set_cookie("lang", language, max_age=365 * 86400, samesite="lax", httponly=True)
    return response
