"""Canonical addresses are fixed points."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.canonical import canonical_url

hosts = st.sampled_from(
    ["www.beispiel.de", "m.beispiel.at", "amp.beispiel.ch", "a.b.c.example", "127.0.0.1:8080"]
)
paths = st.lists(
    st.sampled_from(["a", "amp", "Ä", "x.amp.html", "%C3%A4", "b c", "", "-amp.html"]), max_size=4
)
queries = st.text("ab=&?+%/utm_source#;é ", max_size=24)


@given(scheme=st.sampled_from(["http", "https", "HTTPS"]), host=hosts, path=paths, query=queries)
def test_applying_it_twice_changes_nothing(scheme: str, host: str, path: list[str], query: str) -> None:
    once = canonical_url(f"{scheme}://{host}/{'/'.join(path)}?{query}")
    assert canonical_url(once) == once


@given(st.text(max_size=80))
def test_nothing_makes_it_raise(text: str) -> None:
    canonical_url(text)
