"""How much memory a process holds."""

import ctypes
import gc
from contextlib import suppress
from pathlib import Path

PAGE_OCTETS = 4096


def own_megabytes(process: int | str = "self") -> float | None:
    """Resident memory of a process without the pages of files it looks at: an archive's pages are mapped, up to 256 MB a
    connection, and the system takes them back when it needs room.

    None where the system does not tell (no /proc), or when the process has gone.
    """
    try:
        _, resident, shared = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[:3]
    except (OSError, ValueError):
        return None
    return (int(resident) - int(shared)) * PAGE_OCTETS / 1e6


def give_back() -> None:
    """Hands what is free back to the system: each thread's allocator keeps what its greatest job took (glibc alone)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
