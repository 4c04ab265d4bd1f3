"""Which blocks are the article: named evidence about each block, added up.

Evidence is a sparse mapping from a name to a value, mostly 1. ``weights`` holds what each is worth; the sum through a
logistic function is the chance that a reader would count the block as part of the article. trafilatura's vote is the
heaviest evidence; the rest says when to overrule it.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

from pipeline.extract.blocks import BITS, MARKS, Block
from pipeline.extract.phrases import Lookout
from pipeline.extract.view import FURNITURE, LONG, View, fold, words

Evidence = dict[str, float]

_MAX_PHRASE = 300
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
_LIMITS = (40, 80, 150, 300)
_SIZES = ("size_tiny", "size_line", "size_sentence", "size_paragraph", "size_long")
_STOPS = tuple('.!?…。！？।"”»’)]')
_NEIGHBOURS = ("prev", "next", "prev2", "next2")
_VOTE, _CLEAN, _LINK = 1, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the page says of its article elsewhere: headline, site, description, JSON-LD's ``articleBody``."""

    title: str = ""
    site: str = ""
    description: str = ""
    body: str = ""


def chance(evidence: Evidence, weights: dict[str, float]) -> float:
    """0…1: how likely the block is part of the article."""
    worth = weights.get
    total = 0.0
    for name, value in evidence.items():
        total += worth(name, 0.0) * value
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def collect(page: View, voted: str, claims: Claims) -> list[Evidence | None]:
    """The evidence on each block, None for those that cannot be part of the article.

    Args:
        page: the page's measure.
        voted: the text that trafilatura found, without white space.
        claims: what the page says of its article elsewhere.
    """
    return _Witness(page, voted, claims).all()


