"""What JSON-LD says, also when it is broken."""

import json

import pytest

from crawler.dom import parsed
from crawler.jsonld import LinkedArticle, linked_article


def read(*blocks: str, url: str = "") -> LinkedArticle | None:
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return linked_article(parsed(f"<html><head>{scripts}</head><body></body></html>"), url)


def article(**fields: object) -> str:
    return json.dumps({"@type": "NewsArticle", "headline": "Titel", **fields})


def headline(found: LinkedArticle | None) -> str:
    assert found is not None
    return found.headline


@pytest.mark.parametrize(
    "block",
    [
        article(),
        f"[{article()}]",
        f'{{"@graph": [{{"@type": "WebSite"}}, {article()}]}}',
        f'{{"@type": "WebPage", "mainEntity": {article()}}}',
        f"<!-- {article()} -->",
        f"//<![CDATA[\n{article()}\n//]]>",
        article()[:-1] + ",}",
        '{"@type": "NewsArticle", "headline": "Ti\ntel"}'.replace("Ti\ntel", "Titel"),
        '{"@type": ["Article", "NewsArticle"], "headline": "Titel"}',
        '{"@type": "NewsArticle", "headline": "Titel", "description": "ein \\x kaputter Schrägstrich"}',
    ],
)
def test_the_article_is_found_however_it_is_wrapped(block: str) -> None:
    assert headline(read(block)) == "Titel"


def test_of_two_articles_the_one_of_this_address_counts() -> None:
    other = article(headline="Anderer", url="https://a.example/andere", articleBody="lang " * 99, author="X")
    own = article(headline="Eigener", url="https://a.example/eigene")
    assert headline(read(other, own, url="https://a.example/eigene?utm=1")) == "Eigener"


def test_authors_come_as_texts_persons_lists_and_references() -> None:
    found = read(
        '{"@graph": [{"@type": "NewsArticle", "headline": "T", "author": [{"@id": "#eva"}, {"name": "Jan Probe"}, "dpa"]},'
        '{"@type": "Person", "@id": "#eva", "name": "Eva Muster"}]}'
    )
    assert found is not None
    assert found.authors == ("Eva Muster", "Jan Probe", "dpa")


@pytest.mark.parametrize(
    ("stated", "free"),
    [
        (True, True),
        (False, False),
        ("False", False),
        ("http://schema.org/True", True),
        (None, None),
        ("vielleicht", None),
    ],
)
def test_the_paywall_flag_in_its_many_spellings(stated: object, free: bool | None) -> None:
    found = read(article(isAccessibleForFree=stated))
    assert found is not None
    assert found.free is free


def test_entities_are_opened_even_when_escaped_twice() -> None:
    assert headline(read(article(headline="R&amp;uuml;ckbau &quot;jetzt&quot;"))) == 'Rückbau "jetzt"'


def test_comments_are_counted_where_they_are_told() -> None:
    told = read(
        article(
            interactionStatistic={
                "interactionType": "https://schema.org/CommentAction",
                "userInteractionCount": "7",
            }
        )
    )
    assert told is not None
    assert told.comments == 7
    silent = read(article())
    assert silent is not None
    assert silent.comments is None


@pytest.mark.parametrize(
    "block", ["", "kein JSON", "[" * 5000, '{"@type": "Organization", "name": "Blatt"}', "42"]
)
def test_without_an_article_there_is_none(block: str) -> None:
    assert read(block) is None
