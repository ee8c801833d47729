"""What others' programs are measured with, in an environment of their own: `make bench-peers`."""

import subprocess
from pathlib import Path

ENVIRONMENT = Path(__file__).parents[2] / ".venv-peers"


def peer_python() -> Path | None:
    """The environment's Python; None when it was not made."""
    python = ENVIRONMENT / "bin" / "python"
    return python if python.exists() and version_of("reader") else None


def version_of(package: str) -> str:
    """The installed version of a peer; "" when it is not there."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "python", "-c", code], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
