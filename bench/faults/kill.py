"""Killed with SIGKILL at random points over all belts: nothing committed is lost, nothing is torn, the next run completes.

usage: python -m bench.faults.kill [--kills 20] [--seed 7] [--minutes 1440]

Each trial is a run of its own on an empty archive: collect over loopback HTTP, enrich with all annotators, publish,
deliver. Half of the kills come after a random time, half in the middle of a random SQL statement. The worker notes each
commit in a file once it has returned; after the kill the archive must hold all of them, verify must find no fault, and a
second run must come to the end. Workers are forked from a process that has the models loaded, and read article pages
in their own process. Prints one JSON object; exit 1 when anything was lost or torn.
"""

import argparse
import gc
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from crawler.dedupe import NearIndex
from crawler.extract import extract
from domain.model import Batch, Checkpoint, Document, Entry, Harvest, Outcome, Reading, Source, Visit
from lagebild.belts.collect import Desk
from lagebild.belts.deliver import send
from lagebild.demo.server import serve
from lagebild.demo.world import world
from lagebild.job import collect_due, enrich_all, publish_all
from lagebild.settings import Collect, Delivery, Edition, Publish, Recipient, Settings
from lagebild.sources.schema import SourceEntry
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

OUTLETS = ("medienanstalt-weserharz", "schulblick")
MORNING = datetime(2026, 11, 26, 5, 30, tzinfo=UTC)
PAGES = 3
BELTS = ("collect", "enrich", "publish", "deliver")
STEPS_BETWEEN_LOOKS = 500
"""SQLite counts its own steps; the killer looks after so many."""
REACTOR = ("twisted.internet.reactor", "twisted.internet.asyncioreactor", "__")
CPU_SECONDS, RUN_SECONDS = 120, 3600.0
"""A run that hangs is ended by its processor time, so that a busy machine is no fault; by the clock only in the end."""


@dataclass
class Ledger:
    """What the kills did. `lost` and `torn` hold one sentence each."""

    kills: int = 0
    finished_first: int = 0
    belts: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.torn or self.incomplete)


# --- the worker


class Noting:
    """The archive, which notes every commit on the disk: before it begins and after it has returned."""

    def __init__(self, archive: Any, notes: Path) -> None:
        self._archive = archive
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def _note(self, **facts: object) -> None:
        os.write(self._notes, json.dumps(facts).encode() + b"\n")

    def belt(self, name: str) -> None:
        self._note(belt=name, at=time.monotonic())

    def commit(self, batch: Batch) -> Any:
        ids = [filed.item.id for filed in batch.filed]
        self._note(begun=batch.visit.source_id, items=ids)
        tally = self._archive.commit(batch)
        self._note(committed=batch.visit.source_id, items=ids)
        return tally

    def keep_readings(self, readings: Sequence[Reading], now: datetime) -> None:
        self._archive.keep_readings(readings, now)
        self._note(read=[[r.annotator, r.item_id, len(r.annotations)] for r in readings])

    def keep_stories(self, stories: Sequence[Any], memberships: Sequence[Any], now: datetime) -> None:
        self._archive.keep_stories(stories, memberships, now)
        self._note(placed=[m.item_id for m in memberships])

    def keep_digest(self, digest_id: str, *rest: Any) -> bool:
        kept: bool = self._archive.keep_digest(digest_id, *rest)
        self._note(issue=digest_id)
        return kept

    def settle(self, key: str, now: datetime) -> None:
        self._archive.settle(key, now)
        self._note(sent=key)


def settings_for(folder: Path) -> Settings:
    return Settings(
        archive=folder / "a.db",
        collect=Collect(contact="https://lagebild.example", per_host_delay_seconds=0, allow_hosts=("127.*",)),
        publish=Publish(
            folder=folder / "briefings",
            formats=("json", "markdown"),
            editions=(Edition(market="DE", zone="Europe/Berlin", languages=("de",)),),
        ),
        delivery=Delivery(recipients=(Recipient(channel="file", to=str(folder / "delivered")),)),
    )


