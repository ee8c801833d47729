"""Bluesky in a session: opened once, renewed when it ends, and its secret seen by nobody."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.connectors.bluesky import Bluesky
from crawler.registry import connector_for
from crawler.secret import SECRET, filled
from crawler.visit import CrawlJob, Visiting
from domain.errors import ConfigError
from domain.model import Checkpoint, Fetched, Lens, Outcome, Request, Source

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def site(name: str, **options: object) -> Source:
    """A server of its own for each test, since sessions live as long as the process."""
    return Source(
        id="b", name="B", kind="bluesky", url=f"https://{name}.example/", language="de", markets=("DE",),
        lens=Lens.USER, fetch_pages=False, auth="env:BSKY", options={"queries": ["a", "b"], "account": "desk.example", **options},
    )  # fmt: skip


def token(name: str, until: datetime) -> str:
    claims = (
        base64.urlsafe_b64encode(json.dumps({"exp": int(until.timestamp())}).encode()).decode().rstrip("=")
    )
    return f"{name}.{claims}.sig"


class Server:
    """Tokens hold for two hours; `over` are those that it takes no more."""

    def __init__(self) -> None:
        self.opened = self.renewed = self.searched = 0
        self.over: set[str] = set()
        self.passwords: list[str] = []
        self.refuses_renewal = False

    def __call__(self, request: Request, now: datetime) -> tuple[int, Any]:
        signed = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.url.endswith("createSession"):
            self.opened += 1
            self.passwords.append(json.loads(request.body)["password"])
            return 200, self.tokens(f"o{self.opened}", now)
        if request.url.endswith("refreshSession"):
            if self.refuses_renewal or not signed.startswith("refresh"):
                return 400, {"error": "ExpiredToken"}
            self.renewed += 1
            return 200, self.tokens(f"r{self.renewed}", now)
        if not signed or signed in self.over:
            return (400, {"error": "ExpiredToken"}) if signed else (401, {"error": "AuthMissing"})
        self.searched += 1
        return 200, {"posts": []}

    def tokens(self, name: str, now: datetime) -> dict[str, str]:
        return {"accessJwt": token(name, now + timedelta(hours=2)), "refreshJwt": f"refresh-{name}"}


def visit(source: Source, server: Server, now: datetime = NOW) -> Visiting:
    visiting = Visiting(CrawlJob(source, Checkpoint("b"), lambda ids: {}, "app-password"), now)
    waiting = visiting.first_requests()
    while waiting:
        plain = waiting.pop(0)
        status, body = server(filled(plain, "app-password"), now)
        waiting += visiting.answered(
            Fetched("b", plain, plain.url, status, {}, json.dumps(body).encode(), now)
        )
    visiting.choose(fetch_pages=False)
    return visiting


def test_one_session_serves_all_questions_and_the_next_visits() -> None:
    source, server = site("one"), Server()
    for minute in (0, 30, 60):
        done = visit(source, server, NOW + timedelta(minutes=minute))
        assert done.harvest(NOW).visit.outcome is Outcome.UNCHANGED
    assert (server.opened, server.renewed, server.searched) == (1, 0, 6)
    assert server.passwords == ["app-password"]


def test_a_session_that_is_about_to_end_is_renewed_without_the_password() -> None:
    source, server = site("two"), Server()
    visit(source, server)
    visit(source, server, NOW + timedelta(hours=1, minutes=58))
    assert (server.opened, server.renewed, server.searched) == (1, 1, 4)


def test_a_token_that_the_server_takes_no_more_is_renewed_under_way() -> None:
    source, server = site("three"), Server()
    visit(source, server)
    server.over = {token("o1", NOW + timedelta(hours=2))}
    done = visit(source, server, NOW + timedelta(minutes=30))
    assert done.harvest(NOW).visit.outcome is Outcome.UNCHANGED
    assert (server.opened, server.searched) == (1, 4)
    assert server.renewed in (1, 2)  # two questions may find out at the same time


def test_a_renewal_that_is_refused_opens_a_new_session() -> None:
    source, server = site("four"), Server()
    visit(source, server)
    server.refuses_renewal = True
    visit(source, server, NOW + timedelta(hours=3))
    assert (server.opened, server.searched) == (2, 4)


def test_an_account_that_is_refused_everywhere_is_blocked_and_does_not_ask_for_ever() -> None:
    source, server = site("five"), Server()
    server.over = {token(name, NOW + timedelta(hours=2)) for name in ("o1", "o2", "r1", "r2", "r3")}
    done = visit(source, server)
    assert done.harvest(NOW).visit.outcome is Outcome.BLOCKED
    assert len(done.asked) < 10


def test_a_wrong_password_is_blocked() -> None:
    def refuses(request: Request, now: datetime) -> tuple[int, Any]:
        return 401, {"error": "AuthenticationRequired"}

    done = visit(site("six"), refuses)  # type: ignore[arg-type]
    assert done.harvest(NOW).visit.outcome is Outcome.BLOCKED


def test_neither_password_nor_token_stands_in_what_is_kept_or_printed() -> None:
    source, server = site("seven"), Server()
    done = visit(source, server)
    kept = repr(done.harvest(NOW)) + repr(done.job) + repr(connector_for("bluesky").__dict__)
    assert "app-password" not in kept
    assert token("o1", NOW + timedelta(hours=2)) not in kept


def test_the_request_for_a_session_holds_only_a_placeholder() -> None:
    (request,) = Bluesky().plan(site("eight"), Checkpoint("b"), NOW)
    assert json.loads(request.body) == {"identifier": "desk.example", "password": SECRET}


def test_a_password_without_an_account_is_told() -> None:
    with pytest.raises(ConfigError, match="no account"):
        list(Bluesky().plan(site("nine", account=""), Checkpoint("b"), NOW))
