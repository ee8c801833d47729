"""The key behind form tokens: one for all rooms over an archive, seen by its owner alone."""

import re
from pathlib import Path
from threading import Thread

from lagebild.room.form_key import form_key
from storage.sqlite import open_archive
from tests.fixtures.room_client import client_of
from tests.fixtures.room_world import fill


def test_it_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    first = form_key(tmp_path / "room.db")
    assert len(first) == 64
    assert form_key(tmp_path / "room.db") == first
    [file] = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("room.db.room-key", 0o600)
    file.chmod(0o644)
    assert form_key(tmp_path / "room.db") == first
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_spoilt_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "room.db.room-key").write_text("kurz")
    key = form_key(tmp_path / "room.db")
    assert len(key) == 64
    assert form_key(tmp_path / "room.db") == key


def test_rooms_that_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [Thread(target=lambda: found.append(form_key(tmp_path / "room.db"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_where_no_file_can_be_kept_the_room_still_opens(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(form_key(tmp_path / "file" / "room.db")) == 64


def test_two_rooms_over_one_archive_accept_each_others_forms(tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "room.db")
    fill(archive)
    one, other = client_of(archive, tmp_path), client_of(archive, tmp_path)
    token = re.findall(r'name="token" value="([0-9a-f]+)"', one.get("/incidents").text)[0]
    given = {"token": token, "title": "Vorfall", "market": "DE", "severity": "3"}
    other.cookies.update(one.cookies)
    assert other.post("/incidents", data=given).status_code == 303
    other.cookies.clear()
    assert other.post("/incidents", data=given).status_code == 403  # the token is its browser's alone
    archive.close()
