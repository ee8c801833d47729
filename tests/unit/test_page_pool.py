"""Extraction in processes with a time limit."""

import asyncio

import pytest

from crawler.pool import Job, PagePool
from domain.errors import ItemError
from domain.model import Page

PAGE = "<html lang='de'><head><title>Titel</title></head><body><article><h1>Ein Titel</h1>{}</article></body></html>"
TEXT = "<p>Der Rat hat am Montag neue Regeln beschlossen, die im Mai in Kraft treten sollen, wie er mitteilte.</p>"


def job(number: int, repeats: int = 5) -> Job:
    return Job(PAGE.format(TEXT * repeats).encode(), f"https://www.blatt.example/{number}")


def test_pages_come_back_in_order_and_workers_are_recycled() -> None:
    with PagePool(workers=2, pages_per_worker=3) as pool:
        pages = list(pool.read_all(job(number) for number in range(10)))
    assert [page.url for page in pages if isinstance(page, Page)] == [job(n).url for n in range(10)]


def test_a_page_that_takes_too_long_is_an_item_error_and_the_next_is_read() -> None:
    with PagePool(workers=1, timeout_seconds=0.3) as pool:
        pool.read(job(0))
        with pytest.raises(ItemError, match="longer than"):
            pool.read(job(1, 60_000))
        assert asyncio.run(pool.read_later(job(2))).title == "Ein Titel"
