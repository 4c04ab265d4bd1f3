"""Makes spellings equal without losing the place: a text in, a folded text with the way back to the original out.

Case, ``ё``, kinds of spaces, hyphens and dashes, apostrophes and middle dots become one each, character for
character, so that an offset in the folded text is an offset in the text as given. Only where characters must
disappear or join (soft hyphens, zero-width characters, decomposed Hangul, ``İ``) a map of offsets is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ONE_FOR_ONE = (
    *(
        (char, " ")
        for char in "-\t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212"
    ),
    *((char, "'") for char in "\u2018\u2019\u02bc\u00b4`"),
    *((char, "·") for char in "\u318d\u2027\u30fb\uff65\u2022\u2219\u22c5\u119e"),
    ("ё", "е"),
    ("Ё", "Е"),
)
_ASCII_ONLY = tuple(pair for pair in _ONE_FOR_ONE if pair[0].isascii())
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLUSTER = re.compile(
    f"(?P<invisible>[{_INVISIBLE}])"
    "|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"  # a decomposed Hangul syllable
    "|[가-힣][\u11a8-\u11c2]"
    "|[^\u0300-\u036f][\u0300-\u036f]{1,8}"  # a letter and its marks: и + breve
    "|İ"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made comparable.

    Attributes:
        cased: one-for-one replacements done, case kept: for surfaces that are matched as written.
        lower: the same in lower case, with one space added at the end, so that every hit has a right neighbour.
        starts, ends: for each character of ``lower`` the half-open range of the original that it stands for;
            None when the offsets are the same.
    """

    cased: str
    lower: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of the folded text into one of the text as given."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold any string, broken Unicode included. Never raises."""
    cased = text
    for char, plain in _ASCII_ONLY if text.isascii() else _ONE_FOR_ONE:
        cased = cased.replace(char, plain)
    lower = cased.lower()
    if len(lower) == len(text) and (text.isascii() or _is_plain(text)):
        return Folded(cased, lower + " ")
    return _fold_with_map(cased)


def fold_literal(literal: str) -> str:
    """Fold a surface of the config: what ``fold`` makes of the same characters in a text."""
    return fold(unicodedata.normalize("NFC", literal)).lower[:-1]


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 string can hold, one for one."""
    return _SURROGATE.sub("\ufffd", text)


def _is_plain(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not any(char in text for char in _INVISIBLE)


def _fold_with_map(text: str) -> Folded:
    cased: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for cluster in _CLUSTER.finditer(text):
        start, end = cluster.span()
        cased.append(text[position:start])
        starts.extend(range(position, start))
        ends.extend(range(position + 1, start + 1))
        if not cluster["invisible"]:
            joined = "I" if cluster[0] == "İ" else unicodedata.normalize("NFC", cluster[0])
            joined = joined.replace("ё", "е").replace("Ё", "Е")
            cased.append(joined)
            starts.extend([start] * len(joined))
            ends.extend([end] * len(joined))
        position = end
    cased.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    plain = "".join(cased)
    return Folded(plain, plain.lower() + " ", starts, ends)
