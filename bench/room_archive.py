"""An archive of a month as a reading room meets it: items with copies, tags, stories, signals, incidents, sources, visits."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path

from bench.articles import START, Articles, batches
from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Copy,
    Filed,
    Fingerprint,
    Incident,
    IncidentState,
    Item,
    Lens,
    Level,
    Membership,
    New,
    Outcome,
    Reading,
    Signal,
    Source,
    Story,
    TriageEvent,
    Visit,
)
from domain.ports import Archive
from storage.sqlite.archive import SqliteArchive, open_archive

LONG = timedelta(days=30)
TEXTS = 3_000
"""Different bodies; titles are all their own. Writing 300,000 bodies would take longer than measuring."""
LETTERS_OF_A_TEXT = 900
AT_ONCE = 5_000
TAGGED = 5
"""One item in so many is relevant, with topic, severity and story."""
COPIED, REACH = 7, 2_000
"""One item in so many repeats one of the so many before it, so that some copies come on another day."""
IN_A_STORY = 4
OUTLETS, HOUSES = 200, 60
BETWEEN_VISITS = timedelta(hours=3)
TOPICS = (
    "bullying_harassment", "fraud_scam_ads", "misinformation_elections", "privacy_data_protection",
    "hate_discrimination", "youth_safety", "violent_graphic_content", "extremism_terrorism",
)  # fmt: skip
PLATFORMS = ("tiktok", "instagram", "youtube", "facebook", "x", "telegram", "whatsapp", "snapchat")
FEATURES = ("direct_messages", "live", "recommendations", "comments", "search", "age_limits")
STANCES = ("critical", "critical", "neutral", "supportive")
LENSES = (*[Lens.MEDIA] * 17, Lens.USER, Lens.USER, Lens.REGULATOR)
READER, MARKETS = "risk/1", ("DE", "AT", "CH")


def filed(count: int) -> Iterator[Filed]:
    """Items spread evenly over 30 days, oldest first."""
    articles, chance = Articles(total=count), random.Random(2)
    bodies = [articles.item(n) for n in range(min(TEXTS, count))]
    for n in range(count):
        body = chance.choice(bodies)
        published = START + LONG * (n / count)
        item = replace(
            body,
            id=_id(n),
            raw_id=_id(n)[:16],
            url=f"{body.url}-{n}",
            title=" ".join(articles._some(8)),
            text=body.text[:LETTERS_OF_A_TEXT],
            lens=chance.choice(LENSES),
            published_at=published,
            fetched_at=published + timedelta(minutes=20),
            content_hash=sha256(str(n).encode()).hexdigest(),
        )
        verdict = Copy(_id(max(0, n - chance.randrange(1, REACH))), 0.9) if n and n % COPIED == 0 else New()
        yield Filed(item, Fingerprint(item.id, item.url, item.content_hash), verdict)


def _id(n: int) -> str:
    return sha256(str(n).encode()).hexdigest()[:32]


def build(path: Path, count: int) -> None:
    """The archive under a name of its own until it is whole, so that a broken one is never measured."""
    if path.exists():
        return
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    archive = open_archive(draft)
    _keep_sources(archive)
    articles, chance = filed(count), random.Random(4)
    while some := list(islice(articles, AT_ONCE)):
        _keep(archive, some, chance)
    _keep_triage(archive, chance)
    archive.tend()
    archive.vacuum()
    archive.close()
    draft.rename(path)


def _keep_sources(archive: SqliteArchive) -> None:
    """Each outlet's source with its visits, of which one in fifty failed."""
    archive.sync_sources(sources(), START)
    for k in range(LONG // BETWEEN_VISITS):
        with archive.transaction():
            for n in range(OUTLETS):
                visit = _visit(n, k)
                archive.commit(Batch(visit, Checkpoint(visit.source_id, {})))


def sources() -> tuple[Source, ...]:
    """One per outlet."""
    return tuple(map(_source, range(OUTLETS)))


def _visit(n: int, k: int) -> Visit:
    """The k-th visit to the n-th source."""
    moment, fell = START + BETWEEN_VISITS * k + timedelta(seconds=n), (n + k) % 50 == 0
    return Visit(
        source_id=f"blatt-{n}",
        started_at=moment,
        finished_at=moment + timedelta(seconds=2),
        outcome=Outcome.UNREACHABLE if fell else Outcome.OK,
        requests=1,
        entries=0 if fell else 30,
        fresh=0 if fell else 5,
    )


def _source(n: int) -> Source:
    return Source(
        id=f"blatt-{n}",
        name=f"Blatt {n}",
        kind="rss",
        url=f"https://www.blatt{n}.example/feed",
        language="de",
        markets=(MARKETS[n % 3],),
        lens=Lens.MEDIA,
        publisher=f"Haus {n % HOUSES}",
    )


def _keep(archive: Archive, some: Sequence[Filed], chance: random.Random) -> None:
    for batch in batches(list(some), AT_ONCE):
        archive.commit(batch)
    now = some[-1].item.fetched_at
    tagged = [one.item for one in some if isinstance(one.verdict, New)][::TAGGED]
    archive.keep_readings([_reading(item, chance) for item in tagged], now)
    told = [tagged[at : at + IN_A_STORY] for at in range(0, len(tagged), IN_A_STORY)]
    stories = [
        Story(
            id=f"s{items[0].id[:12]}",
            title=items[0].title,
            language=items[0].language,
            opened_at=items[0].published_at,
            changed_at=items[-1].published_at,
        )
        for items in told
    ]
    members = [
        Membership(story.id, item.id, item.published_at, why="copy", by="stories/1")
        for story, items in zip(stories, told, strict=True)
        for item in items
    ]
    archive.keep_stories(stories, members, now)


def _reading(item: Item, chance: random.Random) -> Reading:
    def say(layer: str, label: str, target: str = "", text: str = "") -> Annotation:
        return Annotation(
            item_id=item.id, layer=layer, label=label, annotator=READER, target=target, text=text, score=0.8
        )

    platform = chance.choice(PLATFORMS)
    said = [say("relevance", "relevant"), say("severity", str(chance.randrange(5))), say("platform", platform, platform)]  # fmt: skip
    said += [say("topic", topic) for topic in chance.sample(TOPICS, chance.choice((1, 1, 2)))]
    said += [say("entity", "ORG", text=f"Verband {chance.randrange(400)}") for _ in range(3)]
    if chance.random() < 0.4:
        said.append(say("feature", chance.choice(FEATURES)))
    if chance.random() < 0.7:
        said.append(say("perception", chance.choice(STANCES), platform))
    return Reading(item.id, READER, tuple(dict.fromkeys(said)))


def _keep_triage(archive: Archive, chance: random.Random) -> None:
    """Eight signals a day, and an incident of every fourth."""
    days = [(START + timedelta(days=n)).date() for n in range(LONG.days)]
    signals = [
        Signal(
            id=f"g{day}-{k}",
            dimension="topic",
            label=TOPICS[k],
            market=MARKETS[k % 3],
            day=day,
            count=30 + k,
            expected=12.0,
            upper=22.0,
            score=4.0 + k,
            p_value=0.001,
            level=Level.ELEVATED,
            items=40,
            outlets=20,
        )
        for day in days
        for k in range(len(TOPICS))
    ]
    archive.keep_signals(signals)
    for signal in signals[::IN_A_STORY]:
        opened = START + timedelta(days=signal.day.day - 1, hours=chance.randrange(24))
        incident = Incident(
            id=f"i{signal.id}",
            title=signal.label,
            market=signal.market,
            severity=3,
            state=IncidentState.NEW,
            opened_at=opened,
            due_at=opened + timedelta(hours=4),
            signal_ids=(signal.id,),
        )
        archive.open_incident(
            incident, TriageEvent(incident_id=incident.id, at=opened, by="anna", action="open", after="new")
        )
