"""Weights that we ship are read through here: no octet is looked at before its file's SHA-256 agreed with the list.

`nlp/models/hashes.json` lists them, and the fitted layers and lists beside them; `python -m nlp.checked` (`make hashes`) writes it anew after a training. Arrays are
plain numbers: an array file that would run code on loading is refused by numpy itself.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import ConfigError

MODELS = Path(__file__).parent / "models"
LISTING = MODELS / "hashes.json"
WEIGHTS = (".npz", ".onnx", ".gz")
LAYERS = (
    "risk/decisions.json",
    "risk/decisions_light.json",
    "risk/tokenizer.json",
    "risk/topics.json",
    "risk/weights.json",
)
REMEDY = "reinstall Lagebild; after a training of your own run `make hashes`"


@cache
def listed() -> Mapping[str, str]:
    """SHA-256 by path below `nlp/models`."""
    hashes: dict[str, str] = json.loads(LISTING.read_text(encoding="utf-8"))
    return hashes


def checked_bytes(path: Path) -> bytes:
    """The file's octets. Raises ConfigError when it is not listed or not the one that was listed."""
    name = path.relative_to(MODELS).as_posix() if path.is_relative_to(MODELS) else path.name
    expected = listed().get(name)
    if expected is None:
        raise ConfigError(f"{path}: its hash is not listed", remedy=REMEDY, path=str(path))
    octets = path.read_bytes()
    found = hashlib.sha256(octets).hexdigest()
    if found != expected:
        raise ConfigError(
            f"{path}: weights are {found[:12]}, expected {expected[:12]}", remedy=REMEDY, path=str(path)
        )
    return octets


def checked_arrays(path: Path) -> Mapping[str, Any]:
    """The arrays of an `.npz` file by name. Raises ConfigError."""
    with np.load(BytesIO(checked_bytes(path)), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def checked_json(path: Path) -> Any:
    """A file's JSON; one that we ship only after its hash agreed, one that an installation wrote as it is."""
    octets = checked_bytes(path) if path.is_relative_to(MODELS) else path.read_bytes()
    return json.loads(octets)


def written() -> dict[str, str]:
    """What the list should say of the files as they are."""
    names = {path.relative_to(MODELS).as_posix() for path in MODELS.rglob("*") if path.suffix in WEIGHTS}
    return {
        name: hashlib.sha256((MODELS / name).read_bytes()).hexdigest() for name in sorted(names.union(LAYERS))
    }


if __name__ == "__main__":
    LISTING.write_text(json.dumps(written(), indent=1) + "\n", encoding="utf-8")