class _Witness:
    """Looks at one page's blocks, one after the other."""

    def __init__(self, page: View, voted: str, claims: Claims) -> None:
        self._page = page
        self._kept = [bool(key) and key in voted for key in page.keys]
        paragraphs = [n for n, kept in enumerate(self._kept) if kept and page.sizes[n] >= LONG]
        self._first, self._last = (paragraphs[0], paragraphs[-1]) if paragraphs else (len(page.blocks), -1)
        self._low, self._high = (page.frame.start, page.frame.end) if page.frame else (0, len(page.blocks))
        self._candidates = [n for n in range(len(page.blocks)) if self._may_be(n)]
        self._alike = self._likeness(claims.title)
        self._headline = max((n for n, alike in enumerate(self._alike) if alike > 0.8 and n <= self._first), default=-1)
        self._description = fold(claims.description)[:40]
        claimed = fold(claims.body)
        self._claimed = claimed if len(claimed) > max(200, 0.5 * len(voted)) else ""
        self._homes = _Homes(page, self._kept)
        self._lines = {n: page.blocks[n].text.lower() for n in self._candidates if page.sizes[n] < _MAX_PHRASE}
        self._lookout = Lookout(self._lines.values())
        self._looks = _looks(page, self._kept)
        self._seen: set[str] = set()
        self._under_also = False
        self._announced = False

    def all(self) -> list[Evidence | None]:
        found: list[Evidence | None] = [None] * len(self._page.blocks)
        for n in self._candidates:
            found[n] = self._testify(n)
        return found

    def _likeness(self, title: str) -> list[float]:
        """How alike each block and the title are; what is neither a candidate nor before the text is not asked."""
        alike = [0.0] * len(self._page.blocks)
        wanted = words(title)
        low, high = 0.3 * len(title), 3 * len(title) + 20
        if wanted:
            for n in {*self._candidates, *range(min(self._first + 1, len(alike)))}:
                if low < len(text := self._page.blocks[n].text) < high:
                    alike[n] = _alike(text, wanted)
        return alike

    def _may_be(self, n: int) -> bool:
        return self._kept[n] or self._page.sizes[n] >= LONG or (self._low <= n < self._high and not self._page.gone[n])

    def _testify(self, n: int) -> Evidence:
        found: Evidence = {"bias": 1.0}
        block = self._page.blocks[n]
        self._tell_text(n, block, found)
        self._tell_markup(n, block, found)
        self._tell_place(n, found)
        self._tell_claims(n, found)
        self._tell_phrases(n, block, found)
        self._tell_neighbours(n, block, found)
        self._homes.tell(n, found)
        return found

    def _tell_text(self, n: int, block: Block, found: Evidence) -> None:
        size, link = self._page.sizes[n], self._page.linked[n]
        found["length"] = log(1 + size) / 5
        found[_SIZES[bisect(_LIMITS, size)]] = 1.0
        if self._kept[n]:
            found["vote"] = 1.0
            if size < LONG:
                found["vote_short"] = 1.0
        if link:
            self._tell_links(n, block, found)
        if block.strong:
            share = block.strong / len(block.text)
            found["strong"] = share
            if share > 0.9:
                found["strong_all"] = 1.0
        if block.text.endswith(_STOPS):
            found["stop"] = 1.0

    def _tell_links(self, n: int, block: Block, found: Evidence) -> None:
        link = self._page.linked[n]
        found["link"] = link
        if link > 0.5:
            found["link_half"] = 1.0
        if link > 0.9:
            found["link_all"] = 1.0
            if self._page.sizes[n] >= 150:
                found["link_all_long"] = 1.0
            if self._kept[n]:
                found["link_all_vote"] = 1.0
        elif block.link_first:
            found["link_first" if self._kept[n] else "link_first_alone"] = 1.0
        if link > 0.85 and block.tag not in ("li", "td") and self._page.sizes[n] < 200 and not self._links_around(n):
            found["lone_link"] = 1.0

    def _links_around(self, n: int) -> bool:
        """Whether a neighbour is mostly links, too: then this is a list and no insertion."""
        linked = self._page.linked
        return any(linked[other] > 0.6 for other in (n - 1, n + 1) if 0 <= other < len(linked))

    def _tell_markup(self, n: int, block: Block, found: Evidence) -> None:
        found[f"in_{block.tag}"] = 1.0
        if mark := self._page.marks[n]:
            found.update(_marked(mark, block.own & mark))

    def _tell_place(self, n: int, found: Evidence) -> None:
        if self._low <= n < self._high:
            found["frame"] = 1.0
        if n < self._first:
            found["before"] = 1.0
            found["far_before"] = min(10, self._first - n) / 10
            if n > self._headline:
                found["after_title"] = 1.0
                if self._page.sizes[n] >= LONG and self._page.linked[n] < 0.3:
                    found["lead_place"] = 1.0
                    if not self._page.marks[n] & FURNITURE:
                        found["lead_clean"] = 1.0
        elif n > self._last:
            found["after"] = 1.0
            found["far_after"] = min(10, n - self._last) / 10
        if n < self._headline:
            found["above_title"] = 1.0

    def _tell_claims(self, n: int, found: Evidence) -> None:
        key = self._page.keys[n]
        if self._alike[n]:
            found["alike"] = self._alike[n]
            if self._alike[n] > 0.8:
                found["alike_all"] = 1.0
        if len(self._description) > 20 and key.startswith(self._description):
            found["description"] = 1.0
        if len(key) > 20:
            if self._claimed:
                found["claimed" if key in self._claimed else "unclaimed"] = 1.0
            if key in self._seen:
                found["again"] = 1.0
            self._seen.add(key)

    def _tell_phrases(self, n: int, block: Block, found: Evidence) -> None:
        also = False
        if (line := self._lines.get(n)) is not None:
            for name in self._lookout.names(line):
                found[f"says_{name}"] = 1.0
            if self._page.sizes[n] >= 12 and _in_capitals(block.text, line):
                found["says_capitals"] = 1.0
            also = "says_also" in found
        if block.tag in _HEADINGS or also:
            self._under_also = also
        elif self._page.sizes[n] > 150 and self._page.linked[n] < 0.2:
            self._under_also = False
        if self._under_also and not also:
            found["under_also"] = 1.0
        if block.tag != "li":
            self._announced = block.text.endswith((":", "："))
        elif self._announced:
            found["announced"] = 1.0

    def _tell_neighbours(self, n: int, block: Block, found: Evidence) -> None:
        looks = self._looks
        found.update(_beside(looks[n - 1], looks[n + 1], looks[n - 2], looks[n + 2]))
        if block.tag in _HEADINGS:
            found["heading"] = 1.0
            if "next_clean" in found:
                found["heading_clean"] = 1.0
            if "next_vote" in found:
                found["heading_vote"] = 1.0