@dataclass(frozen=True)
class Bench:
    """What the workers share: sources, and annotators loaded once."""

    sources: tuple[Source, ...]
    annotators: Callable[[Workshop], Any]
    encoder: Any

    def run(self, folder: Path, kill_at_step: int = 0) -> int:
        """The whole job in this process; how many looks SQLite gave us."""
        settings = settings_for(folder)
        archive = open_archive(settings.archive)
        steps = Steps(kill_at_step)
        archive.raw.set_progress_handler(steps.look, STEPS_BETWEEN_LOOKS)
        noting = Noting(archive, folder / "notes.jsonl")
        workshop = self.workshop(settings, noting)
        noting.belt("collect")
        collect_due(workshop, everything=True, quiet=True)
        noting.belt("enrich")
        enrich_all(workshop, quiet=True)
        noting.belt("publish")
        issues = publish_all(workshop, quiet=True)
        noting.belt("deliver")
        send(workshop.archive, [i.digest for i in issues], settings.delivery, os.environ, workshop.clock)
        noting.belt("done")
        return steps.seen

    def workshop(self, settings: Settings, archive: Any) -> Workshop:
        """With the shared models, and pages read in the same process."""
        workshop = Workshop(settings, self.sources, archive, clock=lambda: MORNING)
        crawl = replace(workshop.crawl_settings, extract=extract)
        workshop.__dict__.update(crawl_settings=crawl, story_encoder=self.encoder)
        workshop.__dict__["present_annotators"] = self.annotators(workshop)
        return workshop


class Steps:
    """Kills this process, without a word, at a given look."""

    def __init__(self, kill_at: int) -> None:
        self.seen, self._kill_at = 0, kill_at

    def look(self) -> int:
        self.seen += 1
        if self.seen == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def forked(work: Callable[[], int], kill: Callable[[int], None] | None = None) -> tuple[int, int]:
    """Runs the work in a fork, which `kill` may kill by its id; (wait status, the number it returned)."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        gc.disable()  # the collector would copy every page of the shared models
        code = 1
        try:
            os.write(theirs, str(work()).encode())
            code = 0
        except BaseException:  # noqa: BLE001  # told to the parent by the exit code
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    if kill is not None:
        kill(child)
    status = _awaited(child)
    said = os.read(ours, 32)
    os.close(ours)
    return status, int(said or b"0")


def _awaited(child: int) -> int:
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


# --- the judge


def judge(folder: Path, trial: str, ledger: Ledger) -> None:
    """Compares what was noted with what the archive holds after the kill."""
    notes = read_notes(folder / "notes.jsonl")
    belts = [note["belt"] for note in notes if "belt" in note]
    last = belts[-1] if belts else "start"
    ledger.belts[last] = ledger.belts.get(last, 0) + 1
    path = folder / "a.db"
    if not path.exists():
        return
    archive = open_archive(path)
    ledger.torn += [f"{trial}: {fault}" for fault in archive.verify()]
    archive.close()
    held = Held(path)
    ledger.lost += [f"{trial}: {what}" for note in notes for what in lost(note, held)]
    ledger.torn += [f"{trial}: {what}" for what in torn(notes, held, folder)]


def read_notes(path: Path) -> list[dict[str, Any]]:
    """Whole lines only: the last one may have been cut by the kill."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


class Held:
    """What the file holds, asked with SQL of its own so that the archive does not judge itself."""

    def __init__(self, path: Path) -> None:
        db = sqlite3.connect(path)
        self.items = {row[0] for row in db.execute("SELECT item_id FROM item JOIN item_text USING (id)")}
        self.visits = {row[0] for row in db.execute("SELECT source_id FROM visit")}
        self.cursors = {row[0] for row in db.execute("SELECT source_id FROM checkpoint")}
        self.readings = set(db.execute("SELECT r.annotator, i.item_id FROM reading r JOIN item i USING (id)"))
        self.tags = {
            (row[0], row[1]): row[2]
            for row in db.execute(
                "SELECT a.annotator, i.item_id, count(*) FROM annotation a JOIN item i ON i.id = a.item"
                " WHERE a.valid_to IS NULL GROUP BY 1, 2"
            )
        }
        self.placed = {
            row[0] for row in db.execute("SELECT item_id FROM membership m JOIN item i ON i.id = m.item")
        }
        self.issues = {row[0]: row[1] for row in db.execute("SELECT digest_id, body FROM digest_run")}
        self.sent = {row[0] for row in db.execute("SELECT key FROM outbox WHERE state = 'sent'")}
        db.close()


def lost(note: dict[str, Any], held: Held) -> Iterator[str]:
    """What a note says was committed and the file does not hold."""
    source = note.get("committed")
    if source and (set(note["items"]) - held.items or source not in held.visits & held.cursors):
        yield f"a batch of {source}"
    for annotator, item, tags in note.get("read", ()):
        if (annotator, item) not in held.readings or held.tags.get((annotator, item), 0) < tags:
            yield f"a reading of {item} by {annotator}"
    if set(note.get("placed", ())) - held.placed:
        yield "a story's members"
    if "issue" in note and note["issue"] not in held.issues:
        yield f"issue {note['issue']}"
    if "sent" in note and note["sent"] not in held.sent:
        yield f"the mark of delivery {note['sent']}"


