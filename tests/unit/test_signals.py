"""What counts as unusual: expectations, levels, muting, and what a signal says of itself."""

from datetime import date, timedelta

import numpy as np
import pytest

from domain.model import Level
from nlp import signals
from nlp.baseline import Expectation, expect, kind_of_day, lower_tail, tail, upper_bound
from nlp.outbreaks import NOT_JUDGED, Watcher, detect, name_level
from nlp.signals import Context, adjusted, explain, holidays_of, replay, signals_of_day, story_growth
from nlp.watchers import Watchers

FIRST = date(2026, 1, 5)  # a Monday


def days(counts):
    return [(FIRST + timedelta(days=n), count) for n, count in enumerate(counts)]


def series(counts):
    return {day: (count, count, 2 * count) for day, count in days(counts)}


def wave(length, seed=3, mean=8.0):
    """Usual traffic: negative binomial, quieter at the weekend."""
    draw = np.random.default_rng(seed)
    means = [mean * (0.6 if n % 7 >= 5 else 1.0) for n in range(length)]
    return [int(draw.negative_binomial(6, 6 / (6 + m))) for m in means]


def test_a_tail_is_the_share_of_usual_days_at_or_above_the_count():
    usual = Expectation(5.0, 1 / 6)
    drawn = np.random.default_rng(1).negative_binomial(6, 6 / 11, 200_000)
    assert tail(12, usual) == pytest.approx((drawn >= 12).mean(), abs=0.002)
    assert lower_tail(1, usual) == pytest.approx((drawn <= 1).mean(), abs=0.002)
    assert (drawn <= upper_bound(usual, 0.995)).mean() >= 0.995


def test_a_weekday_factor_goes_halfway():
    counts = np.array([10.0, 10, 10, 10, 10, 2, 2] * 8)
    kinds = np.array([0, 1, 2, 3, 4, 5, 6] * 8)
    ones = np.ones(56)
    monday = expect(counts, kinds, ones, ones, 0).mean
    sunday = expect(counts, kinds, ones, ones, 6).mean
    assert monday == pytest.approx(10, abs=0.5)
    assert sunday == pytest.approx(2, abs=0.5)


def test_a_public_holiday_is_a_sunday():
    unity_day = date(2025, 10, 3)
    assert unity_day in holidays_of("DE", date(2025, 1, 1), date(2025, 12, 31))
    assert kind_of_day(unity_day, {unity_day}) == 6
    assert holidays_of("EU", unity_day, unity_day) == frozenset()
    assert holidays_of("UK", date(2025, 12, 26), date(2025, 12, 26))


def test_the_past_alone_judges_a_day():
    counts = wave(120)
    longer = detect(days([*counts, 500, 0, 90]))
    assert longer[:120] == detect(days(counts))


def test_nothing_is_judged_before_the_tenth_day():
    early = detect(days([3] * 9 + [400]))
    assert early[-1].score == NOT_JUDGED
    assert not early[-1].alarm


def test_a_burst_is_an_alarm_and_its_echo_does_not_hide_the_next():
    counts = [*wave(100), 60, 70, *wave(20, seed=4), 60]
    judged = detect(days(counts))
    assert [d.alarm for d in judged[100:102]] == [True, True]
    assert judged[-1].alarm
    assert judged[-1].expected < 15


def test_a_second_raised_day_counts_for_more_than_the_first():
    quiet, second = [*wave(100), 22], [*wave(100), 22, 22]
    assert detect(days(second))[-1].score > detect(days(quiet))[-1].score


def test_a_missing_day_is_unknown_and_not_zero():
    watcher = Watcher()
    for day, count in days([8] * 60):
        watcher.judge(day, count)
    after_a_gap = watcher.judge(FIRST + timedelta(days=90), 8)
    assert after_a_gap.expected == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(
    ("count", "deviation", "before", "deviation_before", "level"),
    [
        (4, 9.0, 9, 9.0, None),
        (5, 3.0, 9, 9.0, None),
        (5, 3.1, 0, 0.0, Level.WATCH),
        (5, 5.1, 0, 0.0, Level.ELEVATED),
        (9, 3.1, 5, 2.1, Level.ELEVATED),
        (9, 3.1, 4, 2.1, Level.WATCH),
        (9, 3.1, 5, 2.0, Level.WATCH),
    ],
)
def test_levels_follow_the_printed_rule(count, deviation, before, deviation_before, level):
    assert name_level(count, deviation, before, deviation_before) == level


