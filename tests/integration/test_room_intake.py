"""A link pasted into the room is fetched from a real server: an article is filed, and each refusal says why and what helps."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from domain.model import Search
from domain.ports import Archive
from lagebild.settings import Collect
from storage.sqlite import open_archive
from tests.fixtures.room_client import client_of
from tests.fixtures.room_world import fill

pytestmark = pytest.mark.timeout(600)

SENTENCES = " ".join(
    f"Absatz {n}: Die Aufsicht prüft, ob Kinderkonten in fremde Livestreams gelangen konnten."
    for n in range(8)
)
ARTICLE = f"""<!doctype html><html lang="de"><head><title>Prüfung der Kinderkonten | Bote</title>
<meta property="og:title" content="Prüfung der Kinderkonten"></head><body><article><h1>Prüfung der Kinderkonten</h1>
<p>{SENTENCES}</p><p>{SENTENCES}</p></article></body></html>"""
LOGIN = """<!doctype html><html lang="de"><head><title>Anmelden</title></head><body><form method="post"><label>Name
<input name="user"></label><label>Passwort <input type="password" name="password"></label><button>Anmelden</button></form>
</body></html>"""
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "/robots.txt": (200, "text/plain", b"User-agent: *\nDisallow: /gesperrt\n"),
    "/artikel": (200, "text/html; charset=utf-8", ARTICLE.encode()),
    "/gesperrt": (200, "text/html; charset=utf-8", ARTICLE.encode()),
    "/anmelden": (200, "text/html; charset=utf-8", LOGIN.encode()),
    "/bericht.pdf": (200, "application/pdf", PDF),
    "/verboten": (403, "text/plain", b"no"),
}


class Publisher(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/mitglieder":
            self.send_response(302)
            self.send_header("Location", "/anmelden")
            self.end_headers()
            return
        status, kind, body = ANSWERS.get(self.path, (404, "text/html", b"<h1>404</h1>"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def publisher() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(tmp_path / "room.db")
    fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def room(archive: Archive, tmp_path: Path) -> TestClient:
    return client_of(archive, tmp_path, collect=Collect(allow_hosts=("127.0.0.1",)))


def brought(room: TestClient, url: str) -> tuple[int, str]:
    """Status and, of a refusal, what the page says; of an item its address."""
    token = re.findall(r'name="token" value="([0-9a-f]+)"', room.get("/intake").text)[0]
    given = {"token": token, "url": url, "market": "DE", "lens": "media", "language": "de", "outlet": "Bote"}
    answer = room.post("/intake", data=given)
    return answer.status_code, answer.headers.get("location") or re.sub(r"<[^>]+>|\s+", " ", answer.text)


def test_an_article_is_fetched_and_filed_once(room: TestClient, archive: Archive, publisher: str) -> None:
    status, place = brought(room, f"{publisher}/artikel")
    assert (status, place[:6]) == (303, "/item/")
    [item] = archive.items([place.removeprefix("/item/").split("#")[0]])
    assert item.title == "Prüfung der Kinderkonten"
    assert "Absatz 7: Die Aufsicht prüft" in item.text
    assert (item.outlet, item.url) == ("Bote", f"{publisher}/artikel")
    assert "Absatz 7" in room.get(place).text
    assert brought(room, f"{publisher}/artikel") == (status, place)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/gesperrt", "robots"),
        ("/gibt-es-nicht", "404"),
        ("/verboten", "403"),
        ("/bericht.pdf", "paste"),
        ("/anmelden", "no text was found"),
        ("/mitglieder", "no text was found"),
    ],
)
def test_a_refusal_says_why_and_files_nothing(
    room: TestClient, archive: Archive, publisher: str, path: str, says: str
) -> None:
    before = [hit.item.id for hit in archive.every_hit(Search())]
    status, told = brought(room, publisher + path)
    assert status == 422, told
    assert says in told
    assert "paste" in told
    assert [hit.item.id for hit in archive.every_hit(Search())] == before
    if path == "/gesperrt":
        assert path not in Publisher.asked
