"""How near an article is to each passage of the reference, in concept space.

The space has an axis for each concept, so it is the same in every language. Weights are tf-idf with the passages as
documents (Spärck Jones 1972), similarity is the cosine. It ranks and shows neighbours; it never flags.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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
        numbers = {concept: axis for axis, concept in enumerate(found_in)}
        self._concepts = tuple(found_in)  # of each axis
        self._idf = [math.log(1 + len(passages) / count) for count in found_in.values()]
        self._axes = [tuple(numbers[name] for name in names if name in numbers) for names in implied]
        self._shares: list[list[tuple[int, float]]] = []  # by passage, its axes and the share of each
        self._passages: list[list[tuple[int, float]]] = [[] for _ in found_in]  # the same by axis
        passages = sorted(passages, key=lambda passage: passage.id)
        self._ids = [passage.id for passage in passages]
        for number, passage in enumerate(passages):
            axes = [numbers[concept] for concept in sorted(set(passage.concepts))]
            norm = math.sqrt(sum(self._idf[axis] ** 2 for axis in axes)) or 1.0
            self._shares.append([(axis, self._idf[axis] / norm) for axis in axes])
            for axis, share in self._shares[number]:
                self._passages[axis].append((number, share))

    def nearest(self, spans: Iterable[Span]) -> tuple[NearPassage, ...]:
        """The nearest passages, nearest first, then by id.

        Args:
            spans: the article's hits.
        """
        counts: dict[int, int] = {}
        for _, _, concept in spans:
            for axis in self._axes[concept]:
                counts[axis] = counts.get(axis, 0) + 1
        weights = {axis: (1 + math.log(n)) * self._idf[axis] for axis, n in counts.items()}
        norm = math.sqrt(sum([w * w for w in weights.values()]))
        similarity = [0.0] * len(self._ids)
        for axis, weight in weights.items():
            for number, share in self._passages[axis]:
                similarity[number] += weight * share / norm
        best = sorted(range(len(similarity)), key=similarity.__getitem__, reverse=True)[:_SHOWN]
        return tuple([self._near(n, similarity[n], weights) for n in best if similarity[n] >= _LEAST])

    def _near(self, number: int, similarity: float, weights: Mapping[int, float]) -> NearPassage:
        """A passage with the concepts that article and passage share, those that make them alike most first."""
        concepts = self._concepts
        alike = [(-weights[axis] * share, concepts[axis]) for axis, share in self._shares[number] if axis in weights]
        return NearPassage(self._ids[number], similarity, tuple([concept for _, concept in sorted(alike)[:_SHARED]]))
