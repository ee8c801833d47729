"""Accounts, sessions, tokens, and what the reading room remembers of its readers."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from domain.model import Account, OutsideCount, Token
from storage.rows import compact
from storage.sqlite.connection import Connections
from storage.times import from_text, from_text_or_none, to_text, to_text_or_none

ATTEMPTS_KEPT = timedelta(days=1)
"""Failed sign-ins older than this say nothing any more."""

ACCOUNT_COLUMNS = "name, role, created_at, display, password_hash, language, disabled"
ACCOUNT_KEEP = f"""
INSERT INTO account ({ACCOUNT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
    role = excluded.role, display = excluded.display, password_hash = excluded.password_hash,
    language = excluded.language, disabled = excluded.disabled
"""
ACCOUNT = f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE name = ?"
ACCOUNTS = f"SELECT {ACCOUNT_COLUMNS} FROM account ORDER BY name"

SESSION_OPEN = "INSERT INTO session (secret_hash, name, opened_at, until) VALUES (?, ?, ?, ?)"
SESSION = """
SELECT s.name FROM session s LEFT JOIN account a USING (name)
WHERE s.secret_hash = ? AND s.until > ? AND coalesce(a.disabled, 0) = 0
"""
SESSION_TIMES = "SELECT opened_at, until FROM session WHERE secret_hash = ?"
SESSION_PROLONG = "UPDATE session SET until = ? WHERE secret_hash = ?"
SESSIONS_OVER = "DELETE FROM session WHERE until <= ?"
SESSIONS_CLOSE = (
    "DELETE FROM session WHERE secret_hash = :secret AND :secret <> '' OR name = :name AND :name <> ''"
)

TOKEN_COLUMNS = "token_id, owner, t.name, scopes, secret_hash, t.created_at, expires_at"
TOKEN_KEEP = """
INSERT INTO token (token_id, owner, name, scopes, secret_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
TOKEN = f"""
SELECT {TOKEN_COLUMNS} FROM token t LEFT JOIN account a ON a.name = t.owner
WHERE secret_hash = ? AND (expires_at IS NULL OR expires_at > ?) AND coalesce(a.disabled, 0) = 0
"""
TOKENS = (
    f"SELECT {TOKEN_COLUMNS} FROM token t WHERE :owner = '' OR owner = :owner ORDER BY t.created_at, token_id"
)
TOKEN_DROP = "DELETE FROM token WHERE token_id = ?"

ATTEMPT = "INSERT INTO attempt (who, at) VALUES (?, ?)"
ATTEMPTS = "SELECT count(*) FROM attempt WHERE who = ? AND at >= ?"
ATTEMPTS_OVER = "DELETE FROM attempt WHERE at < ?"
EXPOSURE = "INSERT INTO exposure (name, item_id, at) VALUES (?, ?, ?)"
EXPOSURES = "SELECT count(*) FROM exposure WHERE name = ? AND at >= ?"

OUTSIDE_KEEP = """
INSERT INTO outside_count (series, market, day, value, by, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (series, market, day) DO UPDATE SET value = excluded.value, by = excluded.by, at = excluded.at
"""
OUTSIDE = """
SELECT series, market, day, value, by, at FROM outside_count
WHERE day BETWEEN :first AND :last AND (:market = '' OR market = :market) ORDER BY series, market, day
"""


class People(Connections):
    """Who may enter."""

    def keep_account(self, account: Account) -> None:
        """Makes or changes the account of this name."""
        values = (account.display, account.password_hash, account.language, int(account.disabled))
        self.run(ACCOUNT_KEEP, (account.name, account.role, to_text(account.created_at), *values))

    def account(self, name: str) -> Account | None:
        row = self.row(ACCOUNT, (name,))
        return _account(row) if row else None

    def accounts(self) -> Sequence[Account]:
        """By name."""
        return [_account(row) for row in self.rows(ACCOUNTS)]

    def open_session(self, secret_hash: str, name: str, now: datetime, until: datetime) -> None:
        with self.transaction():
            self.run(SESSIONS_OVER, (to_text(now),))
            self.run(SESSION_OPEN, (secret_hash, name, to_text(now), to_text(until)))

    def session(self, secret_hash: str, now: datetime) -> str | None:
        """Whose session it is; None when it is over or the account disabled."""
        name: str | None = self.value(SESSION, (secret_hash, to_text(now)))
        return name

    def session_times(self, secret_hash: str) -> tuple[datetime, datetime] | None:
        """When it was opened and until when it holds; None when there is none."""
        row = self.row(SESSION_TIMES, (secret_hash,))
        return (from_text(row[0]), from_text(row[1])) if row else None

    def prolong_session(self, secret_hash: str, until: datetime) -> None:
        self.run(SESSION_PROLONG, (to_text(until), secret_hash))

    def close_sessions(self, *, secret_hash: str = "", name: str = "") -> None:
        """One session, or all of a name."""
        self.run(SESSIONS_CLOSE, {"secret": secret_hash, "name": name})

    def keep_token(self, token: Token) -> None:
        moments = (to_text(token.created_at), to_text_or_none(token.expires_at))
        self.run(
            TOKEN_KEEP, (token.id, token.owner, token.name, compact(list(token.scopes)), token.hash, *moments)
        )

    def token(self, secret_hash: str, now: datetime) -> Token | None:
        """None when there is none, it is over, or its owner disabled."""
        row = self.row(TOKEN, (secret_hash, to_text(now)))
        return _token(row) if row else None

    def tokens(self, owner: str = "") -> Sequence[Token]:
        return [_token(row) for row in self.rows(TOKENS, {"owner": owner})]

    def drop_token(self, token_id: str) -> None:
        self.run(TOKEN_DROP, (token_id,))

    def note_attempt(self, who: str, now: datetime) -> None:
        """A failed sign-in. `who` is a hash of address or name."""
        with self.transaction():
            self.run(ATTEMPTS_OVER, (to_text(now - ATTEMPTS_KEPT),))
            self.run(ATTEMPT, (who, to_text(now)))

    def attempts(self, who: str, since: datetime) -> int:
        return int(self.value(ATTEMPTS, (who, to_text(since))))

    def note_exposure(self, name: str, item_id: str, now: datetime) -> None:
        """The reader unfolded a sensitive text; told to nobody but them."""
        self.run(EXPOSURE, (name, item_id, to_text(now)))

    def exposures(self, name: str, since: datetime) -> int:
        return int(self.value(EXPOSURES, (name, to_text(since))))

    def keep_outside_counts(self, counts: Sequence[OutsideCount]) -> None:
        """The same series, market and day again replaces the value."""
        with self.transaction():
            self.run_many(
                OUTSIDE_KEEP,
                ((c.series, c.market, c.day.isoformat(), c.value, c.by, to_text(c.at)) for c in counts),
            )

    def outside_counts(self, first: date, last: date, market: str = "") -> Sequence[OutsideCount]:
        span = {"first": first.isoformat(), "last": last.isoformat(), "market": market}
        return [
            OutsideCount(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4], from_text(row[5]))
            for row in self.rows(OUTSIDE, span)
        ]


def _account(row: tuple[Any, ...]) -> Account:
    return Account(
        name=row[0],
        role=row[1],
        created_at=from_text(row[2]),
        display=row[3],
        password_hash=row[4],
        language=row[5],
        disabled=bool(row[6]),
    )


def _token(row: tuple[Any, ...]) -> Token:
    return Token(
        row[0],
        row[1],
        row[2],
        tuple(json.loads(row[3])),
        row[4],
        from_text(row[5]),
        from_text_or_none(row[6]),
    )
