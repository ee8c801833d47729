"""Sources of one registered domain are visited together."""

from dataclasses import replace

from domain.model import Lens, Source
from lagebild.sharding import SHARDS, by_shard, shard_of

PLAIN = Source(
    id="a", name="A", kind="rss", url="https://a.example/feed", language="de", markets=("DE",), lens=Lens.MEDIA, publisher="A"
)  # fmt: skip


def test_hosts_of_one_registered_domain_share_a_shard() -> None:
    assert shard_of("https://www.bbc.co.uk/a") == shard_of("http://feeds.bbc.co.uk:8080/b")
    assert shard_of("https://www.bbc.co.uk/a") != shard_of("https://www.gov.uk/a")


def test_an_address_without_a_domain_goes_by_its_host() -> None:
    assert shard_of("http://127.0.0.1/a") == shard_of("http://127.0.0.1:81/b")


def test_shards_stay_what_they_were() -> None:
    """A fleet that is half deployed must agree on them."""
    assert [shard_of(f"https://blatt{n}.example/") for n in range(5)] == [21, 2, 7, 141, 105]


def test_shards_are_even() -> None:
    sizes = [0] * SHARDS
    for n in range(25_600):
        sizes[shard_of(f"https://blatt-{n}.de/")] += 1
    assert min(sizes) > 60
    assert max(sizes) < 150


def test_disabled_sources_have_no_shard() -> None:
    off = replace(PLAIN, id="b", enabled=False)
    assert list(by_shard([PLAIN, off]).values()) == [(PLAIN,)]
