"""robots.txt as RFC 9309 says. Protego matches the patterns; groups and names are made exact before it sees them."""

import re
from dataclasses import dataclass

from protego import Protego

# RFC 9309, 2.5: at least 500 KiB must be read.
ROBOTS_OCTETS = 512 * 1024
# RFC 9309, 2.3.1.2: at least five redirects are followed.
ROBOTS_REDIRECTS = 5
# A longer Crawl-delay would stop a source for good; some sites publish 3600 for everyone.
LONGEST_DELAY_SECONDS = 60.0

_RECORD = re.compile(r"^[ \t]*([A-Za-z -]+?)[ \t]*:[ \t]*([^#]*)")
_NAME = re.compile(r"\*|[A-Za-z_-]+")
_RULES = ("allow", "disallow")
_OTHERS = ("crawl-delay", "request-rate", "visit-time")


@dataclass(frozen=True, slots=True)
class Robots:
    """What one site's robots.txt says. `parser` is None when there is no file; `unreachable` says why not read."""

    parser: Protego | None = None
    groups: frozenset[str] = frozenset()
    unreachable: str = ""

    def allows(self, url: str, agent: str) -> bool:
        """Whether `agent` may fetch `url`. An unreachable robots.txt forbids everything (2.3.1.4)."""
        if self.unreachable:
            return False
        return self.parser is None or bool(self.parser.can_fetch(url, self._group(agent)))

    def delay_seconds(self, agent: str) -> float:
        """Crawl-delay or the pause of Request-rate, whichever is longer; 0.0 when neither is given."""
        if self.parser is None:
            return 0.0
        rate = self.parser.request_rate(self._group(agent))
        paced = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return min(
            LONGEST_DELAY_SECONDS, max(float(self.parser.crawl_delay(self._group(agent)) or 0.0), paced)
        )

    def _group(self, agent: str) -> str:
        """Whose group speaks to us: the one with exactly our name, else everyone's (2.2.1)."""
        return agent if agent.lower() in self.groups else "*"

    def sitemaps(self) -> tuple[str, ...]:
        """Sitemaps named in the file."""
        return tuple(self.parser.sitemaps) if self.parser else ()


def read_robots(status: int | None, body: bytes) -> Robots:
    """RFC 9309, 2.3.1: 2xx is read, 4xx allows all, 5xx and no answer (None, `body` says why) forbid all.

    3xx here means that five redirects did not end: treated as unavailable, which allows (2.3.1.2).
    """
    if status is None or status >= 500:
        return Robots(unreachable=body.decode() if status is None else f"HTTP {status}")
    if not 200 <= status < 300:
        return Robots()
    text = body[:ROBOTS_OCTETS].decode("utf-8", "replace").removeprefix("\ufeff").replace("\x00", "")
    plain, groups = prepared(text)
    return Robots(Protego.parse(plain), groups)


def prepared(text: str) -> tuple[str, frozenset[str]]:
    """The file with product tokens for names, and other records moved to groups of their own; and the names.

    Other records must not interfere with the rules (2.2.4): a Crawl-delay between two User-agent lines neither
    ends a group nor speaks to those who come after it.
    """
    lines: list[str] = []
    others: list[str] = []
    names: list[str] = []
    groups: set[str] = set()
    open_names = True
    for line in re.split(r"\r\n|\r|\n", text):
        record = _RECORD.match(line)
        key, value = (record[1].lower(), record[2].strip()) if record else ("", "")
        if key == "user-agent":
            found = _NAME.match(value)
            names = [*(names if open_names else []), found[0] if found else ""]
            groups.add(names[-1].lower())
            open_names = True
            line = f"User-agent: {names[-1]}"
        elif key in _OTHERS:
            others += [*(f"User-agent: {name}" for name in names), f"{key}: {value}"]
            continue
        elif key in _RULES:
            open_names = False
        lines.append(line)
    return "\n".join([*lines, *others]), frozenset(groups)


def product_token(user_agent: str) -> str:
    """The name that robots.txt groups are matched by: `Lagebild` of `Lagebild/1.0 (+https://...)`."""
    found = re.match(r"[A-Za-z_-]+", user_agent)
    return found[0] if found else "*"
