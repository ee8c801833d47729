"""What an issue says, by rule."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.brief import brief, leadership_of
from digest.facts import Analyst, LensFact, Said
from digest.formats.text import render
from digest.period import period_of
from digest.sections.bottom import MOST_WORDS, plain
from domain.briefing import DayPoint, Digest, Figure, Paragraph, StoryCard, Table
from domain.model import IncidentState, Level
from tests.fixtures.digest_days import (
    AGE_CHECK,
    END,
    INCIDENT,
    QUERIES,
    ago,
    blind_day,
    hostile_day,
    loud_day,
    quiet_day,
    report,
    signal,
    source,
    story,
)

DAYS = {"loud": loud_day, "quiet": quiet_day, "blind": blind_day, "hostile": hostile_day}


def bottom_of(digest: Digest) -> str:
    section = digest.section(1)
    assert section is not None
    block = section.blocks[0]
    assert isinstance(block, Paragraph)
    return plain(block.line)


def cards_of(digest: Digest, number: int) -> list[StoryCard]:
    section = digest.section(number)
    assert section is not None
    return [block for block in section.blocks if isinstance(block, StoryCard)]


def text_of(digest: Digest) -> str:
    return render(digest).decode()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("day", DAYS)
def test_every_issue_has_its_eleven_sections_in_order(day: str, language: str) -> None:
    digest = brief(DAYS[day](), language)
    assert [section.number for section in digest.sections] == list(range(1, 12))


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("day", DAYS)
def test_the_bottom_line_is_at_most_sixty_words_and_three_sentences(day: str, language: str) -> None:
    line = bottom_of(brief(DAYS[day](), language))
    assert 3 <= len(line.split()) <= MOST_WORDS


def test_the_bottom_line_of_a_loud_day_says_what_why_and_who() -> None:
    assert bottom_of(brief(loud_day(), "en")) == (
        "Youth safety: EU-Kommission eröffnet Verfahren gegen TikTok wegen Altersprüfung (in German), reported by 12"
        " independent publishers. Authorities or courts are acting; orders and deadlines may follow. Rita Berg owns it;"
        " update by 09:30."
    )


def test_a_missed_deadline_is_said_first() -> None:
    late = replace(INCIDENT, due_at=END - timedelta(hours=1))
    assert "deadline passed" in bottom_of(brief(loud_day(incidents=(late,)), "en"))


def test_a_quiet_day_says_so_and_asks_nothing() -> None:
    assert bottom_of(brief(quiet_day(), "de")) == (
        "Ruhig: 9 relevante Beiträge, nichts davon dringend. Kein Thema liegt über dem erwarteten Bereich. Nichts zu tun."
    )


def test_silence_is_not_called_quiet_when_the_sources_are_down() -> None:
    line = bottom_of(brief(blind_day(), "de"))
    assert line.startswith("Kaum Sicht") and "Ruhig" not in line


def test_when_no_source_reported_nothing_else_is_claimed() -> None:
    dead = quiet_day(sources=(source("a", "unreachable"), source("b", "blocked")))
    digest = brief(dead, "en")
    assert bottom_of(digest).startswith("No source reported.")
    assert "partial coverage" in digest.header.title


def test_the_analyst_has_the_last_word_and_is_named() -> None:
    said = Said("Wir warten auf den Bescheid.", "Ute Kern", ago(-0.5))
    told = loud_day(analyst=Analyst(name="Ute Kern", bottom_line={"de": said}))
    digest = brief(told, "de")
    assert bottom_of(digest) == "Wir warten auf den Bescheid."
    assert "Geprüft von Ute Kern" in text_of(digest)


def test_what_the_program_says_stands_below_what_an_analyst_says() -> None:
    said = Said("Wir warten auf den Bescheid.", "Ute Kern", ago(-0.5))
    analyst = Analyst(
        name="Ute Kern",
        bottom_line={"de": said},
        why={AGE_CHECK.id: {"de": Said("Der Bescheid träfe unser Kernprodukt.", "Ute Kern", ago(-0.6))}},
        notes={"de": (Said("Rechtsabteilung ist informiert.", "Max Holl", ago(-0.7)),)},
    )
    text = " ".join(text_of(brief(loud_day(analyst=analyst), "de")).split())
    own = bottom_of(brief(loud_day(), "de"))
    assert "Einschätzung: Ute Kern, 07:00 Uhr. Automatisch dazu:" in text
    assert own.split(".")[-2].strip() in text
    assert "Max Holl, 07:12 Uhr: Rechtsabteilung ist informiert." in text
    assert "Warum es zählt (Ute Kern, 07:06 Uhr): Der Bescheid träfe unser Kernprodukt." in text
    assert "Warum es zählt (automatisch)" in text


def test_words_in_one_language_leave_the_other_language_as_it_was() -> None:
    said = {"de": Said("Wir warten auf den Bescheid.", "Ute Kern", ago(-0.5))}
    with_words = brief(loud_day(analyst=Analyst(name="Ute Kern", bottom_line=said)), "en")
    assert with_words.section(1) == brief(loud_day(), "en").section(1)


def test_a_story_put_first_stands_first_and_the_method_says_so() -> None:
    before = cards_of(brief(loud_day(), "de"), 4)
    digest = brief(loud_day(analyst=Analyst(name="Ute Kern", first=(before[-1].id,))), "de")
    assert cards_of(digest, 4)[0].id == before[-1].id
    assert "vorgezogen" in [badge.text for badge in cards_of(digest, 4)[0].badges]
    assert "Vom Dienst vorgezogen: 1." in " ".join(text_of(digest).split())
    assert bottom_of(digest) == bottom_of(brief(loud_day(), "de"))


def test_without_an_analyst_the_issue_is_marked_automatic() -> None:
    assert "Automatisch erstellt, von niemandem geprüft" in text_of(brief(loud_day(), "de"))


@pytest.mark.parametrize(
    ("lost", "arrows", "marked"), [(0.10, True, False), (0.16, False, False), (0.31, False, True)]
)
def test_arrows_go_at_fifteen_percent_and_the_title_is_marked_at_thirty(
    lost: float, arrows: bool, marked: bool
) -> None:
    day = loud_day(sources=(source("a", share=1 - lost), source("b", "blocked", lost)))
    digest = brief(day, "en")
    risks = digest.section(7)
    assert risks is not None
    heat = risks.blocks[-1]
    assert any(cell.arrow for row in heat.cells for cell in row) is arrows  # type: ignore[union-attr]
    assert bool(digest.header.notice) is not arrows
    assert ("partial coverage" in digest.header.title) is marked
    assert ("(partial)" in digest.subject) is marked


def test_a_share_of_under_twenty_is_not_printed() -> None:
    tone = brief(
        loud_day(lenses=(LensFact("user", 8, 6, 900, 400), LensFact("media", 64, 31))), "de"
    ).section(6)
    assert tone is not None
    table = tone.blocks[0]
    assert isinstance(table, Table)
    assert table.rows[0][2] == ("zu wenige (n = 8)",)
    assert table.rows[0][4] == ("–",)


def test_stories_stand_in_the_printed_order() -> None:
    day = loud_day(
        incidents=(replace(INCIDENT, story_ids=("st-c",)),),
        stories=(
            story("st-a", severity=4, publishers=9),
            story("st-b", severity=4, publishers=9, previous_at=END - timedelta(hours=30), first_published=END - timedelta(days=3), publishers_now=1, publishers_before=4),
            story("st-c", severity=4, publishers=3),
            story("st-d", severity=5, publishers=2),
            story("st-e", severity=4, publishers=9, tier=1),
        ),
    )  # fmt: skip
    assert [card.id for card in cards_of(brief(day, "de"), 4)] == ["st-d", "st-c", "st-e", "st-a", "st-b"]


def test_the_order_does_not_depend_on_the_order_of_the_facts() -> None:
    day = loud_day()
    turned = replace(day, stories=tuple(reversed(day.stories)))
    assert brief(day, "de") == brief(turned, "de")


def test_a_dismissed_incident_is_not_escalated() -> None:
    gone = replace(INCIDENT, state=IncidentState.DISMISSED)
    section = brief(loud_day(incidents=(gone,)), "de").section(2)
    assert section is not None and section.empty


def test_a_proposed_signal_asks_for_a_decision() -> None:
    day = loud_day(incidents=(), signals=(signal("youth_safety", Level.ESCALATE),))
    assert bottom_of(brief(day, "en")).endswith("Please decide: escalate, downgrade or dismiss.")
    assert [card.badges[1].text for card in cards_of(brief(day, "en"), 2)] == ["proposed"]


def test_a_muted_signal_is_never_escalated_and_says_why() -> None:
    day = loud_day(
        incidents=(), signals=(signal("youth_safety", Level.ESCALATE, muted="Quellen ausgefallen"),)
    )
    digest = brief(day, "de")
    assert not cards_of(digest, 2)
    assert "stumm: Quellen ausgefallen" in " ".join(text_of(digest).split())


def test_since_the_last_issue_tells_corrections_with_old_and_new() -> None:
    text = " ".join(text_of(brief(loud_day(), "de")).split())
    assert "hat die Überschrift geändert: „TikTok muss zahlen“ → „TikTok droht Strafe“" in text
    assert "hat zurückgezogen: „App späht Kinder aus“" in text
    for change in ("Neu: 1", "Gewachsen: 1", "Geschrumpft: 1", "Wieder aufgelebt: 1", "geschlossen: 1"):
        assert change in text


def test_a_headline_on_suicide_is_replaced_and_the_helpline_given() -> None:
    text = text_of(brief(loud_day(), "de"))
    assert "Dieses Video zeigte" not in text
    assert "Suizid und Selbstverletzung: Berichte über TikTok" in text
    assert "Telefonseelsorge" in text


def test_both_languages_share_numbers_marks_and_ids() -> None:
    german, english = brief(loud_day(), "de"), brief(loud_day(), "en")
    assert [card.id for card in cards_of(german, 4)] == [card.id for card in cards_of(english, 4)]
    assert german.numbers == english.numbers


def test_every_figure_carries_the_mark_of_a_kept_number() -> None:
    digest = brief(loud_day(), "de")
    kept = {mark for mark, _ in digest.numbers}
    figures = [part for part in walk(digest) if isinstance(part, Figure)]
    assert len(figures) > 30
    assert {figure.mark for figure in figures} <= kept
    assert len(kept) == len(QUERIES)


def walk(value: object) -> list[object]:
    """All parts below a value."""
    if isinstance(value, tuple | list):
        return [part for held in value for part in walk(held)]
    names = getattr(type(value), "__dataclass_fields__", None)
    if names is None or isinstance(value, Figure):
        return [value]
    return [value, *(part for name in names for part in walk(getattr(value, name)))]


def test_the_leadership_page_has_the_bottom_line_the_escalations_the_chart_and_the_limits() -> None:
    digest = brief(loud_day(), "de", "leadership")
    assert [section.number for section in digest.sections] == [1, 2, 10]
    assert any(
        type(block).__name__ == "SmallMultiples" for section in digest.sections for block in section.blocks
    )


def test_a_swiss_issue_knows_no_sharp_s_and_groups_with_apostrophes() -> None:
    text = text_of(brief(loud_day("CH"), "de"))
    assert "ß" not in text
    assert "1'412" in text
    assert "«Bekanntmachung" in text


@pytest.mark.parametrize(("market", "grouped"), [("DE", "1.412"), ("CH", "1'412")])
def test_numbers_follow_the_market(market: str, grouped: str) -> None:
    assert grouped in text_of(brief(loud_day(market), "de"))


def test_a_story_by_one_voice_in_passing_gets_no_card() -> None:
    day = loud_day(stories=(story("st-klein", publishers=1, severity=2), AGE_CHECK))
    assert [card.id for card in cards_of(brief(day, "de"), 4)] == ["st-alter"]


def test_mondays_issue_tells_the_weekend_day_by_day() -> None:
    period = period_of("DE", date(2026, 11, 23), weekdays_only=True)
    last = tuple(DayPoint(day, count) for day, count in zip(period.days, (14, 5, 4), strict=True))
    text = " ".join(text_of(brief(loud_day(period=period, daily=last), "de")).split())
    assert "Fr., 20. Nov. 14 [Q11] · Sa., 21. Nov. 5 [Q11] · So., 22. Nov. 4 [Q11]" in text


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("day", DAYS)
def test_the_leadership_page_of_a_kept_issue_is_the_one_made_from_the_facts(day: str, language: str) -> None:
    facts = DAYS[day]()
    assert leadership_of(brief(facts, language)) == brief(facts, language, "leadership")


def test_where_no_lens_has_enough_one_line_says_so() -> None:
    text = " ".join(text_of(brief(loud_day(lenses=(LensFact("media", 7, 3),)), "en")).split())
    assert (
        "Too few stances on named platforms: Users n = 0 [Q5], Media n = 7 [Q5], Authorities n = 0 [Q5]."
        in text
    )


def test_the_bottom_line_follows_the_strongest_surge_unless_something_is_critical() -> None:
    first, surging = (
        story("st-a", severity=4),
        story("st-b", severity=3, publishers=9, publishers_now=9, topics=("youth_safety",)),
    )
    day = loud_day(incidents=(), stories=(first, surging), signals=(signal("youth_safety", Level.ELEVATED),))
    assert "Vorgang st-b" in bottom_of(brief(day, "de"))
    assert "Am 21.\u00a0Nov. griffen 12 Medienhäuser das Thema auf, sonst etwa 3 am Tag." in bottom_of(
        brief(day, "de")
    )
    assert [card.id for card in cards_of(brief(day, "de"), 4)] == ["st-a", "st-b"]
    critical = replace(first, severity=5)
    assert "Vorgang st-a" in bottom_of(brief(replace(day, stories=(critical, surging)), "de"))


def test_a_headline_is_taken_in_the_readers_language_where_there_is_one() -> None:
    told = story(
        "st-fr",
        language="fr",
        title="Un titre français",
        severity=4,
        reports=(
            report("blatt", title="Ein deutscher Titel"),
            report("feuille", title="Un titre", language="fr"),
        ),
    )
    day = loud_day(incidents=(), signals=(), stories=(told,))
    assert "Ein deutscher Titel" in bottom_of(brief(day, "de"))
    assert "Un titre français" in bottom_of(brief(day, "en"))
