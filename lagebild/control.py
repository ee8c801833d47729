"""The running service's control socket, beside the archive: who holds the archive alone does what a command asks of it.

Only the archive's owner may open it. Names pass through it and are written nowhere.
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from traceback import format_tb
from typing import Any

from domain.errors import LagebildError
from lagebild.privacy import Asked, Erased

logger = logging.getLogger(__name__)
LONGEST_ORDER = 1_000_000
# An address of a socket is at most 107 octets long.
LONGEST_ADDRESS = 100
REMEDY = "look at the service's log, and run the command again"


@dataclass(frozen=True, slots=True)
class Order:
    """An erasure that the service is to do. `reason` and `by` are kept in the log."""

    asked: Asked
    reason: str
    by: str
    dry_run: bool = False


Erase = Callable[[Order], Awaitable[Erased]]


# --- the service's side --------------------------------------------------------------------------


@asynccontextmanager
async def answering(archive: Path, erase: Erase) -> AsyncIterator[None]:
    """Takes orders while the block runs. The caller holds the archive's lock, so that an old socket is nobody's."""
    place = socket_of(archive)
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door, _address(place) as address:
        door.bind(address)
        place.chmod(0o600)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with suppress(ConnectionError):
                    writer.write(json.dumps(await _answer(reader, erase)).encode() + b"\n")
                    await writer.drain()
            finally:
                writer.close()

        server = await asyncio.start_unix_server(serve, sock=door, limit=LONGEST_ORDER)
        try:
            yield
        finally:
            server.close()
            place.unlink(missing_ok=True)


async def _answer(reader: asyncio.StreamReader, erase: Erase) -> dict[str, Any]:
    try:
        told = json.loads(await reader.readline())
        return {"erased": asdict(await erase(Order(_asked(told.pop("asked")), **told)))}
    except LagebildError as error:
        return {"error": error.message, "remedy": error.remedy}
    except Exception as error:  # noqa: BLE001 - the command hears of it
        # Without the message, which may hold a name.
        logger.error("an order failed: %s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
        return {"error": f"the service failed: {type(error).__name__}", "remedy": REMEDY}


def _asked(told: dict[str, Any]) -> Asked:
    return Asked(tuple(told["authors"]), tuple(told["urls"]), told["platform"])


# --- the command's side --------------------------------------------------------------------------


@contextmanager
def reaching(archive: Path) -> Iterator[Callable[[Order], Erased] | None]:
    """A way to hand orders to the service that holds the archive; None when none listens. An order returns when it is
    done. Raises LagebildError with what the service said."""
    place = socket_of(archive)
    with socket.socket(socket.AF_UNIX) as line, _address(place) as address:
        try:
            line.connect(address)
        except OSError:
            yield None
            return
        yield lambda order: _handed_in(line, order)


def _handed_in(line: socket.socket, order: Order) -> Erased:
    line.sendall(json.dumps(asdict(order)).encode() + b"\n")
    with line.makefile("rb") as heard:
        said = heard.readline()
    if not said.endswith(b"\n"):
        raise LagebildError("the service ended before it was done", remedy="run the command again")
    told = json.loads(said)
    if "error" in told:
        raise LagebildError(told["error"], remedy=told["remedy"])
    found = told["erased"]
    return Erased(**{**found, "backups_failed": tuple(found["backups_failed"])})


# --- both ----------------------------------------------------------------------------------------


def socket_of(archive: Path) -> Path:
    """Where the socket lies."""
    return archive.with_name(archive.name + ".sock")


@contextmanager
def _address(place: Path) -> Iterator[str]:
    """The socket's address; by way of its folder where the path is too long for one."""
    if len(os.fsencode(place)) <= LONGEST_ADDRESS:
        yield str(place)
        return
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)
