"""Texts -> vectors and risk logits: one pass of one encoder, shared by risk, perception and stories.

The encoder is multilingual-e5-small with its vocabulary cut to de/fr/it/en and its layers in int8 (ONNX, about
45 MB); `models/risk/card.md` tells how it was made. Its graph answers two questions at once: the sentence
embedding as published, and the outputs of the fine-tuned upper layers. Where a platform is named, three layers more
(`tone.onnx`, 5 MB) read how it is spoken of. Without onnxruntime or without the
weights `load_encoder` returns a light n-gram stand-in and says so in the log.
"""

from __future__ import annotations

import hashlib
import logging
import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigError
from domain.ports import ShelfArchive
from nlp.checked import checked_arrays, checked_json

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]
Span = tuple[int, int]

FOLDER = Path(__file__).parent / "models" / "risk"
WIDTH = 384  # numbers in a vector
LONGEST = 200  # tokens of one passage; a headline with its teaser has about 45
PREFIX = "query: "  # what e5 was trained to see in front of a text that is compared with its like
SAME_ON_EVERY_CPU = ("session.x64quantprecision", "1")
CACHE = 4096  # passages remembered in memory, about 8 KB each
MIDDLE = "/layers.2/oln/LayerNormalization_output_0"  # states after three of the six tuned layers
SHELVED = 20_000  # passages kept in an archive, about 4 KB each


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to read, with the spans (code points of `text`) whose own vectors are wanted, one list per name.

    `owner` is the item it comes from, so that what is kept of it can be removed with the item.
    """

    text: str
    spans: tuple[tuple[str, tuple[Span, ...]], ...] = ()
    owner: str = ""

    @property
    def key(self) -> str:
        """Hash under which its vectors may be kept."""
        return hashlib.sha256(repr((self.text, self.spans)).encode("utf-8", "replace")).hexdigest()

    @property
    def bare(self) -> Passage:
        """The same text without spans: what stories ask for."""
        return Passage(self.text, owner=self.owner)


@dataclass(frozen=True, slots=True)
class Encoded:
    """`vector` is normalised (384); `judged` the logits of relevance and the topics in `TOPICS`' order, `severity`
    those of at least 1..5; `pooled` the tuned layers' mean. `spans` are what the tone layers say of each asked name: their
    mean over its tokens, then over all (768)."""

    vector: Floats
    judged: Floats
    severity: Floats
    pooled: Floats
    spans: tuple[Floats, ...] = ()


HEADER = struct.Struct("<3I")  # spans, judged logits, severity logits


def to_octets(encoded: Encoded) -> bytes:
    """Its numbers as little-endian float32 behind their counts."""
    parts = [encoded.vector, encoded.judged, encoded.severity, encoded.pooled, *encoded.spans]
    head = HEADER.pack(len(encoded.spans), len(encoded.judged), len(encoded.severity))
    return head + np.concatenate(parts).astype("<f4").tobytes()


def from_octets(octets: bytes) -> Encoded:
    """What `to_octets` wrote, number for number."""
    spans, judged, severity = HEADER.unpack_from(octets)
    lengths = [WIDTH, judged, severity, WIDTH, *[2 * WIDTH] * spans]
    numbers = np.frombuffer(octets, "<f4", offset=HEADER.size).astype(np.float32)
    parts = np.split(numbers, np.cumsum(lengths)[:-1])
    return Encoded(parts[0], parts[1], parts[2], parts[3], tuple(parts[4:]))


class Shelf(Protocol):
    """Somewhere to keep what was encoded, by passage and encoder name."""

    def find(self, encoder: str, passages: Sequence[Passage]) -> Mapping[str, Encoded]:
        """What is kept of these, by passage key."""
        ...

    def keep(self, encoder: str, answers: Sequence[tuple[Passage, Encoded]]) -> None: ...


class Memory:
    """The default shelf: the last `size` passages."""

    def __init__(self, size: int = CACHE) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[str, str], Encoded] = OrderedDict()

    def find(self, encoder: str, passages: Sequence[Passage]) -> Mapping[str, Encoded]:
        found = {}
        for key in (p.key for p in passages):
            if (encoder, key) in self._kept:
                self._kept.move_to_end((encoder, key))
                found[key] = self._kept[encoder, key]
        return found

    def keep(self, encoder: str, answers: Sequence[tuple[Passage, Encoded]]) -> None:
        for passage, encoded in answers:
            self._kept[encoder, passage.key] = encoded
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Encoder(Protocol):
    """Reads passages. `light` is True for the stand-in, whose vectors compare words and not meanings."""

    name: str
    light: bool

    def read(self, passages: Sequence[Passage]) -> list[Encoded]:
        """One answer per passage, in order."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, 384) float32, rows of length one; the same text gives the same row whatever its neighbours."""
        ...


def reading_text(title: str, teaser: str = "") -> str:
    """What stands for an item: title and teaser or lead, as the encoder was trained to read it."""
    title, teaser = clean(title), clean(teaser)
    return f"{title}. {teaser}" if title and teaser else title or teaser


