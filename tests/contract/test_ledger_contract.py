"""What was spent: taken before the call, never past a cap, whoever asks at the same time."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from domain.model import Spending
from domain.ports import Archive

DAY, MONTH = "2026-11-28", "2026-11"


def test_what_fits_is_taken_in_every_period(archive: Archive) -> None:
    assert archive.reserve("x", {DAY: 10, MONTH: 15}, 7)
    assert archive.spendings() == [Spending("x", MONTH, 7), Spending("x", DAY, 7)]


@pytest.mark.parametrize("caps", [{DAY: 10, MONTH: 100}, {DAY: 100, MONTH: 10}])
def test_what_would_pass_one_cap_is_taken_in_none(archive: Archive, caps: dict[str, int]) -> None:
    assert archive.reserve("x", caps, 7)
    assert not archive.reserve("x", caps, 4)
    assert {one.spent for one in archive.spendings()} == {7}
    assert archive.reserve("x", caps, 3)


def test_accounts_do_not_know_each_other(archive: Archive) -> None:
    assert archive.reserve("x", {DAY: 1}, 1)
    assert archive.reserve("y", {DAY: 1}, 1)


def test_what_was_not_used_comes_back_and_never_makes_a_debt(archive: Archive) -> None:
    archive.reserve("x", {DAY: 10}, 7)
    archive.give_back("x", [DAY, MONTH], 3)
    assert archive.spendings() == [Spending("x", DAY, 4)]
    archive.give_back("x", [DAY], 9)
    assert archive.spendings() == [Spending("x", DAY, 0)]


def test_older_periods_can_be_left_out(archive: Archive) -> None:
    for period in ("2026-10-01", "2026-11-02", "2026-11"):
        archive.reserve("x", {period: 1}, 1)
    assert [one.period for one in archive.spendings(MONTH)] == [MONTH, "2026-11-02"]


def test_many_at_once_never_pass_the_cap(archive: Archive) -> None:
    taken: list[bool] = []

    def take() -> None:
        taken.extend(archive.reserve("x", {DAY: 25}, 1) for _ in range(10))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), sum(taken)) == (40, 25)


RESERVES_FOR_EVER = """
import sys
from pathlib import Path
from storage.sqlite.archive import open_archive
archive = open_archive(Path(sys.argv[1]))
while True:
    if archive.reserve("x", {"2026-11-28": 1_000_000}, 1):
        print("asked", flush=True)
"""


def test_a_killed_process_has_reserved_every_call_it_made(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with subprocess.Popen(
        [sys.executable, "-c", RESERVES_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        asked = [process.stdout.readline() for _ in range(20)]
        process.kill()
        asked += process.stdout.readlines()
    with sqlite3.connect(path) as archive:
        (spent,) = archive.execute("SELECT spent FROM spending").fetchone()
    assert spent >= asked.count("asked\n") >= 20
