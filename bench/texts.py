"""Articles in four languages of which everything can be read: names, topics, tone. Made from a few sentences each."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bench.names import SENTENCES
from domain.model import Item, ItemKind, Lens

MORNING = datetime(2026, 11, 28, 6, tzinfo=UTC)
MARKETS = {"de": "DE", "fr": "FR", "it": "IT", "en": "UK"}
SENTENCES_A_TEXT = 21  # about 300 words


def articles(count: int, seed: int) -> list[Item]:
    """So many, the languages in turn; every article has words of its own, so that none is a copy."""
    chance = random.Random(seed)
    return [article(n, seed, chance) for n in range(count)]


def article(n: int, seed: int, chance: random.Random) -> Item:
    code = sorted(SENTENCES)[n % len(SENTENCES)]
    sentences = [own(chance.choice(SENTENCES[code]), chance) for _ in range(SENTENCES_A_TEXT)]
    text, title = " ".join(sentences), own(chance.choice(SENTENCES[code]), chance)[:90]
    at = MORNING - timedelta(seconds=30 * n)
    key = f"{seed}-{n}"
    return Item(
        id=sha256(key.encode()).hexdigest(), source_id=f"blatt-{n % 50}", raw_id=key, kind=ItemKind.ARTICLE,
        url=f"https://blatt-{n % 50}.example/{key}", title=title, lead=sentences[0], text=text, language=code,
        markets=(MARKETS[code],), lens=Lens.MEDIA, published_at=at, fetched_at=MORNING, content_hash=key,
        publisher=f"Haus {n % 40}", outlet=f"Blatt {n % 50}",
    )  # fmt: skip


def own(sentence: str, chance: random.Random) -> str:
    """The sentence with two made-up words in the place of two of its own."""
    words = sentence.split()
    for _ in range(2):
        words[chance.randrange(1, len(words))] = "".join(
            chance.choice("bdfgklmnrst") + chance.choice("aeiou") for _ in range(3)
        )
    return " ".join(words)
