"""Train the German name pipeline: `python -m nlp.models.train_de --help`.

Stages, each leaving its result in the work folder and skipped when that is there (so a stopped run goes on):

    gather            four labelled corpora, cleaned, split and multiplied by swapped names
    learn_vectors     floret vectors from the headlines and the corpora
    learn_gold        the small spaCy pipeline, from labelled sentences alone
    teach             a multilingual encoder fine-tuned to mark names (needs torch)
    label_headlines   the encoder's labels on headlines and on unlabelled sentences
    learn_silver      the small pipeline goes on with those as well, in rounds
    average           the mean of the rounds' weights
    strip, card       strings left out, scores measured, model card written
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp.models import train_de_corpus as corpus
from nlp.models.train_de_corpus import Sentence

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("LAGEBILD_SHARED", "../shared")) / "data"
VECTORS = {
    "dim": 64,
    "bucket": 30_000,
    "minn": 4,
    "maxn": 5,
    "hashCount": 2,
    "minCount": 3,
    "ws": 4,
    "neg": 5,
}
FIRST_RATE = 0.0015
SURE = 0.45  # a headline is learned from when the teacher gives every word at least this probability
NO_NAMES = frozenset(
    ("ICE", "IC", "CNL", "RB", "RE", "POL", "iPhone", "iPhones", "iPad", "The", "POL-")
)  # the encoder's habits
SIZE_LIMIT_BYTES = 15_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """What one training run reads and where it writes."""

    shared: Path
    work: Path
    out: Path
    steps: int
    rounds: tuple[int, ...]
    epochs: int
    headlines: int
    encoder: bool

    def headline_texts(self) -> list[str]:
        """All headlines in a fixed random order, without the very short, the very long and repeated slogans."""
        found = corpus.read_headlines(self.shared / "de_headlines_unlabelled.txt.gz")
        found = [line for line in dict.fromkeys(found) if 40 < len(line) < 320]
        random.Random(5).shuffle(found)
        return found

    def sentences(self, name: str) -> list[Sentence]:
        return corpus.read_sentences(self.work / f"{name}.jsonl")


def stage(result: str) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """A stage is run when its result is missing; it writes the result last."""

    def wrap(work: Callable[[Run], None]) -> Callable[[Run], None]:
        def run_once(run: Run) -> None:
            if not (run.work / result).exists():
                print(f"stage={work.__name__}", flush=True)
                work(run)

        run_once.__name__ = work.__name__
        return run_once

    return wrap


@stage("plain.txt")
def gather(run: Run) -> None:
    found = corpus.gather(run.shared / "ner", run.headline_texts(), seed=11)
    for name in ("gold", "swaps", "foreign", "dev_germeval", "dev_news"):
        corpus.write_sentences(run.work / f"{name}.jsonl", getattr(found, name))
        print(f"corpus={name} sentences={len(getattr(found, name))}", flush=True)
    (run.work / "plain.txt").write_text("\n".join(found.plain), encoding="utf-8")


@stage("de.floret")
def learn_vectors(run: Run) -> None:
    """Skipgram vectors of words and their 4- and 5-letter parts: compounds get a vector too."""
    import floret
    import spacy

    tokens = run.work / "tokens.txt"
    tokenizer = spacy.blank("de").tokenizer
    texts = run.headline_texts() + [one.text for one in run.sentences("gold")]
    texts += (run.work / "plain.txt").read_text(encoding="utf-8").splitlines()
    with tokens.open("w", encoding="utf-8") as out:
        out.writelines(" ".join(token.text for token in tokenizer(text)) + "\n" for text in texts)
    learned = floret.train_unsupervised(
        str(tokens), model="skipgram", mode="floret", epoch=6, lr=0.05, thread=1, **VECTORS
    )
    learned.save_floret_vectors(str(run.work / "de.floret"))


@stage("vectors")
def pack_vectors(run: Run) -> None:
    import spacy
    from spacy.training.initialize import convert_vectors

    pipeline = spacy.blank("de")
    table = run.work / "de.floret"
    convert_vectors(pipeline, table, truncate=0, prune=-1, name="lagebild_de", mode="floret")
    pipeline.to_disk(run.work / "vectors")


@stage("teacher.done")
def teach(run: Run) -> None:
    from nlp.models.train_de_encoder import Teacher

    sentences = run.sentences("gold") + run.sentences("foreign")
    teacher = Teacher(seed=1)
    teacher.fit(sentences, run.epochs, seed=1, weights=run.work / "teacher.pt")
    report = {}
    for name in ("dev_germeval", "dev_news"):
        gold = run.sentences(name)
        report[name] = score(gold, [found for found, _ in teacher.label([one.text for one in gold])])
    print(f"teacher {json.dumps(report)}", flush=True)
    (run.work / "teacher.done").write_text(json.dumps(report), encoding="utf-8")


@stage("silver.done")
def label_headlines(run: Run) -> None:
    """Appends to silver.jsonl, so that a stopped run goes on where it was; every text is answered by one line."""
    from nlp.models.train_de_encoder import Teacher

    teacher = Teacher(seed=1).load(run.work / "teacher.pt")
    texts = (run.work / "plain.txt").read_text(encoding="utf-8").splitlines() + run.headline_texts()[
        : run.headlines
    ]
    path = run.work / "silver.jsonl"
    done = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
    with path.open("a", encoding="utf-8") as out:
        for number, (found, certain) in enumerate(teacher.label(texts[done:]), done + 1):
            row = {"text": found.text, "entities": found.entities, "certain": round(certain, 3)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            if number % 5000 == 0:
                out.flush()
                print(f"silver={number} of={len(texts)}", flush=True)
    (run.work / "silver.done").touch()


def silver(run: Run) -> list[Sentence]:
    """The encoder's sentences that it is sure of; of those without any name, one in three."""
    if not run.encoder:
        return []
    rows = [json.loads(line) for line in (run.work / "silver.jsonl").read_text(encoding="utf-8").splitlines()]
    sure = [row for row in rows if row["certain"] >= SURE]
    kept = [row for number, row in enumerate(sure) if row["entities"] or number % 3 == 0]
    print(f"silver read={len(rows)} sure={len(sure)} kept={len(kept)}", flush=True)
    return [plausible(row["text"], row["entities"]) for row in kept]


