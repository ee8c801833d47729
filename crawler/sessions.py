"""Sessions with platforms that want one, in the memory of this process alone."""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# A token that is about to end would end under way.
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """Tokens of one account at one server. `until` is when `access` ends, None when it does not say."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the token can be used for a visit that begins now."""
        return self.until is not None and now + MARGIN < self.until


class Sessions:
    """By server and account. Nothing of it is ever written down."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Session] = {}

    def of(self, server: str, account: str) -> Session | None:
        return self._kept.get((server, account))

    def keep(self, server: str, account: str, session: Session) -> None:
        self._kept[server, account] = session

    def drop(self, server: str, account: str) -> None:
        self._kept.pop((server, account), None)


def ends_at(token: str) -> datetime | None:
    """When a JSON Web Token says that it ends; None for any other token. Its signature is the server's business."""
    try:
        claims = json.loads(_unpacked(token.split(".")[1]))
        return datetime.fromtimestamp(claims["exp"], UTC) if isinstance(claims, dict) else None
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        return None


def _unpacked(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
