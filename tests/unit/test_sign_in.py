"""Signing in: sessions, limits on tries, proxies that are believed, tokens, and what the audit log keeps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from starlette.testclient import TestClient

from domain.errors import ConfigError
from domain.model import Token
from lagebild.reading_room import entrance_of, hosts_of
from lagebild.settings import Web
from storage.memory import MemoryArchive
from tests.fixtures.room import (
    NOW,
    PASSWORD,
    add_account,
    browser,
    desk_over,
    fill,
    form_token,
    items,
    signed_in,
)
from web.desk import Desk
from web.entrance import Entrance, Proxy
from web.passwords import hashed, matches
from web.people import hash_of, prolonged
from web.views.entry import TRIES_PER_ADDRESS, TRIES_PER_NAME, own_page


@pytest.fixture
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    fill(archive, items(2))
    add_account(archive, "anna", "analyst")
    add_account(archive, "root", "admin")
    yield desk_over(archive)
    archive.close()


def tried(client: TestClient, name: str, password: str, **more: str) -> int:
    given = {"token": form_token(client), "name": name, "password": password, **more}
    return client.post("/sign-in", data=given).status_code


def test_without_accounts_everybody_on_this_machine_may_do_everything() -> None:
    archive = MemoryArchive()
    client = browser(desk_over(archive))
    assert "Kein Konto" in client.get("/?lang=de").text
    assert client.get("/audit").status_code == 200


def test_the_first_account_closes_the_open_door() -> None:
    archive = MemoryArchive()
    client = browser(desk_over(archive))
    assert client.get("/search").status_code == 200
    add_account(archive, "root", "admin")
    assert client.get("/search").headers["location"] == "/sign-in?next=%2Fsearch"
    archive.keep_account(replace(archive.account("root"), disabled=True))
    assert client.get("/search").status_code == 303


def test_who_signs_in_comes_back_to_the_page_they_wanted(desk: Desk) -> None:
    client = browser(desk)
    place = client.get("/search?q=mobbing&market=DE").headers["location"]
    assert 'value="/search?q=mobbing&amp;market=DE"' in client.get(place).text
    given = {"token": form_token(client), "name": "Anna", "password": PASSWORD, "next": "/search?q=mobbing"}
    answer = client.post("/sign-in", data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=mobbing")
    assert client.get("/search").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/\t/elsewhere.example",
        "/\n",
        " //elsewhere.example",
        "elsewhere.example",
        "",
    ],
)
def test_nobody_is_led_elsewhere(wanted: str) -> None:
    assert own_page(wanted) == "/"


def test_a_session_that_was_planted_before_signing_in_is_worth_nothing_after(desk: Desk) -> None:
    client = browser(desk)
    client.cookies.set("session", "planted")
    client.get("/sign-in")
    mark = client.cookies["room"]
    client.cookies.delete("session")
    assert tried(client, "anna", PASSWORD) == 303
    assert client.cookies["session"] != "planted"
    assert client.cookies["room"] != mark
    assert desk.archive.session(hash_of("planted"), NOW) is None


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    client = browser(replace(desk, entrance=Entrance(secure=True)), base_url="https://testserver")
    given = {"token": form_token(client), "name": "anna", "password": PASSWORD}
    for cookie in client.post("/sign-in", data=given).headers.get_list("set-cookie"):
        assert {"httponly", "secure", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}
    assert client.get("/sign-in").headers["strict-transport-security"]


def test_signing_out_ends_the_session_at_the_server(desk: Desk) -> None:
    client = signed_in(desk, "anna")
    secret = client.cookies["session"]
    client.post("/sign-out", data={"token": form_token(client, "/me")})
    client.cookies.set("session", secret)
    assert client.get("/search").status_code == 303


def test_a_session_ends_when_idle_and_after_its_longest_time(desk: Desk) -> None:
    client = signed_in(desk, "anna")
    clock = {"now": NOW}
    later = browser(replace(desk, clock=lambda: clock["now"]))
    later.cookies.set("session", client.cookies["session"])
    reached = None
    for half_hours in range(1, 60):
        clock["now"] = NOW + timedelta(minutes=90 * half_hours)
        if later.get("/search").status_code != 200:
            reached = clock["now"] - NOW
            break
    assert reached == timedelta(hours=12)
    client = signed_in(desk, "anna")
    later.cookies.set("session", client.cookies["session"])
    clock["now"] = NOW + timedelta(hours=2, seconds=1)
    assert later.get("/search").status_code == 303


def test_a_session_is_prolonged_rarely_and_never_past_its_end() -> None:
    idle, longest = timedelta(hours=2), timedelta(hours=12)
    assert prolonged(NOW, NOW + idle, NOW + timedelta(minutes=5), idle, longest) is None
    at = NOW + timedelta(hours=1)
    assert prolonged(NOW, NOW + idle, at, idle, longest) == at + idle
    late = NOW + timedelta(hours=11)
    assert prolonged(NOW, NOW + timedelta(hours=11, minutes=30), late, idle, longest) == NOW + longest


def test_too_many_failed_tries_shut_an_account_and_say_so(desk: Desk) -> None:
    client = browser(desk)
    assert {tried(client, "anna", "wrong") for _ in range(TRIES_PER_NAME)} == {401}
    assert tried(client, "anna", PASSWORD) == 429
    assert tried(client, "root", PASSWORD) == 303
    later = browser(replace(desk, clock=lambda: NOW + timedelta(minutes=16)))
    assert tried(later, "anna", PASSWORD) == 303


def test_too_many_failed_tries_shut_an_address_whatever_the_name(desk: Desk) -> None:
    client = browser(desk)
    for n in range(TRIES_PER_ADDRESS):
        assert tried(client, f"name{n}", "wrong") == 401
    given = {"token": form_token(client), "name": "anna", "password": PASSWORD}
    answer = client.post("/sign-in", data=given)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    elsewhere = browser(desk, client=("192.0.2.7", 1))
    assert tried(elsewhere, "anna", PASSWORD) == 303


def test_an_unknown_name_and_a_wrong_password_are_told_alike(desk: Desk) -> None:
    client = browser(desk)
    texts = {
        client.post("/sign-in", data={"token": form_token(client), "name": name, "password": "wrong"}).text
        for name in ("anna", "nobody", "<script>")
    }
    assert len({text.replace(form_token(client), "") for text in texts}) == 1


def test_a_disabled_account_is_out_at_once(desk: Desk) -> None:
    client = signed_in(desk, "anna")
    desk.archive.keep_account(replace(desk.archive.account("anna"), disabled=True))
    assert client.get("/search").status_code == 303
    assert tried(browser(desk), "anna", PASSWORD) == 401


def test_changing_the_password_ends_every_session(desk: Desk) -> None:
    client, other = signed_in(desk, "anna"), signed_in(desk, "anna")
    new = "fünf neue Wörter im Wind"
    given = {"token": form_token(client, "/me"), "old": PASSWORD, "new": new}
    assert client.post("/me/password", data={**given, "old": "wrong"}).status_code == 422
    assert client.post("/me/password", data={**given, "new": "kurz"}).status_code == 422
    assert client.post("/me/password", data=given).status_code == 303
    assert other.get("/search").status_code == 303
    assert tried(browser(desk), "anna", new) == 303


@pytest.mark.parametrize("password", ["short", "a" * 20, "ganz-sicher-anna-passwort", "x" * 300])
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(ConfigError):
        hashed(password, "anna")


def test_passwords_are_kept_as_argon2id() -> None:
    kept = hashed(PASSWORD, "anna")
    assert kept.startswith("$argon2id$")
    assert matches(kept, PASSWORD)
    assert not matches(kept, PASSWORD + "x")
    assert not matches("", PASSWORD)
    assert not matches("no hash", PASSWORD)


PROXY = Proxy("X-Forwarded-User", (ip_network("10.0.0.5/32"),), "reader")


@pytest.mark.parametrize(
    ("peer", "name", "status"),
    [
        ("10.0.0.5", "anna", 200),
        ("10.0.0.5", "Anna", 200),
        ("10.0.0.5", "newcomer", 200),
        ("10.0.0.6", "anna", 303),
        ("127.0.0.1", "root", 303),
        ("10.0.0.5", "a b;c", 303),
        ("10.0.0.5", "", 303),
    ],
)
def test_a_header_is_believed_from_the_named_proxy_alone(
    desk: Desk, peer: str, name: str, status: int
) -> None:
    behind = replace(desk, entrance=Entrance(open=False, proxy=PROXY))
    client = browser(behind, client=(peer, 1))
    assert client.get("/search", headers={"X-Forwarded-User": name}).status_code == status


def test_a_newcomer_from_the_proxy_gets_the_role_of_the_settings(desk: Desk) -> None:
    behind = replace(desk, entrance=Entrance(open=False, proxy=PROXY))
    browser(behind, client=("10.0.0.5", 1)).get("/search", headers={"X-Forwarded-User": "newcomer"})
    assert desk.archive.account("newcomer").role == "reader"
    strict = replace(behind, entrance=Entrance(open=False, proxy=replace(PROXY, new_role="")))
    other = browser(strict, client=("10.0.0.5", 1)).get("/search", headers={"X-Forwarded-User": "stranger"})
    assert other.status_code == 303


def token_of(desk: Desk, owner: str, *scopes: str, secret: str = "lb_x") -> dict[str, str]:
    desk.archive.keep_token(Token(secret, owner, "t", scopes, hash_of(secret), NOW, NOW + timedelta(days=1)))
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_opens_the_doors_of_its_scopes_alone(desk: Desk) -> None:
    client = browser(desk)
    sent = token_of(desk, "anna", "export")
    assert client.get("/export.csv", headers=sent).status_code == 200
    assert client.get("/search", headers=sent).status_code == 403
    assert client.get("/metrics", headers=sent).status_code == 403


def test_a_token_never_reaches_further_than_its_owner(desk: Desk) -> None:
    sent = token_of(desk, "anna", "export")
    desk.archive.keep_account(replace(desk.archive.account("anna"), role="reader"))
    assert browser(desk).get("/export.csv", headers=sent).status_code == 403


@pytest.mark.parametrize("sent", ["Bearer nothing", "Bearer", "Basic cm9vdDp4", "lb_x"])
def test_a_wrong_token_is_not_mended_by_a_session(desk: Desk, sent: str) -> None:
    client = signed_in(desk, "anna")
    assert client.get("/search", headers={"Authorization": sent}).status_code == 401


def test_a_secret_is_shown_once_and_kept_nowhere(desk: Desk) -> None:
    client = signed_in(desk, "anna")
    given = {
        "token": form_token(client, "/me"),
        "name": "Bericht",
        "scope": ["items:read", "sql", "nonsense"],
        "days": "30",
    }
    page = client.post("/me/tokens", data=given).text
    secret = page.split("<code>")[1].split("</code>")[0]
    (token,) = desk.archive.tokens("anna")
    assert (token.hash, token.scopes) == (hash_of(secret), ("items:read", "sql"))
    assert secret not in client.get("/me").text
    assert (
        client.post(f"/me/tokens/{token.id}/drop", data={"token": form_token(client, "/me")}).status_code
        == 303
    )
    assert desk.archive.tokens("anna") == []


def test_nobody_drops_the_token_of_another(desk: Desk) -> None:
    token_of(desk, "root", "metrics", secret="roots")
    client = signed_in(desk, "anna")
    assert client.post("/me/tokens/roots/drop", data={"token": form_token(client, "/me")}).status_code == 404


def test_the_log_tells_who_saw_changed_and_exported(desk: Desk) -> None:
    client = signed_in(desk, "anna")
    client.get("/item/i1")
    client.get("/item/none")
    client.get("/export.csv?q=mobbing&market=DE")
    mark = form_token(client, "/item/i1")
    client.post("/item/i1/label", data={"token": mark, "topic": "bullying_harassment", "verdict": "right"})
    lines = [(line["by"], line["action"], line["subject"]) for line in desk.archive.audit_log()]
    assert ("anna", "signed in", "anna") in lines
    assert ("anna", "saw", "i1") in lines
    assert ("anna", "saw", "none") not in lines
    assert ("anna", "changed", "i1") in lines
    (exported,) = [line for line in desk.archive.audit_log() if line["action"] == "exported"]
    assert exported["facts"]["rows"] == 2
    (begun,) = [line for line in desk.archive.audit_log() if line["action"] == "export begun"]
    assert begun["facts"]["market"] == ["DE"]
    assert "mobbing" not in str(begun["facts"])
    assert desk.archive.broken_audit_lines() == []
    admin = signed_in(desk, "root")
    assert "exported" in admin.get("/audit?by=anna").text


def test_an_admin_changes_others_and_never_themselves(desk: Desk) -> None:
    admin, anna = signed_in(desk, "root"), signed_in(desk, "anna")
    mark = form_token(admin, "/people")
    assert admin.post("/people/root", data={"token": mark, "role": "reader"}).status_code == 422
    assert admin.post("/people/anna", data={"token": mark, "role": "boss"}).status_code == 404
    assert (
        admin.post("/people/anna", data={"token": mark, "role": "reader", "disabled": "1"}).status_code == 303
    )
    assert anna.get("/search").status_code == 303


def test_elsewhere_without_accounts_is_refused_with_the_remedy() -> None:
    archive = MemoryArchive()
    with pytest.raises(ConfigError, match="people add"):
        entrance_of(Web(host="0.0.0.0"), archive)
    add_account(archive, "anna", "analyst")
    with pytest.raises(ConfigError):
        entrance_of(Web(host="0.0.0.0"), archive)
    add_account(archive, "root", "admin")
    assert not entrance_of(Web(host="0.0.0.0"), archive).open
    assert entrance_of(Web(), MemoryArchive()).open
    assert not entrance_of(Web(proxy={"addresses": ["10.0.0.5"]}), MemoryArchive()).open


def test_the_room_answers_to_its_own_names_alone() -> None:
    hosts = hosts_of(Web(host="0.0.0.0", base_url="https://lage.example/x", hosts=("alias.example",)))
    assert hosts == {"127.0.0.1", "localhost", "::1", "lage.example", "alias.example"}


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "testserver.elsewhere.example", "", "[", "testserver@elsewhere.example"]
)
def test_an_unknown_host_is_refused(desk: Desk, host: str) -> None:
    assert browser(desk).get("/sign-in", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "300000"}, 413),
        ({"transfer-encoding": "chunked"}, 411),
        ({"content-length": "x"}, 411),
    ],
)
def test_a_form_says_its_length_and_is_small(desk: Desk, headers: dict[str, str], status: int) -> None:
    assert browser(desk).post("/sign-in", headers=headers, content=b"x").status_code == status
