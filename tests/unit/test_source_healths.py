"""How the sources are, as the room's list shows it: kept until a source is visited again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.model import Batch, Checkpoint, Lens, Outcome, Source, Visit
from lagebild.room.sources import Healths
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.memory import MemoryArchive

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
SOURCE = Source(
    id="blatt", name="Blatt", kind="rss", url="https://blatt.example/", language="de", markets=("DE",), lens=Lens.MEDIA
)  # fmt: skip


def test_a_health_is_kept_until_the_source_is_visited_again_or_an_hour_has_passed():
    clock = [NOW]
    archive = MemoryArchive()
    archive.sync_sources([SOURCE], NOW)
    asked: list[str] = []
    archive.history, plain = lambda since, name: asked.append(name) or plain(since, name), archive.history
    healths = Healths(Workshop(Settings(), (SOURCE,), archive, clock=lambda: clock[0]))

    def visit(at: datetime, outcome: Outcome) -> None:
        told = Visit(source_id="blatt", started_at=at, finished_at=at, outcome=outcome, entries=3)
        archive.commit(Batch(told, Checkpoint("blatt"), ()))

    assert healths.of([SOURCE]) == {}
    visit(NOW, Outcome.OK)
    states = [healths.of([SOURCE])["blatt"].state for _ in range(3)]
    assert (states, len(asked)) == ([Outcome.OK] * 3, 1)
    visit(NOW + timedelta(minutes=5), Outcome.UNREACHABLE)
    clock[0] = NOW + timedelta(minutes=6)
    assert healths.of([SOURCE])["blatt"].state is Outcome.UNREACHABLE
    clock[0] = NOW + timedelta(minutes=70)
    assert healths.of([replace(SOURCE)])["blatt"].failures == 1
    assert len(asked) == 3
