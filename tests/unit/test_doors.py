"""Every page times every role, from the room's own table of doors: a new door without a role fails here."""

from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from storage.memory import MemoryArchive
from tests.fixtures.room import add_account, browser, desk_over, fill, form_token, items, signed_in
from web.app import create_app
from web.desk import Desk
from web.doors import Door, Wing
from web.roles import ROLES, Role
from web.scopes import SCOPES

FILLED = {
    "market": "DE",
    "day": "2026-11-28",
    "language": "de",
    "form": "csv",
    "item_id": "i1",
    "story_id": "s1",
    "signal_id": "g1",
    "incident_id": "none",
    "digest_id": "none",
    "step": "note",
    "token_id": "none",
    "name": "style.css",
    "path": "",
}
"""What stands in an address for each of its parameters; a name that is new here may stand for anything."""
VISITORS = (None, *ROLES)


def address(route: BaseRoute) -> str:
    text: str = getattr(route, "path_format", "")
    for name in getattr(route, "param_convertors", {}):
        text = text.replace("{" + name + "}", FILLED.get(name, "1"))
    return text or "/"


def methods(route: BaseRoute) -> list[str]:
    return sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD"})


TABLE = create_app(desk_over(MemoryArchive())).routes
"""All routes of the application itself, so that none is forgotten here."""
CASES = [(route, method) for route in TABLE for method in methods(route)]


def test_every_route_says_who_may_pass() -> None:
    for route in TABLE:
        assert isinstance(route, Door | Wing), f"{route}: use web.doors.Door and name a role"
        assert isinstance(route.role, Role)
        assert not route.scope or route.scope in SCOPES


def test_every_write_is_told_to_the_audit_log() -> None:
    silent = {"/sign-in", "/sign-out", "/item/{item_id}/reveal"}
    # The first two tell it themselves; how often somebody unfolds is for themselves alone to know.
    for route, method in CASES:
        assert method == "GET" or route.told or route.path in silent, f"{method} {route.path} tells nobody"


@pytest.fixture(scope="module")
def room() -> Iterator[Desk]:
    archive = MemoryArchive()
    fill(archive, items(3))
    for role in ROLES:
        add_account(archive, role, role)
    yield desk_over(archive)
    archive.close()


@pytest.fixture(scope="module")
def visitors(room: Desk) -> dict[str | None, TestClient]:
    return {None: browser(room), **{role: signed_in(room, role) for role in ROLES}}


def ends_sessions(route: BaseRoute, method: str) -> bool:
    return method == "POST" and address(route) in ("/sign-out", "/me/sessions", "/me/password")


@pytest.mark.parametrize("role", VISITORS)
@pytest.mark.parametrize(("route", "method"), CASES, ids=[f"{m} {r.path}" for r, m in CASES])
def test_a_door_lets_in_its_roles_and_no_others(
    room: Desk, visitors: dict[str | None, TestClient], route: Door, method: str, role: str | None
) -> None:
    client = visitors[role]
    if ends_sessions(route, method):
        client = signed_in(room, role) if role else browser(room)
    given = None
    if method != "GET":
        given = {"token": form_token(client, "/me" if role else "/sign-in")}
    answer = client.request(method, address(route), data=given)
    if ends_sessions(route, method) and role:
        visitors[role] = signed_in(room, role)
    if route.role is Role.ANYONE:
        assert answer.headers.get("location", "").split("?")[0] in ("", "/sign-in")
        assert answer.status_code != 403
    elif role is None:
        led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
        assert led or answer.status_code == 401
    elif Role[role.upper()] < route.role:
        assert answer.status_code == 403
    else:
        assert answer.status_code not in (401, 403, 405) and answer.status_code < 500
        assert not answer.headers.get("location", "").startswith("/sign-in?")


@pytest.mark.parametrize(
    ("route", "method"), [c for c in CASES if c[1] != "GET"], ids=lambda c: getattr(c, "path", c)
)
@pytest.mark.parametrize("accounts", [True, False])
def test_every_write_without_its_token_is_refused(
    room: Desk, visitors: dict[str | None, TestClient], route: Door, method: str, accounts: bool
) -> None:
    client = visitors["admin"] if accounts else browser(desk_over(empty()))
    assert client.request(method, address(route), data={"name": "x"}).status_code == 403
    assert client.request(method, address(route), data={"token": "0" * 64}).status_code == 403
    assert client.request(method, address(route), content=b"{}").status_code == 403


def empty() -> MemoryArchive:
    archive = MemoryArchive()
    fill(archive, items(1))
    return archive
