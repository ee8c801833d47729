"""One address for one article."""

import pytest

from crawler.canonical import canonical_url, host_of, same_article_host


@pytest.mark.parametrize(
    ("spelled", "canonical"),
    [
        ("https://www.beispiel.de/a.html?utm_source=rss&utm_medium=feed", "https://www.beispiel.de/a.html"),
        ("https://www.beispiel.de/a.html?id=7&fbclid=x", "https://www.beispiel.de/a.html?id=7"),
        ("HTTP://WWW.Beispiel.DE/Politik/A.html", "https://www.beispiel.de/Politik/A.html"),
        ("https://www.beispiel.de/a.html#ref=rss", "https://www.beispiel.de/a.html"),
        ("https://www.beispiel.de:443/a", "https://www.beispiel.de/a"),
        ("https://m.beispiel.de/a", "https://www.beispiel.de/a"),
        ("https://amp.beispiel.de/a", "https://www.beispiel.de/a"),
        ("https://www.beispiel.de/politik/a/amp/", "https://www.beispiel.de/politik/a/"),
        ("https://www.beispiel.de/amp/politik/a", "https://www.beispiel.de/politik/a"),
        ("https://www.beispiel.de/a.amp.html", "https://www.beispiel.de/a.html"),
        ("https://www.beispiel.de/a?outputType=amp", "https://www.beispiel.de/a"),
        ("https://www.google.com/amp/s/www.beispiel.de/a", "https://www.beispiel.de/a"),
        ("https://www-beispiel-de.cdn.ampproject.org/c/s/www.beispiel.de/a", "https://www.beispiel.de/a"),
        ("https://www.beispiel.de/a?b=2&a=1", "https://www.beispiel.de/a?a=1&b=2"),
        ("https://www.beispiel.de", "https://www.beispiel.de/"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("  at://did:plc:abc/app.bsky.feed.post/1 ", "at://did:plc:abc/app.bsky.feed.post/1"),
        ("http://[kaputt", "http://[kaputt"),
        ("", ""),
    ],
)
def test_an_address_loses_what_does_not_name_the_article(spelled: str, canonical: str) -> None:
    assert canonical_url(spelled) == canonical


@pytest.mark.parametrize(
    "query", ["id=7", "cid=1234", "p=12", "source=42", "from=2026", "article=9", "print=3"]
)
def test_a_parameter_that_may_name_the_article_stays(query: str) -> None:
    assert canonical_url(f"https://www.beispiel.de/a?{query}") == f"https://www.beispiel.de/a?{query}"


def test_a_path_that_only_begins_like_amp_stays() -> None:
    assert (
        canonical_url("https://www.beispiel.de/ampel/aus-amperland")
        == "https://www.beispiel.de/ampel/aus-amperland"
    )


def test_a_host_is_named_without_its_phone_and_www_labels() -> None:
    assert host_of("https://m.beispiel.ch/x") == "beispiel.ch"
    assert host_of("https://www.beispiel.ch/x") == "beispiel.ch"
    assert host_of("kein Link") == ""


def test_subdomains_are_the_same_site_and_other_publishers_are_not() -> None:
    assert same_article_host("https://sport.beispiel.at/a", "https://www.beispiel.at/b")
    assert not same_article_host("https://www.beispiel.at/a", "https://www.anderswo.at/a")
