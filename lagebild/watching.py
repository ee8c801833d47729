"""Sources that name watched things ask for them by their names: `options: {watch: [tiktok]}`.

Each thing of the watchlist (platform, feature, company, law …) becomes a query with its spellings in the source's
languages; `beside: [kinder, minors]` asks for each name beside each of these words. Where a platform is read by hashtag,
the names become hashtags.
"""

from collections.abc import Iterable
from dataclasses import replace

from domain.errors import ConfigError
from domain.model import Source
from nlp.spellings import hashtag, names_in

READ_BY_TAG = frozenset({"mastodon"})


def expanded(source: Source) -> Source:
    """The source with the queries or tags that `watch` stands for. Raises ConfigError for an unknown thing."""
    watched = source.options.get("watch")
    if not isinstance(watched, list):
        return source
    option = "tags" if source.kind in READ_BY_TAG else "queries"
    given = source.options.get(option)
    asked = [*(given if isinstance(given, list) else ()), *_asked(source, map(str, watched), option)]
    options = {name: value for name, value in source.options.items() if name not in ("watch", "beside")}
    return replace(source, options={**options, option: asked})


def _asked(source: Source, watched: Iterable[str], option: str) -> list[object]:
    names = [(thing, _names(source, thing)) for thing in watched]
    if option == "tags":
        return list(dict.fromkeys(hashtag(name) for _, all_names in names for name in all_names))
    beside = _texts(source, "beside")
    return [
        {"any": [f"{name} {word}".strip() for name in all_names for word in beside or ("",)]}
        for _, all_names in names
        if all_names
    ]


def _names(source: Source, thing: str) -> tuple[str, ...]:
    try:
        return names_in(thing, _texts(source, "languages"))
    except KeyError as error:
        raise ConfigError(
            f"source {source.id!r} watches {thing!r}, which the watchlist does not know",
            remedy="use an id of nlp/watchlist.yaml, or write the words under `queries`",
        ) from error


def _texts(source: Source, option: str) -> tuple[str, ...]:
    values = source.options.get(option)
    return tuple(map(str, values)) if isinstance(values, list) else ()
