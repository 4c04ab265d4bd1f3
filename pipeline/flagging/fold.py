"""Makes spellings equal without losing the place: a text in, a folded text with the way back to the original out.

Case, ``ё``, kinds of spaces, hyphens and dashes, apostrophes and middle dots become one each, one item for each
character, so that an offset in the folded text is an offset in the text as given. Texts in Latin and Cyrillic fold to
bytes of one code page, a byte a character: a tenth of the time that strings take. All others fold to strings. Only
where characters must disappear or join (soft hyphens, zero-width characters, decomposed Hangul, ``İ``) a map of
offsets is kept.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.flagging.needles import Span

NARROW = "cp1251"  # Latin, Cyrillic and the typographic signs of both

SENTINEL = '"'  # stands before and after every folded text, so that every hit has a neighbour on either side

ONE_FOR_ONE = {
    **dict.fromkeys("-\t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212", " "),
    **dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"),
    **dict.fromkeys("\u318d\u2027\u30fb\uff65\u2022\u2219\u22c5\u119e", "·"),
    "ё": "е",
    "Ё": "Е",
    "Σ": "σ",  # which lower() turns into the next one, or not, by what follows
    "ς": "σ",
}
_PLAIN = str.maketrans(ONE_FOR_ONE)  # quick for a word, slow for a page
SIGNS_OF_SURFACES = " '&/·.,:№«»"  # what a surface may hold; of other signs it is enough that they are none of these
SQUARED = frozenset(map(chr, range(0x3300, 0x3400)))  # nor of these: units such as ㎜, which keep a text wide
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_OTHER_SIGN = '"'
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_CHARACTER = re.compile(f"[{INVISIBLE}İ\u0300-\u036f\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]")  # by itself
_CLUSTER = re.compile(
    f"(?P<invisible>[{INVISIBLE}]++)"
    "|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"  # a decomposed Hangul syllable
    "|[가-힣][\u11a8-\u11c2]"
    "|[^\n\u0300-\u036f][\u0300-\u036f]{1,8}"  # a letter and its marks: и + breve
    "|İ"
)


class Places:
    """The way back from a folded text in which characters disappeared or were joined.

    Pieces: each from a place in the folded text on stands for what begins at a place in the text as given; character by
    character where its width is 0, else as a whole for so many characters.
    """

    def __init__(self) -> None:
        self._at = array("q", [0])
        self._given = array("q", [0])
        self._width = array("q", [0])

    def add(self, at: int, given: int, width: int = 0) -> None:
        """Begin the next piece."""
        if self._at[-1] == at:
            self._given[-1], self._width[-1] = given, width
        else:
            self._at.append(at)
            self._given.append(given)
            self._width.append(width)

    def as_given(self, spans: Sequence[Span]) -> list[Span]:
        """The same spans with offsets into the text as given."""
        found: list[Span] = []
        for start, end, concept in spans:
            first = bisect_right(self._at, start) - 1
            last = bisect_right(self._at, end - 1) - 1
            begin, stop = self._given[first], self._given[last] + self._width[last]
            if not self._width[first]:
                begin += start - self._at[first]
            if not self._width[last]:
                stop += end - self._at[last]
            found.append((begin, stop, concept))
        return found


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made comparable.

    Attributes:
        data: the sentinel, one byte or one character for each character of ``source``, and the sentinel.
        source: what ``data`` stands for, case kept: the text as given where ``places`` is None.
        places: the way back to the text as given; None when the offsets are the same.
    """

    data: bytes | str
    source: str
    places: Places | None = None

    def as_given(self, spans: list[Span]) -> list[Span]:
        """The same spans with offsets into the text as given."""
        return spans if self.places is None else self.places.as_given(spans)


def fold(text: str) -> Folded:
    """Fold any string, broken Unicode included. Never raises."""
    try:
        raw = text.encode("ascii") if text.isascii() else text.encode(NARROW, "tumen-signs")
    except UnicodeEncodeError:
        return fold_wide(text)
    if b"\xad" in raw:  # a soft hyphen: it must disappear
        return fold_wide(text)
    return Folded(b'"%b"' % raw.translate(_TABLE), text)


def fold_literal(literal: str) -> str:
    """Fold a surface of the config: what a wide text of the same characters is made into."""
    return unicodedata.normalize("NFC", literal).translate(_PLAIN).lower()


def fold_literals(literals: Sequence[str]) -> list[str]:
    """``fold_literal`` of each: as one text, which takes a fiftieth of the time."""
    text = unicodedata.normalize("NFC", "\n".join(literals))
    if text.count("\n") != len(literals) - 1:
        return [fold_literal(literal) for literal in literals]
    for sign, plain in ONE_FOR_ONE.items():
        text = text.replace(sign, plain)
    return text.lower().split("\n")


