"""How near an article is to each passage of the reference, in concept space.

The space has an axis for each concept, so it is the same in every language. Weights are tf-idf with the passages as
documents (Spärck Jones 1972), similarity is the cosine. It ranks and shows neighbours; it never flags.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from pipeline.flagging.needles import Span
from pipeline.model import NearPassage, Passage

_SHOWN = 3
_LEAST = 0.05
_SHARED = 8


class PassageSpace:
    """The reference's passages as vectors of concepts.

    Sums are made one after the other in the order of the axes. ``sum`` would not do: since Python 3.12 it corrects the
    last digit, and a flag must not depend on the Python.

    Args:
        passages: of the reference.
        implied: for each concept's number the ids of itself and all that it implies.
    """

    def __init__(self, passages: Sequence[Passage], implied: Sequence[Sequence[str]]) -> None:
        passages = sorted(passages, key=lambda passage: passage.id)
        found_in = Counter(concept for passage in passages for concept in set(passage.concepts))
        self._ids = [passage.id for passage in passages]
        self._concepts = sorted(found_in)  # of each axis
        numbers = {concept: axis for axis, concept in enumerate(self._concepts)}
        self._axes = [[numbers[name] for name in names if name in numbers] for names in implied]
        self._idf = [math.log(1 + len(passages) / found_in[concept]) for concept in self._concepts]
        self._shares = [self._unit({numbers[concept] for concept in passage.concepts}) for passage in passages]

    def _unit(self, axes: set[int]) -> list[tuple[int, float]]:
        """A passage's share of each axis: a vector of length 1."""
        norm = math.hypot(*(self._idf[axis] for axis in sorted(axes))) or 1.0
        return [(axis, self._idf[axis] / norm) for axis in sorted(axes)]

    def nearest(self, hits: Sequence[Span]) -> tuple[NearPassage, ...]:
        """The nearest passages, nearest first, then by id; with each the concepts that make them alike most."""
        counts = Counter(chain.from_iterable([self._axes[concept] for _, _, concept in hits]))
        weights = {axis: (1 + math.log(counts[axis])) * self._idf[axis] for axis in sorted(counts)}
        squares = 0.0
        for weight in weights.values():
            squares += weight * weight
        length = math.sqrt(squares) or 1.0
        found: list[tuple[float, int]] = []
        for number, own in enumerate(self._shares):
            product = 0.0
            for axis, share in own:
                if axis in weights:
                    product += weights[axis] * share
            if product / length >= _LEAST:
                found.append((-product / length, number))
        return tuple(
            [
                NearPassage(self._ids[number], -less, self._shared(number, weights))
                for less, number in sorted(found)[:_SHOWN]
            ]
        )

    def _shared(self, number: int, weights: dict[int, float]) -> tuple[str, ...]:
        alike = sorted([(-weights[axis] * share, axis) for axis, share in self._shares[number] if axis in weights])
        return tuple([self._concepts[axis] for _, axis in alike[:_SHARED]])
