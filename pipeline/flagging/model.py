"""The model: for relevance and each topic an intercept and the weights of features, read from ``config/model.toml``.

Each of them is a *head*. Its log-odds are the intercept plus the sum of weight × value; the logistic of that is the
probability, calibrated when the model was trained (``pipeline.flagging.training``). A topic without a head in the file
is scored by its seed clauses alone: ``SEED_INTERCEPT`` plus their weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.flagging.features import FeatureSpace
from pipeline.settings.reader import convert, load, only_keys
from pipeline.settings.topics import Topic

SEED_INTERCEPT = -2.5  # with a seed clause of weight 3.5: flagged by the title or the lead, not by a passing mention
SEED_CUT = 0.5
_FOREIGN = 0.1  # share of unknown features from which on a model does not fit a lexicon
_LARGEST = 40.0  # beyond it a probability is 0 or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One linear model.

    Attributes:
        cut: probability from which on the topic is flagged.
        weights: by the feature's name.
        positives: labelled items with this topic that it was learned from.
    """

    intercept: float
    cut: float
    weights: Mapping[str, float]
    positives: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        made: date of the training.
        rule: edition of the labelling rule.
        sets: the labelled files with their numbers of items.
        figures: out-of-sample figures, one line per set that was left out.
        weights: number of weights in the file, so that a file that was cut is noticed; 0 if it is not known.
    """

    made: str = ""
    weights: int = 0
    rule: str = ""
    sets: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All heads, by topic id; "relevance" is one of them."""

    heads: Mapping[str, Head] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def size(self) -> int:
        """The number of weights that are not 0."""
        return sum(weight != 0 for head in self.heads.values() for weight in head.weights.values())


def load_model(path: Path, space: FeatureSpace, *, strict: bool = True) -> Model:
    """Read a model.

    Args:
        path: the file.
        space: the features that the lexicon and the topics have.
        strict: refuse a model of another lexicon. Without it, as for the shipped model beside a lexicon of one's own,
            weights of unknown features are dropped; if more than a tenth is unknown, the whole model is.

    Raises:
        ConfigError: the file is incomplete, has a number that is not finite, or was trained with another lexicon.
    """
    data = load(path)
    only_keys(data, ("provenance", "head"), file=path)
    provenance = convert(data.get("provenance", {}), Provenance, file=path, key="provenance")
    tables = data.get("head")
    if not isinstance(tables, dict) or not tables:
        raise ConfigError(path, "head", "is missing; the file is incomplete. Make it again with “tumen train”.")
    heads = {name: _head(table, path, f"head.{name}") for name, table in tables.items()}
    unknown = {
        (name, feature)
        for name, head in heads.items()
        for feature in head.weights
        if space.number(feature) is None and not feature.startswith("seed ")  # an editor may remove a seed clause
    }
    model = Model(heads=heads, provenance=provenance)
    written = sum(len(head.weights) for head in heads.values())
    if provenance.weights and written != provenance.weights:
        problem = f"has {written} of {provenance.weights} weights: the file is incomplete. Run “tumen train” again."
        raise ConfigError(path, "head", problem)
    if unknown and strict:
        name, feature = min(unknown)
        problem = f"the lexicon has no “{feature}”: the model was trained with another one. Run “tumen train”."
        raise ConfigError(path, f"head.{name}", problem)
    return Model() if len(unknown) > model.size * _FOREIGN else model


def _head(table: Any, path: Path, key: str) -> Head:
    head = convert(table, Head, file=path, key=key)
    numbers = {"intercept": head.intercept, "cut": head.cut, **head.weights}
    for name, value in numbers.items():
        if not (math.isfinite(value) and abs(value) <= _LARGEST):
            raise ConfigError(path, f"{key} › {name}", f"must be a number between -{_LARGEST:g} and {_LARGEST:g}.")
    if not 0 < head.cut < 1:
        raise ConfigError(path, f"{key} › cut", "must be a probability between 0 and 1.")
    return head


def dump_model(model: Model) -> str:
    """Write a model as TOML, weights in descending order of size."""
    lines = ["# Made by “tumen train”; docs/flagging.md explains it. Weights are log-odds per feature.", "[provenance]"]
    p = model.provenance
    weights = sum(len(head.weights) for head in model.heads.values())
    lines += [f"made = {_quoted(p.made)}", f"rule = {_quoted(p.rule)}", f"weights = {weights}"]
    for key, texts in (("sets", p.sets), ("figures", p.figures)):
        lines += [f"{key} = [", *(f"    {_quoted(text)}," for text in texts), "]"]
    for name, head in model.heads.items():
        lines += ["", f"[head.{name}]", f"intercept = {head.intercept:.3f}", f"cut = {head.cut:.2f}"]
        lines += [f"positives = {head.positives}", f"[head.{name}.weights]"]
        ranked = sorted(head.weights.items(), key=lambda item: (-abs(item[1]), item[0]))
        lines += [f"{_quoted(feature)} = {weight:.3f}" for feature, weight in ranked]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Scorer:
    """The heads of some topics over one feature space, ready to add up.

    Attributes:
        intercepts, cuts: by the head's place.
        seeded: heads that the model does not have.
    """

    def __init__(self, space: FeatureSpace, topics: Sequence[Topic], model: Model) -> None:
        self.intercepts: list[float] = []
        self.cuts: list[float] = []
        self.seeded: list[str] = []
        self._weights: list[dict[int, float]] = []
        for topic in topics:
            head = model.heads.get(topic.id)
            if head is None:
                self.seeded.append(topic.id)
                head = Head(intercept=SEED_INTERCEPT, cut=SEED_CUT, weights={})
            weights = {**prior_weights(topic), **head.weights}
            numbered = ((space.number(name), weight) for name, weight in weights.items())
            self._weights.append({number: weight for number, weight in numbered if number is not None and weight})
            self.intercepts.append(head.intercept)
            self.cuts.append(head.cut)
        table: dict[int, list[tuple[int, float]]] = {}
        for place, by_number in enumerate(self._weights):
            for number, weight in by_number.items():
                table.setdefault(number, []).append((place, weight))
        self._table = {number: tuple(entries) for number, entries in table.items()}

    @property
    def features(self) -> Iterable[int]:
        """The numbers of all features with a weight."""
        return self._table.keys()

    def log_odds(self, values: Mapping[int, float]) -> list[float]:
        """Add up the weights of an article's features, for each head."""
        sums = list(self.intercepts)
        table = self._table
        for number, value in values.items():
            if number in table:
                for place, weight in table[number]:
                    sums[place] += weight * value
        return sums

    def terms(self, place: int, values: Mapping[int, float]) -> list[tuple[int, float]]:
        """The addends of one head, the largest first: number of the feature, weight × value."""
        weights = self._weights[place]
        addends = [(number, weights[number] * values[number]) for number in values.keys() & weights.keys()]
        return sorted(addends, key=lambda addend: (-abs(addend[1]), addend[0]))


def prior_weights(topic: Topic) -> dict[str, float]:
    """The weights that the seed clauses of a topic give to its head."""
    return {f"seed {topic.id}.{clause.id}": clause.weight for clause in topic.seed}


def probability(log_odds: float) -> float:
    """The logistic function, for any finite number."""
    return 1.0 / (1.0 + math.exp(-max(-_LARGEST, min(_LARGEST, log_odds))))