def plausible(text: str, entities: list[list[Any]]) -> Sentence:
    return Sentence(text, tuple((a, b, kind) for a, b, kind in entities if text[a:b] not in NO_NAMES))


def save_gold(run: Run) -> Path:
    path = run.work / "gold.spacy"
    if not path.exists():
        save_docs(run.sentences("dev_germeval") + run.sentences("dev_news"), run.work / "dev.spacy")
        save_docs(run.sentences("gold") + run.sentences("swaps"), path)
    return path


def save_everything(run: Run) -> Path:
    """Gold sentences twice, so that they are not drowned by what the encoder says."""
    path = run.work / "everything.spacy"
    if not path.exists():
        gold = run.sentences("gold")
        save_docs(gold + gold + run.sentences("swaps") + silver(run), path)
    return path


def save_docs(sentences: Iterable[Sentence], path: Path) -> None:
    import spacy
    from spacy.tokens import DocBin
    from spacy.util import filter_spans

    pipeline = spacy.blank("de")
    packed = DocBin()
    for one in sentences:
        doc = pipeline.make_doc(one.text)
        spans = [doc.char_span(start, end, label=label) for start, end, label in one.entities]
        doc.set_ents(filter_spans([span for span in spans if span is not None]))
        packed.add(doc)
    packed.to_disk(path)


def fit(run: Run, name: str, seed: int, steps: int, sentences: Path, config: Path, **given: Any) -> None:
    """One spaCy training, from scratch or, with `paths.source` in `given`, from a trained pipeline."""
    from spacy.cli.train import train

    print(f"student={name} seed={seed} steps={steps}", flush=True)
    use_openblas()
    overrides = {
        "paths.train": str(sentences),
        "paths.dev": str(run.work / "dev.spacy"),
        "paths.vectors": str(run.work / "vectors"),
        "system.seed": seed,
        "training.max_steps": steps,
    }
    train(config, run.work / f"{name}.part", overrides=overrides | given)
    (run.work / f"{name}.part").rename(run.work / name)


def going_on(config: Path, path: Path) -> Path:
    """The same configuration with both components taken from a trained pipeline."""
    from spacy.util import load_config

    loaded = load_config(config, interpolate=False)
    for component in ("tok2vec", "ner"):
        loaded["components"][component] = {"source": "${paths.source}"}
    loaded["training"]["dropout"] = 0.1  # there is far more to learn from than before
    loaded["training"]["batcher"]["size"]["start"] = 1200
    loaded.to_disk(path)
    return path


