"""Search on a real AppView, anonymously and in a session of a real server of accounts."""

from pathlib import Path

import pytest

from crawler.connectors.bluesky import CONNECTOR
from crawler.sessions import Session
from lagebild.job import collect_due
from tests.atproto.desk import asked_again, collect, held, on_disk, opened, searching, states, tidied
from tests.atproto.servers import PASSWORD, Network, until_labelled


def test_pages_are_read_to_the_end_once(network: Network, word: str, tmp_path: Path) -> None:
    people = [network.person(name) for name in ("anna", "bert", "carla")]
    for number, person in enumerate(people):
        person.post(*(f"{word} Nummer {n}" for n in range(number, 250, 3)))
    people[0].post(*(f"Kaffee {n}" for n in range(20)))
    network.settle([uri for person in people for uri in person.posts])
    first = network.ask("app.bsky.feed.searchPosts", q=word, limit=100)
    assert (len(first["posts"]), bool(first["cursor"])) == (100, True)
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 250
        assert held(workshop) == sorted(f"{word} Nummer {n}" for n in range(250))
        assert collect(workshop) == 0
    later = people[1].post(*(f"{word} Nummer {n}" for n in range(250, 255)))
    network.settle(later)
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 5
        assert states(workshop) == {"live": 255}


def test_a_server_of_accounts_is_searched_in_a_session(
    network: Network, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAGEBILD_TEST_BSKY", PASSWORD)
    anna, watcher = network.person("anna"), network.person("watcher")
    network.settle(anna.post(*(f"{word} {n}" for n in range(120))))
    source = searching(
        network, word, auth="env:LAGEBILD_TEST_BSKY", options={"account": watcher.handle}, url=network.pds
    )
    with opened(tmp_path, source) as workshop:
        assert collect(workshop) == 120
        opened_session = CONNECTOR.sessions.of(network.pds, watcher.handle)
        assert opened_session is not None
        # A token that the server does not take is no fault: another is had with the refresh token.
        until = opened_session.until
        CONNECTOR.sessions.keep(
            network.pds, watcher.handle, Session(opened_session.access[:-4] + "AAAA", opened_session.refresh, until)
        )  # fmt: skip
        network.settle(anna.post(f"{word} noch einer"))
        assert collect(workshop) == 1
        assert asked_again(workshop) == (121, 0)
    assert PASSWORD.encode() not in on_disk(tmp_path)


def test_without_a_session_a_server_of_accounts_refuses(network: Network, word: str, tmp_path: Path) -> None:
    with opened(tmp_path, searching(network, word, url=network.pds)) as workshop:
        (fault,) = collect_due(workshop, everything=True, quiet=True).faults
        assert (fault.outcome.value, "401" in fault.reason) == ("blocked", True)


def test_nobody_is_named_in_the_archive(network: Network, word: str, tmp_path: Path) -> None:
    anna, bert = network.person("annabelle"), network.person("bertram")
    network.settle([*anna.post(f"{word}, sagt @{bert.handle}"), *bert.post(f"{word} auch")])
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 2
    stored = on_disk(tmp_path)
    assert [name for name in (anna.handle, bert.handle) if name.encode() in stored] == []


def test_a_deleted_post_is_taken_out_when_it_is_asked_for_again(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna = network.person("anna")
    uris = anna.post(f"{word} bleibt", f"{word} verschwindet", *(f"{word} {n}" for n in range(40)))
    network.settle(uris)
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 42
        anna.delete(uris[1])
        network.settle(hidden=[uris[1]])
        assert asked_again(workshop) == (41, 1)
        assert states(workshop) == {"live": 41, "deleted": 1}
        tidied(workshop)
    assert f"{word} bleibt".encode() in on_disk(tmp_path)
    assert f"{word} verschwindet".encode() not in on_disk(tmp_path)


def test_a_deactivated_account_is_honoured_when_its_posts_are_asked_for_again(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna, bert = network.person("anna"), network.person("bert")
    network.settle([*anna.post(*(f"{word} Anna {n}" for n in range(30))), *bert.post(f"{word} Bert")])
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 31
        anna.call("com.atproto.server.deactivateAccount")
        network.settle(shown=bert.posts, hidden=anna.posts)
        assert asked_again(workshop) == (1, 30)
        assert held(workshop) == [f"{word} Bert"]
        tidied(workshop)
    assert f"{word} Anna".encode() not in on_disk(tmp_path)


def test_who_wants_no_readers_without_an_account_never_enters(
    network: Network, word: str, tmp_path: Path
) -> None:
    anna, bert = network.person("anna"), network.person("bert")
    bert.decline()
    network.settle([*anna.post(f"{word} Anna"), *bert.post(f"{word} Bert")])
    until_labelled(network, bert.did)
    # The AppView shows such posts to everyone all the same.
    assert len(network.ask("app.bsky.feed.searchPosts", q=word)["posts"]) == 2
    with opened(tmp_path, searching(network, word)) as workshop:
        assert collect(workshop) == 1
        assert held(workshop) == [f"{word} Anna"]
        anna.decline()
        until_labelled(network, anna.did)
        assert asked_again(workshop) == (0, 1)
        assert states(workshop) == {"withdrawn": 1}
