"""Loading name pipelines: an installed official one first, else ours; each file checked before it is read.

Only the parts that mark names are loaded; nobody here reads tags, trees or lemmas.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from domain.registry import names_in, plug

OURS = Path(__file__).parent / "models"
SPACY_SERIES = "3."  # model versions follow spaCy's; anything else under such a name is not Explosion's


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """What reads a language here. `origin`: official, packaged (a copy on PyPI), ours, rules."""

    code: str
    name: str
    version: str
    origin: str

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"


def pipeline_for(code: str) -> Any:
    """The spaCy pipeline of a language, loaded once a process. Raises ConfigError for a language without one."""
    return loaded(code)


@cache
def loaded(code: str) -> Any:
    return plug("nlp.languages", code).build()


def describe() -> tuple[PipelineFacts, ...]:
    """What is in use for each language, by code; reads file names and versions, loads nothing."""
    return tuple(facts(code) for code in names_in("nlp.languages"))


@cache
def facts(code: str) -> PipelineFacts:
    language = plug("nlp.languages", code)
    package = installed(language.packages)
    if not package:
        return PipelineFacts(code, *language.ours)
    origin = "official" if package.count("_") == 3 else "packaged"
    return PipelineFacts(code, package, metadata.version(package.replace("_", "-")), origin)


def installed(packages: Sequence[str]) -> str:
    """The first of `packages` that is installed in a version of spaCy's series, "" if none is."""
    for package in packages:
        if util.find_spec(package) and metadata.version(package.replace("_", "-")).startswith(SPACY_SERIES):
            return package
    return ""


def load_package(package: str) -> Any:
    """An installed pipeline package, its files checked against the hashes that its installer noted."""
    try:
        distribution = metadata.distribution(package.replace("_", "-"))
    except metadata.PackageNotFoundError as error:
        raise ConfigError(f"the pipeline {package} is not installed", remedy="run `make setup`") from error
    for file in distribution.files or ():
        if file.hash and file.suffix != ".py":
            check(Path(str(distribution.locate_file(file))), file.hash.value, encoded=True)
    spec = util.find_spec(package)
    assert spec and spec.origin
    folder = Path(spec.origin).parent
    return load_names_only(next(folder.glob(f"{package}-*"), folder))


def load_ours(folder: Path) -> Any:
    """One of our pipelines. Raises ConfigError when a file is missing or is not the one that was trained."""
    listing = folder / "hashes.json"
    if not listing.exists():
        raise ConfigError(
            f"no pipeline in {folder}", remedy="reinstall lagebild, or run nlp/models/train_de.py"
        )
    for name, digest in json.loads(listing.read_text(encoding="utf-8")).items():
        check(folder / name, digest)
    return load_names_only(folder)


def check(path: Path, digest: str, *, encoded: bool = False) -> None:
    """Compares SHA-256; `encoded` digests are URL-safe base64 without padding, as wheels note them."""
    import base64

    try:
        found = hashlib.sha256(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error}", remedy="install the pipeline again") from error
    told = base64.urlsafe_b64encode(found.digest()).rstrip(b"=").decode() if encoded else found.hexdigest()
    if told != digest:
        raise ConfigError(f"{path}: is not the file that was installed", remedy="install the pipeline again")


def load_names_only(folder: Path) -> Any:
    import spacy

    config = spacy.util.load_config(folder / "config.cfg")
    return spacy.load(folder, exclude=unread_components(config))


def unread_components(config: Any) -> list[str]:
    """All but `ner`, and `tok2vec` too unless `ner` listens to it."""
    encoder = config["components"]["ner"]["model"]["tok2vec"]["@architectures"]
    kept = {"ner", "tok2vec"} if "Listener" in encoder else {"ner"}
    return [name for name in config["nlp"]["pipeline"] if name not in kept]


def install_command(code: str, python: str) -> tuple[str, ...]:
    """The command that installs the best official pipeline of a language, for `lagebild models install`."""
    language = plug("nlp.languages", code)
    package = language.recommended
    if package in language.on_pypi:
        return (python, "-m", "pip", "install", package.replace("_", "-"))
    return (python, "-m", "spacy", "download", package)
