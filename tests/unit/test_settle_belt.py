"""The belt settles copies once all sources have answered, whoever was first."""

from datetime import UTC, datetime, timedelta

from crawler.dedupe import NearIndex, fingerprint
from domain.model import Batch, Checkpoint, Filed, Item, ItemKind, Lens, New, Outcome, Visit
from lagebild.belts.collect import Desk
from storage.memory import MemoryArchive

MORNING = datetime(2026, 11, 28, 6, tzinfo=UTC)
WORDS = [f"wort{n}" for n in range(140)]


def article(name: str, words: int, at: datetime) -> Item:
    return Item(
        id=name, source_id="blatt", raw_id=name, kind=ItemKind.ARTICLE, url=f"https://{name}.example/", title=name, lead="",
        text=" ".join(WORDS[:words]), language="de", markets=("DE",), lens=Lens.MEDIA, published_at=at, fetched_at=MORNING,
        content_hash=name, publisher="Blatt", outlet="Blatt",
    )  # fmt: skip


def test_a_later_filed_but_earlier_published_text_leads() -> None:
    archive = MemoryArchive()
    texts = [article("teaser", 25, MORNING), article("cut", 92, MORNING - timedelta(hours=2))]
    filed = tuple(Filed(text, fingerprint(text), New()) for text in texts)
    visit = Visit(source_id="blatt", started_at=MORNING, finished_at=MORNING, outcome=Outcome.OK)
    archive.commit(Batch(visit, Checkpoint("blatt"), filed))
    desk = Desk(archive, NearIndex(known=[one.fingerprint for one in filed]), lambda: MORNING)
    assert desk.settle() == 1
    assert archive.copies("cut") == ["teaser"]
    assert desk.settle() == 0
