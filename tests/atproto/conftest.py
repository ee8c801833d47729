"""One network for all tests of the folder; each test has accounts and words of its own in it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.atproto.servers import Network, missing, running

HERE = Path(__file__).parent
WORDS = (f"Rueckruf{number:03d}" for number in itertools.count())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.atproto)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    if reason := missing():
        pytest.skip(reason)
    with running() as started:
        yield started


@pytest.fixture
def word() -> str:
    """A word that no other test writes."""
    return next(WORDS)