def test_q_values_follow_benjamini_and_hochberg():
    q = adjusted({"a": 0.01, "b": 0.02, "c": 0.03, "d": 0.5})
    assert q == pytest.approx({"a": 0.04, "b": 0.04, "c": 0.04, "d": 0.5})


def test_a_spike_is_elevated_and_says_why():
    world = {"fraud_scam_ads": series([*wave(90), 45]), "youth_safety": series(wave(91, seed=9))}
    found = signals_of_day(world, "DE", FIRST + timedelta(days=90), {})
    assert [(s.label, s.level) for s in found] == [("fraud_scam_ads", Level.ELEVATED)]
    assert "45 publishers where" in found[0].reasons[0]
    assert found[0].items == 90


def test_a_grave_spike_is_proposed_for_escalation():
    world = {"youth_safety": series([*wave(90), 45])}
    context = Context(severity={"youth_safety": 5}, item_ids={"youth_safety": ("a", "b")})
    (signal,) = signals_of_day(world, "DE", FIRST + timedelta(days=90), {}, context=context)
    assert signal.level is Level.ESCALATE
    assert signal.item_ids == ("a", "b")


def test_a_tripwire_needs_no_volume():
    world = {"youth_safety": series([0] * 40)}
    context = Context(tripwires={"youth_safety": ("an authority opens proceedings",)})
    (signal,) = signals_of_day(world, "DE", FIRST + timedelta(days=39), {}, context=context)
    assert signal.level is Level.ESCALATE
    assert signal.reasons[0] == "an authority opens proceedings"


def test_the_same_day_has_the_same_id_on_every_run():
    world = {"x": series([*wave(90), 45])}
    day = FIRST + timedelta(days=90)
    assert signals_of_day(world, "DE", day, {})[0].id == signals_of_day(world, "DE", day, {})[0].id


def test_an_outage_is_taken_out_of_the_expectation():
    outage = {FIRST + timedelta(days=n): 0.3 for n in range(70, 90)}
    thinned = [c if n < 70 or n >= 90 else int(c * 0.3) for n, c in enumerate(wave(92))]
    judged = detect(days(thinned), coverage=outage)
    assert judged[85].expected == pytest.approx(8 * 0.3, abs=0.8)
    assert judged[91].expected == pytest.approx(7, abs=2.5)


def test_a_signal_that_rests_on_missing_sources_is_muted():
    day = FIRST + timedelta(days=90)
    world = {"x": series([*[8] * 90, 12])}
    (muted,) = signals_of_day(world, "EU", day, {day: 0.3})
    assert "70%" in muted.muted
    loud = signals_of_day({"x": series([*[8] * 90, 60])}, "EU", day, {day: 0.3})[0]
    assert loud.muted == ""
    assert any("only 30% of the usual volume" in r for r in loud.reasons)


def test_replay_raises_what_the_days_raised():
    world = {"x": series([*wave(90), 45, *wave(20, seed=5)]), "y": series(wave(111, seed=8))}
    day = FIRST + timedelta(days=90)
    told = replay(
        world, "DE", FIRST + timedelta(days=60), FIRST + timedelta(days=110), {}, history_from=FIRST
    )
    assert [s for s in told.signals if s.day == day] == signals_of_day(world, "DE", day, {}, first=FIRST)
    assert told.weekly(Level.ELEVATED) == pytest.approx(7 / 51)


