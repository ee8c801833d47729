"""Formulas and rules that decide what is printed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from digest.calendar import calendar, concerns, deadline_of
from digest.formats.ics import dates
from digest.period import period_of
from digest.secrets import resolve
from digest.shield import clean, cut, quote, safe_url, unquoted
from digest.statistics import band, direction, wilson
from digest.wording import Words, catalogue
from domain.errors import ConfigError
from domain.model import Rights
from tests.fixtures.digest_days import report

GERMAN = Words("de", "DE")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 20, 0.0, 0.16), (10, 20, 0.30, 0.70), (20, 20, 0.84, 1.0)]
)
def test_wilson_stays_within_bounds_and_never_collapses(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(hits, n)
    assert found == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize(
    ("now", "usual", "arrow"), [(12, 3.2, "up"), (6, 5.1, "flat"), (0, 9.0, "down"), (4, None, "")]
)
def test_a_direction_is_told_only_beyond_chance(now: float, usual: float | None, arrow: str) -> None:
    assert direction(now, usual) == arrow


def test_a_band_needs_a_fortnight_and_follows_the_weekday() -> None:
    today = date(2026, 11, 21)
    week = {
        today - timedelta(days=n): (2 if (today - timedelta(days=n)).weekday() > 4 else 10) for n in range(60)
    }
    saturday, friday = band(week, today), band(week, today - timedelta(days=1))
    assert saturday is not None and friday is not None
    assert saturday[1] < friday[1]
    assert band({today - timedelta(days=n): 5 for n in range(12)}, today) is None


@pytest.mark.parametrize(
    ("market", "day", "hours"),
    [
        ("DE", date(2026, 3, 29), 23),
        ("DE", date(2026, 10, 25), 25),
        ("CH", date(2026, 11, 22), 24),
        ("UK", date(2026, 3, 29), 23),
    ],
)
def test_a_day_of_a_clock_change_has_23_or_25_hours(market: str, day: date, hours: int) -> None:
    assert period_of(market, day).hours == hours


def test_monday_covers_the_weekend_where_no_issue_came_out() -> None:
    monday = period_of("AT", date(2026, 11, 23), weekdays_only=True)
    assert monday.hours == 72
    assert [day.day for day in monday.days] == [20, 21, 22]


def test_periods_follow_each_other_without_a_gap_over_a_year() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    periods = [period_of("DE", day) for day in days]
    assert all(later.start == earlier.end for earlier, later in pairwise(periods))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", "vbscript:x", "\x01javascript:x", ""]
)
def test_only_http_is_a_link(url: str) -> None:
    assert safe_url(url) == ""
    assert safe_url('https://a.example/x"onclick="y') == "https://a.example/xonclick=y"


def test_invisible_and_turning_characters_go() -> None:
    assert clean("A\u200bb\u202ec\u2066d\x07e\u00adf") == "Abcd ef"


def test_tags_go_with_what_is_in_them() -> None:
    assert clean("<b onclick=x>Hallo</b> <script src=y>Welt") == "Hallo Welt"


def test_a_cut_ends_before_a_word() -> None:
    assert cut("eins zwei drei vier", 12) == "eins zwei…"


@pytest.mark.parametrize(
    ("rights", "words"), [(Rights.ALLOW, 25), (Rights.SNIPPET_ONLY, 12), (Rights.DENY, 0)]
)
def test_a_quotation_is_as_long_as_the_rights_allow(rights: Rights, words: int) -> None:
    line = quote(report("blatt", lead="Wort " * 60, rights=rights), ("youth_safety",), GERMAN)
    quoted = line[0].text.removesuffix(" …").split() if line else []  # type: ignore[union-attr]
    assert len(quoted) == words


@pytest.mark.parametrize(
    "topic", ["suicide_self_harm", "child_sexual_exploitation", "violent_graphic_content"]
)
def test_graphic_quotations_are_withheld(topic: str) -> None:
    assert quote(report("blatt"), (topic,), GERMAN) == (
        "[Zitat zurückgehalten: belastend, in der Anwendung ansehen]",
    )


def test_both_catalogues_have_the_same_keys() -> None:
    assert keys(catalogue("de")) == keys(catalogue("en"))


def keys(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        found = (
            keys(held, f"{path}.{key}".strip("."))
            for key, held in value.items()
            if not path.endswith("helpline")
        )
        return set().union(*found)
    return {path}


def test_an_unknown_label_is_readable() -> None:
    assert GERMAN.name("topic", "new_kind_of_harm") == "new kind of harm"
    assert Words("de", "DE", extra={"topic:x": {"de": "Neues"}}).name("topic", "x") == "Neues"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "Kein relevanter"), (1, "1 relevanter Beitrag,"), (2, "2 relevante Beiträge")]
)
def test_the_plural_follows_the_number(count: int, said: str) -> None:
    assert said in GERMAN.text("bottom.what_quiet", count=count, n=str(count))


def test_times_are_told_in_both_zones() -> None:
    told = GERMAN.both(datetime(2026, 11, 22, 6, 10, tzinfo=UTC))
    assert told == "So., 22. Nov., 07:10 MEZ (06:10 UTC)"


def test_austria_has_its_own_january() -> None:
    assert "Jänner" in Words("de", "AT").long_date(date(2026, 1, 7))


def test_every_date_of_the_calendar_has_a_basis_and_a_source() -> None:
    assert calendar()
    for deadline in calendar():
        assert deadline.basis.keys() == deadline.title.keys() == {"de", "en"} and deadline.url.startswith(
            "https://"
        )
        assert set(deadline.title) == {"de", "en"}


def test_a_date_without_a_source_is_refused() -> None:
    row = {"id": "x", "day": "2027-01-01", "title": {"de": "x"}, "basis": "y", "url": "", "markets": ["DE"]}
    with pytest.raises(ConfigError, match="lacks url"):
        deadline_of(row)


def test_the_unions_dates_do_not_concern_switzerland() -> None:
    union = calendar()[0]
    assert concerns(union, "DE") and concerns(union, "AT") and not concerns(union, "CH")
    told = dates(calendar(), "DE", "de", datetime(2026, 11, 22, tzinfo=UTC)).decode()
    assert told.count("BEGIN:VEVENT") == sum(concerns(one, "DE") for one in calendar())
    assert [one.id for one in calendar() if concerns(one, "CH")] == ["ch-vote-2027-02", "ch-election-2027"]
    assert "DTSTART;VALUE=DATE:20270217" in told


def test_a_secret_is_named_and_never_guessed() -> None:
    assert resolve("env:TOKEN", {"TOKEN": "x"}) == "x"
    with pytest.raises(ConfigError, match="env:TOKEN is not set"):
        resolve("env:TOKEN", {})


@pytest.mark.parametrize(
    ("title", "shown"), [("»Ein Satz«", "Ein Satz"), ("»A« und »B«", "»A« und »B«"), ('"x"', "x"), ("", "")]
)
def test_a_headline_that_is_a_quotation_is_not_quoted_twice(title: str, shown: str) -> None:
    assert unquoted(title) == shown
