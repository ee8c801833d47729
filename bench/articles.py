"""Articles for benchmarks: invented words in natural proportions, the same for the same seed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from domain.model import Batch, Checkpoint, Filed, Fingerprint, Item, ItemKind, Lens, New, Outcome, Visit

START = datetime(2026, 1, 1, tzinfo=UTC)
VOCABULARY = 60_000
"""Different words of a large German news corpus, names and compounds left aside."""
WORDS = 300
OWN_WORDS = 30
SIGNATURE_OCTETS = 126 * 4
MARKETS = (("DE",), ("DE",), ("DE",), ("AT",), ("CH",), ("UK",))
SYLLABLES = """
    ver be ge ent auf ab an zu ein aus vor nach über unter schutz jugend netz platt form bild wort land kind recht
    mel dung ung heit keit lich isch bar sam tum schaft werk zeug haus markt straße öffent mäd chen grün müh lehr er
    en es ter sen ken len tal berg burg stadt dorf amt rat tag woche jahr
""".split()  # noqa: SIM905


class Articles:
    """`total` articles spread over 30 days, of about `WORDS` words each."""

    def __init__(self, seed: int = 1, total: int = 100_000) -> None:
        self.random = random.Random(seed)
        self.total = total
        # Frequent words are short, as in every language.
        spelt = sorted({self._word() for _ in range(VOCABULARY)})
        self.words = sorted(spelt, key=lambda word: len(word) + self.random.gauss(0, 2))
        # Zipf: the n-th word is as frequent as 1/n, so a few words make most of every text.
        self.weights = [0.0]
        for n in range(1, len(self.words) + 1):
            self.weights.append(self.weights[-1] + 1 / (n + 2.7))
        self.weights.pop(0)

    def _word(self) -> str:
        word = "".join(self.random.choice(SYLLABLES) for _ in range(self.random.choice((1, 2, 2, 3, 3, 4))))
        return word.title() if self.random.random() < 0.4 else word

    def _some(self, count: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self.weights, k=count)

    def __iter__(self) -> Iterator[Item]:
        for n in range(self.total):
            yield self.item(n)

    def item(self, n: int) -> Item:
        # An article comes back to its own names and words.
        own = self._some(OWN_WORDS)
        words = self._some(WORDS + self.random.randrange(-60, 60))
        for at in range(0, len(words), 4):
            words[at] = self.random.choice(own)
        paragraphs = "\n".join(" ".join(words[at : at + 60]) + "." for at in range(0, len(words), 60))
        title, lead = " ".join(self._some(8)), " ".join(self._some(22)) + "."
        published = START + timedelta(days=30) * (n / self.total)
        outlet = f"Blatt {self.random.randrange(200)}"
        key = sha256(f"{n}".encode()).hexdigest()
        return Item(
            id=key[:32],
            source_id=outlet.lower().replace(" ", "-"),
            raw_id=f"https://www.{outlet.lower().replace(' ', '')}.example/netz/{key[:10]}-{n}.html",
            kind=ItemKind.ARTICLE,
            url=f"https://www.{outlet.lower().replace(' ', '')}.example/netz/{key[:10]}-{n}.html",
            title=title,
            lead=lead,
            text=paragraphs,
            language=self.random.choice(("de", "de", "de", "fr", "en")),
            markets=self.random.choice(MARKETS),
            lens=Lens.MEDIA,
            published_at=published,
            fetched_at=published + timedelta(minutes=self.random.randrange(5, 60)),
            content_hash=sha256(paragraphs.encode()).hexdigest(),
            publisher=f"Haus {self.random.randrange(60)}",
            outlet=outlet,
            authors=("Mia Muster",),
            tags=("Netz", "Recht"),
            section="Digital",
        )

    def filed(self, n: int) -> Filed:
        item = self.item(n)
        signature = self.random.randbytes(SIGNATURE_OCTETS)
        return Filed(item, Fingerprint(item.id, item.url, item.content_hash, signature, 298, ""), New())


def batches(filed: list[Filed], size: int) -> Iterator[Batch]:
    """As the collect belt commits them."""
    for at in range(0, len(filed), size):
        some = tuple(filed[at : at + size])
        moment = some[-1].item.fetched_at
        source = f"s{at // size % 200}"
        visit = Visit(
            source_id=source, started_at=moment, finished_at=moment + timedelta(seconds=1), outcome=Outcome.OK,
            entries=len(some), fresh=len(some),
        )  # fmt: skip
        yield Batch(visit, Checkpoint(source, {"page": str(at)}), some)


def octets(filed: list[Filed]) -> int:
    """Of title, lead and text, in UTF-8."""
    return sum(len(f"{f.item.title}{f.item.lead}{f.item.text}".encode()) for f in filed)
