"""The event stream of a real network: its firehose through our bridge, in Jetstream's wire form."""

import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.atproto.desk import collect, held, listening, on_disk, opened, states, tidied
from tests.atproto.servers import Network, Person, until, until_labelled
from tests.fixtures.reader_process import reading

CONFIG = '[collect]\nallow_hosts = ["127.*"]\nper_host_delay_seconds = 0\nfetch_pages = false\n'
MOST_POSTS = 10_000
# A reader loads its libraries first; on a busy machine that takes most of a minute.
READER_SECONDS = 240.0


def test_the_stream_is_read_on_from_its_place(network: Network, word: str, tmp_path: Path) -> None:
    anna, bert = network.person("anna"), network.person("bert")
    network.settle([*anna.post(f"{word} eins", "Kaffee"), *bert.post(f"{word} zwei")])
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 2
        assert collect(workshop) == 0
    network.settle(bert.post(f"{word} drei"))
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 1
        assert held(workshop) == sorted(f"{word} {n}" for n in ("eins", "zwei", "drei"))
    stored = on_disk(tmp_path)
    assert [name for name in (anna.handle, bert.handle) if name.encode() in stored] == []


def test_a_deleted_post_is_taken_out_and_its_text_with_it(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna = network.person("anna")
    uris = anna.post(f"{word} bleibt", f"{word} verschwindet", f"{word} kommt nie an")
    network.settle(uris)
    anna.delete(uris[2])
    network.settle(hidden=uris[2:])
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 2
        anna.delete(uris[1])
        network.settle(hidden=uris[1:])
        collect(workshop)
        assert held(workshop) == [f"{word} bleibt"]
        assert states(workshop) == {"live": 1, "deleted": 1}
        tidied(workshop)
    stored = on_disk(tmp_path)
    assert f"{word} bleibt".encode() in stored
    assert [w for w in ("verschwindet", "kommt nie an") if f"{word} {w}".encode() in stored] == []


def test_accounts_that_leave_take_their_posts_along(network: Network, word: str, tmp_path: Path) -> None:
    people = {name: network.person(name) for name in ("anna", "bert", "carla", "dario")}
    network.settle([uri for name, person in people.items() for uri in person.post(f"{word} {name}")])
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 4
        people["anna"].call("com.atproto.server.deactivateAccount")
        network.administer("deleteAccount", did=people["bert"].did)
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": people["carla"].did}
        network.administer("updateSubjectStatus", subject=subject, takedown={"applied": True})
        gone = [uri for name in ("anna", "bert", "carla") for uri in people[name].posts]
        network.settle(people["dario"].posts, hidden=gone)
        collect(workshop)
        assert held(workshop) == [f"{word} dario"]
        assert states(workshop) == {"live": 1, "withdrawn": 1, "deleted": 2}
        tidied(workshop)
    assert f"{word} anna".encode() not in on_disk(tmp_path)


def test_an_account_that_left_before_it_was_read_never_enters(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna, bert = network.person("anna"), network.person("bert")
    network.settle([*anna.post(f"{word} Anna"), *bert.post(f"{word} Bert")])
    anna.call("com.atproto.server.deactivateAccount")
    network.settle(hidden=anna.posts)
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 1
        assert held(workshop) == [f"{word} Bert"]


def test_who_wants_no_readers_without_an_account_never_enters(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna, bert = network.person("anna"), network.person("bert")
    bert.decline()
    network.settle([*anna.post(f"{word} Anna"), *bert.post(f"{word} Bert")])
    until_labelled(network, bert.did)
    with opened(tmp_path, listening(network, word)) as workshop:
        assert collect(workshop) == 1
        assert held(workshop) == [f"{word} Anna"]
        anna.decline()
        until_labelled(network, anna.did)
        collect(workshop)
        assert states(workshop) == {"withdrawn": 1}


# --- kill -9 -------------------------------------------------------------------------------------


def test_a_reader_killed_while_people_write_loses_nothing_and_doubles_nothing(
    network: Network, word: str, tmp_path: Path
) -> None:
    people = [network.person(f"person{n}") for n in range(4)]
    configured(tmp_path, network, word)
    moments = random.Random(7)
    kills = int(os.environ.get("LAGEBILD_KILLS", "3"))
    with writing(people, word):
        for _ in range(kills):
            before = len(live(tmp_path))
            with reading(tmp_path):
                until(lambda: len(live(tmp_path)) > before, "the reader keeps posts", READER_SECONDS)  # noqa: B023
                time.sleep(moments.uniform(0.0, 1.0))
    standing = {uri for person in people for uri in person.posts}
    with reading(tmp_path):
        until(lambda: set(live(tmp_path)) == standing, "the reader has caught up", READER_SECONDS)
        time.sleep(3.0)
    assert len(standing) > 100
    assert len(live(tmp_path)) == len(standing)
    assert set(live(tmp_path)) == standing


@contextmanager
def writing(people: Sequence[Person], word: str) -> Iterator[None]:
    """People who post, and now and then take something back, until the end."""
    stop = threading.Event()

    def write() -> None:
        for turn in range(MOST_POSTS // 3):
            if stop.is_set():
                return
            person = people[turn % len(people)]
            person.post(*(f"{word} Nummer {turn}.{n}" for n in range(3)))
            if turn % 5 == 4:
                person.delete(person.posts[len(person.posts) // 2])
            stop.wait(0.1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def configured(folder: Path, network: Network, word: str) -> None:
    options = {"appview": network.appview, "quiet_seconds": 0.5, "events": 60, "hours": 1, "queries": [word]}
    entry = {
        "id": "s", "name": "S", "kind": "bluesky_jetstream", "url": network.stream + "/", "language": "de",
        "market": "DE", "lens": "user", "options": options,
    }  # fmt: skip
    (folder / "sources.yaml").write_text(json.dumps({"version": 1, "sources": [entry]}), encoding="utf-8")
    (folder / "lagebild.toml").write_text(CONFIG, encoding="utf-8")


def live(folder: Path) -> list[str]:
    """Addresses of the posts that stand in the archive, each as often as it is there."""
    if not (folder / "lagebild.db").exists():
        return []
    with closing(sqlite3.connect(folder / "lagebild.db")) as archive:
        try:
            return [row[0] for row in archive.execute("SELECT raw_id FROM item WHERE state = 'live'")]
        except sqlite3.OperationalError:  # being made
            return []
