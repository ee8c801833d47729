"""What people may ask of us: out and kept out, handed over, forgotten in time; and a log that shows who touched it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.dedupe import NearIndex
from domain.errors import LagebildError
from domain.model import (
    Author,
    Checkpoint,
    Document,
    Entry,
    Harvest,
    ItemKind,
    Lens,
    Letter,
    Outcome,
    Search,
    Source,
    Visit,
)
from lagebild.cli import root
from lagebild.control import Order
from lagebild.job import desk_of
from lagebild.privacy import (
    Asked,
    Erased,
    destroy,
    erase,
    export,
    handle_of,
    retain,
    would_erase,
    would_retain,
)
from lagebild.pseudonyms import EPOCH, alias_of, epoch_keys, epoch_of, read_keys
from lagebild.service import Service
from lagebild.settings import Kept, Privacy, Settings
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
ANNA = Author("mastodon|m.example|17", handle="Anna", kind="person")
BRUNO = Author("mastodon|m.example|18", handle="bruno@fern.example", kind="person")
M = Source(
    id="m", name="M", kind="mastodon", url="https://m.example/", language="de", markets=("DE",), lens=Lens.USER,
    fetch_pages=False,
)  # fmt: skip


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    settings = Settings(archive=tmp_path / "a.db")
    with Workshop(settings, (M,), open_archive(settings.archive), clock=lambda: NOW) as opened:
        yield opened


def at(workshop: Workshop, now: datetime) -> Workshop:
    return replace(workshop, clock=lambda: now)


def collect(workshop: Workshop, *posts: tuple[int, Author], source: Source = M) -> int:
    """Files numbered posts as a visit would; returns how many are new."""
    now = workshop.clock()
    documents = tuple(
        Document(
            Entry(
                source_id=source.id, raw_id=f"x{n}", url=f"https://m.example/statuses/{n}", content=f"Beitrag {n} im Wortlaut",
                kind=ItemKind.POST, platform="mastodon", instance="m.example", author=author, published=now,
            )
        )
        for n, author in posts
    )  # fmt: skip
    visit = Visit(source_id=source.id, started_at=now, finished_at=now, outcome=Outcome.OK)
    desk = desk_of(workshop, NearIndex(timedelta(days=7)))
    return desk.receive(Harvest(source, visit, Checkpoint(source.id), documents))[1].new


def texts(workshop: Workshop) -> set[str]:
    return {hit.item.text for hit in workshop.archive.search(Search()).hits}


# --- who is meant --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@Anna@m.example", "anna@m.example"),
        ("https://m.example/@anna", "anna@m.example"),
        ("https://m.example/users/anna", "anna@m.example"),
        ("https://snac.example:8443/anna", "anna@snac.example:8443"),
        ("https://m.example/@bruno@fern.example", "bruno@fern.example"),
        ("https://bsky.app/profile/anna.bsky.social", "anna.bsky.social"),
        ("https://bsky.app/profile/did:plc:abc", "did:plc:abc"),
        ("https://news.ycombinator.com/user?id=pg", "pg"),
        ("pg", "pg"),
    ],
)
def test_people_are_named_as_people_name_them(written: str, meant: str) -> None:
    assert handle_of(written) == meant


def test_a_handle_without_a_server_is_of_the_server_it_was_read_on() -> None:
    assert (alias_of(ANNA), alias_of(BRUNO)) == ("mastodon|anna@m.example", "mastodon|bruno@fern.example")
    assert alias_of(Author("hackernews||pg")) == ""


# --- erasure -------------------------------------------------------------------------------------


def test_an_author_is_found_by_handle_in_every_epoch_whose_key_is_there(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA), (2, BRUNO))
    later = at(workshop, NOW + EPOCH)
    collect(later, (3, ANNA))
    refs = {hit.item.author_ref for hit in workshop.archive.search(Search()).hits}
    assert len(refs) == 3
    asked = Asked(("https://m.example/@anna",))
    assert dict(would_erase(asked, later).items) == {"mastodon": 2}
    assert texts(workshop) == {f"Beitrag {n} im Wortlaut" for n in (1, 2, 3)}
    assert dict(erase(asked, later, reason="Art. 17", by="eva").items) == {"mastodon": 2}
    assert texts(workshop) == {"Beitrag 2 im Wortlaut"}


def test_an_author_is_found_by_platform_id(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    assert dict(would_erase(Asked((ANNA.raw_id,)), workshop).items) == {"mastodon": 1}


def test_who_was_erased_does_not_enter_again(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    erase(Asked(("@anna@m.example",)), workshop, reason="Art. 17", by="eva")
    assert collect(workshop, (1, ANNA), (4, ANNA), (5, BRUNO)) == 1
    assert texts(workshop) == {"Beitrag 5 im Wortlaut"}


def test_an_address_is_erased_and_kept_out(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA), (2, ANNA))
    done = erase(
        Asked(urls=("https://m.example/statuses/1?utm_source=x",)), workshop, reason="Art. 17", by="eva"
    )
    assert dict(done.items) == {"mastodon": 1}
    assert collect(workshop, (1, ANNA)) == 0
    assert texts(workshop) == {"Beitrag 2 im Wortlaut"}


def test_a_dead_letter_that_names_the_author_goes_too(workshop: Workshop) -> None:
    letters = [Letter("m", f"https://m.example/{n}", "feed", "?", body, NOW) for n, body in enumerate((b"x @anna@m.example", b"y"))]  # fmt: skip
    visit = Visit(source_id="m", started_at=NOW, finished_at=NOW, outcome=Outcome.UNPARSEABLE)
    desk_of(workshop, NearIndex(timedelta(days=7))).receive(
        Harvest(M, visit, Checkpoint("m"), letters=tuple(letters))
    )
    assert erase(Asked(("@anna@m.example",)), workshop, reason="", by="eva").letters == 1
    assert [letter.body for letter in workshop.archive.letters()] == [b"y"]


def test_backups_obey(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA), (2, BRUNO))
    folder = workshop.settings.archive.parent / "backups"
    folder.mkdir()
    workshop.archive.backup(folder / "a-2026-11-27.db")
    (folder / "a-2026-11-26.db").write_bytes(b"no archive at all, and long enough to be read as one " * 400)
    done = erase(Asked(("@anna@m.example",)), workshop, reason="Art. 17", by="eva")
    assert (done.backups, done.backups_failed) == (1, ("a-2026-11-26.db",))
    stored = (folder / "a-2026-11-27.db").read_bytes()
    assert b"Beitrag 2 im Wortlaut" in stored
    assert b"Beitrag 1 im Wortlaut" not in stored


def test_a_printed_issue_is_printed_again_without_the_words(workshop: Workshop, tmp_path: Path) -> None:
    from digest.brief import brief
    from digest.kept import keep
    from lagebild.belts.publish import Press, daily_facts, printed
    from lagebild.labels import names

    edition = workshop.settings.publish.editions[0]
    publish = workshop.settings.publish.model_copy(
        update={"folder": tmp_path / "out", "formats": ("json", "html")}
    )
    settled = replace(workshop, settings=workshop.settings.model_copy(update={"publish": publish}))
    press = Press(publish.folder, publish.formats, names(), {})
    issue = brief(daily_facts(workshop.archive, press, edition, date(2026, 11, 28), NOW), "de")
    keep(workshop.archive, issue)
    paths = printed(issue, press, is_first=True).paths
    collect(settled, (1, ANNA))
    (hit,) = workshop.archive.search(Search()).hits
    workshop.archive.run(
        "INSERT INTO digest_item (item_id, digest_id) VALUES (?, ?)", (hit.item.id, issue.id)
    )  # type: ignore[attr-defined]
    for path in paths:
        path.write_text("Beitrag 1 im Wortlaut")
    assert erase(Asked(("@anna@m.example",)), settled, reason="", by="eva").issues == 1
    assert all("Beitrag 1" not in path.read_text() for path in paths)


def test_a_restore_brings_nothing_back_and_goes_on_with_list_and_log(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA), (2, BRUNO))
    archive = workshop.settings.archive
    backup = archive.parent / "elsewhere.db"
    workshop.archive.note("eva", "first", "", {}, NOW)
    workshop.archive.backup(backup)
    receipt = erase(Asked(("@anna@m.example",)), workshop, reason="Art. 17", by="eva").receipt
    workshop.archive.close()
    done = CliRunner().invoke(root, ["--archive", str(archive), "db", "restore", str(backup)])
    assert "1 removed again" in done.output
    back = replace(workshop, archive=open_archive(archive))
    assert texts(back) == {"Beitrag 2 im Wortlaut"}
    assert collect(back, (1, ANNA), (6, ANNA)) == 0
    assert [line["action"] for line in back.archive.audit_log()] == ["first", "erase"]
    assert back.archive.audit_log()[-1]["sha256"] == receipt
    assert back.archive.broken_audit_lines() == []


def test_accounts_on_the_list_are_named_and_all_others_are_not(workshop: Workshop) -> None:
    privacy = Privacy(public_accounts=("@Anna@m.example",))
    listed = replace(workshop, settings=workshop.settings.model_copy(update={"privacy": privacy}))
    collect(listed, (1, ANNA), (2, BRUNO))
    items = {hit.item.text[:9]: hit.item for hit in workshop.archive.search(Search()).hits}
    assert (items["Beitrag 1"].authors, items["Beitrag 1"].author_ref) == (("Anna",), "")
    assert items["Beitrag 2"].authors == ()


# --- access --------------------------------------------------------------------------------------


def test_a_person_gets_all_that_is_held_of_them(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA), (2, BRUNO))
    about, item = export(Asked(("@anna@m.example",)), workshop, by="eva")
    assert (about["items"], about["on_suppression_list"]) == (1, False)
    assert item["text"] == "Beitrag 1 im Wortlaut"
    (line,) = workshop.archive.audit_log()
    assert (line["action"], line["sha256"]) == ("export", about["receipt"])


# --- retention -----------------------------------------------------------------------------------


def test_texts_go_first_then_what_is_left_then_the_key(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    (item_id,) = (hit.item.id for hit in workshop.archive.search(Search()).hits)
    month = at(workshop, NOW + timedelta(days=31))
    assert dict(would_retain(month).due) == {"mastodon": 1}
    assert retain(at(workshop, NOW + timedelta(days=29)), "nightly round").receipt == ""
    done = retain(month, "nightly round")
    assert (done.texts, done.metadata) == (1, 0)
    (held,) = workshop.archive.items([item_id])
    assert (held.text, bool(held.author_ref), bool(held.url)) == ("", True, True)
    done = retain(at(workshop, NOW + timedelta(days=91)), "nightly round")
    assert (done.texts, done.metadata) == (0, 1)
    (held,) = workshop.archive.items([item_id])
    assert (held.author_ref, held.author_alias, held.url) == ("", "", "")
    done = retain(at(workshop, NOW + timedelta(days=300)), "nightly round")
    assert done.keys == (epoch_of(NOW),)
    assert epoch_of(NOW) not in read_keys(workshop.key_file)
    assert [line["action"] for line in workshop.archive.audit_log()] == ["retention"] * 3


def test_a_class_that_the_settings_name_has_its_own_days(workshop: Workshop) -> None:
    privacy = Privacy(retention={"mastodon": Kept(texts=2, metadata=3)})
    strict = replace(workshop, settings=workshop.settings.model_copy(update={"privacy": privacy}))
    collect(strict, (1, ANNA))
    assert retain(at(strict, NOW + timedelta(days=2, minutes=1)), "eva").texts == 1


def test_a_destroyed_key_makes_pseudonyms_of_its_epoch_lead_to_nobody(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    epoch = epoch_of(NOW)
    secret = read_keys(workshop.key_file)[epoch]
    destroy(workshop, [epoch], by="eva")
    assert secret not in workshop.key_file.read_text()
    assert dict(would_erase(Asked(("@anna@m.example",)), workshop).items) == {}
    with pytest.raises(LagebildError, match="no key of epoch"):
        destroy(workshop, [epoch], by="eva")
    assert not epoch_keys(read_keys(workshop.key_file))


# --- the log, and the commands -------------------------------------------------------------------


def lagebild(workshop: Workshop, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(root, ["--archive", str(workshop.settings.archive), "privacy", *words], standalone_mode=False)  # fmt: skip
    return done.return_value or 0, done.output


def test_the_log_names_the_line_that_somebody_changed(workshop: Workshop) -> None:
    for number in range(5):
        workshop.archive.note("eva", f"act {number}", "", {"n": number}, NOW)
    assert lagebild(workshop, "log", "--verify") == (0, "5 lines, the chain holds\n")
    archive = workshop.archive
    archive.run("DROP TRIGGER audit_is_final")  # type: ignore[attr-defined]
    archive.run("UPDATE audit SET by = 'niemand' WHERE id = 3")  # type: ignore[attr-defined]
    code, told = lagebild(workshop, "log", "--verify")
    assert code == 5
    assert told.startswith(
        "line 3 does not follow from the one before:      3 2026-11-28T07:00:00Z niemand: act 2"
    )
    code, told = lagebild(workshop, "log", "--verify", "--json")
    assert json.loads(told)["broken"] == [3]


def test_the_log_cannot_be_changed_by_the_way(workshop: Workshop) -> None:
    workshop.archive.note("eva", "act", "", {}, NOW)
    for statement in ("UPDATE audit SET by = 'x'", "DELETE FROM audit"):
        with pytest.raises(LagebildError, match="append-only"):
            workshop.archive.run(statement)  # type: ignore[attr-defined]


def test_a_dry_run_changes_nothing_and_a_run_leaves_its_receipt_in_the_log(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    code, told = lagebild(workshop, "erase", "--author", "@anna@m.example", "--dry-run", "--json")
    assert (code, json.loads(told)["items"], json.loads(told)["receipt"]) == (0, {"mastodon": 1}, "")
    code, told = lagebild(workshop, "erase", "--author", "@anna@m.example", "--by", "eva", "--json")
    receipt = json.loads(told)["receipt"]
    _, told = lagebild(workshop, "log", "--json")
    assert [line["sha256"] for line in json.loads(told)["lines"]] == [receipt]
    assert "anna" not in told


def test_a_request_about_nobody_is_refused(workshop: Workshop) -> None:
    done = CliRunner().invoke(root, ["--archive", str(workshop.settings.archive), "privacy", "erase"])
    assert done.exit_code == 2


def test_what_is_held_for_a_case_outlives_its_time(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    (hit,) = workshop.archive.search(Search()).hits
    lagebild(workshop, "hold", hit.item.id, "--until", "2027-03-31", "--reason", "Verfahren 17")
    assert retain(at(workshop, NOW + timedelta(days=40)), "eva").texts == 0
    assert retain(at(workshop, datetime(2027, 4, 1, tzinfo=UTC)), "eva").texts == 1


def test_keys_are_listed(workshop: Workshop) -> None:
    collect(workshop, (1, ANNA))
    _, told = lagebild(workshop, "keys", "--json")
    assert [row["epoch"] for row in json.loads(told)["keys"]] == [epoch_of(NOW)]


# --- while the service runs ----------------------------------------------------------------------


def test_a_job_under_way_brings_nothing_back_that_is_erased_meanwhile(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(workshop, (1, ANNA), (2, BRUNO))
    service = Service(workshop, lambda: workshop)
    (job,) = (job for job in service.jobs() if job.name == "recheck")

    async def writes_an_issue(workshop: Workshop) -> None:
        (hit,) = (h for h in workshop.archive.search(Search()).hits if "Beitrag 1" in h.item.text)
        await asyncio.sleep(0.2)
        body = json.dumps({"item_id": hit.item.id, "text": f"Kopf\n- {hit.item.text}"})
        workshop.archive.keep_digest("d", "DE", NOW.date(), "daily", "de", body, [])

    async def both() -> Erased:
        running = asyncio.ensure_future(job.run())
        await asyncio.sleep(0.05)
        done = await service.erase(Order(Asked(("mastodon|m.example|17",)), "Art. 17", "office"))
        await running
        return done

    monkeypatch.setattr("lagebild.service.recheck_due_async", writes_an_issue)
    assert asyncio.run(both()).items == {"mastodon": 1}
    assert texts(workshop) == {"Beitrag 2 im Wortlaut"}
    kept = workshop.archive.digest("DE", NOW.date(), "daily", "de")
    assert kept is not None
    assert "Beitrag 1" not in kept
