"""Learning from verdicts: a new model that stays near an earlier one. Pure; needs NumPy and SciPy (``tumen[train]``).

In: the latest verdict of each analyst on each article. Out: an ``Outcome`` with the model and its figures.

For relevance and each topic there are three candidates: the earlier weights, the same calibrated by slope and
intercept, and weights refitted with the earlier ones as prior. A candidate is taken only if cross-validation shows a
lower log loss than the earlier weights, with the whole 95 % interval of a bootstrap over stories. Verdicts that have
nothing to do with the scores change nothing. Refitting needs ``LEAST_VERDICTS`` verdicts, ``LEAST_EACH`` of each kind.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from pipeline.flagging import Flagger
from pipeline.flagging.backtest import Backtest, decision
from pipeline.flagging.figures import average_precision, brier, count
from pipeline.flagging.labels import LabelledItem
from pipeline.flagging.model import SEED_CUT, SEED_INTERCEPT, Head, Model, prior_weights, probability
from pipeline.flagging.training import Design, Fitted, Settings, calibrate, design, fit, priors, story_fold
from pipeline.services.model_files import LEARNED
from pipeline.settings.topics import RELEVANCE
from pipeline.store import articles, audit
from pipeline.store.audit import Count
from pipeline.store.judged import Judged, judged

Vector = Any  # numpy array of float64
Step = Literal["kept", "calibrated", "refitted"]

LEAST_VERDICTS = 100
LEAST_EACH = 30
_LEAST_TOPIC = 10  # labels of each kind, for a topic
_MOST_WEIGHT = 5.0  # of an audited article; with 20, benchmarks.learn gains less: few articles decide everything
# Verdicts with a flatter slope have nothing to do with the scores: random, or swapped keys. Set on seeds 0, 1, 11, 12
# of benchmarks.learn: with a drift of taste the earlier weights have slopes of 0.37 to 0.68 and new weights of 0.54 to
# 0.95; with random verdicts up to 0.20 and up to 0.38.
_LEAST_SLOPE: dict[Step, float] = {"calibrated": 0.3, "refitted": 0.45}
_NEW_FEATURES = 50  # weights that a head may gain, so that the model stays readable
_RESAMPLES = 500
_NEWEST = 5_000  # articles that are compared
_SETTINGS = Settings(
    penalty=3.0,
    intercept_penalty=3.0,
    least_items=5,
    relevance_weights=0,  # no pruning: weights of the prior stay
    topic_weights=0,
    weigh_calibration=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was learned.

    Attributes:
        model: the new model.
        steps: for each head what was done.
        figures: lines for a person and for the model's record, by cross-validation.
        concepts: relevance or topic, concept, change of its weights; largest first.
    """

    model: Model
    steps: Mapping[str, Step]
    figures: tuple[str, ...]
    concepts: tuple[tuple[str, str, float], ...]


def items_of(verdicts: Sequence[Judged], counts: Sequence[Count], topics: Sequence[str]) -> list[LabelledItem]:
    """Return verdicts as labelled items, weighted by how each article was sampled.

    An audited article counts for all that its week's sample stands for, up to 5; any other one for itself. A verdict
    on a whole story counts once, and several analysts on one article share its weight. Topics are learned where the
    analyst corrected them, or accepted those that were shown.
    """
    batches = Counter(verdict.batch for verdict in verdicts if verdict.batch)
    analysts = Counter(verdict.article for verdict in verdicts)
    shares = _shares(counts)
    found = []
    for verdict in verdicts:
        accepted = verdict.flagged if verdict.relevant and verdict.flagged else None
        labels = accepted if verdict.corrected is None else verdict.corrected
        share = shares.get(verdict.week, 1.0) if verdict.queue == "audit" else 1.0
        found.append(
            LabelledItem(
                id=f"{verdict.article}/{verdict.analyst}",
                set="verdicts",
                title=verdict.title,
                text=verdict.text,
                home=verdict.home,
                language=verdict.language or "",
                kind=verdict.queue or "",
                relevant=verdict.relevant,
                topics=frozenset(labels or ()),
                unsure=frozenset(topics) if labels is None else frozenset(),
                weight=share / analysts[verdict.article] / (batches[verdict.batch] if verdict.batch else 1),
                story=f"story {verdict.story}" if verdict.story else f"article {verdict.article}",
            )
        )
    return found


def _shares(counts: Sequence[Count]) -> dict[str, float]:
    """Return for each week the inverse of the probability that an article was audited."""
    sizes: Counter[str] = Counter()
    audited: Counter[str] = Counter()
    for one in counts:
        if one.part == "audit":
            sizes[one.week] += one.size
            audited[one.week] += one.judged
    return {week: min(sizes[week] / audited[week], _MOST_WEIGHT) for week in sizes if audited[week]}


def contradictions(items: Sequence[LabelledItem]) -> int:
    """Count the articles that one analyst wants and another does not."""
    kinds: dict[str, set[bool]] = {}
    for item in items:
        kinds.setdefault(item.id.partition("/")[0], set()).add(item.relevant)
    return sum(len(kind) > 1 for kind in kinds.values())


