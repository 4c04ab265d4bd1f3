"""The grammar of surfaces: from what an editor writes to what the matcher looks for.

In: one surface of ``config/concepts/*.toml`` and its language. Out: a literal for the automaton and the rule that a
place where it stands must keep. The grammar is told with examples in ``docs/editing-topics.md``; there are no
regular expressions in it, so no surface can make matching slow.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from pipeline.flagging.fold import SENTINEL, SIGNS_OF_SURFACES, SQUARED, cased_literal, fold_literal

WORD_LANGUAGES = frozenset({"en", "ru"})
LANGUAGES = ("en", "ru", "ko", "ja", "zh")

_REFUSED = re.compile(r"[\\\[\](){}|^$?+]")
_LONGEST = 240  # characters of a folded surface
_SIGNS_IN_WORDS = " ".join(SIGNS_OF_SURFACES.strip())
_ALLOWED = SQUARED.union(SIGNS_OF_SURFACES, "_*=~")  # some of these are refused in words of their own
_MOST_OPTIONAL = 3  # spaces in one surface that may be left out, each by itself

# Surfaces, one a line, that are in the grammar at sight, if short. There are others that are: of those _check knows.
_PLAIN = "\\dA-Z_a-zÀ-ÖØ-öø-įı-ɏЀ-ҁҊ-ԯ'’&/·.,:№«»"
_EASTERN = f"(?:[{_PLAIN}・㎜Ⅰ-Ⅻㄱ-ㅎぁ-ゖァ-ヺー一-鿿가-힣０-９Ａ-Ｚ-]++|(?<=[가-힣])∼)++"
_LETTER = r"(?![\u02bc\u318d\u119e])\w"  # and none that folds to a sign
_WORD = rf"(?:[{_PLAIN}]{{2,}}+\*?+|[{_PLAIN}])"
_BETWEEN = "(?: -++ | |-++ ?)"
_WORDS = rf"(?={_LETTER}){_EASTERN}(?: {_EASTERN})*+\n"
_SURE = {
    **dict.fromkeys(WORD_LANGUAGES, re.compile(rf"(?:=?+(?={_LETTER}[^\n]){_WORD}(?:{_BETWEEN}{_WORD})*+-*+\n)*+")),
    "ko": re.compile(rf"(?:[=~]?+{_WORDS})*+"),
    **dict.fromkeys(("ja", "zh"), re.compile(rf"(?:{_WORDS})*+")),
}


class Beside(IntEnum):
    """What may not stand directly before, or after, a hit."""

    ANYTHING_GOES = 0
    NO_LETTER = 1
    NO_HANGUL = 2
    NEITHER = 3


class GrammarError(ValueError):
    """A surface that cannot be read; the text says what was expected."""


class Pattern(NamedTuple):
    """One way in which a surface is looked for.

    Attributes:
        needle: folded literal that the automaton finds.
        left: what may not stand before it.
        after: what must follow the needle, a * for each free ending; "" for nothing.
        plural: an English s may follow.
        right: what may not stand after all that.
        cased: the literal as written but for kinds of signs, where case counts.
        in_korean: a hit counts only beside Hangul: a single hanja is a headline abbreviation there and an everyday
            character in Japanese and Chinese.
    """

    needle: str
    left: Beside
    after: str = ""
    plural: bool = False
    right: Beside = Beside.ANYTHING_GOES
    cased: str | None = None
    in_korean: bool = False


def read_surface(surface: str, language: str, *, inside: bool = False) -> tuple[Pattern, ...]:
    """Read a surface.

    Args:
        surface: as written in the config.
        language: its key there: en, ru, ko, ja or zh.
        inside: it is a literal of ``except``, which in Korean may stand inside a word.

    Raises:
        GrammarError: it is not in the grammar.
    """
    mark = surface[:1] if surface[:1] in {"=", "~"} else ""
    body = surface[len(mark) :]
    folded = fold_literal(body)
    _check(mark, body, folded, language)
    if language in WORD_LANGUAGES:
        return (_word_pattern(mark, body, folded, language),)
    if language == "ko":
        return _korean_patterns("~" if inside and not mark else mark, body, folded)
    return (Pattern(folded, _left(folded[0], Beside.ANYTHING_GOES)),)


def all_sure(language: str, surfaces: Sequence[str]) -> bool:
    """Whether these surfaces are all in the grammar at sight; of any that is not, ``read_surface`` knows better."""
    if max(map(len, surfaces), default=0) > _LONGEST // 4:  # folding may make one character into several
        return False
    text = "".join([f"{surface}\n" for surface in surfaces])
    return _SURE[language].fullmatch(text) is not None and text.count("\n") == len(surfaces)


def _check(mark: str, body: str, folded: str, language: str) -> None:  # noqa: C901, PLR0912 - one refusal a line
    if not folded.strip(" *·'"):
        raise GrammarError("is empty; write the word to look for")
    if len(folded) > _LONGEST:
        raise GrammarError(f"has {len(folded)} characters; {_LONGEST} are the most")
    if body != body.strip() or "  " in body:
        raise GrammarError("has a space too many")
    if found := _REFUSED.search(body):
        raise GrammarError(f"has “{found[0]}” in it; a surface is a literal with * = or ~, not a regular expression")
    if odd := _odd_sign(folded):
        shown = odd if odd.isprintable() else f"U+{ord(odd):04X}"
        raise GrammarError(f"has “{shown}” in it; letters, digits, spaces, hyphens and {_SIGNS_IN_WORDS} are allowed")
    if "=" in body or "~" in body:
        raise GrammarError("may have = or ~ only as its first character")
    if language not in WORD_LANGUAGES:
        if "*" in body:
            raise GrammarError(f"has a *; in “{language}” endings are allowed without it")
        if mark == "~" and language != "ko":
            raise GrammarError("has a ~; only Korean surfaces need it")
        if mark == "=" and language != "ko":
            raise GrammarError("has a =; only English, Russian and Korean surfaces may")
        return
    if mark == "~":
        raise GrammarError("has a ~; only Korean surfaces may stand inside a word")
    for word in re.split("[ -]", body) if "*" in body else ():
        if "*" in word[:-1]:
            raise GrammarError("has a * that is not at the end of a word")
        if word.endswith("*") and len(word) < 3:
            raise GrammarError(f"has the stem “{word}”; a stem needs two letters at least")
    if len(body) < 2:
        raise GrammarError("is one letter long; that would match everywhere")


def _odd_sign(folded: str) -> str | None:
    """A sign that the surface may not hold; beside a letter of East Asia most may stand.

    Such a letter is found in wide texts only, in which signs stay what they are; in narrow ones most become one.
    """
    eastern = any(sign >= "\u1100" and sign.isalnum() for sign in folded)
    for sign in folded:
        if not (sign.isalnum() or sign in _ALLOWED or (eastern and sign.isprintable() and sign != SENTINEL)):
            return sign
    return None


def _word_pattern(mark: str, body: str, folded: str, language: str) -> Pattern:
    """English and Russian: whole words, each with a free ending where a * stands."""
    literal, star, after = folded.partition("*")
    return Pattern(
        literal,
        Beside.NO_LETTER,
        star + after,
        plural=language == "en" and not mark and not body.endswith("*"),
        right=Beside.NO_LETTER,
        cased=cased_literal(body.partition("*")[0]) if mark else None,
    )


def _korean_patterns(mark: str, body: str, folded: str) -> tuple[Pattern, ...]:
    """Korean: a free ending unless strict; a space may be left out, and so may a middle dot.

    Each spelling is a needle of its own: cut at the space, needles would be short words that stand everywhere.
    """
    return tuple(_korean_pattern(mark, spelling, body) for spelling in spellings(folded))


def spellings(folded: str) -> tuple[str, ...]:
    """The ways in which a folded Korean surface may be spaced and dotted."""
    dotted = "·" in folded
    spaces = folded.count(" ")
    if not spaces and not dotted:
        return (folded,)
    if spaces == 1 and not dotted:
        return (folded, folded.replace(" ", ""))
    found: dict[str, None] = {}
    for plain in (folded, folded.replace("·", "")):
        words = plain.split(" ")
        for joints in itertools.product((" ", ""), repeat=min(len(words) - 1, _MOST_OPTIONAL)):
            spaced = itertools.chain(joints, itertools.repeat(" "))
            found["".join(word + joint for word, joint in zip(words[:-1], spaced, strict=False)) + words[-1]] = None
    return tuple(found)


def _korean_pattern(mark: str, folded: str, body: str) -> Pattern:
    ends_in_letter = not is_hangul(folded[-1]) and not _is_hanja(folded[-1])
    right = Beside.NO_HANGUL if mark == "=" else Beside.ANYTHING_GOES
    if ends_in_letter:
        right = Beside.NEITHER if mark == "=" else Beside.NO_LETTER
    left = _left(folded[0], Beside.ANYTHING_GOES if mark == "~" else Beside.NO_HANGUL)
    latin = mark == "=" and re.search("[a-z]", folded) is not None
    short_hanja = len(folded) <= 2 and all(map(_is_hanja, folded))
    return Pattern(folded, left, right=right, cased=cased_literal(body) if latin else None, in_korean=short_hanja)


def _left(first: str, inside: Beside) -> Beside:
    """What may not stand before a surface of East Asia: what is said; a letter, where it begins with one."""
    return inside if first >= "\u1100" else Beside.NO_LETTER


def is_hangul(sign: str) -> bool:
    """Whether a character is a syllable of Hangul."""
    return "가" <= sign <= "힣"


def _is_hanja(sign: str) -> bool:
    return "一" <= sign <= "鿿"