def torn(notes: Sequence[dict[str, Any]], held: Held, folder: Path) -> Iterator[str]:
    """What is there by half: batches, issues, files."""
    for note in notes:
        if "begun" in note:
            there = [item in held.items for item in note["items"]]
            if any(there) != all(there) or (any(there) and note["begun"] not in held.visits & held.cursors):
                yield f"half a batch of {note['begun']}"
    for issue, body in held.issues.items():
        try:
            json.loads(body)
        except ValueError:
            yield f"half an issue {issue}"
    yield from (f"half a file {path.name}" for path in files_in(folder) if not is_whole(path))


def files_in(folder: Path) -> list[Path]:
    places = (folder / "briefings", folder / "delivered")
    return [p for place in places for p in place.rglob("[!.]*") if p.is_file()]


def is_whole(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace").rstrip()
    return text.endswith(("</html>", "}")) if path.suffix in (".html", ".json") else bool(text)


def completed(folder: Path, expected: int) -> list[str]:
    """What a run that came to its end still owes."""
    held, owed = Held(folder / "a.db"), []
    archive = open_archive(folder / "a.db")
    owed += list(archive.verify())
    archive.close()
    if len(held.items) != expected:
        owed.append(f"{len(held.items)} items instead of {expected}")
    if len(held.issues) != 1 or len(held.sent) != 1:
        owed.append(f"{len(held.issues)} issues kept, {len(held.sent)} sent")
    if len([p for p in (folder / "delivered").glob("[!.]*") if p.is_file()]) != 1:
        owed.append("not exactly one issue delivered")
    return owed


# --- the run


@contextmanager
def served() -> Iterator[tuple[Source, ...]]:
    """The demo world in a process of its own, since a process with threads does not fork well."""
    command = [sys.executable, "-m", "bench.faults.kill", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        rows = [row for row in json.loads(server.stdout.readline()) if row["id"] in OUTLETS]
        try:
            yield tuple(
                SourceEntry.model_validate(row | {"limits": {"pages": PAGES}}).source() for row in rows
            )
        finally:
            server.terminate()


def serve_world() -> None:
    with serve(world(7, MORNING)) as answering:
        print(json.dumps(answering.sources), flush=True)
        sys.stdin.read()


def loaded(sources: tuple[Source, ...]) -> Bench:
    """The models, in memory once the first run has used them: a run then takes seconds."""
    from lagebild.mentions import namer
    from nlp.entities import EntityAnnotator
    from nlp.risk import RiskAnnotator
    from nlp.story_vectors import StoryVectors, load_story_encoder

    encoder = load_story_encoder()
    names, vectors = EntityAnnotator(), StoryVectors(encoder)
    return Bench(sources, lambda w: (names, RiskAnnotator(namer(w.archive), None), vectors), encoder)


@dataclass(frozen=True)
class Reference:
    """A run that nobody killed: seconds of each belt, SQLite's looks, items."""

    seconds: dict[str, float]
    looks: int
    items: int


def reference_of(bench: Bench, folder: Path) -> Reference:
    """Run in this process first, so that what is loaded lazily is loaded in all forks; measured in a fork."""
    warm(bench, folder / "warm")
    warm_by_example(bench, folder / "first")
    folder.mkdir(exist_ok=True)
    status, looks = forked(lambda: bench.run(folder))
    if status != 0:
        raise SystemExit("the reference run did not end")
    moments = [(n["belt"], n["at"]) for n in read_notes(folder / "notes.jsonl") if "belt" in n]
    seconds = {name: after - at for (name, at), (_, after) in pairwise(moments)}
    return Reference(seconds, looks, len(Held(folder / "a.db").items))


def warm(bench: Bench, folder: Path) -> None:
    """The belts once in this process, without a crawl: a fork may not inherit a reactor."""
    settings = settings_for(folder)
    archive = open_archive(settings.archive)
    workshop = bench.workshop(settings, archive)
    desk = Desk(archive, NearIndex(timedelta(days=1)), workshop.clock, None)
    desk.receive(warm_harvest(bench.sources[0]))
    enrich_all(workshop, quiet=True)
    issues = publish_all(workshop, quiet=True)
    send(archive, [i.digest for i in issues], settings.delivery, os.environ, workshop.clock)
    archive.close()


def warm_by_example(bench: Bench, folder: Path) -> None:
    """What a run loads and reads, loaded and read here too: its modules, its texts in the encoder's memory, its issue."""
    folder.mkdir(parents=True)
    loaded = folder / "modules"
    status, _ = forked(lambda: bench.run(folder) + 0 * loaded.write_text("\n".join(sys.modules)))
    if status != 0:
        raise SystemExit("the first run did not end")
    for name in loaded.read_text().splitlines():
        if not name.startswith(REACTOR) and name not in sys.modules:
            with suppress(ImportError):
                import_module(name)
    assert "twisted.internet.reactor" not in sys.modules, "a fork may not inherit a reactor"
    archive = open_archive(folder / "a.db")
    items = archive.items(sorted(Held(folder / "a.db").items))
    for annotator in bench.annotators(bench.workshop(settings_for(folder), archive)):
        annotator.read(items)
    archive.close()


def warm_harvest(source: Source) -> Harvest:
    texts = (
        "Die Aufsicht prüft Hushbox. " * 9,
        "The regulator looks into Hushbox. " * 9,
        "Il regolatore esamina Hushbox. " * 9,
        "Le régulateur enquête sur Hushbox. " * 9,
    )
    entries = [
        Entry(source_id=source.id, raw_id=text[:9], url=f"https://warm.example/{n}", title=text[:30], summary=text)
        for n, text in enumerate(texts)
    ]  # fmt: skip
    visit = Visit(source_id=source.id, started_at=MORNING, finished_at=MORNING, outcome=Outcome.OK)
    return Harvest(source, visit, Checkpoint(source.id), tuple(Document(e) for e in entries))


@dataclass(frozen=True)
class Killer:
    """Where a run is killed: some time into a belt, or in the middle of an SQL statement."""

    belt: str
    seconds: float
    look: int

    @property
    def name(self) -> str:
        return f"at look {self.look}" if self.look else f"{self.seconds:.3f} s into {self.belt}"

    def strike(self, folder: Path) -> Callable[[int], None] | None:
        return None if self.look else lambda child: self._by_clock(folder / "notes.jsonl", child)

    def _by_clock(self, notes: Path, child: int) -> None:
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline and not any(n.get("belt") == self.belt for n in read_notes(notes)):
            time.sleep(0.005)
        time.sleep(self.seconds)
        os.kill(child, signal.SIGKILL)


def drawn(chance: random.Random, reference: Reference) -> Killer:
    """Half by the clock, each belt as often as the others; half by SQLite's steps."""
    if chance.random() < 0.5:
        belt = chance.choice(BELTS)
        return Killer(belt, chance.uniform(0.0, reference.seconds[belt]), 0)
    return Killer("", 0.0, chance.randint(1, max(1, reference.looks)))


def trial(bench: Bench, folder: Path, killer: Killer, expected: int, ledger: Ledger) -> None:
    """One killed run, judged, and the run after it."""
    folder.mkdir()
    status, _ = forked(lambda: bench.run(folder, killer.look), killer.strike(folder))
    name = f"kill {ledger.kills} {killer.name}"
    ledger.kills += 1
    ledger.finished_first += os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    judge(folder, name, ledger)
    status, _ = forked(lambda: bench.run(folder))
    owed = completed(folder, expected) if status == 0 else [f"the next run ended with status {status}"]
    ledger.incomplete += [f"{name}: {what}" for what in owed]
    shutil.rmtree(folder)


def whole_run(kills: int, seed: int, minutes: float) -> dict[str, object]:
    """As many kills as asked for, or as the time allows."""
    chance, ledger, began = random.Random(seed), Ledger(), time.monotonic()
    with served() as sources, tempfile.TemporaryDirectory() as place:
        bench = loaded(sources)
        gc.freeze()
        reference = reference_of(bench, Path(place) / "reference")
        for number in range(kills):
            if time.monotonic() - began > minutes * 60:
                break
            trial(bench, Path(place) / f"trial{number}", drawn(chance, reference), reference.items, ledger)
            if (number + 1) % 20 == 0:
                print(f"{number + 1} kills, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return {
        "kills": ledger.kills, "in": ledger.belts, "ended before the kill": ledger.finished_first,
        "lost": ledger.lost, "torn": ledger.torn, "incomplete": ledger.incomplete, "items a run": reference.items,
        "seconds a run": round(sum(reference.seconds.values()), 1), "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=24 * 60)
    parser.add_argument("--serve", action="store_true")
    given = parser.parse_args()
    if given.serve:
        serve_world()
        return
    found = whole_run(given.kills, given.seed, given.minutes)
    print(json.dumps(found, indent=2))
    sys.exit(0 if not (found["lost"] or found["torn"] or found["incomplete"]) else 1)


if __name__ == "__main__":
    main()
