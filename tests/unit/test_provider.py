"""Signing in by a provider: a real exchange on loopback, and every word of the provider that must not be believed."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from domain.errors import ConfigError
from lagebild.reading_room import entrance_of
from lagebild.settings import Web
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, add_account, browser, desk_over
from web.desk import Desk
from web.entrance import Entrance
from web.oidc import Provider, ProviderError, checked_issuer


class Fake:
    """A provider that answers as it is told; `claims` replaces what its token says, `asked` keeps the last exchange."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.proof = ""
        self.challenges: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
        }
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, fake.described)

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                fake.asked = {name: values[0] for name, values in form.items()}
                fake.proof = self.headers["authorization"]
                begun = fake.challenges.get(fake.asked.get("code", ""))
                digest = sha256(fake.asked.get("code_verifier", "").encode()).digest()
                right = begun and urlsafe_b64encode(digest).decode().rstrip("=") == begun["code_challenge"]
                if not right:
                    self._answer(400, {"error": "invalid_grant"})
                    return
                claims = {
                    "iss": fake.issuer, "aud": "lage", "exp": NOW.timestamp() + 300, "nonce": begun["nonce"],
                    "preferred_username": "Anna", "sub": "7", **fake.claims,
                }  # fmt: skip
                body = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
                self._answer(200, {"id_token": f"e30.{body}.c2ln"})

            def _answer(self, status: int, held: dict[str, Any]) -> None:
                body = json.dumps(held).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        return Handler


@pytest.fixture
def fake() -> Iterator[Fake]:
    provider = Fake()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def desk(fake: Fake) -> Iterator[Desk]:
    archive = MemoryArchive()
    add_account(archive, "anna", "analyst")
    provider = Provider(fake.issuer, "lage", lambda: "geheim", "http://testserver/sign-in/provider/back")
    yield desk_over(archive, entrance=Entrance(open=False, provider=provider))
    archive.close()


def gone_out(client: TestClient, fake: Fake, wanted: str = "/search") -> dict[str, str]:
    """What the browser takes to the provider, which remembers it under the code c1."""
    place = client.get(f"/sign-in/provider?next={wanted}").headers["location"]
    assert place.startswith(f"{fake.issuer}/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
    fake.challenges["c1"] = asked
    return asked


def came_back(client: TestClient, fake: Fake, wanted: str = "/search") -> Any:
    asked = gone_out(client, fake, wanted)
    return client.get(f"/sign-in/provider/back?code=c1&state={asked['state']}")


def test_who_the_provider_vouches_for_is_let_in(desk: Desk, fake: Fake) -> None:
    client = browser(desk)
    assert "/sign-in/provider?next=" in client.get("/sign-in").text
    answer = came_back(client, fake)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search")
    assert "anna" in client.get("/me").text
    assert fake.proof.startswith("Basic ")
    assert "geheim" not in str(fake.asked)


def test_nobody_is_led_elsewhere_by_way_of_the_provider(desk: Desk, fake: Fake) -> None:
    assert came_back(browser(desk), fake, "//elsewhere.example").headers["location"] == "/"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "other"},
        {"aud": ["lage", "other"]},
        {"aud": ["lage", "other"], "azp": "other"},
        {"exp": NOW.timestamp() - 120},
        {"exp": "never"},
        {"nonce": "other"},
        {"nonce": None},
    ],
)
def test_a_word_that_is_not_for_this_sign_in_is_not_believed(
    desk: Desk, fake: Fake, claims: dict[str, Any]
) -> None:
    fake.claims = claims
    client = browser(desk)
    assert came_back(client, fake).status_code == 502
    assert client.get("/search").status_code == 303


@pytest.mark.parametrize("name", ["stranger", "", "a b", "<script>"])
def test_a_stranger_stays_outside(desk: Desk, fake: Fake, name: str) -> None:
    fake.claims = {"preferred_username": name}
    assert came_back(browser(desk), fake).status_code == 403
    assert desk.archive.account("stranger") is None