def enough(items: Sequence[LabelledItem]) -> bool:
    """Return whether the verdicts suffice for new weights; below that they only calibrate."""
    wanted = sum(item.relevant for item in items)
    return len(items) >= LEAST_VERDICTS and min(wanted, len(items) - wanted) >= LEAST_EACH


def learn(flagger: Flagger, items: Sequence[LabelledItem], settings: Settings = _SETTINGS) -> Outcome:
    """Learn from verdicts.

    Args:
        flagger: with the earlier model, which is the prior.
        items: the verdicts.
        settings: how to fit.
    """
    base = flagger.model
    data = design(flagger, items, settings, {name for head in base.heads.values() for name in head.weights})
    start = priors(flagger, data.columns, base)
    refitted = enough(items)
    predicted = _cross_validate(data, start, settings, refitted=refitted)
    every = np.ones(len(items), bool)
    slopes, shifts = calibrate(data, start.log_odds(data.matrix), settings, every)
    agreement = {step: calibrate(data, values, settings, every)[0] for step, values in predicted.items()}
    steps = {name: _step(data, predicted, agreement, number) for number, name in enumerate(data.heads)}
    new = _refit(data, np.arange(len(items)), start, settings) if "refitted" in steps.values() else start
    heads: dict[str, Head] = {}
    for number, topic in enumerate([*flagger.topics, flagger.topic_set.relevance]):
        head = base.heads.get(topic.id)
        old = head or Head(intercept=SEED_INTERCEPT, cut=SEED_CUT, weights={})
        old = replace(old, weights=prior_weights(topic) | dict(old.weights))
        if steps[topic.id] == "refitted":
            heads[topic.id] = _moved(old, data, start, new, number)
        elif steps[topic.id] == "calibrated":
            heads[topic.id] = _scaled(old, float(slopes[number]), float(shifts[number]))
        elif head is not None:
            heads[topic.id] = head
    return Outcome(
        model=Model(heads=heads, provenance=base.provenance),
        steps=steps,
        figures=tuple(_figures(flagger, data, predicted, steps)),
        concepts=tuple(_concepts(flagger, data, start, new, steps)),
    )


def _refit(data: Design, rows: Vector, start: Fitted, settings: Settings) -> Fitted:
    """Fit with the earlier weights as prior; of the features without an earlier weight keep the most important."""
    fitted = fit(data, rows, start, settings)
    matrix = data.matrix[rows]
    scale = np.sqrt(np.asarray(matrix.multiply(matrix).mean(axis=0)).ravel())
    weights = fitted.weights.copy()
    for number in range(len(data.heads)):
        fresh = np.where(start.weights[:, number] == 0, abs(weights[:, number]) * scale, 0.0)
        order = np.argsort(-fresh, kind="stable")[_NEW_FEATURES:]
        weights[order[fresh[order] > 0], number] = 0.0
    return Fitted(weights, fitted.intercepts)


def _cross_validate(data: Design, start: Fitted, settings: Settings, *, refitted: bool) -> dict[Step, Vector]:
    """Predict each item by candidates that did not see its story: log-odds by item and head."""
    kept = start.log_odds(data.matrix)
    found: dict[Step, Vector] = {"kept": kept, "calibrated": kept.copy()}
    if refitted:
        found["refitted"] = kept.copy()
    folds = np.array(list(map(story_fold(settings.folds), data.items)))
    for name in sorted(set(folds)):
        test = folds == name
        slopes, shifts = calibrate(data, kept, settings, ~test)
        found["calibrated"][test] = kept[test] * slopes + shifts
        if refitted:
            found["refitted"][test] = _refit(data, np.flatnonzero(~test), start, settings).log_odds(data.matrix[test])
    return found


def _step(data: Design, predicted: Mapping[Step, Vector], agreement: Mapping[Step, Vector], number: int) -> Step:
    """Choose the candidate with the lowest loss among those that are better than the earlier weights for sure.

    Args:
        data: the verdicts.
        predicted: log-odds of each candidate.
        agreement: slopes of a calibration of each candidate; flat ones have nothing to do with the verdicts.
        number: the head.
    """
    labels, weights = data.labels[:, number], data.weights[:, number]
    least = 1 if number == len(data.heads) - 1 else _LEAST_TOPIC
    if min((labels[weights > 0] == kind).sum() for kind in (0, 1)) < least:
        return "kept"
    losses = {step: weights * _loss(values[:, number], labels) for step, values in predicted.items()}
    stories = _stories(data)

    slopes = {step: agreement["kept" if step == "calibrated" else step][number] for step in losses}
    candidates = [step for step in losses if step != "kept" and slopes[step] >= _LEAST_SLOPE[step]]
    sure = [step for step in candidates if interval(stories, partial(_total, losses["kept"] - losses[step]))[0] > 0]
    return min(sure, key=lambda step: float(losses[step].sum()), default="kept")


def _total(values: Vector, rows: Vector) -> float:
    return float(values[rows].sum())


