"""Detection of the same event in other words or another language, within two and a half days.

In: the signatures of the flagged articles of the last days, in memory (some hundreds). Out: the article that reports
the same event as a new one, with the reason. A concept weighs more, the fewer articles name it; countries weigh next to
nothing. The subject alone never joins two articles: numbers, the concepts of the titles or the words must agree too.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.model import Signature
from pipeline.stories import numbers

WINDOW = timedelta(hours=60)
_PRIOR = 100  # imagined articles, so that weights make sense in a young archive
_PRIOR_SHARE = {"country": 0.4, "city": 0.12, "place": 0.08, "person": 0.06, "body": 0.06}
_PRIOR_OTHER = 0.06
_RAREST, _MOST_CANDIDATES, _LEAST_WEIGHT = 8, 20, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Features of a pair of articles.

    Attributes:
        weight: weight of the shared concepts.
        share: that weight as a share (0 to 1) of all concepts of the article with less weight.
        title: weight of the concepts in both titles.
        numbers: weight of the shared numbers.
        others: weight of the numbers that only one article has; the lower of the two weights.
        odd: weight of the numbers that only one article has; the sum of the two weights.
        words: share of common words (Dice, 0 to 1); 0 between two languages.
        hours: hours between the two.
        shared: the shared concepts, rarest first.
        both: the shared numbers, highest weight first.
    """

    weight: float
    share: float
    title: float
    numbers: float
    others: float
    odd: float
    words: float
    hours: float
    shared: tuple[str, ...]
    both: tuple[str, ...]

    @property
    def one_event(self) -> bool:
        """Whether both articles report the same event.

        Numbers or words must agree. If neither does, both articles must name almost the same concepts, in their titles
        too, within six hours, because two articles on one subject often share its concepts. Numbers that only one
        article has count against it.
        """
        if self.points < _ENOUGH or (self.numbers < 1 and self.others >= 1):
            return False
        if self.numbers >= 1 or self.words >= _TELLING_WORDS:
            return self.title >= _LEAST_TITLE or self.numbers >= _LEAST_NUMBERS
        near = self.hours <= _NEAR_HOURS and self.odd < _LEAST_NUMBERS
        return near and self.share >= _LEAST_SHARE and self.title >= _LEAST_TITLE_ALONE

    @property
    def points(self) -> float:
        """Score of the evidence for the same event."""
        concepts = min(self.weight, _MOST_WEIGHT) * self.share
        return concepts + 2 * self.numbers + 0.3 * self.title + 12 * max(self.words - _USUAL_WORDS, 0)


_MOST_WEIGHT, _LEAST_TITLE, _LEAST_NUMBERS = 14.0, 2.0, 2.0
_USUAL_WORDS, _TELLING_WORDS = 0.2, 0.35  # two articles on one subject share 0.2 in any case
_LEAST_SHARE, _LEAST_TITLE_ALONE, _NEAR_HOURS = 0.78, 4.0, 6.0
_ENOUGH = 9.0


def compare(one: Signature, other: Signature, weigh: Callable[[str], float]) -> Similarity:
    """Compare two articles; ``weigh`` returns the weight of a concept."""
    shared = one.concepts & other.concepts
    both = one.numbers & other.numbers
    odd = [_total(own - both, numbers.weight) for own in (one.numbers, other.numbers)]
    weight = _total(shared, weigh)
    return Similarity(
        weight=weight,
        share=weight / (min(_total(one.concepts, weigh), _total(other.concepts, weigh)) or 1.0),
        title=_total(one.named & other.named, weigh),
        numbers=_total(both, numbers.weight),
        others=min(odd),
        odd=sum(odd),
        words=_dice(one.words, other.words) if one.language == other.language else 0.0,
        hours=abs(one.at - other.at) / 3600,
        shared=tuple(sorted(shared, key=lambda concept: (-weigh(concept), concept))),
        both=tuple(sorted(both, key=lambda number: (-numbers.weight(number), number))),
    )


@dataclass(slots=True)
class RecentArticles:
    """Signatures of the flagged articles of the last days.

    Attributes:
        kinds: kind of each concept; it sets how common the concept is assumed to be at first.
    """

    kinds: dict[str, str]
    _by_article: dict[int, Signature] = field(default_factory=dict)
    _by_concept: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, signature: Signature) -> None:
        """Add an article, in place of an earlier revision."""
        self.drop(signature.article)
        self._by_article[signature.article] = signature
        for concept in signature.concepts:
            self._by_concept[concept].add(signature.article)

    def drop(self, article: int) -> None:
        """Remove an article, if it is there."""
        old = self._by_article.pop(article, None)
        for concept in old.concepts if old is not None else ():
            self._by_concept[concept].discard(article)

    def weigh(self, concept: str) -> float:
        """Return the weight of a concept: the negative logarithm of the share of articles that name it."""
        prior = _PRIOR * _PRIOR_SHARE.get(self.kinds.get(concept, ""), _PRIOR_OTHER)
        share = (prior + len(self._by_concept.get(concept, ()))) / (_PRIOR + len(self._by_article))
        return -math.log(min(share, 1.0))

    def nearest(self, signature: Signature) -> tuple[Signature, Similarity] | None:
        """Return the article that reports the same event with the highest score, or None."""
        weights: dict[str, float] = {}

        def weigh(concept: str) -> float:
            if concept not in weights:
                weights[concept] = self.weigh(concept)
            return weights[concept]

        best: tuple[Signature, Similarity] | None = None
        for other in self._candidates(signature, weigh):
            similarity = compare(signature, other, weigh)
            if similarity.one_event and (best is None or similarity.points > best[1].points):
                best = (other, similarity)
        return best

    def _candidates(self, signature: Signature, weigh: Callable[[str], float]) -> Iterable[Signature]:
        """Return the articles within the time window that share most weight of the rarest concepts."""
        points: dict[int, float] = defaultdict(float)
        for concept in heapq.nlargest(_RAREST, signature.concepts, key=weigh):
            weight = weigh(concept)
            for article in self._by_concept.get(concept, ()):
                points[article] += weight
        points.pop(signature.article, None)
        seconds = WINDOW.total_seconds()
        near = [
            (weight, article)
            for article, weight in points.items()
            if weight >= _LEAST_WEIGHT and abs(self._by_article[article].at - signature.at) <= seconds
        ]
        return [self._by_article[article] for _, article in heapq.nlargest(_MOST_CANDIDATES, near)]


def _total(things: Iterable[str], weigh: Callable[[str], float]) -> float:
    return sum(weigh(thing) for thing in things)


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
