"""Item + what is known -> New | Updated | Copy | Unchanged.

Exact by address and text hash, near by MinHash (rensa; numpy where it has no wheel) over 3-word shingles. A copy
is a text most of which stands in an earlier one: shortened, re-headlined, reordered, with boilerplate around it.
An article that quotes another, even in full, is not its copy: there most of the words are new.
"""

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from crawler.agencies import agency_of
from crawler.minhash import PERMUTATIONS, signature_of
from crawler.normalise import HASHED_FIELDS, changed_fields
from domain.model import Copy, Fingerprint, Item, New, Unchanged, Updated, Verdict

SHINGLE_WORDS = 3
# Two slots a band find the 35 % excerpt (Jaccard 0.33) in 99.9 of 100 cases, three in 79: the pairs that
# meet by chance are held down by the drop of common slots and by short chains.
BAND_SLOTS = 2
BANDS = PERMUTATIONS // BAND_SLOTS
# 126 slots estimate a Jaccard of 0.44 (every seventh word changed) within ±0.09 nineteen times in twenty.
JACCARD_FLOOR = 0.34
CONTAINMENT_FLOOR = 0.7
BRIEF_SHINGLES = 100  # below this, two shared statements are half of the text
BRIEF_JACCARD_FLOOR = 0.37
BRIEF_CONTAINMENT_FLOOR = 0.8
EXCERPT_JACCARD_FLOOR = 0.2  # an excerpt under a fifth of its source is not told from a quotation
SAME_CONTAINMENT = 0.2  # estimates that lie nearer to each other than this are not told apart
SHORT_SHINGLES = 20  # below this, a chance phrase weighs too much: only near identity counts
SHORT_JACCARD_FLOOR = 0.7
NEVER = 2.0
# Short, brief, longer.
JACCARD_FLOORS = np.array([SHORT_JACCARD_FLOOR, BRIEF_JACCARD_FLOOR, JACCARD_FLOOR])
CONTAINMENT_FLOORS = np.array([NEVER, BRIEF_CONTAINMENT_FLOOR, CONTAINMENT_FLOOR])
MEASURED_SLOTS = 24  # fewer uncommon slots than this measure nothing
COMMON_SHARE = 0.01  # a shingle in more than 1 % of the texts is boilerplate
COMMON_AT_LEAST = 25
WINDOW = timedelta(days=14)
MOST_SEEN = 65_000  # a counter that is full counts no further
SORTED_FROM = 128  # fewer signatures are hung in one by one
ADDED_AT_ONCE = 4_096  # signatures; some 100 MB while they are sorted in
CHAIN_STEPS = 6  # newest texts looked at per band; more share it only if it is boilerplate

WORD = re.compile(r"[^\W_]+")
Slots = NDArray[np.uint32]


def fingerprint(item: Item) -> Fingerprint:
    """What tells the item's copies. The title is left out, so that a new headline does not hide a copy."""
    words = _words(item)
    shingles = _shingles(words)
    return Fingerprint(
        item_id=item.id,
        url=item.url,
        text_hash=hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest() if words else "",
        signature=signature_of(shingles),
        shingles=len(shingles),
        agency=agency_of(item.authors, item.text),
        published_at=item.published_at,
    )


def judge(item: Item, fingerprint: Fingerprint, known_hash: str | None, index: "NearIndex") -> Verdict:
    """`known_hash` is the content hash under which the archive holds this item, None if it does not."""
    if known_hash is not None:
        changed = changed_fields(known_hash, item.content_hash)
        return Updated(changed) if changed else Unchanged()
    nearest = index.nearest(fingerprint)
    return Copy(nearest.item_id, nearest.similarity) if nearest else New()


def settled(
    prints: Iterable[Fingerprint], index: "NearIndex", window: timedelta = WINDOW
) -> dict[str, Copy | None]:
    """What each of these texts is when they are looked at by age, whatever came in first: a copy, or None for one that
    stands for itself. By item id, in the order given: oldest first, ties by id.

    `index` holds texts whose place is no longer in question, and perhaps some of these, which are passed over.
    """
    ordered = list(prints)
    open_ids = {print_.item_id for print_ in ordered}
    young, places = NearIndex(window), {}
    for print_ in ordered:
        near = index.nearest(print_, unless=open_ids) or young.nearest(print_)
        places[print_.item_id] = Copy(near.item_id, near.similarity) if near else None
        if near is None:
            young.add(print_)
    return places


def _words(item: Item) -> list[str]:
    body = item.text if item.text.startswith(item.lead) else f"{item.lead}\n{item.text}"
    text = body.strip() or item.title
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _shingles(words: list[str]) -> list[str]:
    """Distinct runs of three words; a shorter text is one run."""
    if len(words) < SHINGLE_WORDS:
        return [" ".join(words)] if words else []
    return list(dict.fromkeys(map(" ".join, zip(words, words[1:], words[2:], strict=False))))


@dataclass(frozen=True, slots=True)
class Near:
    """The text that another most likely copies; `similarity` is the share of the shorter one found in both."""

    item_id: str
    similarity: float


