"""Report of a cross-validation: one line of figures per set of labelled items. Needs SciPy, as training does.

In: a design and out-of-fold log-odds. Out: ``SetFigures``, and lines for a terminal or for a model's provenance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.flagging.figures import average_precision, brier, count
from pipeline.flagging.model import probability
from pipeline.flagging.training import Design, Settings, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """Figures of one set; ``topics`` is the micro-averaged F1."""

    name: str
    items: int
    f1: float
    average_precision: float
    brier: float
    topics: float

    def line(self) -> str:
        """The figures as one line."""
        return (
            f"{self.name}: {self.items} items, relevance F1 {self.f1:.3f}, average precision"
            f" {self.average_precision:.3f}, Brier {self.brier:.3f}, topics F1 {self.topics:.3f}"
        )


def by_set(data: Design, log_odds: Vector, settings: Settings) -> list[SetFigures]:
    """Judge each set by the predicted log-odds of its items."""
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        rows.setdefault(item.set, []).append(row)
    return [_figures(name, data, log_odds, own, settings) for name, own in rows.items()]


def _figures(name: str, data: Design, log_odds: Vector, rows: Sequence[int], settings: Settings) -> SetFigures:
    scored = [(probability(float(log_odds[row, -1])), data.items[row].relevant) for row in rows if data.items[row].sure]
    pairs = [
        (topic in data.items[row].topics, probability(float(log_odds[row, place])) >= settings.topic_cut)
        for row in rows
        for place, topic in enumerate(data.heads[:-1])
        if topic not in data.items[row].unsure
    ]
    return SetFigures(
        name=name,
        items=len(rows),
        f1=count((wanted, score >= settings.cut) for score, wanted in scored).f1,
        average_precision=average_precision(scored),
        brier=brier(scored),
        topics=count(pairs).f1,
    )
