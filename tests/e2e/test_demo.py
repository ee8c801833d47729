"""The main job, as a newcomer runs it: real processes, real sockets, one file at the end."""

import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
LAGEBILD = Path(sys.executable).parent / "lagebild"
SHARED_PAGES = Path(os.environ.get("LAGEBILD_SHARED", REPO.parent / "shared")) / "data" / "extraction"
PAGES = "SELECT t.title, t.body, i.language FROM item i JOIN item_text t USING (id) WHERE json_extract(i.more, '$.text_origin') = 'page'"
HELD = """
SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM item_text), (SELECT count(*) FROM digest_run),
       (SELECT count(*) FROM item i WHERE copy_of IS NULL AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.id = i.id))
"""
"""Items, their texts, issues, and representatives nobody read. Which of two copies came first may differ."""
KILLS = int(os.environ.get("LAGEBILD_KILLS", "5"))


def with_port_of_its_own(folder: Path) -> Path:
    """A demo's folder that remembers a free port, so that demos of other tests never take its addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        (folder / "demo.port").write_text(str(probe.getsockname()[1]))
    return folder


def lagebild(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LAGEBILD), *map(str, words)]
    return subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=280)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = with_port_of_its_own(tmp_path_factory.mktemp("demo"))
    done = lagebild("demo", "--folder", folder, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_it_ends_with_a_summary_and_the_briefings_path(demo: tuple[Path, str]) -> None:
    _, said = demo
    assert re.search(r"sources +\d+ of \d+ reported", said)
    assert re.search(r"items +\d+ new, \d+ copies", said)
    last = Path(said.strip().splitlines()[-1].split(maxsplit=1)[1])
    assert last.is_file()
    assert last.suffix == ".html"


def test_the_planted_faults_are_told_by_their_names(demo: tuple[Path, str]) -> None:
    told = demo[1].splitlines()[0]
    for fault in ("blocked", "gone", "unparseable", "unreachable"):
        assert re.search(rf"\d {fault}", told), told


def test_the_archive_holds_the_fortnight(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    with sqlite3.connect(folder / "demo.db") as archive:
        assert archive.execute("SELECT count(*) FROM item").fetchone()[0] >= 400
        assert archive.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_second_visit_stores_nothing_and_asks_conditionally(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    octets = (folder / "demo.db").stat().st_size
    again = lagebild("demo", "--folder", folder, cwd=folder)
    assert again.returncode == 0, again.stderr[-3000:]
    assert re.search(r"items +0 new, 0 copies, 0 updated", again.stdout), again.stdout
    assert (folder / "demo.db").stat().st_size <= octets * 1.01
    with sqlite3.connect(folder / "demo.db") as archive:
        assert archive.execute("SELECT sum(not_modified) FROM visit").fetchone()[0] > 0


def test_search_finds_part_of_a_compound(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    found = lagebild("--archive", folder / "demo.db", "search", "mobbing", "--json", cwd=folder)
    titles = [hit["title"] + hit["snippet"] for hit in json.loads(found.stdout)["hits"]]
    assert any("mobbing" in title.lower().replace("«", "").replace("»", "") for title in titles)


@pytest.mark.timeout(300 + 40 * KILLS)
def test_a_run_killed_at_any_moment_leaves_a_whole_archive(tmp_path: Path) -> None:
    moments = random.Random(11)
    with_port_of_its_own(tmp_path)
    for _ in range(KILLS):
        running = subprocess.Popen(
            [str(LAGEBILD), "demo", "--quiet", "--folder", str(tmp_path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(1.0, 25.0))
        running.send_signal(signal.SIGKILL)
        running.wait()
        if (tmp_path / "demo.db").exists():
            with sqlite3.connect(tmp_path / "demo.db") as archive:
                assert archive.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert lagebild("demo", "--folder", tmp_path, cwd=tmp_path).returncode == 0
    clean = with_port_of_its_own(tmp_path / "clean")
    assert lagebild("demo", "--folder", clean, cwd=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "demo.db") as killed, sqlite3.connect(clean / "demo.db") as whole:
        assert killed.execute(HELD).fetchone() == whole.execute(HELD).fetchone()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_PAGES.is_dir(), reason="the shared pages are not here")
def test_real_pages_become_items_with_their_text(tmp_path: Path) -> None:
    done = lagebild("demo", "--pages", SHARED_PAGES, "--folder", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    truth = [
        json.loads(line) for line in (SHARED_PAGES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with sqlite3.connect(tmp_path / "pages.db") as archive:
        rows = archive.execute(PAGES).fetchall()
    assert len(rows) >= 63
    texts = {words(title): (text, language) for title, text, language in rows}
    pairs = [(entry, *texts[words(entry["title"])]) for entry in truth if words(entry["title"]) in texts]
    scores = [four_gram_f1(entry, text) for entry, text, _ in pairs]
    assert sum(scores) / len(scores) >= 0.94
    assert sum(language == LANGUAGES[entry["country"]] for entry, _, language in pairs) >= len(pairs) - 1


LANGUAGES = {"de": "de", "at": "de", "ch": "de", "li": "de", "lu": "de", "uk": "en", "fr": "fr", "it": "it"}


def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def four_gram_f1(entry: dict[str, list[str]], text: str) -> float:
    """The best of the truth with and without its lead."""
    body, lead = "\n".join(entry["body"] or []), "\n".join(entry["lead"] or [])
    return max(_f1(grams(candidate), grams(text)) for candidate in (body, f"{lead}\n{body}"))


def grams(text: str) -> set[tuple[str, ...]]:
    w = words(text)
    return {w[i : i + 4] for i in range(max(1, len(w) - 3))}


def _f1(wanted: set[tuple[str, ...]], found: set[tuple[str, ...]]) -> float:
    return 2 * len(wanted & found) / (len(wanted) + len(found))
