"""Secrets by reference: found where they are named, told by name when missing, shown nowhere."""

from pathlib import Path

import pytest

from crawler.secret import SECRET, SECRET64, filled, masked
from domain.errors import ConfigError
from domain.model import Request
from lagebild.secrets import is_reference, secrets_of
from lagebild.sources.load import read


def test_a_secret_is_found_in_the_environment_and_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("aus der Datei\n", encoding="utf-8")
    secret = secrets_of({"BSKY_APP": "aus der Umgebung"})
    assert secret("env:BSKY_APP") == "aus der Umgebung"
    assert secret(f"file:{tmp_path / 'key'}") == "aus der Datei"
    assert secret("") == ""


@pytest.mark.parametrize("reference", ["env:MISSING", "file:/nowhere/at/all", "vault:x", "hunter2"])
def test_a_missing_secret_is_told_by_its_name(reference: str) -> None:
    with pytest.raises(ConfigError) as told:
        secrets_of({})(reference)
    assert told.value.remedy


@pytest.mark.parametrize(
    ("value", "holds"), [("env:A", True), ("keyring:a/b", True), ("env:", False), ("s3cret", False)]
)
def test_a_reference_is_told_from_a_secret(value: str, holds: bool) -> None:
    assert is_reference(value) is holds


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(
        "version: 1\nsources:\n- {id: a, name: A, kind: bluesky, url: 'https://a.example/', language: de,"
        " market: DE, lens: user, auth: s3cret-word}\n",
        encoding="utf-8",
    )
    (problem,) = read(path).errors
    assert "env:NAME" in problem.message
    assert "s3cret-word" not in str(problem)


def test_placeholders_are_filled_as_their_place_asks() -> None:
    asked = Request(
        "https://a.example/?key={secret}&q=%7Bsecret%7D",
        headers={"authorization": f"Bearer {SECRET}", "x-basic": f"Basic {SECRET64}"},
        body=b'{"password": "{secret}"}',
    )
    sent = filled(asked, 'a b"c')
    assert sent.url == "https://a.example/?key=a%20b%22c&q=a%20b%22c"
    assert sent.headers == {"authorization": 'Bearer a b"c', "x-basic": "Basic YSBiImM="}
    assert sent.body == b'{"password": "a b\\"c"}'
    assert masked("robots.txt forbids https://a.example/?key=a%20b%22c", 'a b"c').endswith("key=…")
