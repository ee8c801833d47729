"""The lab's frame: one answer a line, in order, whatever goes wrong and however many workers there are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAGEBILD = str(Path(sys.executable).parent / "lagebild")


def lab(stage: str, lines: list[str], *options: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [LAGEBILD, "lab", stage, "-", *options]
    return subprocess.run(
        command, check=False, input="\n".join(lines), cwd=cwd, capture_output=True, text=True, timeout=120
    )


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_line_that_cannot_be_handled_is_answered_and_the_others_go_on(tmp_path: Path) -> None:
    lines = [
        '{"id": 1, "text": "Die Behörde prüft den Vorfall."}',
        "{broken",
        '["list"]',
        '{"id": 4}',
        '{"id": 5, "text": "Une enquête est ouverte."}',
    ]
    told = answers(lab("language", lines, cwd=tmp_path))
    assert [row.get("id") for row in told] == [1, None, None, 4, 5]
    assert [("error" in row) for row in told] == [False, True, True, True, False]
    assert all({"kind", "message", "remedy"} <= row["error"].keys() for row in told if "error" in row)


@pytest.mark.slow
def test_the_answers_are_the_same_whatever_the_number_of_workers(tmp_path: Path) -> None:
    lines = [json.dumps({"id": n, "text": f"Der Bericht Nummer {n} liegt vor."}) for n in range(150)]
    assert (
        lab("language", lines, "--jobs", "1", cwd=tmp_path).stdout
        == lab("language", lines, "--jobs", "3", cwd=tmp_path).stdout
    )


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    told = answers(lab("extract", ['{"id": 7, "file": "nowhere.html"}'], cwd=tmp_path))
    assert told[0]["id"] == 7
    assert "nowhere.html" in told[0]["error"]["message"]


def test_limit_stops_early(tmp_path: Path) -> None:
    lines = [json.dumps({"id": n, "text": "Guten Morgen zusammen"}) for n in range(5)]
    assert len(answers(lab("language", lines, "--limit", "2", cwd=tmp_path))) == 2


def test_a_repeated_text_is_told_as_a_copy_of_the_first(tmp_path: Path) -> None:
    text = " ".join(f"Wort{n} steht hier im Satz" for n in range(40))
    lines = [json.dumps({"id": name, "text": text}) for name in ("a", "b")]
    first, second = answers(lab("dedupe", lines, cwd=tmp_path))
    assert first["copy_of"] is None
    assert second["copy_of"] == "a"
    assert second["similarity"] == 1.0


def test_a_sudden_rise_is_an_alarm(tmp_path: Path) -> None:
    counts = [4, 5, 3, 6, 4, 1, 2] * 12 + [40]
    lines = [
        json.dumps({"series": "s", "date": f"2026-{1 + n // 28:02}-{1 + n % 28:02}", "count": c})
        for n, c in enumerate(counts)
    ]
    told = answers(lab("spikes", lines, cwd=tmp_path))
    assert told[-1]["alarm"]
    assert not any(row["alarm"] for row in told[:-1])


def test_a_usage_error_leaves_with_2(tmp_path: Path) -> None:
    assert lab("language", [], "--jobs", "0", cwd=tmp_path).returncode == 2
