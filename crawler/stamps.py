"""Times as pages spell them, to ISO 8601 exactly as precise as they are stated."""

import re
from datetime import date, datetime

MONTHS = {name: number for number, names in enumerate((
    "jan januar january janvier gennaio jän jänner janv gen", "feb februar february février febbraio febr févr feber",
    "mar märz march mars marzo mär mrz", "apr april avril aprile avr", "may mai maggio mag",
    "jun juni june juin giugno giu", "jul juli july juillet luglio lug juil", "aug august août agosto ago",
    "sep september septembre settembre sept set", "oct oktober october octobre ottobre okt ott",
    "nov november novembre", "dec dezember december décembre dicembre dez déc dic"), 1) for name in names.split()}  # fmt: skip
ZONES = {"CEST": "+02:00", "MESZ": "+02:00", "CET": "+01:00", "MEZ": "+01:00", "GMT": "+00:00", "UTC": "+00:00",
         "BST": "+01:00", "EST": "-05:00", "EDT": "-04:00", "PST": "-08:00", "PDT": "-07:00"}  # fmt: skip
ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ]\s?(?P<time>\d\d?:\d\d(?::\d\d)?)(?:[.,](?P<part>\d+))?\s*(?P<zone>Z|[+-]\d\d:?\d\d|[+-]\d\d|[A-Z]{3,4})?)?"
)
COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(Z|[+-]\d\d:?\d\d)?$")
UNIX_STYLE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d:\d\d:\d\d) ([A-Z]{3,4}) (\d{4})")
RFC_STYLE = re.compile(r"(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d(?::\d\d)?)\s*([+-]\d{4}|[A-Z]{3,4})?")
DOTTED = re.compile(r"(\d\d?)[./](\d\d?)[./](\d{4})(?:\D{1,12}?(\d\d?)[:.](\d\d))?")
WORDED = re.compile(
    r"(\d\d?)\.?(?:er|st|nd|rd|th)?\s+([A-Za-zäûé]{3,10})\.?,?\s+(\d{4})(?:\D{1,12}?(\d\d?)[:.h](\d\d))?"
)
MONTH_FIRST = re.compile(r"([A-Z][a-z]{2,8})\.? (\d\d?)(?:st|nd|rd|th)?,? (\d{4})(?:\D{1,6}(\d\d?):(\d\d))?")


def iso_time(stated: str) -> str:
    """`2026-05-18T12:19:11+02:00`, without the zone where none is stated, the bare day where no time is; else ""."""
    text = " ".join(stated.split())
    for reader in (_iso, _compact, _unix_style, _rfc_style, _dotted, _worded, _month_first):
        if (found := reader(text)) and _exists(found):
            return found
    return ""


def day_of(stamp: str) -> str:
    """The first ten characters of an ISO time; empty stays empty."""
    return stamp[:10]


def _exists(stamp: str) -> bool:
    try:
        return 1990 <= datetime.fromisoformat(stamp).year <= 2100
    except ValueError:
        return False


def _iso(text: str) -> str:
    found = ISO.match(text)
    if not found:
        return ""
    if not found["time"]:
        return found["day"]
    clock = found["time"] if len(found["time"].split(":")[0]) == 2 else f"0{found['time']}"
    part = f".{found['part'][:6]:0<6}" if found["part"] and found["part"].strip("0") else ""
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    return f"{found['day']}T{seconds}{part}{_zone(found['zone'])}"


def _zone(stated: str | None) -> str:
    if not stated:
        return ""
    if stated == "Z":
        return "+00:00"
    if stated[0] in "+-":
        digits = stated[1:].replace(":", "").ljust(4, "0")
        return f"{stated[0]}{digits[:2]}:{digits[2:]}"
    return ZONES.get(stated, "")


def _compact(text: str) -> str:
    found = COMPACT.match(text)
    if not found:
        return ""
    year, month, day, hour, minute, second, zone = found.groups()
    clock = f"T{hour}:{minute}:{second or '00'}{_zone(zone)}" if hour else ""
    return f"{year}-{month}-{day}{clock}"


def _unix_style(text: str) -> str:
    found = UNIX_STYLE.search(text)
    if not found:
        return ""
    month, day, clock, zone, year = found.groups()
    return _joined(int(year), month, int(day), clock, zone)


def _rfc_style(text: str) -> str:
    found = RFC_STYLE.search(text)
    if not found:
        return ""
    day, month, year, clock, zone = found.groups()
    return _joined(int(year), month, int(day), clock if clock.count(":") == 2 else f"{clock}:00", zone)


def _joined(year: int, month: str, day: int, clock: str, zone: str | None) -> str:
    number = MONTHS.get(month.lower())
    return f"{_day(year, number, day)}T{clock}{_zone(zone)}" if number and _day(year, number, day) else ""


def _dotted(text: str) -> str:
    found = DOTTED.search(text)
    if not found:
        return ""
    day, month, year, hour, minute = found.groups()
    return _day(int(year), int(month), int(day)) + _clock(hour, minute)


def _worded(text: str) -> str:
    found = WORDED.search(text)
    number = MONTHS.get(found[2].lower()) if found else None
    if not found or not number:
        return ""
    return _day(int(found[3]), number, int(found[1])) + _clock(found[4], found[5])


def _month_first(text: str) -> str:
    found = MONTH_FIRST.search(text)
    number = MONTHS.get(found[1].lower()) if found else None
    if not found or not number:
        return ""
    return _day(int(found[3]), number, int(found[2]))


def _clock(hour: str | None, minute: str | None) -> str:
    return f"T{int(hour):02d}:{minute}:00" if hour and minute and int(hour) < 24 and int(minute) < 60 else ""


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
