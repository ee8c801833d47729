"""Memory is what a process holds for itself, not the files it looks at."""

import mmap
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from lagebild.memory import give_back, own_megabytes

SIZE = 64 * 1024 * 1024
pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")


def test_pages_of_a_mapped_file_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(SIZE))
    before = own_megabytes() or 0.0
    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as seen:
        assert sum(seen[:: mmap.PAGESIZE]) == 0
        assert (own_megabytes() or 0.0) - before < 16


def test_what_it_holds_itself_counts() -> None:
    before = own_megabytes() or 0.0
    held = bytearray(b"x") * SIZE
    assert (own_megabytes() or 0.0) - before > 60
    del held


def test_nothing_is_told_of_a_process_that_has_gone() -> None:
    assert own_megabytes(2**22 + 1) is None


def test_what_is_free_is_given_back() -> None:
    before = own_megabytes() or 0.0
    held = [bytes([n % 251]) * 10_000 for n in range(20_000)]
    kept = held[::2_000]  # what lies between stays free in the allocator
    del held
    give_back()
    assert (own_megabytes() or 0.0) - before < 40
    assert len(kept) == 10


PROGRAM = """
import sys, threading
from lagebild.memory import own_megabytes, settle_allocator
if "settled" in sys.argv:
    settle_allocator()
ready, kept = threading.Barrier(8), []
def work():
    ready.wait()
    for size in range(1, 9):
        large = [bytes([size]) * size * 1_000_000 for _ in range(4)]
        kept.append(bytes(5_000))
        del large
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(own_megabytes())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tells glibc's allocator")
def test_threads_of_a_settled_process_do_not_keep_what_their_greatest_job_took() -> None:
    def megabytes(*arguments: str) -> float:
        told = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
        )
        return float(told.stdout)

    assert megabytes("settled") < megabytes() - 20