def _loss(log_odds: Vector, labels: Vector) -> Vector:
    return np.logaddexp(0, np.where(labels > 0, -log_odds, log_odds))


def _stories(data: Design) -> list[Vector]:
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        rows.setdefault(item.story, []).append(row)
    return [np.array(numbers) for numbers in rows.values()]


def interval(groups: Sequence[Vector], statistic: Callable[[Vector], float]) -> tuple[float, float]:
    """Return the 95 % interval of a statistic, by a bootstrap over groups of rows with a fixed seed."""
    random = np.random.default_rng(2026)
    values = [
        statistic(np.concatenate([groups[number] for number in random.integers(0, len(groups), len(groups)).tolist()]))
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _moved(old: Head, data: Design, start: Fitted, new: Fitted, number: int) -> Head:
    """Add the change of each weight to the earlier head."""
    change = new.weights[:, number] - start.weights[:, number]
    weights = dict(old.weights)
    for place in np.flatnonzero(change):
        name = data.columns[place]
        weights[name] = round(weights.get(name, 0.0) + float(change[place]), 3)
    return replace(old, intercept=round(float(new.intercepts[number]), 3), weights=weights)


def _scaled(old: Head, slope: float, shift: float) -> Head:
    weights = {name: round(weight * slope, 3) for name, weight in old.weights.items()}
    return replace(old, intercept=round(old.intercept * slope + shift, 3), weights=weights)


def _figures(flagger: Flagger, data: Design, predicted: Mapping[Step, Vector], steps: Mapping[str, Step]) -> list[str]:
    """Describe relevance before and after, each with the interval of the difference."""
    labels, cut = data.labels[:, -1] > 0, flagger.scorer.cuts[-1]
    before, after = (
        np.array([probability(value) for value in predicted[step][:, -1]]) for step in ("kept", steps[RELEVANCE])
    )
    statistics: dict[str, Callable[[Vector, Vector], float]] = {
        "average precision": lambda p, rows: average_precision(zip(p[rows], labels[rows], strict=True)),
        "F1": lambda p, rows: count(zip(labels[rows], p[rows] >= cut, strict=True)).f1,
        "Brier score": lambda p, rows: brier(list(zip(p[rows], labels[rows], strict=True))),
    }
    stories, every = _stories(data), np.arange(len(labels))
    lines = []
    for name, statistic in statistics.items():
        low, high = interval(stories, partial(_difference, statistic, before, after))
        was, now = statistic(before, every), statistic(after, every)
        lines.append(f"relevance, {name}: {was:.3f} before, {now:.3f} after (difference {low:+.3f} to {high:+.3f})")
    return lines


def _difference(statistic: Callable[[Vector, Vector], float], before: Vector, after: Vector, rows: Vector) -> float:
    return statistic(after, rows) - statistic(before, rows)


def _concepts(
    flagger: Flagger, data: Design, start: Fitted, new: Fitted, steps: Mapping[str, Step]
) -> list[tuple[str, str, float]]:
    """Add up the changes of weights by concept."""
    space = flagger.space
    sums: dict[tuple[str, str], float] = {}
    for number, head in enumerate(data.heads):
        if steps[head] == "refitted":
            change = new.weights[:, number] - start.weights[:, number]
            for place in np.flatnonzero(change):
                feature = space.number(data.columns[place])
                member = "" if feature is None else space.member(feature)
                key = head, member or data.columns[place]
                sums[key] = sums.get(key, 0.0) + float(change[place])
    return sorted(((*key, change) for key, change in sums.items()), key=lambda row: -abs(row[2]))


def items_from(conn: sqlite3.Connection, topics: Sequence[str]) -> list[LabelledItem]:
    """Read the verdicts of a database as labelled items."""
    return items_of(judged(conn), audit.counts(conn), topics)


def nothing_to_learn(items: Sequence[LabelledItem]) -> str | None:
    """Return why these verdicts cannot teach anything, as a sentence; None if they can."""
    if not items:
        return "There is no verdict yet."
    if len({item.relevant for item in items}) < 2:
        kind = "relevant" if items[0].relevant else "not relevant"
        return f"All {len(items):,} verdicts are “{kind}”; learning needs both kinds."
    return None


def changed_sides(conn: sqlite3.Connection, before: Flagger, after: Flagger) -> Backtest:
    """Compare two models over the newest articles; relevance is listed as a topic."""
    changes = Backtest()
    last = articles.last(conn) - _NEWEST
    while page := articles.texts(conn, after=last):
        last = page[-1].id
        for row in page:
            scores = [flagger.score(row.title, row.text, home=row.home) for flagger in (before, after)]
            sides = [[*score.topics, *([RELEVANCE] if score.relevant else [])] for score in scores]
            changes.add(row.title, *sides, verdict=decision(row.verdict))
    return changes


def recorded(outcome: Outcome, verdicts: int) -> Model:
    """Return the model with a record of what it was learned from."""
    old = outcome.model.provenance
    record = replace(old, sets=(*old.sets, f"{LEARNED}{verdicts}"), figures=(*old.figures, *outcome.figures))
    return replace(outcome.model, provenance=record)
