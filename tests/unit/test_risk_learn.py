"""The light layer can be fitted, scored, moved by analysts, compared and rolled back."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nlp.embed import available
from nlp.learn import (
    Candidate,
    Change,
    Label,
    Table,
    area_under_curve,
    average_precision,
    compared,
    crossed,
    f1,
    fit,
    fit_logistic,
    keep,
    kept_layers,
    latest,
    refitted,
    reliability,
    roll_back,
    rows_of,
    sigmoid,
    to_ask,
)
from nlp.risk import Decisions, RiskInput, load_judge

NAMES = ("a", "b")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    n = 400
    signal = rng.normal(size=n)
    relevant = signal + rng.normal(size=n) * 0.5 > 0
    topics = np.stack([relevant & (rng.random(n) < 0.7), relevant & (rng.random(n) < 0.4)], 1)
    topic_rows = np.stack([topics * 3.0 - 1 + rng.normal(size=(n, 2)), rng.random((n, 2))], 2)
    tone = rng.integers(0, 3, 90)
    return Table(
        relevance=np.stack([signal * 3, rng.random(n)], 1),
        relevant=relevant,
        plain=rng.random(n) < 0.5,
        topic_rows=topic_rows,
        topics=topics,
        tone_rows=np.eye(3)[tone] + rng.normal(size=(90, 3)) * 0.3,
        tones=tone,
        weight=np.ones(n),
    )


def test_newton_finds_the_logistic_that_made_the_answers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2))
    y = (rng.random(4000) < sigmoid(x @ np.array([2.0, -1.0]) + 0.5)).astype(float)
    weights, bias = fit_logistic(x, y, np.ones(4000), 0.01)
    assert weights == pytest.approx([2.0, -1.0], abs=0.2) and bias == pytest.approx(0.5, abs=0.15)


def test_scores_are_what_their_names_say():
    true = np.array([True, False, True, False])
    assert f1(true, np.array([True, True, False, False])) == 0.5
    assert average_precision(true, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    assert area_under_curve(true, np.array([0.9, 0.8, 0.7, 0.1])) == 0.75
    assert area_under_curve(true, np.zeros(4)) == 0.5
    assert reliability(true, np.array([0.95, 0.95, 0.95, 0.05])) == [
        (pytest.approx(0.05), 0.0, 1),
        (pytest.approx(0.95), pytest.approx(2 / 3), 3),
    ]


def test_a_five_fold_never_answers_with_what_it_has_seen(table):
    found = crossed(table, NAMES)
    assert 0.8 < f1(table.relevant, found.over) < 1
    assert found.tone_accuracy > 0.8
    bare = crossed(table, NAMES, [1], [1])
    assert area_under_curve(table.relevant, bare.chance) < area_under_curve(table.relevant, found.chance)


def test_the_same_table_gives_the_same_layer(table):
    assert fit(table, NAMES) == fit(table, NAMES)


def test_people_are_asked_about_doubts_first_and_about_some_of_the_rest():
    candidates = [Candidate(f"i{n:03d}", n / 100, 0.4) for n in range(100)]
    asked = to_ask(candidates, 10, seed=1)
    assert asked[0] == "i040" and len(set(asked)) == 10
    assert sum(abs(int(i[1:]) - 40) <= 4 for i in asked) >= 7
    assert asked == to_ask(list(reversed(candidates)), 10, seed=1)
    assert to_ask([], 5, seed=1) == []


def test_a_refit_is_taken_only_when_the_frozen_check_holds(table):
    before = fit(table, NAMES)
    same = compared(before, refitted(table, table.part(np.zeros(400, bool)), NAMES), table, NAMES)
    assert same.accepted and same.before == same.after
    worse = Change(
        {"relevance F1": 0.9, "topics micro F1": 0.7}, {"relevance F1": 0.88, "topics micro F1": 0.7}
    )
    assert not worse.accepted


def test_layers_are_kept_and_rolled_back(tmp_path, table):
    shipped = latest(tmp_path)
    assert shipped.name == "decisions.json"
    first = keep(tmp_path, fit(table, NAMES))
    second = keep(tmp_path, fit(table, NAMES))
    assert [p.name for p in kept_layers(tmp_path)] == ["decisions-0001.json", "decisions-0002.json"]
    assert latest(tmp_path) == second
    assert roll_back(tmp_path) == first and roll_back(tmp_path) == shipped == roll_back(tmp_path)
    assert Decisions.read(keep(tmp_path, fit(table, NAMES))).version


@pytest.mark.skipif(not available(), reason="the encoder's weights are not in this checkout")
def test_the_latest_word_on_an_item_counts():
    item = RiskInput("Phishing-Welle auf WhatsApp", "", "de")
    labels = [
        Label("i1", item, True, ("fraud_scam_ads",), "anna", NOON + timedelta(hours=1), "risk/1"),
        Label("i1", item, False, (), "ben", NOON, "risk/1"),
    ]
    rows = rows_of(load_judge(), labels)
    assert rows.relevant.tolist() == [True] and rows.topics.sum() == 1
    assert rows.relevance.shape == (1, 9) and rows.topic_rows.shape == (1, 19, 7)
