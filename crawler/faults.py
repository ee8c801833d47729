"""What went wrong on a visit, in one of the words an outcome has. One table, from exception to word."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from crawler.guard import BadBody, NoSuchHost, NotAllowed
from crawler.politeness import HostResting, OutOfTime
from domain.errors import FetchError, Forbidden, ParseError, SourceError
from domain.model import Outcome


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one request brought nothing. `status` is None when no answer came."""

    outcome: Outcome
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    body: bytes = b""


class RobotsForbid(Exception):
    """robots.txt says no."""


class RobotsUnread(Exception):
    """robots.txt could not be read, which forbids everything for now (RFC 9309, 2.3.1.4)."""


@cache
def words() -> tuple[tuple[type[BaseException], Outcome, str], ...]:
    """Exception, outcome, and what to say before its own message (nothing after it unless a colon ends it)."""
    # Scrapy is imported by the first fault, not by every command that knows the word.
    from scrapy.exceptions import (
        CannotResolveHostError,
        DownloadCancelledError,
        DownloadConnectionRefusedError,
        DownloadFailedError,
        DownloadTimeoutError,
        IgnoreRequest,
        ResponseDataLossError,
        UnsupportedURLSchemeError,
    )

    return (
        (RobotsForbid, Outcome.BLOCKED, ""),
        (RobotsUnread, Outcome.UNREACHABLE, ""),
        (NotAllowed, Outcome.BLOCKED, "not allowed: "),
        (UnsupportedURLSchemeError, Outcome.BLOCKED, "not allowed: "),
        (Forbidden, Outcome.BLOCKED, ""),
        (BadBody, Outcome.UNPARSEABLE, ""),
        (ParseError, Outcome.UNPARSEABLE, ""),
        (DownloadCancelledError, Outcome.UNPARSEABLE, "the body is larger than allowed"),
        (NoSuchHost, Outcome.UNREACHABLE, ""),
        (CannotResolveHostError, Outcome.UNREACHABLE, "the name has no address: "),
        (DownloadConnectionRefusedError, Outcome.UNREACHABLE, "connection refused"),
        (DownloadTimeoutError, Outcome.UNREACHABLE, "timeout: "),
        (ResponseDataLossError, Outcome.UNREACHABLE, "the body broke off before its end"),
        (DownloadFailedError, Outcome.UNREACHABLE, "connection failed: "),
        (IgnoreRequest, Outcome.UNREACHABLE, ""),
        (OutOfTime, Outcome.UNREACHABLE, ""),
        (HostResting, Outcome.UNREACHABLE, ""),
        (FetchError, Outcome.UNREACHABLE, ""),
    )


def fault_of(error: BaseException) -> Fault | None:
    """The fault an exception stands for; None for one that is nobody's but ours."""
    for kind, outcome, before in words():
        if isinstance(error, kind):
            said = getattr(error, "message", str(error)) if not before or before.endswith(": ") else ""
            wait = getattr(error, "wait", None) or getattr(error, "retry_after", None)
            return Fault(
                outcome, _one_line(before + tls_trouble(error, said)), None, wait, getattr(error, "body", b"")
            )
    return None


def error_of(fault: Fault, source_id: str = "") -> SourceError:
    """The error that tells a fault to a person."""
    if fault.outcome is Outcome.BLOCKED:
        return Forbidden(
            fault.reason, source_id=source_id, remedy="ask the publisher, or choose another address"
        )
    if fault.outcome is Outcome.UNPARSEABLE:
        return ParseError(fault.reason, source_id=source_id, remedy="check the address in a browser")
    return FetchError(
        fault.reason, source_id=source_id, remedy="try again later", retry_after=fault.retry_after
    )


def tls_trouble(error: BaseException, said: str) -> str:
    """`said`, or the words of a certificate error where one hides in the causes."""
    text = f"{said} {error!r} {error.__cause__!r}"
    if "certificate verify failed" in text or "VerificationError" in text or "CertificateError" in text:
        return "the certificate does not verify"
    return said


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
