"""Score of a pair of articles: the probability that both report one event, from named features.

In: two tellings and the model. Out: a probability. The weights are learned; each feature is a number between 0 and
about 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import NamedTuple

from pipeline.model import Signature, Telling
from pipeline.stories.model import StoryModel

FEATURES = (
    "intercept", "overlap", "contained", "title_weight", "title_missing", "title_apart", "numbers", "other_numbers",
    "log_hours", "hours", "same_source", "length", "title_acts", "acts", "other_acts", "cosine", "title_in_text",
    "title_words",
)  # fmt: skip
WITHIN_ONLY = frozenset({"cosine", "title_in_text", "title_words"})
_DOUBT = 4.0  # weight added to the whole of a share, so that one concept of one proves less than ten of ten
_MOST_TITLE_WORDS = 40.0  # weight of shared title words from which on more prove nothing: about eight rare words
_FORM_CHARACTERS, _FORM_COSINE, _FORM_CONTAINED = 400, 0.85, 0.9


def score(one: Telling, other: Telling, model: StoryModel) -> float:
    """Return the probability that two articles report one event; 0 for digests and for two fillings of one form."""
    if one.signature.digest or other.signature.digest:
        return 0.0
    weights = model.within if _same_language(one, other) else model.across
    values = features(one, other, model)
    if _is_form(one, other, values):
        return 0.0
    log_odds = sum([weight * values[name] for name, weight in weights.items()])
    return 1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0)))


def features(one: Telling, other: Telling, model: StoryModel) -> dict[str, float]:
    """Return the features of a pair by name; words are compared within one language only."""
    a, b = one.signature, other.signature
    concepts = _share(a.concepts, b.concepts, model)
    hours = abs(one.at - other.at) / 3600
    values = {
        "intercept": 1.0,
        "overlap": concepts.overlap,
        "contained": concepts.contained,
        "title_weight": model.weigh_all(a.title_concepts & b.title_concepts) / 10,
        "title_missing": min(_missing(a, b, model), _missing(b, a, model)) / 7,
        "title_apart": len(a.title_concepts ^ b.title_concepts) / 5,
        "numbers": min(len(a.numbers & b.numbers), 3) / 3,
        "other_numbers": min(len(a.numbers - b.numbers), len(b.numbers - a.numbers), 3) / 3,
        "log_hours": math.log1p(hours) / 4,
        "hours": hours / 60,
        "same_source": float(one.source == other.source),
        "length": math.log1p(min(a.characters, b.characters)) / 7,
        "title_acts": _share(a.title_acts, b.title_acts, model).overlap,
        "acts": _share(a.acts, b.acts, model).contained,
        "other_acts": float(not (a.title_acts <= b.acts or b.title_acts <= a.acts)),
    }
    if _same_language(one, other):
        values["cosine"] = _cosine(a.words, b.words)
        values["title_in_text"] = max(_found(a.title_words, b.words), _found(b.title_words, a.words))
        shared = a.title_words.keys() & b.title_words.keys()
        values["title_words"] = min(sum(map(model.weigh_word, shared)), _MOST_TITLE_WORDS) / 20
    return values


def _missing(one: Signature, other: Signature, model: StoryModel) -> float:
    """Return the weight of the rarest concept of a title that the other article lacks."""
    return max(map(model.weigh, one.title_concepts - other.concepts), default=0.0)


def _is_form(one: Telling, other: Telling, values: Mapping[str, float]) -> bool:
    """Return whether two long texts have the same words and other subjects, such as reports of markets or weather.

    Copies have the same words too, but they are found by their sentences.
    """
    long = min(one.signature.characters, other.signature.characters) >= _FORM_CHARACTERS
    return long and values.get("cosine", 0.0) >= _FORM_COSINE and values["contained"] < _FORM_CONTAINED


def _same_language(one: Telling, other: Telling) -> bool:
    return one.signature.language == other.signature.language


class _Share(NamedTuple):
    """What two sets share, by weight.

    Attributes:
        overlap: share (0 to 1) of the shared members in all.
        contained: share of the shared ones in those of the article that has less.
    """

    overlap: float
    contained: float


_NOTHING = _Share(0.0, 0.0)


def _share(one: Set[str], other: Set[str], model: StoryModel) -> _Share:
    weight = model.weigh_all(one & other)
    if not weight:
        return _NOTHING
    first, second = model.weigh_all(one), model.weigh_all(other)
    return _Share(weight / (first + second - weight + _DOUBT), weight / (min(first, second) + _DOUBT))


def _cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    return sum([weight * other[word] for word, weight in one.items() if word in other])


def _found(title: Mapping[int, float], text: Mapping[int, float]) -> float:
    """Return the share (0 to 1) of a title that another article has."""
    return sum([title[word] ** 2 for word in title.keys() & text.keys()])
