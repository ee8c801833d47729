"""How much memory a process holds."""

import ctypes
import gc
from contextlib import suppress
from pathlib import Path

PAGE_OCTETS = 4096
ARENAS = 2
LARGE_OCTETS = 256 * 1024
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Names of glibc's mallopt(3)."""


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


def settle_allocator() -> None:
    """Tells the allocator how a process wants it that lives for months; to be called before its threads start (glibc alone).

    Left alone, it gives each thread an arena of its own, and puts large arrays there too once one was freed; each arena then
    keeps what the greatest job of its thread took. Here threads share two, and large pieces go back as they are freed.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, ARENAS)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_OCTETS)
