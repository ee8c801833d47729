"""How much memory a process holds."""

from pathlib import Path

PAGE_OCTETS = 4096


def resident_megabytes(process: int | str = "self") -> float | None:
    """Resident memory of a process; None where the system does not tell (no /proc), or when it has gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * PAGE_OCTETS / 1e6
