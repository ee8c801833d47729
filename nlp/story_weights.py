"""The weights of the links, by the kind of encoder that made the vectors; fitted by `models/train_stories.py`."""

import json
from functools import cache
from importlib.resources import files

from nlp.story_links import Weights


@cache
def _table() -> dict[str, dict[str, list[float]]]:
    loaded: dict[str, dict[str, list[float]]] = json.loads(
        files("nlp").joinpath("story_weights.json").read_text(encoding="utf-8")
    )
    return loaded


def weights_for(kind: str) -> Weights:
    """Weights for vectors of this kind: both, e5, use or none."""
    entry = _table()[kind]
    return Weights(tuple(entry["within"]), tuple(entry["across"]), entry["join"][0])
