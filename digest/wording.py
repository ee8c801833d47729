"""Words of a briefing in the reader's language and locale. The phrases are in digest/words/LANGUAGE.yaml."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, get_timezone_name
from babel.numbers import format_decimal, format_percent
from ruamel.yaml import YAML

from domain.briefing import Line, Part
from domain.errors import ConfigError

# A market reads its own language's numbers and months; another language keeps its own habits.
LOCALES = {
    "de": {"AT": "de_AT", "CH": "de_CH"},
    "en": {"US": "en_US"},
}
FALLBACK = {"de": "de_DE", "en": "en_GB"}

ZONES = {
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "CH": "Europe/Zurich",
    "DACH": "Europe/Berlin",
    "UK": "Europe/London",
    "US": "America/New_York",
    "EU": "Europe/Brussels",
    "FR": "Europe/Paris",
    "IT": "Europe/Rome",
}

STATISTIC = re.compile(r"\s*\((?:q|p) = [^)]*\)")
DECIMAL = re.compile(r"(?<![\w.])(\d+)\.(\d+)(?![\w.])")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def zone_of(market: str) -> str:
    """The market's zone; UTC for a market nobody told us of."""
    return ZONES.get(market, "UTC")


@cache
def catalogue(language: str) -> Mapping[str, object]:
    """All phrases of one language. Raises ConfigError for a language that has none."""
    try:
        text = resources.files("digest").joinpath("words", f"{language}.yaml").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"no wording for language {language!r}", remedy=f"use one of: {', '.join(sorted(FALLBACK))}"
        ) from error
    phrases: Mapping[str, object] = YAML(typ="safe", pure=True).load(text)
    return phrases


Speak = Callable[[str, str], str]


def as_it_is(reason: str, language: str) -> str:
    """A rule's reason in the rule's own words."""
    return reason