def test_a_stranger_becomes_what_the_settings_say(desk: Desk, fake: Fake) -> None:
    open_to_all = replace(desk.entrance, provider=replace(desk.entrance.provider, new_role="reader"))
    fake.claims = {"preferred_username": "stranger"}
    assert came_back(browser(replace(desk, entrance=open_to_all)), fake).status_code == 303
    assert desk.archive.account("stranger").role == "reader"


def test_a_disabled_account_stays_outside(desk: Desk, fake: Fake) -> None:
    desk.archive.keep_account(replace(desk.archive.account("anna"), disabled=True))
    assert came_back(browser(desk), fake).status_code == 403


def test_a_mail_address_counts_when_it_is_verified(desk: Desk, fake: Fake) -> None:
    by_mail = replace(
        desk, entrance=replace(desk.entrance, provider=replace(desk.entrance.provider, claim="email"))
    )
    add_account(desk.archive, "anna@lage.example", "reader")
    fake.claims = {"email": "Anna@lage.example", "email_verified": False}
    assert came_back(browser(by_mail), fake).status_code == 502
    fake.claims = {"email": "Anna@lage.example", "email_verified": True}
    assert came_back(browser(by_mail), fake).status_code == 303


def test_a_return_that_this_browser_did_not_begin_is_refused(desk: Desk, fake: Fake) -> None:
    victim, attacker = browser(desk), browser(desk)
    state = gone_out(attacker, fake)["state"]
    assert victim.get(f"/sign-in/provider/back?code=c1&state={state}").status_code == 401
    gone_out(victim, fake)
    assert victim.get(f"/sign-in/provider/back?code=c1&state={state}").status_code == 401
    assert victim.get("/sign-in/provider/back?error=access_denied").status_code == 401
    assert victim.get("/search").status_code == 303


def test_a_code_of_another_sign_in_is_refused_by_its_verifier(desk: Desk, fake: Fake) -> None:
    victim, attacker = browser(desk), browser(desk)
    gone_out(attacker, fake)
    stolen = fake.challenges["c1"]
    asked = gone_out(victim, fake)
    fake.challenges["c1"] = stolen
    assert victim.get(f"/sign-in/provider/back?code=c1&state={asked['state']}").status_code == 502


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "http://elsewhere.example/a"},
        {"authorization_endpoint": "javascript:x"},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_believed(
    desk: Desk, fake: Fake, described: dict[str, str]
) -> None:
    fake.described |= described
    assert browser(desk).get("/sign-in/provider").status_code == 502


def test_a_provider_that_is_down_is_told(desk: Desk, fake: Fake) -> None:
    fake.server.shutdown()
    fake.server.server_close()
    time.sleep(0.05)
    assert browser(desk).get("/sign-in/provider").status_code == 502


def test_without_a_provider_there_is_no_such_door() -> None:
    client = browser(desk_over(MemoryArchive()))
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/provider/back").status_code == 404


def test_the_settings_are_whole_or_refused() -> None:
    whole = {"issuer": "https://id.example", "client_id": "lage", "client_secret": "env:LAGE_SECRET"}
    web = Web(host="0.0.0.0", base_url="https://lage.example", oidc=whole)
    entrance = entrance_of(web, MemoryArchive())
    assert entrance.provider.back == "https://lage.example/sign-in/provider/back"
    assert not entrance.open
    for missing in ({"client_id": ""}, {"client_secret": ""}, {"client_secret": "plain-secret"}):
        with pytest.raises(ConfigError):
            entrance_of(Web(base_url="https://lage.example", oidc={**whole, **missing}), MemoryArchive())
    with pytest.raises(ConfigError):
        checked_issuer("http://id.example")
    with pytest.raises(ProviderError):
        Provider("http://id.example", "x", lambda: "", "").told()
