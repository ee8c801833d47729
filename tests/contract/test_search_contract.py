"""What every archive owes readers who search."""

from datetime import timedelta

import pytest

from domain.model import Annotation, Copy, Lens, Reading, Search, Tombstone, Updated


def found(archive, text: str = "", **wanted: object) -> list[str]:
    return [hit.item.id for hit in archive.search(Search(text=text, **wanted)).hits]


@pytest.fixture
def shelf(archive, item, batch, now):
    """Six items, newest first: f e d c b a."""
    texts = {
        "a": ("Cybermobbing an Schulen", "Österreich verschärft das Jugendschutzgesetz."),
        "b": ("Die Versicherung zahlt", "Keine weitere Meldung aus Brüssel."),
        "c": ("La désinformation en ligne", "Une enquête sur les plateformes."),
        "d": ("Digital Services Act wirkt", "Die EU prüft TikTok."),
        "e": ("Services im Netz", "Digital ist der Act, sagt die Straße."),
        "f": ("Betrug bei Kleinanzeigen", "Schule warnt vor Betrug mit Cyberangriffen."),
    }
    items = [
        item(name, title=title, text=text, published_at=now - timedelta(hours=9 - n))
        for n, (name, (title, text)) in enumerate(texts.items())
    ]
    archive.commit(batch(*items))
    return archive


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("mobbing", ["a"]),
        ("Jugendschutz", ["a"]),
        ("Oesterreich", ["a"]),
        ("österreich", ["a"]),
        ("STRASSE", ["e"]),
        ("versicherungen", ["b"]),
        ("desinformation", ["c"]),
        ("EU", ["d"]),
        ('"Digital Services Act"', ["d"]),
        ("digital services", ["e", "d"]),
        ("tiktok OR betrug", ["f", "d"]),
        ("tiktok | betrug", ["f", "d"]),
        ("schule NOT betrug", ["a"]),
        ("schule -betrug", ["a"]),
        ("NOT schule", ["e", "d", "c", "b"]),
        ("", ["f", "e", "d", "c", "b", "a"]),
        ("nirgends", []),
    ],
)
def test_words_find(shelf, text, hits):
    assert found(shelf, text) == hits


@pytest.mark.parametrize(
    "text",
    ['"', "(", "a AND", "NOT", "* ^ : {}", 'NEAR("a" b)', "title:x", "-", "a\x00b", "😀", "OR OR", "'; DROP"],
)
def test_no_input_is_an_error(shelf, text):
    shelf.search(Search(text=text))
    shelf.search(Search(text=text, order="relevance"))
    shelf.facets(Search(text=text))


def test_pages_follow_each_other(shelf):
    first = shelf.search(Search(limit=4))
    rest = shelf.search(Search(limit=4, offset=4))
    assert ([h.item.id for h in first.hits], first.total, first.more) == (["f", "e", "d", "c"], 6, True)
    assert ([h.item.id for h in rest.hits], rest.total, rest.more) == (["b", "a"], 6, False)


def test_the_title_weighs_more_when_sorted_by_relevance(shelf):
    assert found(shelf, "services", order="relevance")[0] in {"d", "e"}
    assert found(shelf, "schule", order="relevance")[0] == "a"


def test_snippets_mark_the_matched_words_in_their_own_spelling(shelf):
    (hit,) = shelf.search(Search(text="oesterreich")).hits
    assert hit.snippet == "«Österreich» verschärft das Jugendschutzgesetz."


def test_filters_restrict(archive, item, batch, now):
    archive.commit(
        batch(
            item("de", published_at=now - timedelta(days=3)),
            item(
                "ch", language="fr", markets=("CH", "FR"), lens=Lens.USER, publisher="Haus", source_id="rom"
            ),
        )
    )
    assert found(archive, markets=("CH", "AT")) == ["ch"]
    assert found(archive, languages=("de",)) == ["de"]
    assert found(archive, lenses=("user",)) == ["ch"]
    assert found(archive, publishers=("Haus",)) == ["ch"]
    assert found(archive, sources=("blatt",)) == ["de"]
    assert found(archive, since=now - timedelta(days=1)) == ["ch"]
    assert found(archive, until=now - timedelta(days=1)) == ["de"]


