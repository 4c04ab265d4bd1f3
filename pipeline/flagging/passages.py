"""How near an article is to each passage of the reference, in concept space.

The space has an axis for each concept, so it is the same in every language. Weights are tf-idf with the passages as
documents (Spärck Jones 1972), similarity is the cosine. It ranks and shows neighbours; it never flags.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from pipeline.flagging.matcher import Span
from pipeline.model import NearPassage, Passage

_SHOWN = 3
_LEAST = 0.05
_SHARED = 8


class PassageSpace:
    """The reference's passages as vectors of concepts.

    Args:
        passages: of the reference.
        implied: for each concept's number the ids of itself and all that it implies.
    """

    def __init__(self, passages: Sequence[Passage], implied: Sequence[Sequence[str]]) -> None:
        found_in = Counter(concept for passage in passages for concept in set(passage.concepts))
        self._idf = {concept: math.log(1 + len(passages) / count) for concept, count in found_in.items()}
        self._axes = [tuple(name for name in names if name in self._idf) for names in implied]
        self._passages: list[tuple[str, list[tuple[str, float]]]] = []  # ids, and the share of each axis
        self._unit: dict[str, list[tuple[int, float]]] = {}  # by axis, the passages of that concept and their share
        for number, passage in enumerate(sorted(passages, key=lambda passage: passage.id)):
            concepts = sorted(set(passage.concepts))
            norm = math.sqrt(sum(self._idf[c] ** 2 for c in concepts)) or 1.0
            shares = [(concept, self._idf[concept] / norm) for concept in concepts]
            self._passages.append((passage.id, shares))
            for concept, share in shares:
                self._unit.setdefault(concept, []).append((number, share))

    def nearest(self, spans: Iterable[Span]) -> tuple[NearPassage, ...]:
        """The nearest passages, nearest first.

        Args:
            spans: the article's hits.
        """
        idf = self._idf
        counts = Counter(chain.from_iterable([self._axes[concept] for _, _, concept in spans]))
        weights = {axis: (1 + math.log(n)) * idf[axis] for axis, n in counts.items()}
        norm = math.sqrt(sum([w * w for w in weights.values()]))
        similarity = [0.0] * len(self._passages)
        for axis, weight in weights.items():
            for number, share in self._unit[axis]:
                similarity[number] += weight * share / norm
        nearest = sorted(range(len(similarity)), key=similarity.__getitem__, reverse=True)[:_SHOWN]
        return tuple([self._near(n, similarity[n], weights) for n in nearest if similarity[n] >= _LEAST])

    def _near(self, number: int, similarity: float, weights: Mapping[str, float]) -> NearPassage:
        """A passage with the concepts that article and passage share, those that make them alike most first."""
        name, shares = self._passages[number]
        shared = sorted([(-weights[axis] * share, axis) for axis, share in shares if axis in weights])[:_SHARED]
        return NearPassage(name, similarity, tuple([axis for _, axis in shared]))