def test_an_explanation_shows_the_days_and_the_verdict():
    told = explain(series([*wave(90), 45]), "x", "DE", FIRST + timedelta(days=90), {})
    assert len(told.days) == 14
    assert told.sentences[-1] == "named elevated by itself"
    quiet = explain(series([8] * 91), "x", "DE", FIRST + timedelta(days=90), {})
    assert quiet.sentences[-1].startswith("not named")


def test_a_story_that_grows_is_watched_and_a_grave_one_elevated():
    day = FIRST + timedelta(days=1)
    story = {"s1": series([1, 12]), "s2": series([9, 12])}
    assert [(s.label, s.level) for s in story_growth(story, "DE", day)] == [("s1", Level.WATCH)]
    grave = story_growth(story, "DE", day, context=Context(severity={"s1": 4}))
    assert grave[0].level is Level.ELEVATED


def test_days_before_the_archive_began_are_unknown_and_not_quiet():
    began = FIRST + timedelta(days=40)
    young = {began + timedelta(days=n): (8, 8, 8) for n in range(16)}
    coverage = {FIRST + timedelta(days=n): 1.0 for n in range(56)}
    assert signals_of_day({"x": young}, "DE", began + timedelta(days=15), coverage) == []


@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_what_is_remembered_of_a_series_changes_no_verdict(monkeypatch, length):
    days = [FIRST + timedelta(days=n) for n in range(length)]
    coverage = {day: 0.5 + n % 5 / 10 for n, day in enumerate(days)}
    world = {name: series(wave(length, seed=seed)) for name, seed in (("a", 1), ("b", 2))}

    def told():
        return signals_of_day(world, "DE", days[-1], coverage, first=FIRST)

    def anew():
        with monkeypatch.context() as forgotten:
            forgotten.setattr(signals, "_WATCHERS", Watchers())
            return told()

    assert told() == told() == anew()
    for late in {days[-1], days[length // 2], days[0]}:
        world["a"] = {**world["a"], late: (60, 60, 60)}
        assert told() == anew()


# --- watchers that are remembered ----------------------------------------------------------------


@pytest.fixture
def judged(monkeypatch):
    """The days that were judged."""
    days = []
    judge = Watcher.judge

    def counting(self, day, count, coverage=1.0):
        days.append(day)
        return judge(self, day, count, coverage)

    monkeypatch.setattr(Watcher, "judge", counting)
    return days


SEEN = [(n % 7, 1.0) for n in range(40)]
NO_HOLIDAY = frozenset()


def seeing(watchers, length, series="x", first=FIRST, seen=SEEN):
    return watchers.having_seen((series,), first, seen[:length], NO_HOLIDAY)


def anew(length, first=FIRST, seen=SEEN):
    return seeing(Watchers(), length, first=first, seen=seen)


def test_tomorrow_a_watcher_is_led_on_by_a_day(judged):
    watchers = Watchers()
    seeing(watchers, 30)
    seeing(watchers, 31)
    assert len(judged) == 31
    judged.clear()
    assert seeing(watchers, 31) == anew(31)
    judged.clear()
    seeing(watchers, 32)
    seeing(watchers, 30)
    assert judged == [FIRST + timedelta(days=31)]
    assert seeing(watchers, 32) == anew(32)


def test_another_past_is_judged_anew():
    watchers = Watchers()
    seeing(watchers, 30)
    other = [(9, 1.0), *SEEN[1:]]
    assert seeing(watchers, 30, seen=other) == anew(30, seen=other)
    later = FIRST + timedelta(days=1)
    assert seeing(watchers, 29, first=later) == anew(29, first=later)


def test_what_is_done_with_a_watcher_is_not_remembered():
    watchers = Watchers()
    seeing(watchers, 30).judge(FIRST + timedelta(days=30), 99)
    assert seeing(watchers, 30) == anew(30)


def test_the_series_asked_for_least_lately_is_forgotten(judged):
    watchers = Watchers(most=2)
    for name in ("a", "b", "a", "c", "a"):
        seeing(watchers, 10, name)
    assert len(judged) == 30
    seeing(watchers, 10, "b")
    assert len(judged) == 40
