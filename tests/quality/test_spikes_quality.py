"""Floors for signals on simulated series: ahead of simple rules, and within the alarm budget."""

import numpy as np
import pytest

from bench.eval_spikes import WARM_UP_DAYS, dated, detection, null_series, rivals, simulate
from nlp.outbreaks import detect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
AHEAD = 0.06
BUDGET_A_WEEK = 2.5


def test_detection_is_ahead_of_simple_rules_at_the_same_false_alarms():
    counts, running = simulate(seed=11)
    ours = np.array([[day.score for day in detect(dated(row))] for row in counts])
    for false_share in (0.01, 0.003):
        best = max(detection(scores, running, false_share) for scores in rivals(counts).values())
        assert detection(ours, running, false_share) >= best + AHEAD


@pytest.mark.parametrize("mean", [1, 4, 12, 40])
def test_usual_traffic_stays_within_the_alarm_budget(mean):
    judged = [detect(dated(row))[WARM_UP_DAYS:] for row in null_series(mean, seed=11)]
    weeks = len(judged[0]) / 7
    assert sum(day.alarm for days in judged for day in days) / weeks <= BUDGET_A_WEEK
