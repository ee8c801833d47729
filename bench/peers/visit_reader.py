"""lemon24's reader over all feeds of a server, twice; the first one is visited before, uncounted. Runs in the peers' environment; called by `bench.visits`."""

import json
import resource
import sys
from pathlib import Path

from reader import make_reader


def cpu_now() -> float:
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def main() -> None:
    asked = json.loads(sys.argv[1])
    reader = make_reader(str(Path(asked["folder"]) / "reader.db"))
    addresses = [f"http://127.0.0.1:{asked['port']}/feed/{n}.xml" for n in range(asked["feeds"])]
    reader.add_feed(addresses[0])
    list(reader.update_feeds_iter(workers=8, scheduled=False))
    for address in addresses[1:]:
        reader.add_feed(address)
    seconds = []
    for _ in range(2):
        began = cpu_now()
        for result in reader.update_feeds_iter(workers=8, scheduled=False):
            assert not isinstance(result.value, Exception), result
        seconds.append(cpu_now() - began)
    print(json.dumps({"first": seconds[0], "again": seconds[1]}))


if __name__ == "__main__":
    main()
