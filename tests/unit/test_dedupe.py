"""New, updated, copied, unchanged."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from crawler.dedupe import NearIndex, fingerprint, judge, settled
from crawler.normalise import content_hash
from domain.model import Copy, Item, ItemKind, Lens, New, Rights, Unchanged, Updated

MORNING = datetime(2026, 5, 18, 6, 0, tzinfo=UTC)


def words(seed: int, count: int = 240) -> list[str]:
    chance = random.Random(seed)
    return [
        "".join(chance.choice("bdfgklmnrst") + chance.choice("aeiou") for _ in range(3)) for _ in range(count)
    ]


def article(
    name: str, text: str, title: str = "Titel", at: datetime = MORNING, authors: tuple[str, ...] = ()
) -> Item:
    return Item(
        id=name,
        source_id=name,
        raw_id=name,
        kind=ItemKind.ARTICLE,
        url=f"https://{name}.example/a",
        title=title,
        lead="",
        text=text,
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
        published_at=at,
        fetched_at=at,
        content_hash=content_hash(title, "", text, authors, Rights.ALLOW),
        authors=authors,
    )


def index_of(*items: Item) -> NearIndex:
    return NearIndex(known=[fingerprint(item) for item in items])


def verdict(item: Item, index: NearIndex, known: str | None = None) -> object:
    return judge(item, fingerprint(item), known, index)


ORIGINAL = article("a", " ".join(words(1)))


def test_a_text_nobody_had_is_new() -> None:
    assert verdict(article("b", " ".join(words(2))), index_of(ORIGINAL)) == New()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("same words", " ".join(words(1))),
        ("shortened to 60 %", " ".join(words(1)[:144])),
        ("shortened to 35 %", " ".join(words(1)[:84])),
        ("boilerplate around", " ".join(words(7, 30) + words(1) + words(8, 40))),
        ("reordered", " ".join(words(1)[120:] + words(1)[:120])),
        (
            "every tenth word changed",
            " ".join(word if n % 10 else "anders" for n, word in enumerate(words(1))),
        ),
    ],
)
def test_a_copy_is_known_however_it_was_dressed(change: str, text: str) -> None:
    found = verdict(article("b", text, title="Ganz neue Überschrift"), index_of(ORIGINAL))
    assert isinstance(found, Copy), change
    assert found.of == "a"
    assert 0.4 <= found.similarity <= 1.0


def test_a_quotation_is_no_copy() -> None:
    quoting = " ".join(words(3)[:120] + words(1)[:40] + words(3)[120:])
    assert verdict(article("b", quoting), index_of(ORIGINAL)) == New()


def test_a_long_text_that_holds_a_short_one_is_no_copy() -> None:
    short = article("kurz", " ".join(words(4, 50)))
    long = article("lang", " ".join(words(5, 300) + words(4, 50)))
    assert verdict(long, index_of(short)) == New()


def test_a_later_version_of_the_same_item_is_an_update_that_names_its_fields() -> None:
    later = article("a", ORIGINAL.text, title="Neuer Titel")
    assert verdict(later, index_of(ORIGINAL), ORIGINAL.content_hash) == Updated(("title",))
    assert verdict(ORIGINAL, index_of(ORIGINAL), ORIGINAL.content_hash) == Unchanged()


def test_the_index_forgets_what_left_its_window() -> None:
    index = index_of(ORIGINAL, article("c", " ".join(words(9)), at=MORNING + timedelta(days=30)))
    assert verdict(article("b", ORIGINAL.text), index) == New()


def test_a_phrase_in_every_text_makes_no_copies() -> None:
    refrain = words(99, 60)
    index = NearIndex()
    for number in range(200):
        text = " ".join(refrain + words(1000 + number, 60))
        item = article(f"n{number}", text)
        assert not isinstance(verdict(item, index), Copy) or number < 40
        index.add(fingerprint(item))
    assert verdict(article("letzter", " ".join(refrain + words(5000, 60))), index) == New()


def test_the_first_that_told_it_is_the_representative_after_a_new_version() -> None:
    index = index_of(ORIGINAL, replace(ORIGINAL, text=" ".join(words(11))))
    assert verdict(article("b", " ".join(words(11))), index) == Copy("a", 1.0)
    assert verdict(article("b", " ".join(words(1))), index) == New()


def test_texts_without_words_are_never_copies() -> None:
    empty = article("leer", "", title="")
    assert verdict(article("auch", "", title=""), index_of(empty)) == New()


def test_the_index_grows_past_its_first_table() -> None:
    index = NearIndex()
    for number in range(5000):
        index.add(fingerprint(article(f"n{number}", " ".join(words(number, 40)))))
    assert verdict(article("b", " ".join(words(4321, 40))), index) == Copy("n4321", 1.0)
    assert len(index) == 5000


def test_who_copies_whom_does_not_hang_on_the_order_of_arrival() -> None:
    """A teaser is a copy of the cut version of its article, and not of the whole one: whoever came first decided."""
    whole = words(1, 140)
    texts = {"a": whole, "b": whole[:92], "c": whole[:25]}
    prints = [
        fingerprint(article(name, " ".join(text), at=MORNING + timedelta(minutes=n)))
        for n, (name, text) in enumerate(texts.items())
    ]
    outcomes = set()
    for order in permutations(prints):
        index = NearIndex()
        for print_ in order:
            if index.nearest(print_) is None:
                index.add(print_)
        outcomes.add(tuple((name, copy and copy.of) for name, copy in settled(prints, index).items()))
    assert len(outcomes) == 1
