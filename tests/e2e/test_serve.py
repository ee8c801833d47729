"""The service as systemd sees it: ready, alone, reloads, and leaves in time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.dedupe import NearIndex
from domain.model import (
    Author,
    Checkpoint,
    Document,
    Entry,
    Harvest,
    ItemKind,
    Lens,
    Outcome,
    Source,
    Visit,
)
from lagebild.job import desk_of
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

LAGEBILD = str(Path(sys.executable).parent / "lagebild")
SOURCES = """version: 1
sources:
  - {id: bote, name: Der Bote, kind: rss, url: "http://127.0.0.1:9/feed", language: de, market: DE, lens: media}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "lagebild.toml").write_text(
        f'[web]\nport = {free_port()}\n[collect]\nallow_hosts = ["127.0.0.1"]\n'
    )
    return tmp_path


@pytest.fixture
def service(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(90)
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
        running = subprocess.Popen(
            [LAGEBILD, "-v", "serve"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        assert systemd.recv(64) == b"READY=1"
        yield running
        if running.poll() is None:
            running.kill()
        running.wait()


@pytest.mark.slow
def test_it_serves_reloads_and_leaves_within_twenty_seconds(
    service: subprocess.Popen[str], folder: Path
) -> None:
    port = (folder / "lagebild.toml").read_text().split("port = ")[1].split("\n")[0]
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).status == 200
    second = subprocess.run(
        [LAGEBILD, "collect"], check=False, cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 75
    assert str(service.pid) in second.stderr
    (folder / "sources.yaml").write_text("sources: [{id: X}]\n")
    service.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert service.poll() is None
    service.send_signal(signal.SIGTERM)
    told = time.monotonic()
    assert service.wait(timeout=30) == 0
    assert time.monotonic() - told < 20
    assert "reload refused" in (service.stderr.read() if service.stderr else "")


@pytest.mark.slow
def test_a_taken_port_is_told_with_the_remedy(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = lagebild(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert said.returncode == 3
    assert "cannot listen on 127.0.0.1" in said.stderr
    assert "--port" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.slow
def test_a_stop_while_it_starts_is_a_stop_and_leaves_no_traceback(folder: Path) -> None:
    running = subprocess.Popen([LAGEBILD, "-v", "serve"], cwd=folder, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("serving"):
            break
    running.send_signal(signal.SIGTERM)
    told = time.monotonic()
    _, said = running.communicate(timeout=40)
    assert running.returncode == 0
    assert time.monotonic() - told < 20
    assert "Traceback" not in said


def lagebild(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [LAGEBILD, *words], check=False, cwd=folder, capture_output=True, text=True, timeout=240
    )


@pytest.fixture
def posts(folder: Path) -> None:
    """An archive that holds posts of two people before the service starts."""
    settings = Settings(archive=folder / "lagebild.db")
    source = Source(
        id="m", name="M", kind="mastodon", url="https://m.example/", language="de", markets=("DE",), lens=Lens.USER,
    )  # fmt: skip
    people = [Author(f"mastodon|m.example|{n}", handle=name) for n, name in ((17, "anna"), (18, "bert"))]
    with Workshop(settings, (source,), open_archive(settings.archive)) as workshop:
        now = workshop.clock()
        documents = tuple(
            Document(
                Entry(
                    source_id="m", raw_id=f"x{n}", url=f"https://m.example/{n}", content=f"Quittenkompott {people[n % 2].handle} {n}",
                    kind=ItemKind.POST, platform="mastodon", instance="m.example", author=people[n % 2], published=now,
                )
            )
            for n in range(20)
        )  # fmt: skip
        workshop.archive.sync_sources((source,), now)
        visit = Visit(source_id="m", started_at=now, finished_at=now, outcome=Outcome.OK)
        desk = desk_of(workshop, NearIndex(timedelta(days=7)))
        assert desk.receive(Harvest(source, visit, Checkpoint("m"), documents))[1].new == 20
        workshop.archive.close()


@pytest.mark.slow
def test_a_running_service_erases_when_it_is_asked(
    posts: None, service: subprocess.Popen[str], folder: Path
) -> None:
    about = ("--author", "@anna@m.example", "--json")
    before = lagebild(folder, "privacy", "erase", *about, "--dry-run")
    assert json.loads(before.stdout)["items"] == {"mastodon": 10}, before.stderr
    done = lagebild(folder, "privacy", "erase", *about, "--reason", "Art. 17")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["items"], told["dry_run"], len(told["receipt"])) == ({"mastodon": 10}, False, 64)
    stored = b"".join(file.read_bytes() for file in sorted(folder.glob("lagebild.db*")) if file.is_file())
    assert b"Quittenkompott bert" in stored
    assert [word for word in (b"Quittenkompott anna", b"@anna@m.example") if word in stored] == []
    log = json.loads(lagebild(folder, "privacy", "log", "--json").stdout)["lines"]
    assert told["receipt"] in [line["sha256"] for line in log if line["action"] == "erase"]
    assert lagebild(folder, "privacy", "log", "--verify").returncode == 0
    assert service.poll() is None
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=60) == 0
    assert not (folder / "lagebild.db.sock").exists()
