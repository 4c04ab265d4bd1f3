"""A simulated analyst: what 200 verdicts change, ``python -m benchmarks.learn [--verdicts N] [--worlds N]``.

The labelled items of ``tests/eval`` are news of a desk whose taste drifts: it stops wanting one topic. The analyst
judges items of the queue, and an audit sample of the others. ``learn`` refits the shipped model; average precision, F1
and Brier score are of 1,000 later items, on other stories. The same with random verdicts shows what noise does. The
shipped model knows these items with their old labels, so “before” is the best that a model without drift can be.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pipeline.flagging import Flagger
from pipeline.flagging.figures import average_precision, brier, count
from pipeline.flagging.labels import LabelledItem, read_labels
from pipeline.services.learn import Outcome, interval, learn

SETS = Path(__file__).parents[1] / "tests" / "eval"
UNWANTED = "sanctions"
AUDIT_WEIGHT = 5.0
LATER = 1000
RANDOM, HALF_RANDOM = "random", "random on flagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One simulated analyst.

    Attributes:
        before, after: average precision, F1 and Brier score on later items.
        gain: the 95 % interval of the difference of average precision.
    """

    before: tuple[float, float, float]
    after: tuple[float, float, float]
    gain: tuple[float, float]
    outcome: Outcome


def pool(flagger: Flagger, names: Sequence[str] | None = None) -> list[LabelledItem]:
    """Return the labelled items with sure labels."""
    paths = [SETS / f"{name}.jsonl" for name in names] if names else [SETS]
    return [item for item in read_labels(paths, {topic.id for topic in flagger.topics}) if item.sure]


def drifted(item: LabelledItem, unwanted: str) -> LabelledItem:
    """Return the item as a desk labels it that stopped wanting a topic."""
    return replace(item, relevant=item.relevant and unwanted not in item.topics)


def try_analyst(
    flagger: Flagger,
    items: Sequence[LabelledItem],
    *,
    verdicts: int = 200,
    seed: int = 1,
    unwanted: str = UNWANTED,
) -> Trial:
    """Let an analyst judge some items, learn, and compare on later items of other stories.

    Args:
        flagger: with the model before.
        items: all items.
        verdicts: four fifths on flagged items, the rest on an audit of the others.
        seed: of the choice of items.
        unwanted: the topic that the desk stops wanting; "": none. RANDOM: the verdicts are random; HALF_RANDOM: those
            on flagged items are.
    """
    random = Random(seed)
    shuffled = random.sample(items, len(items))
    audited = verdicts // 5
    judged: list[LabelledItem] = []
    left = {True: verdicts - audited, False: audited}
    for item in shuffled:
        flagged = flagger.score(item.title, item.text, home=item.home).relevant
        if left[flagged]:
            left[flagged] -= 1
            judged.append(item if flagged else replace(item, weight=AUDIT_WEIGHT))
        if not any(left.values()):
            break
    stories = {item.story for item in judged}
    later = [drifted(item, unwanted) for item in shuffled if item.story not in stories][:LATER]
    if unwanted in (RANDOM, HALF_RANDOM):
        every = unwanted == RANDOM
        judged = [
            replace(item, relevant=random.random() < 0.5) if every or item.weight == 1.0 else item for item in judged
        ]
    everything = frozenset(topic.id for topic in flagger.topics)
    outcome = learn(flagger, [replace(drifted(item, unwanted), unsure=everything) for item in judged])
    labels = np.array([item.relevant for item in later])
    scores = [
        np.array([each.score(item.title, item.text, home=item.home).relevance for item in later])
        for each in (flagger, flagger.with_model(outcome.model))
    ]

    def gain(rows: Any) -> float:
        before, after = (average_precision(zip(score[rows], labels[rows], strict=True)) for score in scores)
        return after - before

    before, after = (_figures(score, labels, flagger.scorer.cuts[-1]) for score in scores)
    rows = [np.array([row]) for row in range(len(later))]
    return Trial(before=before, after=after, gain=interval(rows, gain), outcome=outcome)


def _figures(score: Any, labels: Any, cut: float) -> tuple[float, float, float]:
    pairs = list(zip(score.tolist(), labels.tolist(), strict=True))
    return average_precision(pairs), count((wanted, value >= cut) for value, wanted in pairs).f1, brier(pairs)


def main() -> None:
    """Print a line per world."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learn", description=__doc__.partition("\n")[0])
    parser.add_argument("--verdicts", type=int, default=200, help="verdicts per world")
    parser.add_argument("--worlds", type=int, default=3, help="worlds per kind")
    arguments = parser.parse_args()
    flagger = Flagger.from_config()
    items = pool(flagger)
    print(f"{len(items)} items, {arguments.verdicts} verdicts; AP, F1, Brier of later items before and after")
    for unwanted in (UNWANTED, "thaad", "railways", "", RANDOM, HALF_RANDOM):
        name = unwanted if unwanted.startswith(RANDOM) else f"{unwanted or 'nothing'} unwanted"
        for seed in range(arguments.worlds):
            found = try_analyst(flagger, items, verdicts=arguments.verdicts, seed=seed, unwanted=unwanted)
            before, after = (" ".join(f"{value:.3f}" for value in values) for values in (found.before, found.after))
            gain = f"{found.gain[0]:+.3f} to {found.gain[1]:+.3f}"
            print(f"{name:22s} {before} | {after} | AP {gain} | {found.outcome.steps['relevance']}", flush=True)


if __name__ == "__main__":
    main()
