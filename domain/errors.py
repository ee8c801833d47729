"""The error tree. A class says what the belt does next.

LagebildError
├── ConfigError            stop; exit code 3
├── SourceError            leave this source until its turn
│   ├── FetchError         try again after `retry_after`, else at the source's own rhythm
│   ├── Forbidden          robots, an opt-out, 401 or 403: do not ask again this run
│   └── ParseError         quarantine the bytes
├── ItemError              quarantine the item, go on with the next
├── StorageError           the archive refused; nothing of the transaction is kept
│   ├── ArchiveLocked      another process holds the archive; exit code 75
│   └── Conflict           somebody changed the thing since it was read
└── DeliveryError          leave it in the outbox, try again later
"""

from datetime import timedelta


class LagebildError(Exception):
    """Something a person can mend. The message names the thing and the cause, `remedy` what to do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class ConfigError(LagebildError):
    """A file or setting is wrong. `path`, `line` and `column` (from 1) are None where there is no file."""

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.path, self.line, self.column = path, line, column


class SourceError(LagebildError):
    """This source failed; the others go on."""

    def __init__(self, message: str, *, source_id: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.source_id = source_id


class FetchError(SourceError):
    """No answer, or one that asks us to come back. `retry_after` is None when the host did not say when."""

    def __init__(
        self, message: str, *, source_id: str, remedy: str, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, source_id=source_id, remedy=remedy)
        self.retry_after = retry_after


class Forbidden(SourceError):
    """The publisher said no: robots.txt, a reservation of rights, 401, 403, or terms that prohibit."""


class ParseError(SourceError):
    """The bytes are not what the source's kind promises."""


class ItemError(LagebildError):
    """One item cannot be worked on; the next one is."""

    def __init__(self, message: str, *, item_id: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.item_id = item_id


class StorageError(LagebildError):
    """The archive refused; the transaction was rolled back."""


class ArchiveLocked(StorageError):
    """Another process holds the archive."""


class Conflict(StorageError):
    """The thing was changed by somebody else since it was read; read it again."""


class DeliveryError(LagebildError):
    """A channel did not take the message. `retry_after` is None when it did not say when.

    `permanent`: trying again is of no use (an unknown address, a refused login).
    """

    def __init__(
        self, message: str, *, remedy: str, retry_after: timedelta | None = None, permanent: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after, self.permanent = retry_after, permanent
