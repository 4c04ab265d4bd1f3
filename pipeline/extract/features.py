"""Features of each block of a page, for the model that decides which blocks are the article.

Most features say what the three readers decided about the block, its neighbours, and the blocks of the same element
and of the same kind; the rest describe its text and its markup. A feature is a name with a value, mostly 1.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import exp

from pipeline.extract.blocks import BITS
from pipeline.extract.furniture import hints
from pipeline.extract.layout import HEADINGS, LONG, STOPS, Layout, is_label_of_link, squeeze
from pipeline.extract.readers import Votes

Features = dict[str, float]
_Group = tuple[Sequence[Hashable], dict[Hashable, Features]]

_LIMITS = (40, 80, 150, 300)
_SIZES = ("size_tiny", "size_line", "size_sentence", "size_paragraph", "size_long")
_NEIGHBOURS = (("previous", -1), ("next", 1), ("previous2", -2), ("next2", 2))
_AROUND = 5
_MIN_CLAIM = 20
_SOME = 3
_DOUBTFUL = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the page says about its article elsewhere.

    Attributes:
        body: JSON-LD's ``articleBody``.
        is_article: the page calls itself an article, by JSON-LD, date or author.
    """

    title: str = ""
    site: str = ""
    description: str = ""
    body: str = ""
    is_article: bool = False


def probability(features: Features, weights: dict[str, float]) -> float:
    """Return how likely the block is part of the article, 0…1."""
    worth = weights.get
    total = 0.0
    for name, value in features.items():
        total += worth(name, 0.0) * value
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def level(layout: Layout, probabilities: list[float]) -> list[float]:
    """Return the probabilities with paragraphs of one kind levelled: they stand and fall together."""
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    for n, (size, link, p) in enumerate(zip(layout.sizes, layout.linked, probabilities, strict=True)):
        if size >= LONG and link < 0.5 and p:
            kinds[layout.kinds[n]].append(n)
    levelled = list(probabilities)
    for members in kinds.values():
        size = sum(layout.sizes[n] for n in members)
        mean = sum(layout.sizes[n] * probabilities[n] for n in members) / size
        if len(members) >= _SOME and mean > 0.5:
            for n in members:
                levelled[n] = max(levelled[n], mean) if levelled[n] > _DOUBTFUL else levelled[n]
    return levelled


def collect(layout: Layout, votes: Votes, claims: Claims) -> list[Features | None]:
    """Return the features of each block, None for a block that cannot be part of the article."""
    return _Page(layout, votes, claims).all()


