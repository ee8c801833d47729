"""Passwords: argon2id with the library's own parameters (RFC 9106, low memory), never kept in clear."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import ConfigError

SHORTEST, LONGEST = 12, 256
_HASHER = PasswordHasher()


def hashed(password: str, name: str) -> str:
    """What is kept of a password. Raises ConfigError for one that is easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            remedy="take four or more words that do not belong together",
        )
    if name in password.lower() or len(set(password)) < 5:
        raise ConfigError("this password is easy to guess", remedy="leave your name out and vary its letters")
    return _HASHER.hash(password)


def matches(kept: str, given: str) -> bool:
    """Whether `given` is the password. An account without one, or no account (""), takes just as long to refuse."""
    try:
        return _HASHER.verify(kept or _nobodys(), given[:LONGEST]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
