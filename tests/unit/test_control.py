"""The service's control socket: what a command hands in, and what it hears."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import LagebildError, StorageError
from lagebild.control import Order, answering, reaching, socket_of
from lagebild.privacy import Asked, Erased

ORDER = Order(Asked(("@anna@m.example",), ("https://m.example/1",), "mastodon"), "Art. 17", "office")
DONE = Erased({"mastodon": 3}, letters=1, issues=2, backups=1, backups_failed=("a.db",), receipt="abc")


def handed_in(archive: Path, erase: Callable[[Order], Erased], order: Order = ORDER) -> Erased | None:
    """What a command in another thread hears from a service that does this."""

    async def do(order: Order) -> Erased:
        return erase(order)

    def command() -> Erased | None:
        with reaching(archive) as hand_in:
            return hand_in(order) if hand_in else None

    async def both() -> Erased | None:
        async with answering(archive, do):
            assert stat.S_IMODE(socket_of(archive).stat().st_mode) == 0o600
            return await asyncio.to_thread(command)

    return asyncio.run(both())


@pytest.mark.parametrize("depth", [1, 12])
def test_an_order_comes_as_it_was_given_and_its_answer_too(tmp_path: Path, depth: int) -> None:
    archive = tmp_path.joinpath(*["ein-langer-ordner"] * depth) / "a.db"
    archive.parent.mkdir(parents=True)
    heard: list[Order] = []
    assert handed_in(archive, lambda order: heard.append(order) or DONE) == DONE  # type: ignore[func-returns-value]
    assert heard == [ORDER]
    assert not socket_of(archive).exists()


def test_a_socket_that_a_killed_service_left_is_nobody_s(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    socket_of(archive).touch()
    with reaching(archive) as hand_in:
        assert hand_in is None
    assert handed_in(archive, lambda order: DONE) == DONE


def test_what_the_service_says_is_raised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def refuses(order: Order) -> Erased:
        raise StorageError("the disk is full", remedy="make room")

    def breaks(order: Order) -> Erased:
        raise ValueError(order.asked.authors)

    with pytest.raises(LagebildError, match="the disk is full") as told:
        handed_in(tmp_path / "a.db", refuses)
    assert told.value.remedy == "make room"
    with pytest.raises(LagebildError, match="the service failed: ValueError"):
        handed_in(tmp_path / "a.db", breaks)
    assert "in breaks" in caplog.text
    assert "anna" not in caplog.text


def test_a_service_that_ends_meanwhile_has_done_nothing(tmp_path: Path) -> None:
    async def never(order: Order) -> Erased:
        await asyncio.sleep(60)
        return DONE

    def command() -> None:
        with reaching(tmp_path / "a.db") as hand_in:
            assert hand_in is not None
            hand_in(ORDER)

    async def both() -> None:
        async with answering(tmp_path / "a.db", never):
            asking = asyncio.ensure_future(asyncio.to_thread(command))
            await asyncio.sleep(0.2)
            for task in asyncio.all_tasks() - {asyncio.current_task(), asking}:
                task.cancel()
            await asking

    with pytest.raises(LagebildError, match="ended before it was done"):
        asyncio.run(both())
