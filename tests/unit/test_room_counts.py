"""An uploaded table: whole or not at all, with numbers and days as people here write them."""

from datetime import UTC, date, datetime

import pytest

from web.counts import day_of, number_of, read

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def table(text: str) -> object:
    return read(text.encode(), {"DE", "AT"}, "anna", NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1'234.5", 1234.5), ("-3", -3), ("0,5", 0.5)],
)
def test_numbers(text: str, value: float) -> None:
    assert number_of(text) == value


@pytest.mark.parametrize("text", ["2026-11-28", "28.11.2026", "28/11/2026"])
def test_days(text: str) -> None:
    assert day_of(text) == date(2026, 11, 28)


@pytest.mark.parametrize(
    "text",
    [
        "day,market,series,value\n2026-11-28,DE,Fälle,3\n",
        "Datum;Reihe;Wert;Markt\r\n28.11.2026;Fälle;3,0;de\r\n\r\n",
        "\ufeffTag\tAnzahl\tName\tMarket\n28.11.2026\t3\tFälle\tDE",
    ],
)
def test_a_spreadsheets_habits_are_understood(text: str) -> None:
    [count] = table(text).counts
    assert (count.series, count.market, count.day, count.value) == ("Fälle", "DE", date(2026, 11, 28), 3)


def test_one_wrong_line_keeps_the_whole_table_out_and_is_named() -> None:
    told = table(
        "day,series,value,market\n2026-11-28,a,1,\n2026-13-01,a,1,\n2026-11-28,a,viel,\n2026-11-28,,1,\n2026-11-28,a,1,XX"
    )
    assert told.counts == ()
    assert [line for line, _ in told.faults] == [3, 4, 5, 6]


@pytest.mark.parametrize("text", ["", "a,b\n1,2", "day,value\n2026-11-28,1"])
def test_a_table_without_its_columns_is_refused(text: str) -> None:
    assert table(text).faults