def use_openblas() -> None:
    """numpy's matrix products are 1.4 times as fast as thinc's on the machines we tried."""
    from thinc.backends.numpy_ops import NumpyOps

    def gemm(ops: Any, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        left, right = x.T if trans1 else x, y.T if trans2 else y
        return np.matmul(left, right, out=out) if out is not None else np.matmul(left, right)

    NumpyOps.gemm = gemm


@stage("student")
def learn_gold(run: Run) -> None:
    fit(run, "student", 0, run.steps, save_gold(run), HERE / "train_de.cfg")


def learn_silver(run: Run) -> None:
    """Each round goes on where the last one ended, with another seed and from the second on at half the rate."""
    start = run.work / "student/model-best"
    for number, steps in enumerate(run.rounds, 1):
        name, rate = f"branch{number}", FIRST_RATE if number == 1 else FIRST_RATE / 2
        if not (run.work / name).exists():
            config = going_on(HERE / "train_de.cfg", run.work / f"{name}.cfg")
            given = {"paths.source": str(start), "training.optimizer.learn_rate.initial_rate": rate}
            fit(run, name, number, steps, save_everything(run), config, **given)
        start = run.work / name / "model-best"


def average(run: Run) -> None:
    """The mean of the rounds' weights: each began where the other ended, so the mean varies less than either."""
    import spacy

    branches = [run.work / f"branch{number}" / "model-best" for number in range(1, len(run.rounds) + 1)]
    pipelines = [spacy.load(path) for path in branches or [run.work / "student/model-best"]]
    for component in ("tok2vec", "ner"):
        walks = [list(pipeline.get_pipe(component).model.walk()) for pipeline in pipelines]
        for nodes in zip(*walks, strict=True):
            for name in nodes[0].param_names:
                if nodes[0].has_param(name):
                    nodes[0].set_param(name, sum(node.get_param(name) for node in nodes) / len(nodes))
    pipelines[0].meta.update(
        name="lagebild_de", version="1.0.0", license="Apache-2.0", description="German names"
    )
    pipelines[0].to_disk(run.work / "averaged")


def strip(run: Run) -> None:
    """Copies the pipeline without the strings seen in training, which hash embeddings do not need, and without paths."""
    import spacy

    shutil.rmtree(run.out, ignore_errors=True)
    shutil.copytree(run.work / "averaged", run.out)
    labels = spacy.load(run.out).get_pipe("ner").labels
    kept = {"de", *labels, *(f"{place}-{label}" for label in labels for place in "BILU")}
    (run.out / "vocab" / "strings.json").write_text(json.dumps(sorted(kept)), encoding="utf-8")
    config = run.out / "config.cfg"
    config.write_text(without_paths(config.read_text(encoding="utf-8")), encoding="utf-8")
    size = sum(path.stat().st_size for path in run.out.rglob("*") if path.is_file())
    assert size <= SIZE_LIMIT_BYTES, f"{size} bytes are more than the {SIZE_LIMIT_BYTES} we ship"


def without_paths(config: str) -> str:
    """spaCy's configuration without the places of the training's files; whoever trains again gives their own."""
    head, rest = config.split("\n\n", 1)
    return re.sub(r"^(\w+) = .*$", r"\1 = null", head, flags=re.M) + "\n\n" + rest


def score(gold: list[Sentence], found: list[Sentence]) -> dict[str, list[float]]:
    """Precision, recall, F1 in per cent of exact spans, for each label and for all three together."""
    report = {}
    for labels in (("PER",), ("LOC",), ("ORG",), ("PER", "LOC", "ORG")):
        wanted, given = (
            {(number, *span) for number, one in enumerate(side) for span in one.entities if span[2] in labels}
            for side in (gold, found)
        )
        hits = len(wanted & given)
        precision, recall = hits / max(1, len(given)), hits / max(1, len(wanted))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        report["+".join(labels)] = [round(100 * value, 1) for value in (precision, recall, f1)]
    return report


def measure(run: Run) -> dict[str, dict[str, list[float]]]:
    import spacy

    pipeline = spacy.load(run.out)
    report = {}
    for name in ("dev_germeval", "dev_news"):
        gold = run.sentences(name)
        docs = pipeline.pipe([one.text for one in gold])
        found = [Sentence(d.text, tuple((e.start_char, e.end_char, e.label_) for e in d.ents)) for d in docs]
        report[name] = score(gold, found)
        print(f"dev={name} {json.dumps(report[name])}", flush=True)
    return report


def seal(folder: Path) -> None:
    """`hashes.json`: SHA-256 of each file that is loaded."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name not in ("hashes.json", "card.md")
    )
    digests = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "hashes.json").write_text(
        json.dumps(digests, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def card(run: Run) -> None:
    report = measure(run)
    rows = [
        f"| {name.removeprefix('dev_')} | {label} | " + " | ".join(f"{value:.1f}" for value in values) + " |"
        for name, labels in report.items()
        for label, values in labels.items()
    ]
    template = (HERE / "train_de_card.md").read_text(encoding="utf-8")
    (run.out / "card.md").write_text(template.replace("{scores}", "\n".join(rows)), encoding="utf-8")
    seal(run.out)


def stages(run: Run) -> list[Callable[[Run], None]]:
    encoder = [teach, label_headlines] if run.encoder else []
    return [gather, learn_vectors, pack_vectors, learn_gold, *encoder, learn_silver, average, strip, card]


def arguments() -> Run:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=SHARED, help="the training data")
    parser.add_argument("--work", type=Path, default=Path("var/train_de"), help="results of the stages")
    parser.add_argument("--out", type=Path, default=HERE / "de", help="the finished pipeline")
    parser.add_argument("--steps", type=int, default=1000, help="of the first student")
    parser.add_argument(
        "--rounds", type=int, nargs="*", default=(1500,), help="steps of each round with silver"
    )
    parser.add_argument("--epochs", type=int, default=1, help="of the encoder")
    parser.add_argument("--headlines", type=int, default=20_000, help="how many the encoder labels")
    parser.add_argument(
        "--no-encoder", dest="encoder", action="store_false", help="learn from gold and swaps alone"
    )
    return Run(**vars(parser.parse_args()))


def main() -> None:
    run = arguments()
    run.work.mkdir(parents=True, exist_ok=True)
    for work in stages(run):
        work(run)


if __name__ == "__main__":
    main()
