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
        self._passages = [passage.id for passage in passages]
        self._unit: dict[str, list[tuple[int, float]]] = {}  # by axis, the passages of that concept and their share
        self._vectors: dict[str, list[tuple[str, float]]] = {}  # the same by passage
        for number, passage in enumerate(passages):
            concepts = sorted(set(passage.concepts))
            norm = math.sqrt(sum(self._idf[c] ** 2 for c in concepts)) or 1.0
            self._vectors[passage.id] = [(concept, self._idf[concept] / norm) for concept in concepts]
            for concept, share in self._vectors[passage.id]:
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
        farness = [-near for near in similarity]
        return tuple(
            [
                NearPassage(passage=name, similarity=-far, shared=self._shared(name, weights))
                for far, name in sorted(zip(farness, self._passages, strict=True))[:_SHOWN]
                if far <= -_LEAST
            ]
        )

    def _shared(self, passage: str, weights: Mapping[str, float]) -> tuple[str, ...]:
        """The concepts that article and passage share, those that make them alike most first."""
        shares = [(-weights[axis] * share, axis) for axis, share in self._vectors[passage] if axis in weights]
        return tuple([concept for _, concept in sorted(shares)[:_SHARED]])
