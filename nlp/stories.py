"""Stories: items on one event, kept in the archive for life.

What the clusterer finds (`nlp/story_clusterer.py`) becomes stories and memberships here. What people decide (a
membership made by hand, a pinned story) is never undone. A story lives, sleeps when nobody adds to it, is awake again
when somebody does, and closes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.model import Item, Membership, Story, StoryState
from domain.ports import EnrichArchive
from nlp.story_clusterer import (
    LATEST_MEMBERS,
    WINDOW,
    Clusterer,
    Merge,
    Placed,
    Placement,
    label_stream,
    story_id_of,
)
from nlp.story_features import NO_ROWS, Features, Floats
from nlp.story_memory import StoryMemory, archived_features, in_time
from nlp.story_weights import weights_for

__all__ = ["Clusterer", "Placement", "label_stream", "place_items", "place_unplaced"]

CLUSTERER = "stories/1"
REOPEN_WITHIN = timedelta(days=21)
"""A sleeping story is remembered this long."""
SLEEP_AFTER = timedelta(days=3)
CLOSE_AFTER = timedelta(days=30)


# --- against the archive -------------------------------------------------------------------------


def by_program(membership: Membership) -> bool:
    """Whether the clusterer made it, any version of it; what a person made is not ours to change."""
    return membership.by.startswith("stories/")


def place_items(
    items: Sequence[Item],
    features: Sequence[Features],
    stories: Sequence[Story],
    members: Mapping[str, Sequence[Membership]],
    now: datetime,
    *,
    known: Sequence[Features] = (),
    vectors: Floats = NO_ROWS,
    kind: str = "both",
) -> tuple[list[Story], list[Membership]]:
    """Places new items into the stories known so far; returns the stories and memberships that changed.

    `features` are those of `items`; `known` those of items placed before, in order of time, and `vectors` theirs, row by
    row (those not given are not compared). `members` holds what is valid now, by story id; `kind` names the encoder that
    made the vectors. Stories nobody added to fall asleep.
    """
    held = {m.item_id: m for story in sorted(members) for m in members[story] if m.valid_to is None}
    clusterer = _recalled(stories, held, known, vectors, kind)
    placed = clusterer.place(sorted((f for f in features if f.item_id not in held), key=in_time))
    memberships = [_membership(p, now) for p in placed.placements]
    memberships += _moved(placed.merges, held, now)
    return _changed(stories, placed, items, known, held, now), memberships


def _recalled(
    stories: Sequence[Story],
    held: Mapping[str, Membership],
    known: Sequence[Features],
    vectors: Floats,
    kind: str,
) -> Clusterer:
    """A clusterer that remembers what the archive holds. A story merged away or closed takes no more items."""
    open_stories = [s for s in stories if not s.merged_into and s.state is not StoryState.CLOSED]
    rank = {s.id: n for n, s in enumerate(sorted(open_stories, key=lambda s: (s.opened_at, s.id)))}
    by_hand = {m.story_id for m in held.values() if not by_program(m)}
    sealed = frozenset(s.id for s in open_stories if s.pinned) | by_hand
    clusterer = Clusterer(weights_for(kind), window=REOPEN_WITHIN, pinned=sealed, _opened=dict(rank))
    placed = [row for row, f in enumerate(known) if f.item_id in held and held[f.item_id].story_id in rank]
    told = [known[row] for row in placed]
    rows = vectors if len(placed) == len(vectors) else vectors[placed]
    clusterer.remember(told, [held[f.item_id].story_id for f in told], rows)
    return clusterer


def _membership(placement: Placement, now: datetime) -> Membership:
    return Membership(
        placement.story_id, placement.item_id, now, None, placement.why, placement.similarity, CLUSTERER
    )


def _moved(merges: Sequence[Merge], held: Mapping[str, Membership], now: datetime) -> list[Membership]:
    """The members of a story that was merged away, in their new story. Pinned stories are never merged."""
    heirs = {merge.gone: merge.kept for merge in merges}
    return [
        Membership(
            heirs[m.story_id], m.item_id, now, None, f"came with {m.story_id}", m.similarity, CLUSTERER
        )
        for m in held.values()
        if m.story_id in heirs
    ]


def _changed(
    stories: Sequence[Story],
    placed: Placed,
    items: Sequence[Item],
    known: Sequence[Features],
    held: Mapping[str, Membership],
    now: datetime,
) -> list[Story]:
    before = {story.id: story for story in stories}
    by_id = {item.id: item for item in items}
    heirs = {merge.gone: merge.kept for merge in placed.merges}
    joined: dict[str, list[Item]] = {kept: [] for kept in heirs.values()}
    for placement in placed.placements:
        joined.setdefault(placement.story_id, []).append(by_id[placement.item_id])
    changed = {story: _grown(before.get(story), story, added, now) for story, added in joined.items()}
    changed |= {gone: _merged_away(before[gone], kept, now) for gone, kept in heirs.items() if gone in before}
    last_seen = _last_seen(held, known)
    resting = [_rested(s, last_seen.get(s.id), now) for s in stories if s.id not in changed]
    return [*changed.values(), *(s for s in resting if s)]


def _last_seen(held: Mapping[str, Membership], known: Sequence[Features]) -> dict[str, datetime]:
    """When the latest of its known items was published, by story."""
    return {held[f.item_id].story_id: f.published_at for f in known if f.item_id in held}


def _grown(story: Story | None, story_id: str, added: Sequence[Item], now: datetime) -> Story:
    """The story with its new items; one that slept is awake again. A new one is titled by its leading item."""
    if story is not None:
        return replace(story, changed_at=now, state=StoryState.LIVE)
    opener = min(added, key=lambda item: (item.tier, item.published_at, item.id))
    first = min(item.published_at for item in added)
    return Story(id=story_id, title=opener.title, language=opener.language, opened_at=first, changed_at=now)


def _merged_away(story: Story, kept: str, now: datetime) -> Story:
    return replace(story, merged_into=kept, state=StoryState.CLOSED, changed_at=now)


def _rested(story: Story, last_item: datetime | None, now: datetime) -> Story | None:
    """The story asleep or closed when its time has come, None when nothing changes.

    `changed_at` stays, so that a sleeping story is not told as news.
    """
    quiet_since = last_item or story.changed_at
    if story.state is StoryState.LIVE and now - quiet_since > SLEEP_AFTER:
        return replace(story, state=StoryState.SLEEPING)
    if story.state is StoryState.SLEEPING and now - quiet_since > CLOSE_AFTER:
        return replace(story, state=StoryState.CLOSED)
    return None


READ_AT_ONCE = 2000
AWOKEN_BY = 5
"""How many of its latest items stand for a story that sleeps."""


def place_unplaced(
    archive: EnrichArchive, kind: str, now: datetime, memory: StoryMemory, limit: int = READ_AT_ONCE
) -> int:
    """Reads what no story holds yet, places it, keeps the outcome. Returns how many items were placed.

    `memory` is that of earlier placings in the same archive.
    """
    items = archive.unplaced(limit, now - REOPEN_WITHIN)
    stories = archive.stories(now - REOPEN_WITHIN - CLOSE_AFTER)
    members = archive.members([story.id for story in stories])
    oldest = min((item.published_at for item in items), default=now)
    recalled = [m.item_id for story in sorted(members) for m in _worth_recalling(members[story], now, oldest)]
    features = archived_features(archive, items, with_vectors=True)
    known = memory.recall(archive, recalled)
    vectors = memory.vectors(archive, known, max((f.vector.size for f in features), default=0))
    changed, memberships = place_items(
        items, features, stories, members, now, known=known, vectors=vectors, kind=kind
    )
    if changed or memberships:
        archive.keep_stories(changed, memberships, now)
    return len(items)


def _worth_recalling(held: Sequence[Membership], now: datetime, oldest: datetime) -> list[Membership]:
    """What came in lately, and of older stories of several items the last few, so that they can be awoken by one that was
    published at `oldest` or later."""
    recent = [m for m in held if m.valid_from >= now - WINDOW]
    older = held[-AWOKEN_BY:] if len(held) > 1 else []
    return recent[-LATEST_MEMBERS:] or [m for m in older if m.valid_from >= oldest - REOPEN_WITHIN]


# --- what people decide --------------------------------------------------------------------------


def merge_stories(
    kept: Story, gone: Story, members: Sequence[Membership], *, by: str, now: datetime
) -> tuple[list[Story], list[Membership]]:
    """Both stories and the moved memberships after a person joined them; `members` are those of `gone`."""
    moved = [
        Membership(kept.id, m.item_id, now, None, f"merged by {by}", m.similarity, by)
        for m in members
        if m.valid_to is None
    ]
    return [replace(kept, changed_at=now, state=StoryState.LIVE), _merged_away(gone, kept.id, now)], moved


def split_story(
    story: Story, items: Sequence[Item], *, by: str, now: datetime
) -> tuple[list[Story], list[Membership]]:
    """A new story of these items, taken out of `story`; both are pinned, so that no rerun joins them again."""
    first = min(items, key=lambda item: (item.published_at, item.id))
    new = Story(
        id=story_id_of(f"{story.id}|{first.id}|{now.isoformat()}"),
        title=first.title,
        language=first.language,
        opened_at=first.published_at,
        changed_at=now,
        pinned=True,
    )
    moved = [Membership(new.id, item.id, now, None, f"split off by {by}", 1.0, by) for item in items]
    return [replace(story, changed_at=now, pinned=True), new], moved


def move_item(item_id: str, target: Story, *, by: str, now: datetime) -> tuple[list[Story], list[Membership]]:
    """The item in another story, by a person's word."""
    moved = Membership(target.id, item_id, now, None, f"moved by {by}", 1.0, by)
    return [replace(target, changed_at=now, state=StoryState.LIVE)], [moved]


def pin_story(story: Story, pinned: bool = True) -> Story:
    """A pinned story keeps its members and its name: it takes new items, but is never merged by the program."""
    return replace(story, pinned=pinned)