class NearIndex:
    """Signatures of the representatives within a time window; a look-up costs the same however many there are.

    Bands hang in chains of a hash table, newest first, of which only a few links are followed. Texts leave when
    they are older than `window` before the newest; those without a time leave with their neighbours.
    """

    def __init__(self, window: timedelta = WINDOW, known: Iterable[Fingerprint] = ()) -> None:
        self._window = window
        self._table = _Table(1 << 12)
        self._ids: list[str] = []
        self._times: list[datetime | None] = []
        self._first = 0
        self._newest: datetime | None = None
        self._exact: dict[str, int] = {}
        self._place: dict[str, int] = {}
        known = iter(known)
        while some := list(islice(known, ADDED_AT_ONCE)):
            self.add_all(some)

    def __len__(self) -> int:
        return len(self._place)

    def add(self, fingerprint: Fingerprint) -> None:
        """Takes a representative in; a later version of the same item replaces the earlier one, the same changes nothing."""
        self.add_all((fingerprint,))

    def add_all(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Takes representatives in, in this order; what is held as it is is passed over."""
        new = {one.item_id: one for one in fingerprints if one.signature and not self._holds(one)}
        fresh = list(new.values())
        if not fresh:
            return
        if len(self._ids) + len(fresh) > self._table.capacity:
            self._make_room(len(fresh))
        self._table.add_all(
            np.frombuffer(b"".join(one.signature for one in fresh), "<u4").reshape(len(fresh), PERMUTATIONS),
            np.array([one.shingles for one in fresh], np.int32),
        )
        for one in fresh:
            place = self._place[one.item_id] = len(self._ids)
            self._ids.append(one.item_id)
            self._times.append(one.published_at)
            if not self._stands(self._exact.get(one.text_hash)):
                self._exact[one.text_hash] = place
            self._advance(one.published_at)

    def _holds(self, fingerprint: Fingerprint) -> bool:
        place = self._place.get(fingerprint.item_id)
        return place is not None and self._table.signature(place).tobytes() == fingerprint.signature

    def _stands(self, place: int | None) -> bool:
        """Whether this is a text of the window, and no later version of it has come."""
        return place is not None and place >= self._first and self._place.get(self._ids[place]) == place

    def nearest(self, fingerprint: Fingerprint, unless: Container[str] = ()) -> Near | None:
        """The best match that makes this text a copy, or None; those named by `unless` do not count."""
        exact = self._exact.get(fingerprint.text_hash)
        if exact is not None and self._ids[exact] in unless:
            exact = None
        if exact is not None and self._stands_for_other(exact, fingerprint):
            return Near(self._ids[exact], 1.0)
        if not fingerprint.signature or len(self._ids) == 0:
            return None
        places, similarities = self._table.matches(
            np.frombuffer(fingerprint.signature, "<u4"), fingerprint.shingles
        )
        for place, similarity in zip(places.tolist(), similarities.tolist(), strict=True):
            if self._ids[place] not in unless and self._stands_for_other(place, fingerprint):
                return Near(self._ids[place], round(similarity, 3))
        return None

    def _stands_for_other(self, place: int, fingerprint: Fingerprint) -> bool:
        return self._ids[place] != fingerprint.item_id and self._stands(place)

    def _advance(self, published: datetime | None) -> None:
        if published is None:
            return
        self._newest = max(self._newest, published) if self._newest else published
        oldest = self._newest - self._window
        while self._first < len(self._times) - 1:
            moment = self._times[self._first]
            if moment is not None and moment >= oldest:
                break
            if moment is None and not self._followed_by_old(oldest):
                break
            self._first += 1

    def _followed_by_old(self, oldest: datetime) -> bool:
        following = next((moment for moment in self._times[self._first : self._first + 64] if moment), None)
        return following is not None and following < oldest

    def _make_room(self, count: int) -> None:
        """Drops what left the window; doubles the table until at most half of it is needed."""
        first, live = self._first, len(self._ids) - self._first
        capacity = self._table.capacity
        while live + count > capacity // 2:
            capacity *= 2
        self._table = self._table.rebuilt(first, capacity)
        self._ids, self._times, self._first = self._ids[first:], self._times[first:], 0
        self._place = {item_id: place for place, item_id in enumerate(self._ids)}
        self._exact = {text: place - first for text, place in self._exact.items() if place >= first}


class _Table:
    """Signatures by place, their bands in chained buckets, and how often each slot's value was seen."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._count = 0
        self._signatures = np.zeros((capacity, PERMUTATIONS), np.uint32)
        self._shingles = np.zeros(capacity, np.int32)
        buckets = 1 << (capacity * BANDS - 1).bit_length()
        self._mask = np.uint64(buckets - 1)
        self._heads = np.full(buckets, -1, np.int32)
        self._links = np.full(capacity * BANDS, -1, np.int32)
        self._seen = np.zeros(1 << 22, np.uint16)

    def add_all(self, slots: Slots, shingles: NDArray[np.int32]) -> None:
        """Takes signatures in, one a row."""
        first, self._count = self._count, self._count + len(slots)
        self._signatures[first : self._count] = slots
        self._shingles[first : self._count] = shingles
        cells, buckets = _cells(slots, len(self._seen)), _band_keys(slots) & self._mask
        links = np.arange(first * BANDS, self._count * BANDS, dtype=np.int32).reshape(-1, BANDS)
        if len(slots) >= SORTED_FROM:
            self._count_in(cells)
            self._hang_in(buckets.reshape(-1), links.reshape(-1))
            return
        for cell, bucket, link in zip(cells, buckets, links, strict=True):
            self._seen[cell] = np.minimum(self._seen[cell], np.uint16(MOST_SEEN)) + np.uint16(1)
            self._links[link] = self._heads[bucket]
            self._heads[bucket] = link

    def _count_in(self, cells: NDArray[np.uint64]) -> None:
        np.minimum(self._seen, np.uint16(MOST_SEEN - ADDED_AT_ONCE), out=self._seen)
        np.add.at(self._seen, cells.reshape(-1), np.uint16(1))

    def _hang_in(self, buckets: NDArray[np.uint64], links: NDArray[np.int32]) -> None:
        """Bucket by bucket, oldest first: each band leads to the one before it, the first to what hung there already."""
        order = np.argsort(buckets, kind="stable")
        buckets, links = buckets[order], links[order]
        begins = np.concatenate(([True], buckets[1:] != buckets[:-1]))
        self._links[links] = np.where(begins, self._heads[buckets], np.concatenate(([-1], links[:-1])))
        ends = np.concatenate((begins[1:], [True]))
        self._heads[buckets[ends]] = links[ends]

    def signature(self, place: int) -> Slots:
        """The slots of the text at this place."""
        slots: Slots = self._signatures[place]
        return slots

    def matches(self, slots: Slots, shingles: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Places whose text this one copies and how much of the shorter text is in both.

        Those that hold most of it come first, and of these the one that told it first.
        """
        telling = self._seen[_cells(slots, len(self._seen))] <= self._common_from()
        places = self._candidates(slots, telling)
        measured = int(telling.sum())
        if measured < MEASURED_SLOTS or not len(places):
            return places[:0], np.zeros(0)
        equal = (self._signatures[places][:, telling] == slots[telling]).sum(axis=1)
        jaccard = equal / measured
        theirs = self._shingles[places].astype(np.float64)
        common = jaccard * (theirs + shingles) / (1.0 + jaccard)
        contained = np.minimum(1.0, common / max(1, shingles))
        shared = np.minimum(1.0, common / np.maximum(1.0, np.minimum(theirs, shingles)))
        size = np.minimum(theirs, shingles)
        step = (size >= SHORT_SHINGLES).astype(np.intp) + (size >= BRIEF_SHINGLES)
        alike = jaccard >= JACCARD_FLOORS[step]
        enough = contained >= CONTAINMENT_FLOORS[step]
        excerpt = enough & (jaccard >= EXCERPT_JACCARD_FLOOR)
        chosen = alike | excerpt
        found, held = places[chosen], contained[chosen]
        lesser = held < held.max(initial=0.0) - SAME_CONTAINMENT
        first_told = np.lexsort((found, lesser))
        return found[first_told], shared[chosen][first_told]

    def rebuilt(self, first: int, capacity: int) -> "_Table":
        """A table of this capacity with the texts from `first` on."""
        table = _Table(capacity)
        for place in range(first, self._count, ADDED_AT_ONCE):
            some = slice(place, min(place + ADDED_AT_ONCE, self._count))
            table.add_all(self._signatures[some], self._shingles[some])
        return table

    def _common_from(self) -> int:
        return max(COMMON_AT_LEAST, int(self._count * COMMON_SHARE))

    def _candidates(self, slots: Slots, telling: NDArray[np.bool_]) -> NDArray[np.int64]:
        whole = telling.reshape(BANDS, BAND_SLOTS).all(axis=1)
        links = self._heads[_band_keys(slots)[whole] & self._mask]
        found: list[NDArray[np.int64]] = []
        for _ in range(CHAIN_STEPS):
            links = links[links >= 0]
            if not len(links):
                break
            found.append(links.astype(np.int64) // BANDS)
            links = self._links[links]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _band_keys(slots: Slots) -> NDArray[np.uint64]:
    """One key per band and row; the band's number is mixed in, so that equal values in other bands do not meet."""
    pairs = slots.reshape(*slots.shape[:-1], BANDS, BAND_SLOTS).astype(np.uint64)
    mixed = pairs[..., 0] * np.uint64(0x9E3779B97F4A7C15) + pairs[..., 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed += np.arange(BANDS, dtype=np.uint64) * np.uint64(0x165667B19E3779F9)
    keys: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(29)) ^ (mixed >> np.uint64(43))
    return keys


def _cells(slots: Slots, size: int) -> NDArray[np.uint64]:
    """The counter cell of each slot's value."""
    numbers = np.arange(PERMUTATIONS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (slots.astype(np.uint64) + numbers) * np.uint64(0xC2B2AE3D27D4EB4F)
    cells: NDArray[np.uint64] = (mixed >> np.uint64(40)) & np.uint64(size - 1)
    return cells


__all__ = ["HASHED_FIELDS", "Near", "NearIndex", "fingerprint", "judge"]
