"""Training: from labelled items to a model. Needs SciPy (``tumen[train]``); scoring does not.

``train`` is the whole way: features of each item, one ridge-penalised logistic regression per head, pruning to few
weights, calibration on out-of-fold predictions for the base rate of a real stream. ``out_of_fold`` predicts each item
by a model that saw neither it nor its story; ``leave_sets_out`` does so set by set.

The penalty pulls each weight towards its *prior*: the weights of the seed clauses, or those of an earlier model
(``prior``), so that with few labels little changes. ``Settings.intercept_only`` fits the calibration and nothing else.
All of it is deterministic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from pipeline.flagging.features import FeatureSpace
from pipeline.flagging.flagger import Flagger
from pipeline.flagging.labels import LabelledItem
from pipeline.flagging.model import SEED_INTERCEPT, Head, Model, prior_weights
from pipeline.settings.topics import RELEVANCE

Vector = Any  # numpy array of float64: one entry per item or per feature
_STEPS = 6  # rounds of pruning, each followed by a new fit
_SPREAD = 0.7  # 0: prune by weight alone; 1: by weight × spread of the feature
# While pruning, the penalty of a weight is lower the more important it is, so that of several features that say the
# same one takes the weight of all (adaptive ridge, Frommlet and Nuel 2016).
_SPARSE = 0.5  # penalty of a weight of median importance, as a share of the penalty before pruning
_SHARES = (0.2, 20.0)  # and of the others, as shares of that
_MAX_ITERATIONS = 400
_LEAST_SLOPE = 0.1  # a calibration never turns a score round


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to train.

    Attributes:
        penalty: strength of the pull towards the prior, in units of items.
        intercept_penalty: the same for the intercept; 0 where the labels are many.
        least_items: a feature that fewer items have gets no weight.
        stream_weight: weight of an item from a real stream; one of other sets counts 1.
        relevance_weights: weights kept for relevance.
        topic_weights: weights kept for all topics together.
        folds: parts of the cross-validation that the calibration uses.
        cut, topic_cut: probabilities from which on an article is relevant, or a topic flagged.
        intercept_only: keep the prior's weights; fit slope and intercept only.
        weigh_calibration: items count by their weights in the calibration too.
    """

    penalty: float = 3.0
    intercept_penalty: float = 0.0
    least_items: int = 3
    stream_weight: float = 3.0
    relevance_weights: int = 400
    topic_weights: int = 1100
    folds: int = 5
    cut: float = 0.5
    topic_cut: float = 0.4
    intercept_only: bool = False
    weigh_calibration: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """Labelled items as numbers.

    Attributes:
        matrix: a row per item, a column per feature.
        columns: the features' names.
        heads: topic ids, relevance last.
        labels: a row per item, a column per head, 0 or 1.
        weights: a row per item, a column per head; 0 where the label is unsure.
    """

    items: Sequence[LabelledItem]
    matrix: Any
    columns: list[str]
    heads: list[str]
    labels: Vector
    weights: Vector


@dataclass(frozen=True, slots=True)
class Fitted:
    """A linear model for each head, over the columns of a design."""

    weights: Vector  # columns × heads
    intercepts: Vector

    def log_odds(self, matrix: Any) -> Vector:
        """The log-odds of each item and head."""
        return matrix @ self.weights + self.intercepts


def design(flagger: Flagger, items: Sequence[LabelledItem], settings: Settings, also: Iterable[str] = ()) -> Design:
    """Read the features of every item and the labels of every head.

    Args:
        flagger: for lexicon and topics.
        items: with labels.
        settings: how to train.
        also: features to keep even if few items have them, such as those of an earlier model.
    """
    space, plan = flagger.space, flagger.space.plan()
    rows = [space.values(flagger.read(item.title, item.text, item.home)[1], plan) for item in items]
    counts = Counter(number for row in rows for number in row)
    kept = {number for number, count in counts.items() if count >= settings.least_items}
    kept -= space.doubles(flagger.implied)
    kept |= {number for number in map(space.number, [*_seed_names(flagger), *also]) if number is not None}
    columns = {number: place for place, number in enumerate(sorted(kept))}
    entries = [
        (n, columns[number], value) for n, row in enumerate(rows) for number, value in row.items() if number in columns
    ]
    at, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = csr_matrix((value, (at, column)), shape=(len(items), len(columns)))
    heads = [*(topic.id for topic in flagger.topics), RELEVANCE]
    labels = np.array([[*(topic in item.topics for topic in heads[:-1]), item.relevant] for item in items], float)
    weights = np.array([[*(topic not in item.unsure for topic in heads[:-1]), True] for item in items], float)
    weights *= np.array([[item.weight * (settings.stream_weight if item.stream else 1.0)] for item in items])
    return Design(items, matrix, [space.name(number) for number in columns], heads, labels, weights)


