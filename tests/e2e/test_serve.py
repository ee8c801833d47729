"""The service as systemd sees it: ready, alone, reloads, and leaves in time."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

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
