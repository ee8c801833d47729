"""The watchlist file: what its entries may say, and what is said when they are wrong."""

import pytest

from domain.errors import ConfigError
from nlp.watchlist import watchlist, written

HEAD = "version: 7\ncues: {heads: [chef~]}\n"


def listed(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return watchlist(path)


def test_the_shipped_list_covers_every_kind_and_home_market():
    things = watchlist().things.values()
    assert {thing.label for thing in things} == {"PLATFORM", "FEATURE", "ORG", "REGULATOR", "LAW"}
    assert {"DE", "AT", "CH", "EU", "UK", "FR", "IT", "US"} <= {
        thing.market for thing in things if thing.label == "REGULATOR"
    }


def test_a_product_knows_its_platform_and_every_owner_is_listed():
    things = watchlist().things
    assert things["tiktok.shop"].of == "tiktok"
    known_owners = {thing.of for thing in things.values() if thing.label == "FEATURE" and thing.of}
    assert known_owners <= set(things)


def test_endings_are_written_out():
    assert {"Weiße Ring", "Weißen Ring", "Weißer Ring", "Weißen Rings"} <= set(written("Weiße~ Ring"))
    assert {"Jugendschutzgesetz", "Jugendschutzgesetzes"} <= set(written("Jugendschutzgesetz"))


def test_an_operators_own_list_is_read(tmp_path):
    mine = listed(tmp_path, "platforms:\n- {id: demo, name: Demo, names: [Demoland], market: DE}\n")
    assert (mine.version, mine.things["demo"].label, mine.names["Demolands"]) == ("7", "PLATFORM", "demo")


def test_an_id_used_twice_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="stands twice"):
        listed(tmp_path, "laws:\n- {id: a, name: A, exact: [A]}\n- {id: a, name: B, exact: [B]}\n")


def test_a_misspelt_field_is_named_with_the_allowed_ones(tmp_path):
    with pytest.raises(ConfigError, match="alias") as caught:
        listed(tmp_path, "laws:\n- {id: a, name: A, alias: [A]}\n")
    assert "names" in caught.value.remedy


def test_a_broken_file_is_an_error_with_its_path(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        listed(tmp_path, "laws: [\n")
