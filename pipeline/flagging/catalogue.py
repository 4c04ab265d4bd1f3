"""All surfaces of the lexicon by the spellings that find them.

In: the surfaces of each concept. Out: for each spelling (folded, a * for each free ending) the numbers of its surfaces,
and what they ask. The lexicon is folded as one text, which takes a tenth of the time of surface by surface; the pattern
of a surface is read when it is first met in an article, and most never are in one run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from pipeline.flagging.fold import fold_literals
from pipeline.flagging.surfaces import WORD_LANGUAGES, Beside, Pattern, read_surface, spellings


class Group(NamedTuple):
    """The surfaces of one concept in one language; ``cancels``: they are its exceptions."""

    concept: int
    language: str
    surfaces: tuple[str, ...]
    cancels: bool = False


class Listed(NamedTuple):
    """A pattern, its concept's number, and whether it cancels."""

    pattern: Pattern
    concept: int
    cancels: bool


class Catalogue:
    """Surfaces by spelling.

    Args:
        groups: surfaces that are in the grammar; they are numbered in this order.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups
        self._ends = list(accumulate(len(group.surfaces) for group in groups))
        self._first: dict[str, int] = {}
        self._others: dict[str, list[int]] = {}
        for spelling, number in zip(*_numbered(groups, _folded(groups)), strict=True):
            if self._first.setdefault(spelling, number) != number:
                self._others.setdefault(spelling, []).append(number)

    @property
    def spellings(self) -> list[str]:
        """All spellings, each once."""
        return list(self._first)

    def numbers(self, spelling: str) -> list[int]:
        """The numbers of the surfaces that are spelt so, in their order."""
        return [self._first[spelling], *self._others.get(spelling, ())]

    def starts_a_word(self, spelling: str, number: int) -> bool:
        """Whether no letter may stand before this spelling of this surface."""
        if self._groups[bisect_right(self._ends, number)].language in WORD_LANGUAGES:
            return True
        return self.listed(spelling, number).pattern.left == Beside.NO_LETTER

    def listed(self, spelling: str, number: int) -> Listed:
        """The pattern of a surface that is spelt so."""
        place = bisect_right(self._ends, number)
        group = self._groups[place]
        surface = group.surfaces[number - self._ends[place]]
        patterns = read_surface(surface, group.language, inside=group.cancels)
        pattern = next(one for one in patterns if one.needle + one.after == spelling)
        return Listed(pattern, group.concept, group.cancels)


def _folded(groups: Sequence[Group]) -> list[str]:
    """Each surface without its mark, folded."""
    return fold_literals([s[1:] if s[0] == "=" or s[0] == "~" else s for group in groups for s in group.surfaces])


def _numbered(groups: Sequence[Group], folded: Sequence[str]) -> tuple[list[str], list[int]]:
    """Each surface's spellings, several where Korean leaves the spaces to the writer; and for each its number."""
    found: list[str] = []
    numbers: list[int] = []
    begin = 0
    for group in groups:
        end = begin + len(group.surfaces)
        if group.language == "ko":
            for number, spelling in enumerate(folded[begin:end], begin):
                several = spellings(spelling) if " " in spelling or "·" in spelling else (spelling,)
                found += several
                numbers += [number] * len(several)
        else:
            found += folded[begin:end]
            numbers += range(begin, end)
        begin = end
    return found, numbers
