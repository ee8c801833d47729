"""Sources that ask for watched things by their spellings."""

import pytest

from domain.errors import ConfigError
from domain.model import Lens, Source
from lagebild.watching import expanded
from nlp.spellings import hashtag, names_in


def source(kind: str, **options: object) -> Source:
    return Source(
        id="s", name="S", kind=kind, url="https://s.example/", language="de", markets=("DE",), lens=Lens.USER, options=options
    )  # fmt: skip


def test_a_watched_platform_is_asked_for_by_all_its_spellings() -> None:
    (query,) = expanded(source("bluesky", watch=["youtube"])).options["queries"]  # type: ignore[misc]
    assert {"YouTube", "You Tube", "YouTube Kids"} <= set(query["any"])


def test_names_stand_beside_each_of_the_words() -> None:
    (query,) = expanded(source("hackernews", watch=["snapchat"], beside=["minors", "kinder"])).options[
        "queries"
    ]  # type: ignore[misc]
    assert query["any"] == ["Snapchat minors", "Snapchat kinder"]


def test_where_hashtags_are_read_names_become_hashtags() -> None:
    tags = expanded(source("mastodon", tags=["kinderkonten"], watch=["youtube"])).options["tags"]
    assert tags[:2] == ["kinderkonten", "YouTube"]  # type: ignore[index]


def test_own_queries_stay_and_come_first() -> None:
    first, _ = expanded(source("bluesky", queries=["rückruf"], watch=["tiktok"])).options["queries"]  # type: ignore[misc]
    assert first == "rückruf"


def test_a_name_that_is_also_a_word_is_not_searched_for() -> None:
    assert "Threads" not in names_in("threads")
    assert "X" not in names_in("x")


def test_features_are_named_in_the_source_s_languages() -> None:
    assert names_in("tiktok", ("de",))[0] == "TikTok"
    assert hashtag("You Tube-Kids") == "YouTubeKids"


def test_an_unknown_thing_is_told() -> None:
    with pytest.raises(ConfigError, match="watchlist does not know"):
        expanded(source("bluesky", watch=["nosuch"]))