def _seed_names(flagger: Flagger) -> list[str]:
    return [f"seed {seed.name}" for seed in flagger.space.seeds]


def priors(flagger: Flagger, columns: Sequence[str], prior: Model | None) -> Fitted:
    """The weights that the fit starts from and is pulled to: the seed clauses', or those of an earlier model."""
    heads = [*flagger.topics, flagger.topic_set.relevance]
    weights = np.zeros((len(columns), len(heads)))
    intercepts = np.full(len(heads), SEED_INTERCEPT)
    places = {name: place for place, name in enumerate(columns)}
    for number, topic in enumerate(heads):
        known = prior_weights(topic)
        if prior is not None and (head := prior.heads.get(topic.id)):
            known |= head.weights
            intercepts[number] = head.intercept
        for name, weight in known.items():
            if name in places:
                weights[places[name], number] = weight
    return Fitted(weights, intercepts)


def fit(data: Design, rows: Vector, start: Fitted, settings: Settings) -> Fitted:
    """Fit every head on some items, then prune.

    Args:
        data: all items.
        rows: numbers of those to learn from.
        start: the prior.
        settings: how to train.
    """
    if settings.intercept_only:
        return start
    matrix = data.matrix[rows]
    weights, intercepts = start.weights.copy(), start.intercepts.copy()
    spread = np.asarray(matrix.multiply(matrix).mean(axis=0)).ravel() ** (_SPREAD / 2)
    every = [number for number in range(len(data.heads)) if data.labels[rows, number].any()]

    def refit(number: int, columns: Vector, penalties: Vector) -> None:
        target = data.labels[rows, number], data.weights[rows, number]
        prior = np.append(start.weights[columns, number], start.intercepts[number])
        begin = np.append(weights[columns, number], intercepts[number])
        penalties = np.append(penalties, settings.intercept_penalty)
        found = _logistic(matrix[:, columns], target, prior, penalties, begin)
        weights[:, number] = 0.0
        weights[columns, number], intercepts[number] = found[:-1], found[-1]

    for number in every:
        refit(number, np.arange(len(data.columns)), np.full(len(data.columns), settings.penalty))
    relevance = len(data.heads) - 1
    topics = [number for number in every if number != relevance]
    for heads, budget in ((topics, settings.topic_weights), ([relevance], settings.relevance_weights)):
        for left in _shrinking(int((weights[:, heads] != 0).sum()), budget):
            importance = abs(weights[:, heads]) * spread[:, None]
            keep = _largest(importance, left)
            share = np.median(importance[keep]) / np.maximum(importance, 1e-9)
            penalties = settings.penalty * _SPARSE * np.clip(share, *_SHARES)
            for place, number in enumerate(heads):
                columns = np.flatnonzero(keep[:, place])
                refit(number, columns, penalties[columns, place])
    return Fitted(weights, intercepts)


def _shrinking(size: int, budget: int) -> Iterator[int]:
    """Numbers of weights from many to the budget, in equal ratios."""
    if size > budget > 0:
        for step in range(1, _STEPS + 1):
            yield round(size * (budget / size) ** (step / _STEPS))


def _largest(importance: Vector, count: int) -> Vector:
    """A mask of the largest entries of a table."""
    order = np.argsort(-importance, axis=None, kind="stable")[:count]
    mask = np.zeros(importance.size, bool)
    mask[order] = True
    return mask.reshape(importance.shape) & (importance > 0)


def _logistic(matrix: Any, target: tuple[Vector, Vector], prior: Vector, penalties: Vector, begin: Vector) -> Vector:
    """Fit a logistic regression with a ridge penalty on the distance from the prior.

    Args:
        matrix: a row per item, a column per feature.
        target: labels and weights of the items.
        prior: of the weights, and last of the intercept, as all that follow.
        penalties: of the distance from the prior.
        begin: where to begin; it changes the time and not the result.
    """
    labels, weights = target
    signs = 2 * labels - 1

    def loss(point: Vector) -> tuple[float, Vector]:
        margins = signs * (matrix @ point[:-1] + point[-1])
        slopes = -signs * weights / (1 + np.exp(np.clip(margins, -500, 500)))
        away = penalties * (point - prior)
        value = weights @ np.logaddexp(0, -margins) + 0.5 * away @ (point - prior)
        return value, np.append(matrix.T @ slopes, slopes.sum()) + away

    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _MAX_ITERATIONS})
    return found.x


