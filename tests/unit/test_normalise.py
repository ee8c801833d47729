"""Entry and page to Item."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from crawler.normalise import changed_fields, item_id, normalise, platform_item_id
from domain.model import Author, Document, Entry, Item, ItemKind, Lens, Page, PageKind, Rights, Source

NOW = datetime(2026, 5, 18, 12, 0, tzinfo=UTC)
SOURCE = Source(
    id="blatt",
    name="Das Blatt",
    kind="rss",
    url="https://www.blatt.example/rss",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
)
ENTRY = Entry(
    source_id="blatt",
    raw_id="guid-1",
    url="https://www.blatt.example/a-1.html?utm_source=rss",
    title="Rat beschlie&szlig;t Regeln",
    summary="<p>Der Rat hat <b>neue</b> Regeln beschlossen.</p><p>Sie gelten ab Mai.</p>",
    published=datetime(2026, 5, 18, 9, 0, tzinfo=UTC),
)
PAGE = Page(
    url="https://www.blatt.example/a-1.html",
    canonical_url="https://www.blatt.example/a-1.html",
    title="Rat beschließt neue Regeln",
    lead="Der Rat hat entschieden.",
    text="Der Rat hat entschieden.\nDie Regeln gelten ab Mai.",
    authors=("Eva Muster",),
    published="2026-05-18T10:30:00+02:00",
)
POST = Entry(
    source_id="masto",
    raw_id="114",
    url="https://soziales.example/@kim/114",
    content='<p><span class="h-card"><a href="https://soziales.example/@lea" class="u-url mention">@<span>lea</span></a></span> habt ihr das gesehen? #Betrug</p>',
    kind=ItemKind.POST,
    platform="mastodon",
    instance="soziales.example",
    parent="113",
    author=Author("https://soziales.example/users/kim", "@kim", "Kim B.", "person"),
    published=datetime(2026, 5, 18, 11, 0, tzinfo=UTC),
)


def item(entry: Entry = ENTRY, page: Page | None = PAGE, source: Source = SOURCE) -> Item:
    return normalise(
        Document(entry, page),
        source,
        language="de",
        now=NOW,
        pseudonym=lambda author: "P-" + author.raw_id[-3:],
    )


def test_the_page_gives_text_and_the_feed_the_rest() -> None:
    made = item()
    assert made.title == "Rat beschließt neue Regeln"
    assert made.text == "Der Rat hat entschieden.\nDie Regeln gelten ab Mai."
    assert (made.text_origin, made.url, made.outlet) == (
        "page",
        "https://www.blatt.example/a-1.html",
        "Das Blatt",
    )
    assert made.published_at == datetime(2026, 5, 18, 8, 30, tzinfo=UTC)


def test_an_article_keeps_no_private_handle_in_title_lead_or_text() -> None:
    assert PAGE is not None
    said = "@anna_m und @TikTok"
    for rights in (Rights.ALLOW, Rights.SNIPPET_ONLY, Rights.DENY):
        page = replace(PAGE, title=said, lead=said, text=said, rights=rights)
        entry = replace(ENTRY, title=said, summary=said, content="")
        made = normalise(Document(entry, page), SOURCE, language="de", now=NOW, public=frozenset({"tiktok"}))
        assert {made.title, made.lead, made.text} <= {"@… und @TikTok", ""}
        assert made.title


def test_without_a_page_the_feeds_html_becomes_text() -> None:
    made = item(page=None)
    assert made.title == "Rat beschließt Regeln"
    assert made.text == "Der Rat hat neue Regeln beschlossen.\nSie gelten ab Mai."
    assert (made.text_origin, made.time_quality) == ("feed", "exact")


@pytest.mark.parametrize("kind", [PageKind.CONSENT, PageKind.ERROR])
def test_a_wall_or_an_error_is_never_the_text(kind: PageKind) -> None:
    made = item(page=replace(PAGE, kind=kind, text="Bitte stimmen Sie zu.", title="Zustimmung"))
    assert (made.title, made.text_origin) == ("Rat beschließt Regeln", "feed")
    assert "stimmen Sie zu" not in made.text


def test_the_same_article_in_two_feeds_is_one_item() -> None:
    elsewhere = replace(ENTRY, raw_id="anders", url="https://m.blatt.example/sport/a-1.html")
    assert item().id == item(elsewhere).id


def test_a_canonical_address_at_another_publisher_is_not_believed() -> None:
    claimed = item(page=replace(PAGE, canonical_url="https://www.agentur.example/x.html"))
    assert claimed.url == "https://www.blatt.example/a-1.html"


def test_an_entry_without_an_address_is_known_by_its_guid() -> None:
    first, second = replace(ENTRY, url=""), replace(ENTRY, url="", raw_id="guid-2")
    assert item_id(first) == item_id(replace(first, title="Neu"))
    assert item_id(first) != item_id(second)


def test_a_time_in_the_future_is_taken_back_to_now() -> None:
    made = item(replace(ENTRY, published=NOW + timedelta(hours=5)), None)
    assert made.published_at == NOW


def test_no_time_at_all_is_the_time_of_fetching_and_says_so() -> None:
    made = item(replace(ENTRY, published=None), None)
    assert (made.published_at, made.time_quality) == (NOW, "fetched")


def test_a_page_that_knows_only_the_day_gives_way_to_the_feeds_time() -> None:
    assert item(page=replace(PAGE, published="2026-05-18")).published_at == ENTRY.published
    made = item(replace(ENTRY, published=None), replace(PAGE, published="2026-05-17"))
    assert (made.time_quality, made.published_at.date().isoformat()) == ("day", "2026-05-17")


def test_a_time_without_zone_is_read_at_home() -> None:
    made = item(page=replace(PAGE, published="2026-05-18T10:00:00"))
    assert made.published_at == datetime(2026, 5, 18, 8, 0, tzinfo=UTC)


def test_times_are_utc_whatever_the_feed_wrote() -> None:
    made = item(
        replace(ENTRY, published=datetime(2026, 5, 18, 11, 0, tzinfo=timezone(timedelta(hours=2)))), None
    )
    assert made.published_at.tzinfo is UTC


def test_a_reserved_text_keeps_title_and_a_short_snippet() -> None:
    reserved = replace(PAGE, rights=Rights.SNIPPET_ONLY, rights_evidence="meta tdm-reservation: 1")
    made = item(replace(ENTRY, summary="Wort " * 80), reserved)
    assert made.text == ""
    assert made.title == "Rat beschließt Regeln"
    assert 0 < len(made.lead) <= 120
    assert made.rights_evidence == "meta tdm-reservation: 1"


def test_a_denied_text_keeps_the_link_and_what_the_feed_called_it() -> None:
    made = item(page=replace(PAGE, rights=Rights.DENY, rights_evidence="meta robots: noindex"))
    assert (made.title, made.lead, made.text, made.authors) == ("Rat beschließt Regeln", "", "", ())
    assert made.url == "https://www.blatt.example/a-1.html"


def test_a_post_is_masked_and_its_author_has_a_pseudonym() -> None:
    made = item(POST, None)
    assert made.text == "@… habt ihr das gesehen? #Betrug"
    assert (made.author_ref, made.authors, made.text_origin) == ("P-kim", (), "api")
    assert made.parent_id == platform_item_id("mastodon", "soziales.example", "113")


def test_an_official_account_is_named_in_clear() -> None:
    made = item(replace(POST, author=Author("did:1", "@amt", "Amt für Aufsicht", "organisation")), None)
    assert (made.authors, made.author_ref) == (("Amt für Aufsicht",), "")


def test_a_repost_stores_no_text() -> None:
    made = item(replace(POST, kind=ItemKind.REPOST), None)
    assert (made.title, made.text) == ("", "")


def test_two_hashes_tell_which_fields_changed_title_first() -> None:
    before = item().content_hash
    later = item(page=replace(PAGE, title="Rat kippt Regeln", text="Ganz anders.")).content_hash
    assert changed_fields(before, later) == ("title", "text")
    assert changed_fields(before, before) == ()
