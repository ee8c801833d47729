"""Logs events and their facts as key=value or JSON lines on standard error, without secrets and without people.

Whatever a line holds, it leaves through `masked`: secrets of the environment, what follows a URL's question mark, mail
addresses and handles are taken out. Of a library's error only its class is told, since its message may quote a text.
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from domain.errors import LagebildError

ROOMS = ("lagebild", "crawler", "nlp", "storage", "digest", "web", "scheduler")
NO_FACTS: Mapping[str, str] = MappingProxyType({})
context: ContextVar[Mapping[str, str]] = ContextVar("context", default=NO_FACTS)
"""Facts that every line of this task carries, such as source and item."""


SECRET_NAMES = re.compile("PASSWORD|TOKEN|SECRET|KEY|PING|WEBHOOK", re.I)
SHORTEST_SECRET = 6
MASKS = (
    (re.compile(r"(https?://)[^/\s@]+@"), r"\1"),
    (re.compile(r"(https?://[^\s?]+)\?[^\s\"']+"), r"\1?[...]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"(?<![\w/@.])@[\w.-]{2,}"), "[handle]"),
)


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Values of variables that are named like secrets, longest first."""
    named = {value for name, value in environment.items() if SECRET_NAMES.search(name)}
    return sorted((value for value in named if len(value) >= SHORTEST_SECRET), key=len, reverse=True)


def masked(line: str, secrets: Sequence[str] = ()) -> str:
    """The line without secrets, queries, mail addresses and handles."""
    for secret in secrets:
        line = line.replace(secret, "[secret]")
    for pattern, instead in MASKS:
        line = pattern.sub(instead, line)
    return line


@contextmanager
def telling(**facts: str) -> Iterator[None]:
    """Adds facts to every line inside, such as the job's or the source's name."""
    token = context.set({**context.get(), **facts})
    try:
        yield
    finally:
        context.reset(token)


class Masking(logging.Formatter):
    """What both forms share: a line leaves masked, an error as its class and where it was raised."""

    def __init__(self, secrets: Sequence[str] = (), *, whole_errors: bool = False) -> None:
        super().__init__()
        self._secrets, self._whole_errors = secrets, whole_errors

    def masked(self, line: str) -> str:
        return masked(line, self._secrets)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """The frames; the message only of our own errors, or when somebody asked for all."""
        kind, error, trace = ei
        if self._whole_errors or isinstance(error, LagebildError):
            return super().formatException(ei)
        frames = "".join(traceback.format_tb(trace))
        return (
            f"Traceback (most recent call last):\n{frames}{kind.__name__}: [message withheld; -vv shows it]"
        )


class Facts(logging.Filter):
    """Adds the context to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.facts = context.get()
        return True


class KeyValue(Masking):
    """`2026-11-28T06:30:00Z INFO crawler.crawl collected new=3 source=faz`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {key}={value}" for key, value in getattr(record, "facts", {}).items())
        line = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}{facts}"
        line = f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
        return self.masked(line)


class JsonLine(Masking):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "event": self.masked(record.getMessage()),
        }
        told |= dict(getattr(record, "facts", {}))
        if record.exc_info:
            told["exception"] = self.masked(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def configure(verbosity: int = 0, form: str | None = None) -> None:
    """Sets up our rooms' loggers. `verbosity` -1 errors, 0 warnings, 1 info, 2 debug, libraries included.

    `form` is `text` or `json`; None reads LAGEBILD_LOG.
    """
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Facts())
    shape = JsonLine if (form or os.environ.get("LAGEBILD_LOG")) == "json" else KeyValue
    handler.setFormatter(shape(secrets_in(os.environ), whole_errors=verbosity > 1))
    logging.basicConfig(
        level=logging.ERROR if verbosity < 2 else logging.DEBUG, handlers=[handler], force=True
    )
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
