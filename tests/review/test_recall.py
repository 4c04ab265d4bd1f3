"""Recall of the queue: the interval covers the truth in simulated worlds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.review.recall import Stratum, byar, recall_interval

WORLDS = 300


def drawn(random: np.random.Generator, size: int, wanted: int, judged: int) -> Stratum:
    """Judge a random sample of a stratum."""
    return Stratum(size, judged, int(random.hypergeometric(wanted, size - wanted, judged)))


def worlds(seed: int, *, audited: tuple[int, int], recall: tuple[float, float]) -> Iterator[tuple[float, float, float]]:
    """Yield true recall and interval: two to ten weeks, three strata of relevance, audits of unequal size."""
    random = np.random.default_rng(seed)
    for _ in range(WORLDS):
        precision, aim = random.uniform(0.5, 0.95), random.uniform(*recall)
        queue, audit, found, missed = [], [], 0, 0
        weeks = int(random.integers(2, 11))
        per_week = int(random.integers(*audited)) // weeks
        for _ in range(3):
            size = int(random.integers(50, 400))
            wanted = round(size * min(precision + random.uniform(-0.3, 0.05), 1))
            found += wanted
            queue.append(drawn(random, size, wanted, int(random.integers(size // 3, size))))
        for _ in range(weeks):
            size = int(random.integers(1500, 8000))
            wanted = min(round(found * (1 - aim) / aim / weeks * random.uniform(0.5, 1.5)), size)
            missed += wanted
            audit.append(drawn(random, size, wanted, min(max(per_week // int(random.integers(1, 4)), 10), size)))
        low, high = recall_interval(queue, audit)
        yield found / (found + missed), low, high


@pytest.mark.parametrize(
    ("audited", "recall"),
    [((200, 1000), (0.5, 0.99)), ((200, 400), (0.9, 0.999)), ((1000, 4000), (0.2, 0.8))],
    ids=["usual", "rare misses", "poor queue"],
)
def test_interval_covers_the_true_recall_in_93_of_100_worlds(
    audited: tuple[int, int], recall: tuple[float, float]
) -> None:
    found = list(worlds(2026, audited=audited, recall=recall))
    assert sum(low <= truth <= high for truth, low, high in found) >= 0.93 * WORLDS


def test_interval_becomes_narrow_with_many_audited_articles() -> None:
    few = recall_interval([Stratum(100, 100, 80)], [Stratum(10_000, 200, 1)])
    many = recall_interval([Stratum(100, 100, 80)], [Stratum(10_000, 9_000, 18)])
    assert many[1] - many[0] < (few[1] - few[0]) / 4
    assert many[0] < 0.8 < many[1]


def test_everything_judged_leaves_no_doubt() -> None:
    low, high = recall_interval([Stratum(50, 50, 40)], [Stratum(500, 500, 10)])
    assert low == pytest.approx(0.8)
    assert high == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("queue", "audit", "expected"),
    [
        ([], [], (0.0, 1.0)),
        ([Stratum(9, 0, 0)], [Stratum(100, 50, 3)], (0.0, 1.0)),
        ([Stratum(9, 9, 9)], [], (0.0, 1.0)),
        ([Stratum(9, 5, 0)], [Stratum(100, 50, 0)], (0.0, 1.0)),
    ],
    ids=["no article", "no verdict on the queue", "no audit", "nothing wanted"],
)
def test_nothing_known_is_the_whole_range(
    queue: list[Stratum], audit: list[Stratum], expected: tuple[float, float]
) -> None:
    assert recall_interval(queue, audit)[1] == expected[1]
    assert recall_interval(queue, audit)[0] == expected[0]


def test_limits_of_a_count_are_close_to_the_exact_ones() -> None:
    for count, low, high in [(0, 0.0, 3.69), (1, 0.025, 5.57), (5, 1.62, 11.67), (20, 12.22, 30.89)]:
        assert byar(count)[0] == pytest.approx(low, abs=0.06)
        assert byar(count)[1] == pytest.approx(high, abs=0.06)