class _Homes:
    """Where the paragraphs live: how much of the page's clean text shares a block's parent, grandparent or kind."""

    def __init__(self, page: View, kept: list[bool]) -> None:
        self._page = page
        self._kept = kept
        self._parent: defaultdict[int, float] = defaultdict(float)
        self._grandparent: defaultdict[int, float] = defaultdict(float)
        self._kind: defaultdict[str, float] = defaultdict(float)
        self._kind_sizes: defaultdict[str, float] = defaultdict(float)
        self._kind_votes: defaultdict[str, float] = defaultdict(float)
        self._texts: defaultdict[int, int] = defaultdict(int)
        self._links: defaultdict[int, int] = defaultdict(int)
        for n, block in enumerate(page.blocks):
            parent, grandparent, kind = page.parents[n], page.grandparents[n], page.kinds[n]
            self._texts[parent] += len(block.text)
            self._links[parent] += block.linked
            self._kind_sizes[kind] += page.sizes[n]
            if kept[n]:
                self._kind_votes[kind] += page.sizes[n]
            if page.clean[n]:
                weight = page.clean[n] if kept[n] else page.clean[n] / 2
                self._parent[parent] += weight
                self._grandparent[grandparent] += weight
                self._kind[kind] += weight
        self._total = sum(self._kind.values()) or 1.0

    def tell(self, n: int, found: Evidence) -> None:
        parent, grandparent, kind = self._page.parents[n], self._page.grandparents[n], self._page.kinds[n]
        near, family = self._parent[parent] / self._total, self._grandparent[grandparent] / self._total
        same, nest = self._kind[kind] / self._total, self._parent[grandparent] / self._total
        for name, value in (("parent", near), ("grandparent", family), ("kind", same), ("nest", nest)):
            if value:
                found[name] = value
        if near > 0.5:
            found["parent_half"] = 1.0
        voted_for = self._kept[n]
        if near < 0.05 and family < 0.05:
            found["stray_vote" if voted_for else "stray"] = 1.0
        if voted_for and near < 0.2 and nest:
            found["nest_vote"] = nest
        if not voted_for and same > 0.4 and self._page.clean[n]:
            found["overlooked"] = 1.0
        found["kind_vote"] = self._kind_votes[kind] / max(1.0, self._kind_sizes[kind])
        if crowd := self._links[parent] / max(1, self._texts[parent]):
            found["parent_links"] = crowd
            if crowd > 0.5:
                found["parent_links_half"] = 1.0


def _looks(page: View, kept: list[bool]) -> list[int]:
    """What a neighbour sees of each block, as bits; two more for those that the first and the last block lack."""
    seen = zip(kept, page.clean, page.linked, strict=True)
    return [_VOTE * vote + _CLEAN * (clean > 0) + _LINK * (link > 0.6) for vote, clean, link in seen] + [0, 0]


@lru_cache(maxsize=4_096)
def _beside(*looks: int) -> Evidence:
    """What the neighbours say, given their looks in the order of ``_NEIGHBOURS``."""
    return {
        f"{name}_{what}": 1.0
        for name, look in zip(_NEIGHBOURS, looks, strict=True)
        for what, bit in (("vote", _VOTE), ("clean", _CLEAN), ("link", _LINK))
        if look & bit
    }


@lru_cache(maxsize=4_096)
def _marked(marks: int, own: int) -> Evidence:
    """What the marks around a block say, and those of the block itself."""
    around = {f"mark_{name}": 1.0 for name, bit in BITS.items() if marks & bit}
    return around | {f"own_{name}": 1.0 for name, bit in BITS.items() if own & bit and name in MARKS}


def _in_capitals(text: str, lower: str) -> bool:
    return text.startswith(lower[:8].upper()) and lower.upper() == text != lower  # most lines fail at once


def _alike(text: str, title: set[str]) -> float:
    mine = words(text)
    return 2 * len(mine & title) / (len(mine) + len(title)) if mine else 0.0
