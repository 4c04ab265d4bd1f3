"""Score of a pair of articles: the probability that both report one event, from a dozen named features.

In: two tellings and the model. Out: a probability, and what they share. The weights are learned; each feature is a
number between 0 and about 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set

from pipeline.model import Signature, Telling
from pipeline.stories.model import StoryModel

FEATURES = (
    "intercept", "title_overlap", "overlap", "contained", "title_weight", "weight", "rarest", "numbers",
    "other_numbers", "hours", "next_day", "same_source", "length", "many_concepts", "title_acts", "acts", "other_acts",
    "cosine", "cosine_squared",
    "title_cosine", "title_cosine_squared", "title_in_text", "title_in_text_least",
)  # fmt: skip
WITHIN_ONLY = frozenset(
    {"cosine", "cosine_squared", "title_cosine", "title_cosine_squared", "title_in_text", "title_in_text_least"}
)


def score(one: Telling, other: Telling, model: StoryModel) -> float:
    """Return the probability that two articles report one event; 0 if one of them is a digest."""
    if one.signature.digest or other.signature.digest:
        return 0.0
    weights = model.within if _same_language(one, other) else model.across
    values = features(one, other, model)
    log_odds = sum(weight * values[name] for name, weight in weights.items())
    return 1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0)))


def features(one: Telling, other: Telling, model: StoryModel) -> dict[str, float]:
    """Return the features of a pair by name; words are compared within one language only."""
    a, b = one.signature, other.signature
    both, title = _weight(a.concepts & b.concepts, model), _weight(a.title_concepts & b.title_concepts, model)
    hours = abs(one.at - other.at) / 3600
    values = {
        "intercept": 1.0,
        "title_overlap": _overlap(a.title_concepts, b.title_concepts, model),
        "overlap": _overlap(a.concepts, b.concepts, model),
        "contained": _contained(a.concepts, b.concepts, model),
        "title_weight": title / 10,
        "weight": min(both / 20, 2.0),
        "rarest": max(map(model.weigh, a.concepts & b.concepts), default=0.0) / 7,
        "numbers": min(len(a.numbers & b.numbers), 3) / 3,
        "other_numbers": min(len(a.numbers - b.numbers), len(b.numbers - a.numbers), 3) / 3,
        "hours": math.log1p(hours) / 4,
        "next_day": float(hours > 24),
        "same_source": float(one.source == other.source),
        "length": math.log1p(min(a.characters, b.characters)) / 7,
        "many_concepts": math.log1p(max(len(a.concepts), len(b.concepts))) / 3,
        "title_acts": _overlap(a.title_acts, b.title_acts, model),
        "acts": _contained(a.acts, b.acts, model),
        "other_acts": float(min(len(a.title_acts - b.acts), len(b.title_acts - a.acts)) > 0),
    }
    return values | _word_features(a, b) if _same_language(one, other) else values


def _word_features(a: Signature, b: Signature) -> dict[str, float]:
    least, most = sorted((_found(a.title_words, b.words), _found(b.title_words, a.words)))
    cosine, title_cosine = _cosine(a.words, b.words), _cosine(a.title_words, b.title_words)
    return {
        "cosine": cosine,
        "cosine_squared": cosine**2,
        "title_cosine": title_cosine,
        "title_cosine_squared": title_cosine**2,
        "title_in_text": most,
        "title_in_text_least": least,
    }


def _same_language(one: Telling, other: Telling) -> bool:
    return one.signature.language == other.signature.language


def _weight(concepts: Set[str], model: StoryModel) -> float:
    return sum(map(model.weigh, concepts))


def _overlap(one: Set[str], other: Set[str], model: StoryModel) -> float:
    """Return the share of the shared ones in all, by weight."""
    return _weight(one & other, model) / (_weight(one | other, model) or 1.0)


def _contained(one: Set[str], other: Set[str], model: StoryModel) -> float:
    """Return the share of the shared ones in those of the article that has less, by weight."""
    return _weight(one & other, model) / (min(_weight(one, model), _weight(other, model)) or 1.0)


def _cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _found(title: Mapping[int, float], text: Mapping[int, float]) -> float:
    """Return the share (0 to 1) of a title that another article has."""
    return sum(weight * weight for word, weight in title.items() if word in text)