@dataclass(frozen=True, slots=True)
class Words:
    """One language for one market. Keys are paths into the catalogue: `card.counts`.

    `extra` names what the catalogue does not know; `speak` puts a rule's reason into a language.
    """

    language: str
    market: str
    zone: str = ""
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    speak: Speak = as_it_is

    @property
    def locale(self) -> str:
        return LOCALES.get(self.language, {}).get(self.market, FALLBACK.get(self.language, "en_GB"))

    def text(self, key: str, /, count: int | None = None, **values: str) -> str:
        """A phrase as a plain string; `count` picks zero/one/other and fills `{count}` where it stands."""
        filled = dict(values)
        if count is not None:
            filled.setdefault("count", self.number(count))
        return PLACEHOLDER.sub(lambda found: filled[found[1]], self._pattern(key, count))

    def line(self, key: str, /, count: int | None = None, **parts: Part | Line) -> Line:
        """A phrase whose placeholders are parts or whole lines; a part given as () vanishes with its space."""
        if count is not None:
            parts.setdefault("count", self.number(count))
        filled: list[Part] = []
        for at, piece in enumerate(PLACEHOLDER.split(self._pattern(key, count))):
            value: Part | Line = piece if at % 2 == 0 else parts[piece]
            filled.extend(value if isinstance(value, tuple) else (value,))
        return tidy(filled)

    def words(self, key: str) -> tuple[str, ...]:
        """A list of phrases, such as a table's head."""
        found = self._find(key)
        if not isinstance(found, list):
            raise KeyError(key)
        return tuple(self.spell(str(word)) for word in found)

    def has(self, key: str) -> bool:
        try:
            self._find(key)
        except KeyError:
            return False
        return True

    def knows(self, group: str, identity: str) -> bool:
        """Whether there is a name for it."""
        return f"{group}:{identity}" in self.extra or self.has(f"names.{group}.{identity}")

    def name(self, group: str, identity: str) -> str:
        """A label such as `name("topic", "youth_safety")`; a readable form of the id when there is none."""
        given = self.extra.get(f"{group}:{identity}", {})
        if self.language in given:
            return given[self.language]
        try:
            return self.spell(str(self._find(f"names.{group}.{identity}")))
        except KeyError:
            return identity.replace("_", " ")

    def reason(self, said: str) -> str:
        """Why a rule did what it did, in the reader's words and decimals, without what only statisticians read."""
        told = self.speak(STATISTIC.sub("", said), self.language)
        comma = self.number(0.5, 1)[1]
        return self.spell(DECIMAL.sub(rf"\1{comma}\2", told))

    def quoted(self, text: str) -> str:
        """In the quotation marks of language and market."""
        around = ("«", "»") if self.locale == "de_CH" else (self._mark("open"), self._mark("close"))
        return f"{around[0]}{text}{around[1]}"

    def _mark(self, side: str) -> str:
        return str(self._find(f"format.{side}_quote"))

    def spell(self, text: str) -> str:
        """Swiss German knows no ß."""
        return text.replace("ß", "ss") if self.locale == "de_CH" else text

    def number(self, value: float, digits: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self.locale))

    def percent(self, share: float) -> str:
        """`share` 0..1 in whole per cent."""
        gap = "" if self.language == "en" else "\u00a0"
        return str(format_percent(share, format=f"#,##0{gap}%", locale=self.locale))

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone or zone_of(self.market)))

    def long_date(self, day: date) -> str:
        """Sonntag, 22. November 2026."""
        return str(format_date(day, "full", locale=self.locale))

    def short_date(self, day: date) -> str:
        """So., 22. Nov."""
        pattern = "EEE d MMM" if self.language == "en" else "EEE, d. MMM"
        return str(format_date(day, pattern, locale=self.locale))

    def day(self, day: date) -> str:
        """22. Nov."""
        return str(format_skeleton("MMMd", day, locale=self.locale)).replace(" ", "\u00a0")

    def long_day(self, day: date) -> str:
        """30. Nov. 2026."""
        return str(format_skeleton("yMMMd", day, locale=self.locale)).replace(" ", "\u00a0")

    def clock(self, moment: datetime) -> str:
        """07:10 in the market's zone."""
        suffix = " Uhr" if self.language == "de" else ""
        return self.local(moment).strftime("%H:%M") + suffix

    def zone_name(self, moment: datetime) -> str:
        """MEZ, CET, GMT …: the short name in use at that moment."""
        known = {"de": {"CET": "MEZ", "CEST": "MESZ"}}
        english = self.local(moment).tzname() or "UTC"
        if english[:1] in "+-":
            return str(get_timezone_name(self.local(moment), width="short", locale=self.locale))
        return known.get(self.language, {}).get(english, english)

    def moment(self, moment: datetime) -> str:
        """So., 22. Nov., 07:10."""
        return f"{self.short_date(self.local(moment).date())}, {self.local(moment):%H:%M}"

    def when(self, moment: datetime, today: date) -> str:
        """07:10 Uhr if it is today, else 21. Nov., 07:10 Uhr."""
        day = self.local(moment).date()
        return self.clock(moment) if day == today else f"{self.day(day)}, {self.clock(moment)}"

    def both(self, moment: datetime) -> str:
        """07:10 MEZ (06:10 UTC), with the date in front."""
        return (
            f"{self.short_date(self.local(moment).date())}, {self.local(moment):%H:%M} {self.zone_name(moment)}"
            f" ({moment:%H:%M} UTC)"
        )

    def join(self, names: Iterable[str]) -> str:
        """A, B und C."""
        listed = list(names)
        if len(listed) < 2:
            return "".join(listed)
        return ", ".join(listed[:-1]) + str(self._find("and")) + listed[-1]

    def _find(self, key: str) -> object:
        found: object = catalogue(self.language)
        for step in key.split("."):
            if not isinstance(found, Mapping):
                raise KeyError(key)
            found = found[int(step)] if step.isdigit() and int(step) in found else found[step]
        return found

    def _pattern(self, key: str, count: int | None) -> str:
        found = self._find(key)
        if isinstance(found, Mapping):
            form = str(Locale.parse(self.locale).plural_form(count if count is not None else 2))
            found = found["zero"] if count == 0 and "zero" in found else found.get(form, found["other"])
        return self.spell(str(found))


def tidy(parts: Iterable[Part]) -> Line:
    """Joins neighbouring strings and drops empty ones."""
    line: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and line and isinstance(line[-1], str):
            line[-1] += part
        else:
            line.append(part)
    return tuple(line)


def joined(lines: Iterable[Line | str], between: str = " · ") -> Line:
    """Several lines as one."""
    parts: list[Part] = []
    for line in lines:
        if not line:
            continue
        if parts:
            parts.append(between)
        parts.extend((line,) if isinstance(line, str) else line)
    return tidy(parts)
