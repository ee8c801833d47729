"""What we ship is whole: the wheel alone, in an empty environment, does the main job."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


def run(*words: object, cwd: Path, **extra: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    } | extra
    done = subprocess.run(
        [str(w) for w in words],
        check=False,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_does_the_demo_in_an_empty_environment(tmp_path: Path) -> None:
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", REPO, cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    run(
        UV,
        "pip",
        "sync",
        "--quiet",
        "--python",
        python,
        "--require-hashes",
        REPO / "requirements" / "dev.lock",
        cwd=tmp_path,
    )
    run(
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--no-deps",
        *(tmp_path / "dist").glob("*.whl"),
        cwd=tmp_path,
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = run(python.parent / "lagebild", "demo", cwd=elsewhere)
    assert "briefing" in said.lower()
    assert list(elsewhere.rglob("*.html"))
