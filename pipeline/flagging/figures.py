"""Figures of flags against labels: precision, recall, F1, average precision, Brier score, calibration. Pure.

In: probabilities and labels. Out: numbers. ``tests.eval.flagging``, ``tumen train`` and ``tumen learn`` share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Right and wrong decisions, and what follows from them."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """Share of the flagged that are right; 0 if nothing was flagged."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of the wanted that were flagged; 0 if none is wanted."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / both if both else 0.0


def count(pairs: Iterable[tuple[bool, bool]]) -> Counts:
    """Count pairs of (wanted, flagged)."""
    tp = fp = fn = 0
    for wanted, flagged in pairs:
        tp += wanted and flagged
        fp += flagged and not wanted
        fn += wanted and not flagged
    return Counts(tp=tp, fp=fp, fn=fn)


def average_precision(scored: Iterable[tuple[float, bool]]) -> float:
    """Mean precision at each wanted item; equal scores count as one block, so that their order cannot help."""
    ranked = sorted(scored, key=lambda pair: -pair[0])
    total = sum(wanted for _, wanted in ranked)
    found, mean, place = 0, 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        gain = sum(wanted for _, wanted in ranked[place:end])
        found += gain
        mean += gain / total * found / end if total else 0.0
        place = end
    return mean


def brier(scored: Sequence[tuple[float, bool]]) -> float:
    """Mean squared distance of probability and label; 0 if there is no item."""
    return sum((score - wanted) ** 2 for score, wanted in scored) / len(scored) if scored else 0.0
