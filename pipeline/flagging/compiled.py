"""The matcher compiled: the same hits as ``automaton``'s, in a tenth of the time.

In: the lexicon's surfaces, then a text. Out: hits. The work is done in ``_scan.c``; here is what it is told: tables of
characters, spellings, and what is asked around a place. To be imported only where ``_scan`` was built.
"""

from __future__ import annotations

import sys

from pipeline.flagging import _scan
from pipeline.flagging.catalogue import Catalogue
from pipeline.flagging.fold import INVISIBLE, ONE_FOR_ONE, fold_wide
from pipeline.flagging.hits import Hits, packed, spans_of

_BMP = 0x10000
_STAR = "\0"  # a free ending, in spellings
_LETTER = 1  # this and the other kinds as in _scan.c
_KINDS = {
    2: range(ord("가"), ord("힣") + 1),  # Hangul
    4: (*range(ord("а"), ord("я") + 1), *range(ord("ѐ"), ord("ԯ") + 1)),  # what a Cyrillic ending may hold
    8: range(ord("a"), ord("z") + 1),  # and a Latin one
    16: tuple(map(ord, ONE_FOR_ONE)),  # folds without regard to case, too
    32: (*map(ord, INVISIBLE), ord("İ"), *range(0x300, 0x370), *range(0x1100, 0x1200)),  # needs a map of offsets
}


class Trie:
    """The lexicon as one trie.

    Args:
        catalogue: its surfaces.
        names: for each concept's number whether it is a name, inside which no other concept is meant.
    """

    def __init__(self, catalogue: Catalogue, names: bytes) -> None:
        self._catalogue = catalogue
        self._spellings = sorted(spelling.replace("*", _STAR) for spelling in catalogue.spellings)
        fold, kinds = _tables()
        self._trie = _scan.Trie(self._spellings, self._rules, fold, kinds, names)

    def hits(self, text: str) -> Hits:
        """Find all hits in any string, sorted by place."""
        hits = self._trie.hits(text)
        if hits is not None:
            return hits
        folded = fold_wide(text)
        hits = self._trie.hits(folded.source, True) or b""  # never None, when mapped
        return packed(folded.as_given(spans_of(hits)))

    def _rules(self, number: int) -> list[_scan.Rule]:
        """What is asked around a place that has this spelling."""
        spelling = self._spellings[number].replace(_STAR, "*")
        found: list[_scan.Rule] = []
        for surface in self._catalogue.numbers(spelling):
            pattern, concept, cancels = self._catalogue.listed(spelling, surface)
            rule = (pattern.left, pattern.right, pattern.plural, pattern.in_korean, cancels, concept, pattern.cased)
            found.append(rule)
        return found


def _tables() -> tuple[bytes, bytes]:
    """What each character of the first plane folds to, 16 bits each, and of which kinds it is."""
    text = "".join(map(chr, range(_BMP))).replace(_STAR, '"')
    for sign, plain in ONE_FOR_ONE.items():
        text = text.replace(sign, plain)
    folded = text.replace("İ", "i").lower()
    kinds = bytearray(_LETTER if sign.isalnum() or sign == "_" else 0 for sign in folded[:0x1100])
    kinds += bytes(_BMP - len(kinds))
    for kind, signs in _KINDS.items():
        for code in signs:
            kinds[code] |= kind
    return folded.encode(f"utf-16-{sys.byteorder[0]}e", "surrogatepass"), bytes(kinds)