def out_of_fold(data: Design, start: Fitted, settings: Settings, fold: Callable[[LabelledItem], int | str]) -> Vector:
    """Predict each item by a model trained without its fold and without the stories of its fold.

    Args:
        data: all items.
        start: the prior.
        settings: how to train.
        fold: an item's fold.

    Returns:
        Log-odds, a row per item and a column per head.
    """
    folds = np.array([fold(item) for item in data.items])
    stories = np.array([item.story for item in data.items])
    found = np.zeros(data.labels.shape)
    for name in sorted(set(folds)):
        test = folds == name
        train = ~test & ~np.isin(stories, stories[test])
        found[test] = fit(data, np.flatnonzero(train), start, settings).log_odds(data.matrix[test])
    return found


def story_fold(folds: int) -> Callable[[LabelledItem], int]:
    """Folds by a hash of the story, the same on every machine."""
    return lambda item: crc32(item.story.encode()) % folds


def calibrate(data: Design, predicted: Vector, settings: Settings, rows: Vector) -> tuple[Vector, Vector]:
    """Slopes and shifts that turn out-of-fold log-odds into calibrated ones, by Platt's method.

    Args:
        data: all items.
        predicted: their out-of-fold log-odds.
        settings: how to train.
        rows: a mask of the items that count. Among them those of a real stream count alone, if there are any, so that
            the base rate is the stream's.
    """
    stream = rows & np.array([item.stream for item in data.items])
    rows = stream if stream.any() else rows
    slopes, shifts = np.ones(len(data.heads)), np.zeros(len(data.heads))
    for number in range(len(data.heads)):
        labels, weights = data.labels[rows, number], data.weights[rows, number]
        if not settings.weigh_calibration:
            weights = (weights > 0).astype(float)
        positives = int((labels * (weights > 0)).sum())
        if min(positives, int((weights > 0).sum()) - positives) < 1:
            continue
        column = csr_matrix(predicted[rows, number][:, None])
        unmoved, penalties = np.array([1.0, 0.0]), np.array([settings.penalty, settings.intercept_penalty])
        slope, shift = _logistic(column, (labels, weights), unmoved, penalties, unmoved)
        slopes[number], shifts[number] = max(slope, _LEAST_SLOPE), shift
    return slopes, shifts


def leave_sets_out(data: Design, start: Fitted, settings: Settings) -> Vector:
    """Predict each set by a model that was trained, and calibrated, without it."""
    predicted = out_of_fold(data, start, settings, lambda item: item.set)
    sets = np.array([item.set for item in data.items])
    found = np.zeros(predicted.shape)
    for name in sorted(set(sets)):
        slopes, shifts = calibrate(data, predicted, settings, sets != name)
        found[sets == name] = predicted[sets == name] * slopes + shifts
    return found


def train(flagger: Flagger, items: Sequence[LabelledItem], settings: Settings, prior: Model | None = None) -> Model:
    """Train a model on all items.

    Args:
        flagger: for lexicon and topics.
        items: with labels.
        settings: how to train.
        prior: an earlier model to start from and stay near to; None: the seed clauses.
    """
    data = design(flagger, items, settings)
    start = priors(flagger, data.columns, prior)
    predicted = out_of_fold(data, start, settings, story_fold(settings.folds))
    slopes, shifts = calibrate(data, predicted, settings, np.ones(len(items), bool))
    fitted = fit(data, np.arange(len(items)), start, settings)
    return model_of(flagger.space, data, Fitted(fitted.weights * slopes, fitted.intercepts * slopes + shifts), settings)


def model_of(space: FeatureSpace, data: Design, fitted: Fitted, settings: Settings) -> Model:
    """Name the weights; a topic without a positive label gets no head: its seed clauses stand."""
    heads: dict[str, Head] = {}
    positives = (data.labels * (data.weights > 0)).sum(axis=0)
    for number, name in enumerate(data.heads):
        if not positives[number]:
            continue
        own = [f"seed {seed.name}" for seed in space.seeds if seed.name.startswith(f"{name}.")]
        weights = dict.fromkeys(own, 0.0)
        column = fitted.weights[:, number]
        weights |= {data.columns[place]: round(float(column[place]), 3) for place in np.flatnonzero(column)}
        heads[name] = Head(
            intercept=round(float(fitted.intercepts[number]), 3),
            cut=settings.cut if name == RELEVANCE else settings.topic_cut,
            weights={feature: weight for feature, weight in weights.items() if weight or feature in own},
            positives=int(positives[number]),
        )
    return Model(heads=heads)