class _Page:
    """Computes the features of one page's blocks."""

    def __init__(self, layout: Layout, votes: Votes, claims: Claims) -> None:
        self._layout = layout
        self._votes = votes
        self._counts = votes.counts()
        core = [n for n, count in enumerate(self._counts) if count >= 2 and layout.sizes[n] >= LONG]
        self._first, self._last = (core[0], core[-1]) if core else (len(self._counts), -1)
        prose = [
            size >= LONG and link < 0.3 and block.tag not in HEADINGS
            for size, link, block in zip(layout.sizes, layout.linked, layout.blocks, strict=True)
        ]
        self._others = list(accumulate((not is_prose for is_prose in prose), initial=0))
        self._headline = max(
            (n for n in range(min(self._first, len(prose))) if layout.blocks[n].tag == "h1"), default=-1
        )
        self._groups = _groups(layout, self._counts)
        self._description = squeeze(claims.description)[:40]
        self._body = squeeze(claims.body)

    def all(self) -> list[Features | None]:
        low, high = self._first - _AROUND, self._last + _AROUND
        return [
            self._features(n) if count or clean or low <= n <= high else None
            for n, (count, clean) in enumerate(zip(self._counts, self._layout.clean, strict=True))
        ]

    def _features(self, n: int) -> Features:
        features: Features = {"bias": 1.0}
        self._add_votes(n, features)
        self._add_text(n, features)
        features.update(_marked(self._layout.marks[n]))
        for keys, shared in self._groups:
            features.update(shared[keys[n]])
        self._add_neighbours(n, features)
        self._add_claims(n, features)
        return features

    def _add_votes(self, n: int, features: Features) -> None:
        count = self._counts[n]
        features[f"votes_{count}"] = 1.0
        if self._votes.trafilatura[n]:
            features["trafilatura"] = 1.0
            if count == 1:
                features["trafilatura_alone"] = 1.0
            if self._layout.linked[n] > 0.5:
                features["trafilatura_link"] = 1.0
        if self._votes.resiliparse[n]:
            features["resiliparse"] = 1.0
        if self._votes.density[n]:
            features["density"] = 1.0

    def _add_text(self, n: int, features: Features) -> None:
        block, size, linked = self._layout.blocks[n], self._layout.sizes[n], self._layout.linked[n]
        features[_SIZES[bisect(_LIMITS, size)]] = 1.0
        features[f"in_{block.tag}"] = 1.0
        if linked:
            features["link"] = linked
            if linked > 0.85 and block.tag not in ("li", "td") and size < 200 and not self._links_around(n):
                features["lone_link"] = 1.0
            if is_label_of_link(block):
                features["label_link"] = 1.0
        if block.text.endswith(STOPS):
            features["stop"] = 1.0
        if self._layout.clean[n]:
            features["clean"] = 1.0
        for name in hints(block.text):
            features[f"says_{name}"] = 1.0

    def _links_around(self, n: int) -> bool:
        """Return whether a neighbour is mostly links, too: then the block is one of a list, no insertion."""
        linked = self._layout.linked
        return any(linked[other] > 0.6 for other in (n - 1, n + 1) if 0 <= other < len(linked))

    def _add_neighbours(self, n: int, features: Features) -> None:
        for name, step in _NEIGHBOURS:
            if 0 <= n + step < len(self._counts):
                features[f"{name}_votes"] = self._counts[n + step] / 3
                if self._layout.clean[n + step]:
                    features[f"{name}_clean"] = 1.0
                if self._layout.linked[n + step] > 0.5:
                    features[f"{name}_link"] = 1.0
        if self._layout.blocks[n].tag in HEADINGS:
            features["heading_votes"] = features.get("next_votes", 0.0)
        if n < self._first:
            features["before"] = 1.0
            features["far_before"] = min(10, self._others[self._first] - self._others[n]) / 10
            if n > self._headline >= 0 and self._layout.clean[n]:
                features["lead"] = 1.0
        elif n > self._last:
            # prose that goes on behind the last block that the readers keep is mostly the rest of the article
            features["after"] = 1.0
            features["far_after"] = min(10, self._others[n + 1] - self._others[self._last + 1]) / 10

    def _add_claims(self, n: int, features: Features) -> None:
        key = self._layout.keys[n]
        if len(self._body) > 10 * _MIN_CLAIM and len(key) > _MIN_CLAIM:
            features["claimed" if key in self._body else "unclaimed"] = 1.0
        if len(self._description) > _MIN_CLAIM and key.startswith(self._description):
            features["description"] = 1.0


def _groups(layout: Layout, counts: list[int]) -> list[_Group]:
    """Return how the readers decided about the blocks of one kind, and of one element around, on several levels."""
    spans = layout.spans
    # a paragraph belongs to the element around it, text between line breaks to its own
    homes = [
        span.parent if span.end - span.start == 1 else block.span
        for block in layout.blocks
        for span in (spans[block.span],)
    ]
    parents = [spans[place].parent if place >= 0 else -1 for place in homes]
    levels: tuple[tuple[str, Sequence[Hashable]], ...] = (
        ("kind", layout.kinds),
        ("home", homes),
        ("parent", parents),
        ("grandparent", [spans[place].parent if place >= 0 else -1 for place in parents]),
        ("tag", [(block.tag, size >= LONG) for block, size in zip(layout.blocks, layout.sizes, strict=True)]),
    )
    measures = [
        (size, size * count / 3, clean * count / 3, size * linked)
        for size, count, clean, linked in zip(layout.sizes, counts, layout.clean, layout.linked, strict=True)
    ]
    total = 1.0 + sum(prose for _, _, prose, _ in measures)
    return [(keys, _shared(name, keys, measures, total)) for name, keys in levels]


def _shared(
    name: str, keys: Sequence[Hashable], measures: list[tuple[float, float, float, float]], total: float
) -> dict[Hashable, Features]:
    """Return the features that the blocks of each key share."""
    sums: dict[Hashable, list[float]] = {}
    for key, (size, voted, prose, links) in zip(keys, measures, strict=True):
        entry = sums.setdefault(key, [0.0, 0.0, 0.0, 0.0])
        entry[0] += size
        entry[1] += voted
        entry[2] += prose
        entry[3] += links
    return {
        key: {f"{name}_votes": voted / size, f"{name}_share": prose / total, f"{name}_links": links / size}
        for key, (size, voted, prose, links) in sums.items()
    }


@lru_cache(maxsize=4_096)
def _marked(marks: int) -> Features:
    """Return the features of the marks around a block."""
    return {f"mark_{name}": 1.0 for name, bit in BITS.items() if marks & bit}
