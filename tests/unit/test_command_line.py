"""The command line: quick help, stable exit codes, no traceback for a person's mistake."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

LAGEBILD = str(Path(sys.executable).parent / "lagebild")


def lagebild(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LAGEBILD, *words], check=False, cwd=cwd, capture_output=True, text=True, timeout=60
    )


def test_help_takes_less_than_half_a_second_of_cpu_time(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert lagebild("--help", cwd=tmp_path).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["search", "--limit", "0"], 2, "--limit"),
        (["search", "x"], 3, "there is no archive"),
        (["sources", "check", "missing.yaml"], 3, "does not exist"),
        (["--config", "missing.toml", "search", "x"], 3, "does not exist"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = lagebild(*words, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_files_that_check_accepts_and_never_overwrites(tmp_path: Path) -> None:
    assert lagebild("init", "watch", cwd=tmp_path).returncode == 0
    assert lagebild("sources", "check", cwd=tmp_path / "watch").returncode == 0
    again = lagebild("init", "watch", cwd=tmp_path)
    assert again.returncode == 3
    assert "is there already" in again.stderr


def test_a_wrong_setting_names_its_field(tmp_path: Path) -> None:
    (tmp_path / "lagebild.toml").write_text(
        '[[publish.editions]]\nmarket = "DE"\nzone = "Europe/Berlin"\nsend_at = 02:30:00\n'
    )
    done = lagebild("search", "x", cwd=tmp_path)
    assert done.returncode == 3
    assert "publish.editions.0.send_at" in done.stderr
    assert "clocks change" in done.stderr


def test_a_reader_who_leaves_early_causes_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [LAGEBILD, "sources", "schema"],
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