def clean(text: str) -> str:
    """Without NUL, lone surrogates and soft hyphens, which tokenizers trip over; the ends stripped."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8").replace("\u00ad", "").strip()


def normalised(rows: Floats) -> Floats:
    """Rows of length one; a zero row stays zero."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), np.float32)


def checked(folder: Path) -> dict[str, Path]:
    """The shipped files by name, after their SHA-256 agreed with `weights.json`. Raises ConfigError."""
    listed: dict[str, str] = checked_json(folder / "weights.json")
    files = {}
    for name, expected in listed.items():
        path = folder / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
        if found != expected:
            raise ConfigError(
                f"{path}: weights are {found[:12]}, expected {expected[:12]}",
                remedy="reinstall Lagebild, or train them again with nlp/models/train_risk.py",
                path=str(path),
            )
        files[name] = path
    return files


def also_told(name: str) -> bytes:
    """What, set behind an ONNX file, makes its graph tell a value it only passed on: messages in a row are one message,
    and this one says model (7), output (12), name (1) and type (2: tensor of float32)."""
    value = _field(1, name.encode()) + _field(2, _field(1, b"\x08\x01"))
    return _field(7, _field(12, value))


def _field(number: int, octets: bytes) -> bytes:
    """A field of octets as protocol buffers write it; shorter than 128."""
    return bytes([number << 3 | 2, len(octets)]) + octets


class OnnxEncoder:
    """The shipped encoder on one thread; more processes, not more threads, use more cores."""

    light = False

    def __init__(self, folder: Path = FOLDER, shelf: Shelf | None = None) -> None:
        from tokenizers import Tokenizer

        files = checked(folder)
        self._session = session_of(files["encoder.onnx"], also_told(MIDDLE))
        self._tone = session_of(files["tone.onnx"])
        self._tokenizer = Tokenizer.from_file(str(files["tokenizer.json"]))
        self._tokenizer.enable_truncation(LONGEST)
        shape = checked_arrays(files["shape.npz"])
        self._centre, self._languages = shape["centre"], shape["languages"]
        both = hashlib.sha256(files["encoder.onnx"].read_bytes() + files["tone.onnx"].read_bytes())
        self.name = f"e5-small-de-fr-it-en/{both.hexdigest()[:8]}"
        self._shelf = shelf if shelf is not None else Memory()

    def encode(self, texts: Sequence[str]) -> Floats:
        encoded = self.read([Passage(text) for text in texts])
        return np.stack([e.vector for e in encoded]) if encoded else np.zeros((0, WIDTH), np.float32)

    def read(self, passages: Sequence[Passage]) -> list[Encoded]:
        found = dict(self._shelf.find(self.name, passages))
        missing = list({p.key: p for p in passages if p.key not in found}.values())
        answers = list(zip(missing, self._run(missing), strict=True))
        if answers:
            self._shelf.keep(self.name, [*answers, *_bare(answers)])
        found |= {passage.key: encoded for passage, encoded in answers}
        return [found[p.key] for p in passages]

    def _run(self, passages: Sequence[Passage]) -> list[Encoded]:
        tokens = self._tokenizer.encode_batch([PREFIX + clean(p.text) for p in passages])
        return [self._one(p, t.ids, t.offsets) for p, t in zip(passages, tokens, strict=True)]

    def _one(self, passage: Passage, ids: list[int], offsets: list[Span]) -> Encoded:
        """Alone, not in a batch: int8 layers scale by the whole batch, so a neighbour would change the answer."""
        asked = ["embedding", "judged", "severity", "pooled", MIDDLE]
        raw, judged, severity, pooled, middle = self._session.run(asked, {"ids": np.array([ids], np.int64)})
        spans = self._toned(middle, offsets, passage) if passage.spans else ()
        return Encoded(self._shaped(raw)[0], judged[0], severity[0], pooled[0], spans)

    def _toned(self, middle: Floats, offsets: list[Span], passage: Passage) -> tuple[Floats, ...]:
        """The tone layers go on from the third tuned layer, and only where a platform is named."""
        tokens, pooled = self._tone.run(None, {"middle": middle})
        means = (_span_mean(tokens[0], offsets, spans) for _, spans in passage.spans)
        return tuple(np.concatenate([mean, pooled[0]]) for mean in means)

    def _shaped(self, raw: Floats) -> Floats:
        """Centred and without the directions that tell languages apart, so that translations meet."""
        centred = raw - self._centre
        return normalised(centred - (centred @ self._languages) @ self._languages.T)


