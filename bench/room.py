"""A reading room over a large archive, in a process of its own, for `bench.cases.web`.

python -m bench.room FILE ITEMS           builds the archive unless it is there
python -m bench.room FILE ITEMS --serve   and serves it; prints the port and the process
"""

import os
import socket
import sys
from pathlib import Path

import uvicorn

from bench.articles import START
from bench.room_archive import LONG, build, sources
from lagebild.reading_room import room
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.sqlite.archive import open_archive


def serve(path: Path) -> None:
    """On a free port of loopback; the clock stands at the archive's end, so that every page has something to show."""
    archive = open_archive(path)
    end = START + LONG
    workshop = Workshop(Settings(archive=path), sources(), archive, lambda: end)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(port, os.getpid(), flush=True)
    uvicorn.run(room(workshop), host="127.0.0.1", port=port, log_level="critical", server_header=False)


if __name__ == "__main__":
    file, items = Path(sys.argv[1]), int(sys.argv[2])
    build(file, items)
    if "--serve" in sys.argv:
        serve(file)
