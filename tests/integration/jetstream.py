"""A Jetstream server as version 1 behaves, with the profiles beside it; real sockets on loopback."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_socket

POSTS = "app.bsky.feed.post"


def post(did: str, key: int, at: int, text: str = "Rückruf", **record: Any) -> dict[str, Any]:
    told = {"text": text, "createdAt": "2026-03-02T08:00:00Z", "langs": ["de"], **record}
    commit = {"rev": f"r{at}", "operation": "create", "collection": POSTS, "rkey": str(key), "record": told}
    return {"did": did, "time_us": at, "kind": "commit", "commit": commit}


def deletion(did: str, key: int, at: int) -> dict[str, Any]:
    commit = {"rev": f"r{at}", "operation": "delete", "collection": POSTS, "rkey": str(key)}
    return {"did": did, "time_us": at, "kind": "commit", "commit": commit}


def account(did: str, at: int, status: str) -> dict[str, Any]:
    return {
        "did": did,
        "time_us": at,
        "kind": "account",
        "account": {"did": did, "active": False, "status": status},
    }


def uri(did: str, key: int) -> str:
    return f"at://{did}/{POSTS}/{key}"


@dataclass
class Network:
    """What is sent, in order. `forgotten` is the time before which the server keeps nothing: older cursors are
    clamped without a word. `declined` are authors with the label. `breaks_after` ends each connection rudely."""

    events: list[dict[str, Any]] = field(default_factory=list)
    declined: set[str] = field(default_factory=set)
    forgotten: int = 0
    breaks_after: int | None = None
    refuses: bool = False
    profile_faults: int = 0
    stream: str = ""
    appview: str = ""
    cursors: list[int] = field(default_factory=list)

    def after(self, cursor: int) -> Sequence[dict[str, Any]]:
        return [e for e in list(self.events) if e["time_us"] >= max(cursor, self.forgotten)]


@contextmanager
def serving(network: Network) -> Iterator[Network]:
    def stream(connection: ServerConnection) -> None:
        assert connection.request is not None
        asked = parse_qs(urlsplit(connection.request.path).query)
        network.cursors.append(int(asked["cursor"][0]))
        with suppress(ConnectionClosed):
            for number, event in enumerate(network.after(network.cursors[-1])):
                if network.breaks_after is not None and number >= network.breaks_after:
                    connection.socket.close()
                    return
                connection.send(json.dumps(event))
            connection.recv()

    class Profiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/robots.txt" in self.path or "tdmrep" in self.path:
                self.send_error(404)
                return
            if network.profile_faults:
                network.profile_faults -= 1
                self.send_error(503)
                return
            actors = parse_qs(urlsplit(self.path).query)["actors"]
            label = [{"val": "!no-unauthenticated"}]
            rows = [
                {
                    "did": did,
                    "handle": f"{did[-4:]}.example",
                    "labels": label if did in network.declined else [],
                }
                for did in actors
            ]
            body = json.dumps({"profiles": rows}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Quiet."""

    with (
        serve_socket(stream, "127.0.0.1", 0) as server,
        ThreadingHTTPServer(("127.0.0.1", 0), Profiles) as profiles,
    ):
        threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in (server, profiles)]
        for thread in threads:
            thread.start()
        network.stream = f"http://127.0.0.1:{server.socket.getsockname()[1]}/"
        network.appview = f"http://127.0.0.1:{profiles.server_port}"
        yield network
        server.shutdown()
        profiles.shutdown()
