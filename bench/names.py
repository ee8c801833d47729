"""Names: our annotator against the bare pipelines it uses, over the same texts, in CPU seconds of one process.

Pairs are interleaved after a warm-up; the figure is the median of bare ÷ ours, so 1.0 means that the watchlist,
the compounds and the batching cost nothing. Run by `make bench-names`.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable

from nlp.entities import tag_all
from nlp.pipelines import facts, pipeline_for

TARGET, PAIRS, TEXTS, WORDS = 0.80, 7, 60, 300
SENTENCES = {
    "de": (
        "Die Aufsicht prüft seit Wochen, ob die Plattform genug gegen falsche Profile unternimmt.",
        "Petra Lindner vom Jugendamt in Kassel berichtet von ersten Erfolgen an den Schulen der Stadt.",
        "Am Abend einigten sich die Länder auf einen Entwurf, der im Herbst beraten werden soll.",
        "TikTok und Snapchat wollten sich auf Anfrage nicht zu den Zahlen aus dem Bericht äußern.",
        "Der Verein rechnet mit Kosten von rund zwei Millionen Euro und sucht weitere Geldgeber.",
    ),
    "fr": (
        "Le rapport décrit comment des adolescents contournent les contrôles mis en place l'an dernier.",
        "Claire Fontaine, chercheuse à Lyon, rappelle que les chiffres restent difficiles à comparer.",
        "La plateforme assure avoir supprimé la plupart des comptes signalés par les associations.",
        "Instagram n'a pas souhaité commenter la décision rendue lundi par le tribunal de Nantes.",
    ),
    "it": (
        "La relazione descrive come molti ragazzi aggirano i controlli introdotti lo scorso anno.",
        "Marta Ferri, insegnante a Verona, chiede più tempo per parlare in classe di questi temi.",
        "La piattaforma afferma di aver rimosso quasi tutti i profili segnalati dalle famiglie.",
        "YouTube non ha voluto commentare la decisione presa lunedì dal tribunale di Parma.",
    ),
    "en": (
        "The report describes how teenagers get around the checks that were introduced last year.",
        "Helen Marsh, who teaches in Leeds, wants more time to talk about these things in class.",
        "The platform says it has removed most of the accounts that parents had pointed out to it.",
        "Roblox declined to comment on the ruling handed down on Monday by a court in Bristol.",
    ),
}


def texts_of(code: str) -> list[str]:
    """Articles of about 300 words; the same at every run."""
    chance = random.Random(code)
    sentences = WORDS // 14
    return [" ".join(chance.choices(SENTENCES[code], k=sentences)) for _ in range(TEXTS)]


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def compare(code: str) -> list[tuple[float, float]]:
    """CPU seconds of bare and ours for each pair."""
    pipeline, texts = pipeline_for(code), texts_of(code)

    def bare() -> object:
        return [len(doc.ents) for doc in pipeline.pipe(texts)]

    def ours() -> object:
        return list(tag_all(pipeline, texts))

    bare(), ours()
    return [(cpu_seconds(bare), cpu_seconds(ours)) for _ in range(PAIRS)]


def main() -> int:
    seconds = {code: compare(code) for code in SENTENCES}
    for code, pairs in seconds.items():
        ratios = [bare / ours for bare, ours in pairs]
        spread = f"{min(ratios):.2f}..{max(ratios):.2f}"
        sys.stdout.write(f"{facts(code).label:32} ratio={statistics.median(ratios):.2f} spread={spread}\n")
    rounds = [[sum(side) for side in zip(*row, strict=True)] for row in zip(*seconds.values(), strict=True)]
    whole = statistics.median(bare / ours for bare, ours in rounds)
    verdict = "ok" if whole >= TARGET else "short"
    sys.stdout.write(f"names ratio={whole:.2f} target={TARGET:.2f} {verdict}\n")
    return whole < TARGET


if __name__ == "__main__":
    sys.exit(main())
