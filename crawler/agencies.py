"""News agencies by what an article says of itself: its byline, its dateline, its credit."""

import re

# Order matters where one name holds another: "Keystone-SDA" before "SDA", "APA" never inside "dpa-AFX".
NAMES: dict[str, str] = {
    "dpa": r"dpa(?:[-/ ](?:AFX|infocom|infografik|tmn|Custom|Video|lnw|lby|lsw|lth|lhe|lno|lbn|lrs|lsn|lni|mv))*|Deutsche Presse-Agentur",
    "APA": r"APA(?:[-/](?:OTS|Science|dpa|AFP|Reuters))*|Austria Presse Agentur",
    "AFP": r"AFP|Agence France[- ]Presse",
    "Keystone-SDA": r"Keystone[-/ ]?(?:SDA|ATS)|SDA|ATS|Schweizerische Depeschenagentur",
    "Reuters": r"Reuters",
    "AP": r"AP|Associated Press",
    "ANSA": r"ANSA|Ansa",
    "KNA": r"KNA|Katholische Nachrichten-Agentur",
    "epd": r"epd|Evangelischer Pressedienst",
    "sid": r"sid|SID|Sport-Informations-Dienst",
    "AWP": r"awp|AWP",
    "PA": r"PA Media|Press Association",
    "Europa Press": r"Europa Press",
    "Adnkronos": r"Adnkronos",
}
_ANY = "|".join(f"(?P<A{number}>{pattern})" for number, pattern in enumerate(NAMES.values()))
_AGENCY = re.compile(rf"(?<![\w@#])(?:{_ANY})(?![\w@])")
# Slugs in brackets at the head or foot of a text: "Berlin (dpa) - ", "(afp/sda)", "[dpa/lno]".
_BRACKETS = re.compile(r"[(\[]([^()\[\]\n]{2,60})[)\]]")
_SIGN = re.compile(
    r"\b(?:dpa|apa|afp|sda|ats|reuters|rtr|ap|ansa|kna|epd|sid|awp|keystone-sda|keystone)\b", re.IGNORECASE
)
_SLUG = re.compile(r"[\w.\-]+(?:\s*[/,+&]\s*[\w.\-]+){0,5}")
_CREDIT = re.compile(
    r"(?:Quelle|Quellen|Mit Material|Material|Text|Source|Sources|Fonte|mit Agenturmaterial|Nachrichtenagentur\w*|"
    r"news agency|avec|by|Von|von)\s*:?\s*(?:der\s+|von\s+|the\s+|l['’])?",
)
_LOWER = {"dpa": "dpa", "apa": "APA", "afp": "AFP", "sda": "Keystone-SDA", "ats": "Keystone-SDA", "reuters": "Reuters",
          "rtr": "Reuters", "ap": "AP", "ansa": "ANSA", "kna": "KNA", "epd": "epd", "sid": "sid", "awp": "AWP",
          "keystone-sda": "Keystone-SDA", "keystone": "Keystone-SDA"}  # fmt: skip
HEAD_CHARACTERS = 200
FOOT_CHARACTERS = 220
CREDIT_WORDS = 4


def agency_of(authors: tuple[str, ...], text: str) -> str:
    """The first agency named in the bylines, the dateline or the closing credit; empty when there is none.

    A mention inside a sentence ("wie AFP meldete") is no credit, for it is a quotation.
    """
    return _in_bylines(authors) or _in_head(text) or _in_foot(text)


def _in_bylines(authors: tuple[str, ...]) -> str:
    for author in authors:
        if found := _AGENCY.search(author):
            return _name(found)
        if (
            _SLUG.fullmatch(author.strip())
            and (sign := _SIGN.search(author))
            and len(author) <= FOOT_CHARACTERS
        ):
            return _LOWER[sign[0].lower()]
    return ""


def _in_head(text: str) -> str:
    return _slug_in(text[:HEAD_CHARACTERS]) or _dateline(text[:HEAD_CHARACTERS])


def _in_foot(text: str) -> str:
    foot = text[-FOOT_CHARACTERS:]
    last = foot.rsplit("\n", 1)[-1].strip(" .–-©") if "\n" in foot else ""
    if len(last.split()) <= CREDIT_WORDS and (sign := _SIGN.match(last)):
        return _LOWER[sign[0].lower()]
    if slug := _slug_in(foot):
        return slug
    for credit in _CREDIT.finditer(last):
        if found := _AGENCY.match(last, credit.end()):
            return _name(found)
    return ""


def _slug_in(passage: str) -> str:
    for bracket in _BRACKETS.finditer(passage):
        inside = bracket[1].strip()
        if _SLUG.fullmatch(inside) and (sign := _SIGN.search(inside)):
            return _LOWER[sign[0].lower()]
        if (found := _AGENCY.match(inside)) and found.end() == len(inside):
            return _name(found)
    return ""


def _dateline(head: str) -> str:
    """`BERLIN, 3. Mai, dpa - Text`, `ROMA, 3 MAG - (ANSA)`."""
    opening = re.match(r"[^\n.!?]{2,60}?[,/]\s*(\w[\w-]+)\s+[-–—]\s", head)
    return _LOWER.get(opening[1].lower(), "") if opening else ""


def _name(found: re.Match[str]) -> str:
    number = int((found.lastgroup or "A0")[1:])
    return list(NAMES)[number]