def narrow(folded: str) -> bytes | None:
    """Turn a folded literal into what a narrow text holds in its place; None: no narrow text can hold it."""
    if folded > "\u2fff":  # begins with a character of East Asia, as most of what cannot be held does
        return None
    try:
        return folded.encode(NARROW).translate(_TABLE)
    except UnicodeEncodeError:
        return None


def narrow_all(folded: Sequence[str]) -> list[tuple[str, bytes]]:
    """Each literal that ``narrow`` can turn, and what into: as one text, which takes a tenth of the time."""
    able = [literal for literal in folded if literal <= "\u2fff"]
    text = "\n".join(able)
    if text.count("\n") != len(able) - 1 or "\r" in text:
        return [(literal, held) for literal in able if (held := narrow(literal)) is not None]
    raw = text.encode(NARROW, "replace")
    found = list(zip(able, raw.translate(_TABLE).split(b"\n"), strict=True))
    if b"?" not in raw:
        return found
    return [pair for pair, written in zip(found, raw.split(b"\n"), strict=True) if b"?" not in written]


def cased_literal(literal: str) -> str:
    """Make a surface's signs plain and keep its case, for ``same_case``."""
    return unicodedata.normalize("NFC", literal).translate(_PLAIN)


def same_case(source: str, start: int, literal: str) -> bool:
    """Whether a ``cased_literal`` stands at a place as written, kinds of signs apart."""
    if source.startswith(literal, start):
        return True
    if literal.isascii() and literal.isalnum():  # nothing that a sign could stand for
        return False
    return source[start : start + len(literal)].translate(_PLAIN) == literal


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 string can hold, one for one."""
    return _SURROGATE.sub("\ufffd", text)


def fold_wide(text: str) -> Folded:
    """Fold any string to a string. Never raises."""
    cased = text
    for char, plain in ONE_FOR_ONE.items():
        cased = cased.replace(char, plain)
    data = cased.lower()
    if len(data) == len(text) and unicodedata.is_normalized("NFC", text) and not any(c in text for c in INVISIBLE):
        return Folded(f"{SENTINEL}{data}{SENTINEL}", cased)
    return _fold_with_map(cased)


def _fold_with_map(text: str) -> Folded:
    cased: list[str] = []
    places = Places()
    position = size = 0
    while found := _NO_CHARACTER.search(text, position):
        at = found.start()
        cluster = (at > position and _CLUSTER.match(text, at - 1)) or _CLUSTER.match(text, at)
        start, end = cluster.span() if cluster else (at, at + 1)
        cased.append(text[position:start])
        size += start - position
        if not (cluster and cluster["invisible"]):
            joined = _joined(text[start:end]) if cluster else text[at]
            cased.append(joined)
            places.add(size, start, end - start)
            size += len(joined)
        places.add(size, end)
        position = end
    cased.append(text[position:])
    plain = "".join(cased)
    return Folded(f"{SENTINEL}{plain.lower()}{SENTINEL}", plain, places)


def _joined(cluster: str) -> str:
    return unicodedata.normalize("NFC", cluster).translate(_PLAIN).replace("İ", "I")


def _signs(error: UnicodeError) -> tuple[str, int]:
    """Let signs (emoji, arrows, rare dashes) keep no text from being narrow; letters do."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found: list[str] = []
    for char in error.object[error.start : error.end]:
        plain = ONE_FOR_ONE.get(char)
        if plain is None:
            if unicodedata.category(char) in _NO_SIGNS or char in SQUARED:
                raise error
            plain = _OTHER_SIGN
        found.append(plain)
    return "".join(found), error.end


_NO_SIGNS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Cf"})
codecs.register_error("tumen-signs", _signs)


def _folded_byte(byte: int) -> bytes:
    char = bytes([byte]).decode(NARROW, "replace")
    plain = ONE_FOR_ONE.get(char, char).lower()
    if plain in "\r\n":
        plain = "\n"
    elif not (plain.isalnum() or plain == "_" or plain in SIGNS_OF_SURFACES):
        plain = _OTHER_SIGN
    return plain.encode(NARROW)


_TABLE = b"".join(_folded_byte(byte) for byte in range(256))
NARROW_WORD = frozenset(byte for byte in _TABLE if (c := bytes([byte]).decode(NARROW)).isalnum() or c == "_")
NARROW_SIGNS = frozenset(_TABLE) - NARROW_WORD
