"""Authors get a keyed name that leads nowhere once its key is gone."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import ConfigError
from domain.model import Author
from lagebild.pseudonyms import EPOCH, pseudonym_of, read_keys

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ANNA = Author("mastodon|example.org|17", handle="anna")


def test_one_author_has_one_name_within_an_epoch(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert pseudonym_of(keys, NOW)(ANNA) == pseudonym_of(keys, NOW + timedelta(hours=1))(ANNA)


def test_another_epoch_and_another_author_have_other_names(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    today, next_quarter = pseudonym_of(keys, NOW), pseudonym_of(keys, NOW + EPOCH)
    assert len({today(ANNA), next_quarter(ANNA), today(Author("mastodon|example.org|18"))}) == 3


def test_the_name_does_not_hold_the_handle(tmp_path: Path) -> None:
    assert "anna" not in pseudonym_of(tmp_path / "keys", NOW)(ANNA)


def test_only_the_owner_may_read_the_keys(tmp_path: Path) -> None:
    pseudonym_of(tmp_path / "keys", NOW)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_spoilt_key_file_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("nonsense")
    with pytest.raises(ConfigError, match="not a key file"):
        read_keys(tmp_path / "keys")
