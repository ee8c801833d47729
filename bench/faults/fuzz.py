"""Coverage-guided bytes for the parsers, with atheris (not in the lock: `make faults-fuzz` installs it aside).

usage: python -m bench.faults.fuzz [-max_total_time=60] [libFuzzer's options]

The first octet chooses the reader; what is raised besides our own errors ends the run with the bytes in `crash-*`.
"""

import sys

import atheris

with atheris.instrument_imports(include=["crawler", "feedparser"]):
    from bench.faults.mangled import seeds
    from domain.errors import LagebildError

READERS = [seed.read for seed in seeds()[:-1]]


def one_input(octets: bytes) -> None:
    if len(octets) < 2:
        return
    try:
        READERS[octets[0] % len(READERS)](octets[1:], "")
    except LagebildError:
        return


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
