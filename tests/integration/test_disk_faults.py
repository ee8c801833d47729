"""The nightly run over bad disks, in small."""

import pytest

from bench.faults.disk import judged


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_bad_disk_loses_nothing_and_is_told_with_its_remedy() -> None:
    assert [fault for faults in judged(4).values() for fault in faults] == []
