"""A notice through Apprise, to a server on this machine."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from digest.brief import brief
from digest.formats.notice import MOST_CHARACTERS, render
from domain.errors import DeliveryError
from domain.registry import plug
from tests.fixtures.digest_days import blind_day, loud_day, quiet_day

pytest.importorskip("apprise", reason="the extra `push` is not installed")


class Ear:
    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200


@pytest.fixture
def ear() -> Iterator[tuple[Ear, int]]:
    held = Ear()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(held.status)
            self.end_headers()

        def log_message(self, *said: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield held, server.server_port
    server.shutdown()
    server.server_close()


def push(environment: dict[str, str]) -> Any:
    return plug("digest.delivery", "apprise").build({}, environment)


def test_a_notice_arrives_with_subject_bottom_line_and_cases(ear: tuple[Ear, int]) -> None:
    held, port = ear
    digest, told = brief(loud_day(), "de"), []
    channel = push({"PHONE": f"json://127.0.0.1:{port}/x"})
    channel.send(
        digest.subject, render(digest), "text/plain", "env:PHONE", "key", lambda: told.append(len(held.heard))
    )
    (heard,) = held.heard
    assert heard["title"] == digest.subject
    assert "Rita Berg ist zuständig" in heard["message"]
    assert told == [0], "the last byte is told before anything leaves"


def test_a_refusal_is_told_without_the_address(ear: tuple[Ear, int]) -> None:
    held, port = ear
    held.status = 500
    channel = push({"PHONE": f"json://user:hush@127.0.0.1:{port}/x"})
    with pytest.raises(DeliveryError, match="json: the notice was not taken") as refused:
        channel.send("x", b"y", "text/plain", "env:PHONE", "key")
    assert not refused.value.permanent
    assert "hush" not in str(refused.value)


def test_an_unknown_service_is_refused_for_good() -> None:
    with pytest.raises(DeliveryError, match="does not know nonsense://") as refused:
        push({"PHONE": "nonsense://x"}).send("x", b"y", "text/plain", "env:PHONE", "key")
    assert refused.value.permanent


@pytest.mark.parametrize("day", [loud_day, quiet_day, blind_day])
def test_a_notice_is_short(day: Any) -> None:
    text = render(brief(day(), "de")).decode()
    assert len(text) <= MOST_CHARACTERS + 2
    assert text.strip()