class ShelvedEncoder:
    """An encoder in front of an archive that keeps what it read: a new light layer reads everything again without it.

    Only what belongs to an item is kept, and leaves the archive with it; `most` passages in all.
    """

    def __init__(self, inner: Encoder, archive: ShelfArchive, most: int = SHELVED) -> None:
        self._inner, self._archive, self._most = inner, archive, most
        self.name, self.light = inner.name, inner.light

    def encode(self, texts: Sequence[str]) -> Floats:
        return self._inner.encode(texts)

    def read(self, passages: Sequence[Passage]) -> list[Encoded]:
        kept = self._archive.shelved(self.name, [p.key for p in passages])
        found = {key: from_octets(octets) for key, octets in kept.items()}
        missing = list({p.key: p for p in passages if p.key not in found}.values())
        answers = list(zip(missing, self._inner.read(missing), strict=True))
        owned = [(p.key, p.owner, to_octets(encoded)) for p, encoded in answers if p.owner]
        if owned:
            self._archive.shelve(self.name, owned, self._most)
        found |= {passage.key: encoded for passage, encoded in answers}
        return [found[p.key] for p in passages]


def _bare(answers: Sequence[tuple[Passage, Encoded]]) -> list[tuple[Passage, Encoded]]:
    """The same answers for whoever asks for the text alone: spans change nothing else."""
    return [(p.bare, Encoded(e.vector, e.judged, e.severity, e.pooled)) for p, e in answers if p.spans]


def _span_mean(states: Floats, offsets: Sequence[Span], spans: Sequence[Span]) -> Floats:
    """Mean state of the tokens that touch a span; of all tokens when none does (the passage was cut before it)."""
    shift = len(PREFIX)
    inside = [n for n, (a, b) in enumerate(offsets) if any(a < y + shift and x + shift < b for x, y in spans)]
    chosen = inside or range(len(offsets))
    return np.asarray(states[list(chosen)].mean(0), np.float32)


class LightEncoder:
    """Character n-grams hashed into a linear model: no onnxruntime, no large file, and clearly weaker."""

    light = True
    name = "ngrams/1"

    def __init__(self, folder: Path = FOLDER) -> None:
        weights = checked_arrays(folder / "light.npz")
        self._matrix, self._bias = weights["matrix"].astype(np.float32), weights["bias"].astype(np.float32)

    def encode(self, texts: Sequence[str]) -> Floats:
        return (
            np.stack([folded(grams(clean(t))) for t in texts]) if texts else np.zeros((0, WIDTH), np.float32)
        )

    def read(self, passages: Sequence[Passage]) -> list[Encoded]:
        return [self._answer(p) for p in passages]

    def _answer(self, passage: Passage) -> Encoded:
        buckets = grams(clean(passage.text))
        logits = self._matrix[buckets].sum(0) / max(1.0, len(buckets) ** 0.5) + self._bias
        vector, nothing = folded(buckets), np.zeros(WIDTH, np.float32)
        spans = tuple(np.zeros(2 * WIDTH, np.float32) for _ in passage.spans)
        return Encoded(vector, logits[:-5], logits[-5:], nothing, spans)


BUCKETS = 1 << 15  # of hashed n-grams


def grams(text: str) -> NDArray[np.int64]:
    """Distinct buckets of the 3- to 5-letter pieces of each word, sorted."""
    found: set[str] = set()
    for word in f" {text.lower()} ".split():
        edged = f" {word} "
        for size in (3, 4, 5):
            found.update(edged[i : i + size] for i in range(len(edged) - size + 1))
    return np.array(sorted({_bucket(piece) for piece in found}) or [0], np.int64)


@lru_cache(maxsize=200_000)
def _bucket(piece: str) -> int:
    return int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=4).digest(), "little") % BUCKETS


def folded(buckets: NDArray[np.int64]) -> Floats:
    """A vector of counts with signs (feature hashing), length one."""
    vector = np.zeros(WIDTH, np.float32)
    np.add.at(vector, buckets % WIDTH, np.where((buckets // WIDTH) % 2, 1.0, -1.0))
    return normalised(vector)


def session_of(graph: Path, tail: bytes = b"") -> InferenceSession:
    """The graph, ready to run on one thread, with the same answers on every CPU; `tail` is what to set behind its file.

    Without `SAME_ON_EVERY_CPU` a CPU that lacks VNNI instructions adds int8 products in 16 bits and cuts off what is too
    large: logits then differ by up to 0.6 from those that the thresholds were fitted on. Exact sums cost it a fifth more time.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry(*SAME_ON_EVERY_CPU)
    return onnxruntime.InferenceSession(
        graph.read_bytes() + tail, options, providers=["CPUExecutionProvider"]
    )


def available(folder: Path = FOLDER) -> bool:
    """Whether the shipped encoder can run here."""
    libraries = all(find_spec(name) is not None for name in ("onnxruntime", "tokenizers"))
    return libraries and (folder / "encoder.onnx").exists()


@lru_cache(maxsize=1)
def load_encoder() -> Encoder:
    """The one encoder of this process: the shipped one, or the light one where it cannot run."""
    if available():
        return OnnxEncoder()
    logger.warning("encoder missing, using character n-grams: risk tags and stories are weaker")
    return LightEncoder()