def test_tags_restrict_and_come_with_the_hit(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))

    def tag(layer: str, label: str, **more: object) -> Annotation:
        return Annotation(item_id="a", layer=layer, label=label, annotator="risk/1", **more)

    said = (
        tag("relevance", "relevant"),
        tag("topic", "hate"),
        tag("severity", "4"),
        tag("platform", "tiktok"),
        tag("feature", "live"),
        tag("entity", "ORG", text="KommAustria", target="kommaustria"),
        tag("topic", "scam", suppressed=True),
    )
    archive.keep_readings([Reading("a", "risk/1", said)], now)
    for wanted in (
        {"topics": ("hate",)},
        {"min_severity": 3},
        {"platforms": ("tiktok",)},
        {"features": ("live",)},
        {"entities": ("KommAustria",)},
        {"entities": ("kommaustria",)},
        {"relevant_only": True},
    ):
        assert found(archive, **wanted) == ["a"], wanted
    assert found(archive, topics=("scam",)) == []
    assert found(archive, min_severity=5) == []
    (hit,) = archive.search(Search(topics=("hate",))).hits
    assert (hit.topics, hit.severity) == (("hate",), 4)
    assert dict(archive.facets(Search()))["topic"] == [("hate", 1)]


def test_copies_are_folded_into_their_representative(archive, item, batch):
    archive.commit(batch(item("a"), (item("b"), Copy("a", 0.9))))
    (hit,) = archive.search(Search(text="meldung")).hits
    assert (hit.item.id, hit.copies) == ("a", 1)
    assert set(found(archive, "meldung", with_copies=True)) == {"a", "b"}


def test_search_follows_new_versions_and_tombstones(archive, item, batch, now):
    archive.commit(batch(item("a", title="Alt", text="Vorher")))
    archive.commit(
        batch((item("a", title="Neu", text="Nachher"), Updated(("title",))), at=now + timedelta(hours=1))
    )
    assert found(archive, "vorher") == []
    assert found(archive, "nachher") == ["a"]
    archive.commit(batch(tombstones=(Tombstone("blatt", "raw-a", "deleted", "410"),)))
    assert found(archive, "nachher") == []
    assert found(archive) == []
    assert archive.verify() == []


def test_every_hit_streams_past_any_page(archive, item, batch, now):
    archive.commit(batch(*(item(f"n{n}", published_at=now - timedelta(minutes=n)) for n in range(1_203))))
    assert [hit.item.id for hit in archive.every_hit(Search(text="meldung"))] == [
        f"n{n}" for n in range(1_203)
    ]


def test_facets_count_labels_most_frequent_first(shelf):
    facets = shelf.facets(Search(text="betrug OR tiktok"))
    assert facets["language"] == [("de", 2)]
    assert facets["market"] == [("DE", 2)]


def test_a_reader_goes_on_behind_the_item_seen_last(shelf, item, batch):
    assert found(shelf, behind="d") == ["c", "b", "a"]
    assert found(shelf, "Schule", behind="f") == ["a"]
    assert found(shelf, behind="a") == []
    assert found(shelf, behind="nobody") == []


def test_a_search_is_narrowed_to_outlets(archive, item, batch):
    archive.commit(batch(item("a", outlet="Bote"), item("b", outlet="Kurier")))
    assert found(archive, outlets=("Kurier",)) == ["b"]


def test_quotation_marks_of_the_text_are_no_marks_of_a_match(archive, item, batch):
    archive.commit(batch(item("q", text="Sie sagt: »Mobbing« sei schlimm, «sehr».")))
    [hit] = archive.search(Search(text="mobbing")).hits
    assert hit.snippet == "Sie sagt: ›«Mobbing»‹ sei schlimm, ‹sehr›."
