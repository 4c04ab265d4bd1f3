"""The same event told in other words, or in another language, within two and a half days.

In: the marks of the flagged articles of the last days, kept in memory (some hundreds). Out: the one that tells the same
as a new article, with the reason. Concepts weigh by how few of these articles have them; a concept that everybody
names, as countries are, weighs next to nothing. Subject alone never joins: numbers, the title's concepts or the words
must agree too.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.stories import numbers
from pipeline.stories.signature import Marks

WINDOW = timedelta(hours=60)
_BEFORE = 100  # articles that are taken as read, so that weights are sound in a young archive
_BEFORE_SHARE = {"country": 0.4, "city": 0.12, "place": 0.08, "person": 0.06, "body": 0.06}
_BEFORE_OTHER = 0.06
_ASKED_FOR, _MOST_CANDIDATES, _LEAST_WEIGHT = 8, 20, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two articles are.

    Attributes:
        weight: of the shared concepts.
        share: 0…1, that weight in the weight of the concepts of the article that has fewer.
        title: the weight of the concepts that stand in both titles.
        numbers: the weight of the shared numbers.
        others: the weight of the numbers that only one has, of the article that has fewer.
        odd: the same, of both articles.
        words: 0…1, the share of words; 0 between two languages.
        hours: between the two.
        shared: the shared concepts, rarest first.
        both: the shared numbers, the most telling first.
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
        """Whether both tell one event.

        Numbers or words must agree; where neither says a thing, both must name almost the same, in their titles too,
        within six hours: two pieces on one subject share its concepts all the time. Numbers of their own speak
        against it.
        """
        if self.points < _ENOUGH or (self.numbers < 1 and self.others >= 1):
            return False
        if self.numbers >= 1 or self.words >= _TELLING_WORDS:
            return self.title >= _LEAST_TITLE or self.numbers >= _LEAST_NUMBERS
        near = self.hours <= _NEAR_HOURS and self.odd < _LEAST_NUMBERS
        return near and self.share >= _LEAST_SHARE and self.title >= _LEAST_TITLE_ALONE

    @property
    def points(self) -> float:
        """The evidence for one event."""
        concepts = min(self.weight, _MOST_WEIGHT) * self.share
        return concepts + 2 * self.numbers + 0.3 * self.title + 12 * max(self.words - _USUAL_WORDS, 0)


_MOST_WEIGHT, _LEAST_TITLE, _LEAST_NUMBERS = 14.0, 2.0, 2.0
_USUAL_WORDS, _TELLING_WORDS = 0.2, 0.35  # two articles on one subject share the first in any case
_LEAST_SHARE, _LEAST_TITLE_ALONE, _NEAR_HOURS = 0.78, 4.0, 6.0
_ENOUGH = 9.0


def compare(one: Marks, other: Marks, weigh: Callable[[str], float]) -> Likeness:
    """How alike two articles are, with a weight for each concept."""
    shared = one.concepts & other.concepts
    both = one.numbers & other.numbers
    odd = [_total(own - both, numbers.weight) for own in (one.numbers, other.numbers)]
    weight = _total(shared, weigh)
    return Likeness(
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
class Recent:
    """The flagged articles of the last days.

    Attributes:
        kinds: each concept's kind, which says how common it is before anything was seen.
    """

    kinds: dict[str, str]
    _by_article: dict[int, Marks] = field(default_factory=dict)
    _by_concept: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, marks: Marks) -> None:
        """Take an article in; one of the same id gives way."""
        self.drop(marks.article)
        self._by_article[marks.article] = marks
        for concept in marks.concepts:
            self._by_concept[concept].add(marks.article)

    def drop(self, article: int) -> None:
        """Take an article out, if it is in."""
        old = self._by_article.pop(article, None)
        for concept in old.concepts if old is not None else ():
            self._by_concept[concept].discard(article)

    def weigh(self, concept: str) -> float:
        """A concept's weight: the logarithm of how few articles have it."""
        before = _BEFORE * _BEFORE_SHARE.get(self.kinds.get(concept, ""), _BEFORE_OTHER)
        share = (before + len(self._by_concept.get(concept, ()))) / (_BEFORE + len(self._by_article))
        return -math.log(min(share, 1.0))

    def nearest(self, marks: Marks) -> tuple[Marks, Likeness] | None:
        """The article that tells the same event; None when there is none."""
        weights: dict[str, float] = {}

        def weigh(concept: str) -> float:
            if concept not in weights:
                weights[concept] = self.weigh(concept)
            return weights[concept]

        best: tuple[Marks, Likeness] | None = None
        for other in self._candidates(marks, weigh):
            like = compare(marks, other, weigh)
            if like.one_event and (best is None or like.points > best[1].points):
                best = (other, like)
        return best

    def _candidates(self, marks: Marks, weigh: Callable[[str], float]) -> Iterable[Marks]:
        """Articles within the time that share some of the rarer concepts, most first."""
        points: dict[int, float] = defaultdict(float)
        for concept in heapq.nlargest(_ASKED_FOR, marks.concepts, key=weigh):
            weight = weigh(concept)
            for article in self._by_concept.get(concept, ()):
                points[article] += weight
        points.pop(marks.article, None)
        seconds = WINDOW.total_seconds()
        near = [
            (weight, article)
            for article, weight in points.items()
            if weight >= _LEAST_WEIGHT and abs(self._by_article[article].at - marks.at) <= seconds
        ]
        return [self._by_article[article] for _, article in heapq.nlargest(_MOST_CANDIDATES, near)]


def _total(things: Iterable[str], weigh: Callable[[str], float]) -> float:
    return sum(weigh(thing) for thing in things)


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
