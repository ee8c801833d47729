"""Silence is news only when we were listening."""

from datetime import UTC, date, datetime, timedelta

from domain.model import Lens, Outcome, Source, Visit
from nlp.silence import Listening, listening, quiet_classes, silent_stories

TODAY = date(2026, 3, 10)


def story(*newest_last):
    start = TODAY - timedelta(days=len(newest_last) - 1)
    return {start + timedelta(days=n): (c, c, c) for n, c in enumerate(newest_last)}


def source(name, category="news"):
    return Source(
        id=name, name=name, kind="rss", url=f"https://{name}.example/", language="de", markets=("DE",),
        lens=Lens.MEDIA, category=category,
    )  # fmt: skip


def visit(name, outcome):
    at = datetime(2026, 3, 10, 6, tzinfo=UTC)
    return Visit(source_id=name, started_at=at, finished_at=at, outcome=outcome)


def test_a_lively_story_without_a_word_today_is_told():
    (signal,) = silent_stories({"s": story(9, 8, 0)}, "DE", TODAY)
    assert signal.label == "story:s"
    assert signal.reasons == ("no publisher after 9 and 8 on the days before",)


def test_a_small_story_may_end_unasked():
    assert silent_stories({"s": story(9, 2, 0), "t": story(0, 9, 0), "u": story(9, 9, 1)}, "DE", TODAY) == []


def test_with_sources_down_nobody_knows_that_a_story_stopped():
    assert silent_stories({"s": story(9, 8, 0)}, "DE", TODAY, coverage=0.7) == []


def test_listening_counts_the_sources_that_can_be_believed():
    sources = [source("a"), source("b"), source("c", "authority")]
    visits = [visit("a", Outcome.UNCHANGED), visit("b", Outcome.BLOCKED), visit("c", Outcome.OK)]
    assert listening(sources, visits) == {
        "media/authority": Listening(1, 1),
        "media/news": Listening(2, 1),
    }


def test_a_class_that_answers_and_says_nothing_is_quiet():
    counts = {"media/news": story(*[20] * 60, 2)}
    first = min(counts["media/news"])
    (signal,) = quiet_classes(counts, "DE", first, TODAY, {"media/news": Listening(10, 10)})
    assert signal.reasons[0].startswith("10 of 10 sources answered, yet 2 where 20")


def test_a_class_that_did_not_answer_is_an_outage_and_no_silence():
    counts = {"media/news": story(*[20] * 60, 2)}
    assert (
        quiet_classes(counts, "DE", min(counts["media/news"]), TODAY, {"media/news": Listening(10, 4)}) == []
    )
