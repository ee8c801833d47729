"""What is proposed for escalation without volume."""

from datetime import UTC, datetime

import pytest

from domain.model import Annotation, Item, ItemKind, Lens
from nlp.tripwires import by_topic, rules, trips

AT = datetime(2026, 3, 10, 6, tzinfo=UTC)


def item(title, lead="", language="de", tier=3):
    return Item(
        id="i1", source_id="s", raw_id="1", kind=ItemKind.ARTICLE, url="https://a.example/1", title=title, lead=lead,
        text=lead, language=language, markets=("DE",), lens=Lens.MEDIA, published_at=AT, fetched_at=AT,
        content_hash="h", tier=tier, outlet="Beispielblatt",
    )  # fmt: skip


def said(topic, severity, start=0):
    def of(layer, label, **more):
        return Annotation(item_id="i1", layer=layer, label=label, annotator="t/1", **more)

    platform = of("platform", "PLATFORM", target="tiktok", start=start, end=start + 6)
    return {"i1": [platform, of("topic", topic), of("severity", str(severity))]}


@pytest.mark.parametrize(
    ("language", "title", "topic", "severity", "rule"),
    [
        (
            "de",
            "TikTok: Bundesnetzagentur verhängt Bußgeld",
            "regulatory_government_action",
            4,
            "authority_act",
        ),
        ("en", "TikTok fined by Ofcom over age checks", "regulatory_government_action", 4, "authority_act"),
        ("fr", "TikTok : la Cnil inflige une amende", "privacy_data_protection", 4, "authority_act"),
        ("it", "TikTok, il Garante vieta il trattamento", "privacy_data_protection", 4, "authority_act"),
        ("de", "TikTok-Trend: Mädchen schwer verletzt", "dangerous_acts_challenges", 5, "minor_harmed"),
        ("en", "TikTok staff in Berlin face bomb threat", "violent_graphic_content", 2, "staff_threatened"),
    ],
)
def test_a_tripwire_fires_in_every_language(language, title, topic, severity, rule):
    found = trips([item(title, language=language)], said(topic, severity))
    assert [t.rule for t in found] == [rule]
    assert title in found[0].reason


def test_two_halves_in_two_sentences_do_not_fire():
    apart = item("TikTok wächst weiter", "Die Bundesnetzagentur zieht um. Ein Händler verhängt Hausverbot.")
    assert trips([apart], said("regulatory_government_action", 4)) == []


def test_without_a_watched_platform_in_title_or_lead_nothing_fires():
    far = said("regulatory_government_action", 4, start=5000)
    assert trips([item("Bundesnetzagentur verhängt Bußgeld")], far) == []


def test_a_leading_medium_that_names_the_platform_is_enough():
    grave = trips([item("TikTok und die Folgen", tier=1)], said("youth_safety", 4))
    assert [t.rule for t in grave] == ["leading_medium"]
    assert trips([item("TikTok und die Folgen", tier=2)], said("youth_safety", 4)) == []
    assert trips([item("TikTok und die Folgen", tier=1)], said("youth_safety", 3)) == []


def test_reasons_are_gathered_by_topic_and_market():
    found = trips(
        [item("TikTok: Bundesnetzagentur verhängt Bußgeld")], said("regulatory_government_action", 4)
    )
    assert list(by_topic(found, "DE")) == ["regulatory_government_action"]
    assert by_topic(found, "CH") == {}


def test_every_rule_speaks_four_languages():
    assert {tuple(sorted(rule.who)) for rule in rules()} == {("de", "en", "fr", "it")}
    assert {tuple(sorted(rule.act)) for rule in rules()} == {("de", "en", "fr", "it")}
