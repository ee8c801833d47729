"""What we run is what we pinned: hashes for packages and models, nothing that runs code on loading."""

import ast
import json
import re
from pathlib import Path

import pytest

from domain.errors import ConfigError
from nlp.checked import LAYERS, checked_arrays, checked_bytes, checked_json, listed, written
from nlp.risk import Decisions

REPO = Path(__file__).parents[2]
ROOMS = ("domain", "crawler", "nlp", "storage", "digest", "web", "lagebild")
MODELS = REPO / "nlp" / "models"
RUNS_CODE = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}


def modules() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in (REPO / room).rglob("*.py")
        if not path.name.startswith(("train_", "eval_"))
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(REPO)))
def test_nothing_is_loaded_that_runs_code(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    names |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert not names & RUNS_CODE
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"allow_pickle\s*=\s*True|torch\.load|\byaml\.load\(", text)
    assert not re.search(r"(?<![\w.])(eval|exec)\(", text)


def test_no_weights_tell_where_they_were_made() -> None:
    told = [
        p
        for kind in ("*.cfg", "meta.json")
        for p in MODELS.rglob(kind)
        if re.search(r'"/\w+/', p.read_text("utf-8"))
    ]
    assert told == []


def test_arrays_are_loaded_through_the_check_alone() -> None:
    loading = [p.name for p in modules() if "np.load(" in p.read_text(encoding="utf-8")]
    assert loading == ["checked.py"]


def test_no_model_file_is_a_pickle() -> None:
    for path in MODELS.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".md"):
            assert path.read_bytes()[:2] not in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), path


def test_every_weight_that_we_ship_is_listed_with_its_hash() -> None:
    assert written() == listed(), "run `make hashes`"


def test_a_weight_that_is_not_the_listed_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    head = MODELS / "stories" / "head.npz"
    assert checked_arrays(head)
    monkeypatch.setattr("nlp.checked.listed", lambda: {"stories/head.npz": "0" * 64})
    with pytest.raises(ConfigError, match="weights are"):
        checked_arrays(head)
    with pytest.raises(ConfigError, match="not listed"):
        checked_bytes(MODELS / "risk" / "light.npz")


def test_a_fitted_layer_and_a_list_of_topics_are_loaded_only_as_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = MODELS / "risk" / "decisions.json"
    own = tmp_path / "decisions-0001.json"
    own.write_bytes(shipped.read_bytes())
    monkeypatch.setattr("nlp.checked.listed", lambda: dict.fromkeys(LAYERS, "0" * 64))
    with pytest.raises(ConfigError, match="weights are"):
        Decisions.read(shipped)
    with pytest.raises(ConfigError, match=r"topics\.json"):
        checked_json(MODELS / "risk" / "topics.json")
    assert Decisions.read(own).version, "a layer that a team fitted is its own"


@pytest.mark.parametrize("lock", sorted((REPO / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_every_pinned_package_has_its_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text(encoding="utf-8"))
    pinned = [block for block in blocks if re.match(r"[a-zA-Z0-9][\w.\[\]-]*==", block)]
    assert pinned and all("--hash=sha256:" in block for block in pinned)


def test_the_bill_of_materials_names_every_pinned_package_and_every_model() -> None:
    from bench.bill import bill, pinned

    told = json.loads(bill())
    lock = (REPO / "requirements" / "dev.lock").read_text(encoding="utf-8")
    named = {(c["name"], c["version"]) for c in told["components"] if c["type"] == "library"}
    assert named == {(name, version) for name, version, _ in pinned(lock)}
    assert all(c["hashes"] for c in told["components"])
    assert {c["name"] for c in told["components"]} >= listed().keys()
    assert told["specVersion"] == "1.6"
