"""Mastodon's interface as a real server speaks it: snac2, opaque ids, no Link header, no call for many posts.

Runs where the `snac` command is installed (Debian: snac2 of the backports) or `LAGEBILD_SNAC` names it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.model import Lens, Search, Source
from lagebild.job import collect_due, recheck_due
from lagebild.settings import Collect, Settings
from lagebild.workshop import Workshop, utc_now
from storage.sqlite import open_archive
from web.export_rows import item_rows

SNAC = os.environ.get("LAGEBILD_SNAC") or shutil.which("snac")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SNAC is None, reason="snac2 is not installed (Debian: snac2/bookworm-backports)"),
]
PEOPLE = ("anna", "bruno", "carla", "dario", "elsa")
TAGS = ("rueckruf", "scam", "kinderschutz", "datenleck")
STOP_SECONDS = 5.0


@dataclass
class Snac:
    """A server of our own in a process group of its own; stopped by its id, with a bounded wait."""

    folder: Path
    port: int
    passwords: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def run(self, *words: str, answers: str = "") -> str:
        command = [str(SNAC), words[0], str(self.folder), *words[1:]]
        done = subprocess.run(command, input=answers, text=True, check=True, capture_output=True, timeout=20)
        return done.stdout

    def make(self) -> None:
        self.run("init", answers=f"127.0.0.1\n{self.port}\n127.0.0.1:{self.port}\n\nadmin@example.org\n")
        settings = self.folder / "server.json"
        settings.write_text(json.dumps(json.loads(settings.read_text()) | {"protocol": "http"}))
        for person in PEOPLE:
            told = self.run("adduser", answers=f"{person}\n")
            self.passwords[person] = re.search(r"password is (\S+)", told)[1]  # type: ignore[index]

    def start(self) -> None:
        self.running = subprocess.Popen(
            [str(SNAC), "httpd", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("snac did not start")

    def stop(self) -> None:
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait(STOP_SECONDS)
        self.running = None

    def post(self, first: int, last: int) -> None:
        """Numbered posts by everyone in turn, each with one of the hashtags."""
        for number in range(first, last + 1):
            words = f"Beitrag {number} von heute, an @{PEOPLE[0]}@127.0.0.1 #{TAGS[number % len(TAGS)]}"
            self.run("note", PEOPLE[number % len(PEOPLE)], words)

    def delete(self, number: int) -> None:
        """The author takes the post back, as a person does: by the form of the page."""
        person = PEOPLE[number % len(PEOPLE)]
        url = f"http://127.0.0.1:{self.port}/api/v1/timelines/tag/{TAGS[number % len(TAGS)]}?limit=100"
        (post,) = (s["url"] for s in httpx.get(url).json() if f"Beitrag {number} " in s["content"])
        httpx.post(
            f"http://127.0.0.1:{self.port}/{person}/admin/action",
            data={"id": post, "action": "Delete"},
            auth=(person, self.passwords[person]),
        )

    @property
    def source(self) -> Source:
        options = {"tags": list(TAGS), "ignore_robots_because": "a server of our own that forbids everything"}
        return Source(
            id="snac", name="snac", kind="mastodon", url=f"http://127.0.0.1:{self.port}/", language="de",
            markets=("DE",), lens=Lens.USER, fetch_pages=False, options=options,
        )  # fmt: skip


@pytest.fixture
def snac(tmp_path: Path) -> Iterator[Snac]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Snac(tmp_path / "snac", port)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def opened(snac: Snac, folder: Path) -> Iterator[Workshop]:
    """The archive as a new process would open it."""
    settings = Settings(
        archive=folder / "a.db", collect=Collect(allow_hosts=("127.0.0.1",), per_host_delay_seconds=0.005)
    )
    archive = open_archive(settings.archive)
    with Workshop(settings, (snac.source,), archive) as workshop:
        yield workshop
    archive.close()


def numbers(workshop: Workshop) -> list[int]:
    texts = [hit.item.text for hit in workshop.archive.every_hit(Search())]
    return sorted(int(found[1]) for text in texts if (found := re.search(r"Beitrag (\d+)", text)))


def test_two_hundred_posts_are_collected_once_over_a_restart(snac: Snac, tmp_path: Path) -> None:
    snac.post(1, 120)
    with opened(snac, tmp_path) as workshop:
        assert collect_due(workshop, quiet=True).tally.new == 120
    snac.post(121, 160)
    with opened(snac, tmp_path) as workshop:
        snac.stop()
        assert collect_due(workshop, everything=True, quiet=True).faults
        snac.start()
    snac.post(161, 200)
    with opened(snac, tmp_path) as workshop:
        assert collect_due(workshop, everything=True, quiet=True).tally.new == 80
        assert collect_due(workshop, everything=True, quiet=True).tally.new == 0
        assert numbers(workshop) == list(range(1, 201))


def test_nobody_is_named_in_the_archive(snac: Snac, tmp_path: Path) -> None:
    snac.post(1, 10)
    with opened(snac, tmp_path) as workshop:
        collect_due(workshop, quiet=True)
        items = [hit.item for hit in workshop.archive.every_hit(Search())]
        assert len({item.author_ref for item in items}) == len(PEOPLE)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("a.db*"))
    assert [person for person in PEOPLE if person.encode() in stored] == []


def test_an_author_who_wants_no_robots_never_enters(snac: Snac, tmp_path: Path) -> None:
    settings = snac.folder / "user" / "elsa" / "user.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"bio": "Bitte nicht: #nobot"}))
    snac.post(1, 40)
    with opened(snac, tmp_path) as workshop:
        collect_due(workshop, quiet=True)
        assert numbers(workshop) == [n for n in range(1, 41) if n % 5 != 4]


def test_a_deleted_post_is_taken_out_wherever_it_stood(snac: Snac, tmp_path: Path) -> None:
    snac.post(1, 30)
    with opened(snac, tmp_path) as workshop:
        collect_due(workshop, quiet=True)
        words = "Beitrag 17 von heute"
        (hit,) = (h for h in workshop.archive.every_hit(Search()) if words in h.item.text)
        body = json.dumps({"item_id": hit.item.id, "text": f"Kopf\n- {hit.item.text} (snac)"})
        workshop.archive.keep_digest("d", "DE", utc_now().date(), "daily", "de", body, [])
        snac.delete(17)

        tomorrow = replace(workshop, clock=lambda: utc_now() + timedelta(days=1, minutes=1))
        done = recheck_due(tomorrow, quiet=True)
        assert (done.due, done.gone, done.there) == (30, 1, 29)
        assert numbers(workshop) == [n for n in range(1, 31) if n != 17]
        assert workshop.archive.search(Search(text='"Beitrag 17"')).hits == ()
        assert words not in (workshop.archive.digest("DE", utc_now().date(), "daily", "de") or words)
        everything = list(workshop.archive.every_hit(Search()))
        assert words not in str(list(item_rows(everything, lambda hit: hit.item.text, {}, "AMBER")))
        workshop.archive.tend()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("a.db*"))
    assert b"Beitrag 16 von heute" in stored
    assert words.encode() not in stored
