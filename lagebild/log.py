"""Logs events and their facts as key=value or JSON lines on standard error."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

ROOMS = ("lagebild", "crawler", "nlp", "storage", "digest", "web", "scheduler")
NO_FACTS: Mapping[str, str] = MappingProxyType({})
context: ContextVar[Mapping[str, str]] = ContextVar("context", default=NO_FACTS)
"""Facts that every line of this task carries, such as source and item."""


class Facts(logging.Filter):
    """Adds the context to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.facts = context.get()
        return True


class KeyValue(logging.Formatter):
    """`2026-11-28T06:30:00Z INFO crawler.crawl collected new=3 source=faz`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {key}={value}" for key, value in getattr(record, "facts", {}).items())
        line = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLine(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        told |= dict(getattr(record, "facts", {}))
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
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
    handler.setFormatter(JsonLine() if (form or os.environ.get("LAGEBILD_LOG")) == "json" else KeyValue())
    logging.basicConfig(
        level=logging.ERROR if verbosity < 2 else logging.DEBUG, handlers=[handler], force=True
    )
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
