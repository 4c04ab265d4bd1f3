"""How near an article is to each passage of the reference, in concept space.

The space has an axis for each concept, so it is the same in every language. Weights are tf-idf with the passages as
documents (Spärck Jones 1972), similarity is the cosine. It ranks and shows neighbours; it never flags.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.model import NearPassage, Passage

_SHOWN = 3
_LEAST = 0.05


class PassageSpace:
    """The reference's passages as vectors of concepts."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        found_in = Counter(concept for passage in passages for concept in set(passage.concepts))
        self._idf = {concept: math.log(1 + len(passages) / count) for concept, count in found_in.items()}
        self._vectors = [(p.id, {c: self._idf[c] for c in p.concepts}) for p in passages]
        self._norms = [math.sqrt(sum(w * w for w in v.values())) or 1.0 for _, v in self._vectors]

    def nearest(self, counts: Mapping[str, int]) -> tuple[NearPassage, ...]:
        """The nearest passages, nearest first.

        Args:
            counts: how often each concept stands in the article, implied ones included.
        """
        weights = {c: (1 + math.log(n)) * self._idf[c] for c, n in counts.items() if c in self._idf}
        norm = math.sqrt(sum(w * w for w in weights.values()))
        if not norm:
            return ()
        near: list[NearPassage] = []
        for (name, vector), length in zip(self._vectors, self._norms, strict=True):
            shared = sorted((c for c in vector if c in weights), key=lambda c: -weights[c] * vector[c])
            similarity = sum(weights[c] * vector[c] for c in shared) / (norm * length)
            if similarity >= _LEAST:
                near.append(NearPassage(passage=name, similarity=similarity, shared=tuple(shared[:8])))
        return tuple(sorted(near, key=lambda p: (-p.similarity, p.passage))[:_SHOWN])
