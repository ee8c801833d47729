"""The demo world: invented, believable, the same at every run, and served over real HTTP."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from lxml import html as lxml_html

from crawler.registry import known_kinds
from domain.errors import ConfigError
from lagebild.demo.clock import LOCAL, last_morning
from lagebild.demo.faults import Answer
from lagebild.demo.outlets import read_outlets
from lagebild.demo.real_pages import pages_world
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.site import Site
from lagebild.demo.texts import read_texts
from lagebild.demo.world import World, counts, world

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
SPIKE = "kinderkonten-test"
TOPICS = 19
FEWEST_ITEMS = 400
FEWEST_PUBLISHERS_OF_AN_ALARM = 5


@pytest.fixture(scope="module")
def demo() -> World:
    return world(7, NOW)


@pytest.fixture(scope="module")
def served(demo: World) -> Iterator[ServedWorld]:
    with serve(demo) as running:
        yield running


def get(served: ServedWorld, outlet: str, path: str, **headers: str) -> httpx.Response:
    served.move_to(served.world.morning)
    return httpx.get(served.addresses[outlet] + path, headers=headers, timeout=10)


# --- the clock


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), datetime(2026, 11, 28, 5, 30, tzinfo=UTC)),
        (datetime(2026, 11, 28, 5, 29, tzinfo=UTC), datetime(2026, 11, 27, 5, 30, tzinfo=UTC)),
        (datetime(2026, 7, 1, 4, 30, tzinfo=UTC), datetime(2026, 7, 1, 4, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 5, 30, tzinfo=UTC)),
    ],
)
def test_the_morning_is_the_last_half_past_six_in_berlin(now: datetime, morning: datetime) -> None:
    assert last_morning(now) == morning


# --- texts


def test_there_are_enough_hand_written_texts_of_some_length() -> None:
    short = [
        text.id
        for text in read_texts()
        if len(" ".join([*text.paragraphs, *(words for _, words in text.entries)]).split()) < 120
    ]
    assert not short
    assert len({text.id for text in read_texts()}) == len(read_texts())


def test_all_topics_and_a_good_share_of_everyday_news_are_there() -> None:
    texts = read_texts()
    assert len(texts) >= 110
    assert len({topic for text in texts for topic in text.topics}) == TOPICS
    everyday = sum(not text.relevant for text in texts) / len(texts)
    assert 0.25 <= everyday <= 0.4


def test_a_text_has_topics_exactly_when_it_is_relevant() -> None:
    assert not [text.id for text in read_texts() if bool(text.topics) != text.relevant]


def test_every_text_has_somebody_to_print_it() -> None:
    known = {outlet.id for outlet in read_outlets()}
    assert not [text.id for text in read_texts() if not (text.home in known or text.spread)]


# --- the world


def test_the_same_seed_and_clock_give_the_same_world(demo: World) -> None:
    assert world(7, NOW + timedelta(hours=5)).articles == demo.articles
    assert world(8, NOW).articles != demo.articles


def test_there_are_enough_items_that_can_be_read(demo: World) -> None:
    lost = {"gone", "html_as_rss", "broken_xml", "forbidden", "unreachable", "outage_this_morning"}
    assert sum(article.outlet.fault not in lost for article in demo.articles) >= FEWEST_ITEMS


def test_there_is_news_of_this_morning_and_none_from_the_future(demo: World) -> None:
    assert all(article.published <= demo.morning for article in demo.articles)
    midnight = demo.morning.astimezone(LOCAL).replace(hour=0, minute=0)
    assert sum(article.published >= midnight for article in demo.articles) >= 10


def test_paths_are_unique_at_each_outlet(demo: World) -> None:
    seen = Counter((article.outlet.id, article.path) for article in demo.articles)
    assert max(seen.values()) == 1


@pytest.mark.parametrize("seed", [1, 7, 42, 2026])
def test_only_the_planted_spike_has_publishers_enough_for_an_alarm(seed: int) -> None:
    loud = {
        key
        for key, count in counts(world(seed, NOW).articles).items()
        if count >= FEWEST_PUBLISHERS_OF_AN_ALARM
    }
    yesterday = last_morning(NOW).astimezone(LOCAL).date() - timedelta(days=1)
    assert loud == {("youth_safety", "DE", yesterday)}


def test_the_spike_is_told_by_many_independent_voices(demo: World) -> None:
    own = {
        article.outlet.publisher
        for article in demo.articles
        if article.story == SPIKE and article.outlet.market == "DE" and article.copy_of is None
    }
    assert len(own) >= 10


def test_a_story_breaks_in_french_and_crosses_to_german_and_italian(demo: World) -> None:
    told = [article for article in demo.articles if article.story == "orvane"]
    first = {}
    for article in told:
        first.setdefault(article.language, article.published)
    assert sorted(first, key=first.__getitem__)[0] == "fr"
    assert {"fr", "de", "it", "en"} <= set(first)


def test_copies_name_the_first_article_of_their_text(demo: World) -> None:
    by_id = {article.id: article for article in demo.articles}
    copies = [article for article in demo.articles if article.copy_of]
    assert copies
    assert all(by_id[str(article.copy_of)].text_id == article.text_id for article in copies)
    assert any(
        article.versions[0].title != by_id[str(article.copy_of)].versions[0].title for article in copies
    )


def test_swiss_pages_know_no_sharp_s(demo: World) -> None:
    pages = [v for article in demo.articles if article.outlet.market == "CH" for v in article.versions]
    assert not [page for page in pages if "ß" in page.title + "".join(page.paragraphs)]


# --- over HTTP


def test_every_outlet_has_an_address_of_its_own(served: ServedWorld) -> None:
    assert len(set(served.addresses.values())) == len(served.world.outlets)
    kinds = known_kinds()
    assert [s["id"] for s in served.sources] == [o.id for o in served.world.outlets if o.kind in kinds]


@pytest.mark.parametrize("outlet", ["elbbote", "main-rundschau", "harzspiegel", "alpenfunk", "rhone-matin"])
def test_a_feed_lists_what_the_outlet_has_out(served: ServedWorld, outlet: str) -> None:
    feed = feedparser.parse(get(served, outlet, "/feed.xml").content)
    titles = {entry.title for entry in feed.entries}
    mine = {a.as_of(served.world.morning) for a in served.world.by_outlet[outlet]} - {None}
    assert titles == {version.title for version in mine if version}
    assert not feed.bozo


def _words(answer: Answer) -> str:
    charset = answer.content_type.partition("charset=")[2]
    return str(lxml_html.fromstring(answer.body.decode(charset)).text_content())


def test_every_article_page_holds_its_text(served: ServedWorld) -> None:
    for article in served.world.out_by(served.world.morning):
        site = served.sites[article.outlet.id]
        answer = site.answer(article.path)
        if article.outlet.fault in {"forbidden", "consent_wall", "outage_this_morning"}:
            continue
        assert answer.status == 200, article.id
        words = _words(answer)
        version = article.as_of(served.world.morning)
        assert version and version.paragraphs[0] in words, article.id
        assert (version.paragraphs[-1] in words) == (article.kind != "paywalled"), article.id


def test_asking_again_with_validators_costs_nothing(served: ServedWorld) -> None:
    first = get(served, "elbbote", "/feed.xml")
    again = get(served, "elbbote", "/feed.xml", **{"If-None-Match": first.headers["etag"]})
    dated = get(served, "elbbote", "/feed.xml", **{"If-Modified-Since": first.headers["last-modified"]})
    assert (first.status_code, again.status_code, dated.status_code) == (200, 304, 304)
    assert again.content == b""
    assert first.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("outlet", "status", "sign"),
    [
        ("inselbote", 410, "Gone"),
        ("glashaus", 403, "Forbidden"),
        ("eifelkurier", 503, "Unavailable"),
        ("lausitzblick", 200, "<!doctype html>"),
        ("verbano-notizie", 200, "Fatal error"),
    ],
)
def test_some_feeds_fail_in_their_own_way(served: ServedWorld, outlet: str, status: int, sign: str) -> None:
    answer = get(served, outlet, "/feed.xml")
    assert answer.status_code == status
    assert sign in answer.text


def test_one_outlet_cannot_be_reached(served: ServedWorld) -> None:
    with pytest.raises(httpx.ConnectError):
        get(served, "mesa-daily", "/feed.xml")


def test_robots_and_reservations_are_told(served: ServedWorld) -> None:
    assert "Crawl-delay: 1" in get(served, "rheinlicht", "/robots.txt").text
    assert "Disallow: /plus/" in get(served, "pfalzecho", "/robots.txt").text
    assert get(served, "pixels-publics", "/.well-known/tdmrep.json").json()[0]["tdm-reservation"] == 1


def test_a_sitemap_index_leads_to_a_packed_sitemap(served: ServedWorld) -> None:
    assert "/sitemap-artikel.xml.gz" in get(served, "depesche", "/sitemap.xml").text
    packed = get(served, "depesche", "/sitemap-artikel.xml.gz")
    assert b"<urlset" in gzip.decompress(packed.content)
    assert "etag" not in packed.headers


def test_wordpress_answers_by_page(served: ServedWorld) -> None:
    first = get(served, "netzlage", "/wp-json/wp/v2/posts?per_page=2")
    assert len(first.json()) == 2
    assert int(first.headers["x-wp-totalpages"]) == -(-int(first.headers["x-wp-total"]) // 2)
    assert get(served, "netzlage", "/wp-json/wp/v2/posts?per_page=2&page=99").status_code == 400


def test_between_evening_and_morning_one_is_corrected_one_withdrawn_and_one_grows(demo: World) -> None:
    corrected = next(a for a in demo.articles if a.text_id == "kinderkonten-rheinlicht")
    withdrawn = next(a for a in demo.articles if a.text_id == "laterne-falsch")
    growing = next(a for a in demo.articles if a.kind == "liveblog")
    before, after = corrected.as_of(demo.evening), corrected.as_of(demo.morning)
    assert before and after and before.title != after.title
    assert withdrawn.as_of(demo.evening) and not withdrawn.as_of(demo.morning)
    early, late = growing.as_of(demo.evening), growing.as_of(demo.morning)
    assert early and late and len(late.paragraphs) > len(early.paragraphs)


def test_a_growing_live_blog_is_told_as_updated_by_its_feed(served: ServedWorld) -> None:
    def told() -> str:
        feed = feedparser.parse(httpx.get(served.addresses["kuestenfunk"] + "/feed.xml", timeout=10).content)
        return str(next(entry.updated for entry in feed.entries if "Liveblog" in entry.title))

    served.move_to(served.world.evening)
    before = told()
    served.move_to(served.world.morning)
    assert before < told()


def test_a_withdrawn_page_is_gone(served: ServedWorld) -> None:
    withdrawn = next(a for a in served.world.articles if a.text_id == "laterne-falsch")
    assert get(served, withdrawn.outlet.id, withdrawn.path).status_code == 410


def test_amp_and_refresh_lead_to_the_article(served: ServedWorld) -> None:
    links = [e.link for e in feedparser.parse(get(served, "weserkurve", "/feed.xml").content).entries]
    refreshed = get(served, "weserkurve", next(urlsplit(link).path for link in links if "/go/" in link))
    assert 'http-equiv="refresh"' in refreshed.text
    article = served.world.by_outlet["elbbote"][0]
    assert (
        f'rel="canonical" href="{served.addresses["elbbote"]}{article.path}"'
        in get(served, "elbbote", f"/amp{article.path}").text
    )


def test_requests_are_noted(served: ServedWorld) -> None:
    served.knocks.clear()
    get(served, "elbbote", "/robots.txt", **{"User-Agent": "Lagebild/1"})
    (knock,) = served.knocks
    assert (knock.outlet_id, knock.path, knock.status, knock.agent) == (
        "elbbote",
        "/robots.txt",
        200,
        "Lagebild/1",
    )


def test_the_clock_may_move_while_it_serves(served: ServedWorld) -> None:
    morning = feedparser.parse(get(served, "main-rundschau", "/feed.xml").content)
    served.move_to(served.world.evening)
    evening = feedparser.parse(httpx.get(served.addresses["main-rundschau"] + "/feed.xml").content)
    assert len(evening.entries) < len(morning.entries)
    served.move_to(served.world.morning)


# --- real pages


def test_a_folder_of_pages_is_served_behind_feeds(tmp_path: Path) -> None:
    page = b"<html><body><h1>Ein Titel</h1><p>Ein Absatz.</p></body></html>"
    (tmp_path / "eins.html.gz").write_bytes(gzip.compress(page))
    truth = {
        "file": "eins.html.gz",
        "url": "https://zeitung.example/politik/ein-titel-1?r=rss",
        "country": "ch",
        "publisher": "Zeitung",
        "language": ["de"],
        "title": "Ein Titel",
        "authors": None,
        "published": "2026-05-18 12:19:11+02:00",
        "lead": [],
        "body": ["Ein Absatz."],
    }
    (tmp_path / "truth.jsonl").write_text(json.dumps(truth), "utf-8")
    with serve(pages_world(tmp_path, NOW)) as served:
        (source,) = served.sources
        (entry,) = feedparser.parse(httpx.get(str(source["url"])).content).entries
        assert (entry.title, source["market"]) == ("Ein Titel", "CH")
        assert httpx.get(entry.link).content == page


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"truth\.jsonl"):
        pages_world(tmp_path, NOW)


def test_two_builds_of_the_same_world_answer_to_the_byte(demo: World) -> None:
    again = world(7, NOW)
    for outlet in demo.outlets[::5]:
        sites = [Site(each, outlet, "http://127.7.0.1:8790", each.morning) for each in (demo, again)]
        paths = [article.path for article in demo.by_outlet[outlet.id]] + ["/", sites[0].listing_path]
        assert [sites[0].answer(path) for path in paths] == [sites[1].answer(path) for path in paths]
