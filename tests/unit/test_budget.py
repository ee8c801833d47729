"""Budgets: by day, by month, by query; and who must bring a key, a signature or a budget."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.permission import refusal
from domain.model import Lens, Limits, Request, Source, Terms, TermsStatus
from lagebild.budget import SourcePurse, periods_of
from storage.memory import MemoryArchive

NOW = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
SITE = Source(
    id="hn", name="HN", kind="hackernews", url="https://hn.example/", language="en", markets=("US",), lens=Lens.USER
)  # fmt: skip


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    opened = MemoryArchive()
    yield opened
    opened.close()


def asked(number: int, cost: int = 1, purse: str = "") -> Request:
    return Request(f"https://hn.example/{number}", cost=cost, purse=purse)


def test_without_a_budget_nothing_is_counted(archive: MemoryArchive) -> None:
    assert SourcePurse(archive, SITE, lambda: NOW).reserve(asked(1)) == ""
    assert not archive.spendings()


def test_a_spent_day_says_which_budget_and_the_next_day_begins_anew(archive: MemoryArchive) -> None:
    clock = [NOW]
    purse = SourcePurse(archive, replace(SITE, limits=Limits(daily_budget=2)), lambda: clock[0])
    assert [purse.reserve(asked(n)) for n in range(2)] == ["", ""]
    assert purse.reserve(asked(3)) == "the budget of hn is spent (2 requests for 2026-11-30)"
    clock[0] += timedelta(minutes=20)
    assert purse.reserve(asked(4)) == ""


def test_what_an_answer_did_not_cost_goes_back_to_the_day_it_was_taken_from(archive: MemoryArchive) -> None:
    clock = [NOW]
    limits = Limits(daily_budget=100, monthly_budget=1000)
    purse = SourcePurse(archive, replace(SITE, limits=limits), lambda: clock[0])
    purse.reserve(request := asked(1, cost=50))
    clock[0] += timedelta(minutes=20)
    purse.settle(request, 12)
    assert {one.period: one.spent for one in archive.spendings()} == {"2026-11-30": 12, "2026-11": 12}


def test_a_query_has_a_budget_of_its_own_within_the_whole(archive: MemoryArchive) -> None:
    site = replace(
        SITE,
        limits=Limits(daily_budget=5),
        options={"queries": [{"any": ["a", "b"], "daily_budget": 2}, "c"]},
    )
    purse = SourcePurse(archive, site, lambda: NOW)
    assert [bool(purse.reserve(asked(n, purse="a"))) for n in range(3)] == [False, False, True]
    assert [bool(purse.reserve(asked(n, purse=""))) for n in range(3, 7)] == [False, False, False, True]
    spent = {one.account: one.spent for one in archive.spendings()}
    assert spent == {"hn": 5, "hn / a": 2}


def test_sources_with_one_key_share_an_account(archive: MemoryArchive) -> None:
    shared = [
        replace(SITE, id=name, limits=Limits(daily_budget=1), options={"budget": "key"}) for name in "ab"
    ]
    assert [bool(SourcePurse(archive, one, lambda: NOW).reserve(asked(1))) for one in shared] == [False, True]


class Guarded:
    def __init__(self, *needs: str) -> None:
        self.needs_key, self.needs_sign_off = "key" in needs, "sign_off" in needs
        self.needs_budget = "budget" in needs


SIGNED = Terms(TermsStatus.CONTRACT, date(2026, 11, 1), "https://a.example/terms", "legal desk")


@pytest.mark.parametrize(
    ("needs", "source", "word"),
    [
        ("key", SITE, "auth: env:NAME"),
        ("key", replace(SITE, auth="env:K"), ""),
        ("sign_off", SITE, "terms: {status"),
        ("sign_off", replace(SITE, terms=replace(SIGNED, by="")), "terms: {status"),
        ("sign_off", replace(SITE, terms=replace(SIGNED, status=TermsStatus.UNREVIEWED)), "terms: {status"),
        ("sign_off", replace(SITE, terms=SIGNED), ""),
        ("budget", SITE, "monthly_budget"),
        ("budget", replace(SITE, limits=Limits(monthly_budget=500)), ""),
    ],
)
def test_a_guarded_kind_does_not_run_without(needs: str, source: Source, word: str) -> None:
    why = refusal(Guarded(needs), source)
    assert (word in why) if word else not why


def test_days_are_those_of_the_platform() -> None:
    assert periods_of(SITE, NOW) == ("2026-11-30", "2026-11")
