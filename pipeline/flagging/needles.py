"""Values of the matcher: what has to surround a literal ("needle") in a text for it to be a hit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Span = tuple[int, int, int]  # start, end, number of the concept; offsets count code points, half-open
Match = Callable[[Any, int], re.Match[Any] | None]


class Rule(NamedTuple):
    """What must hold around a place where a needle stands. Characters are numbers in bytes and strings in strings."""

    lead: int  # the needle begins with so many signs that belong to the text before
    left: frozenset[Any] | None
    after: str  # what must follow, in words of ``Alphabet.compiled``; "" for nothing
    right: frozenset[Any] | None
    plural: object
    cased: str | None
    in_korean: bool
    cancels: bool
    concept: int


class More(NamedTuple):
    """Rules that ask for more than a place's neighbours.

    Attributes:
        rules: to be tried at each place.
        phrases: rules of several words, by the first characters of the second: a word like “Russian” begins a hundred.
    """

    rules: tuple[Rule, ...]
    phrases: Mapping[Any, tuple[Rule, ...]]


class Needle(NamedTuple):
    """The rules of one needle: a plain one, without which ``concept`` is -1, and the others.

    Attributes:
        ending: finds the end of the word, where a free ending is allowed; matches the empty string, too.
    """

    lead: int
    left: frozenset[Any] | None
    ending: Match | None
    right: frozenset[Any] | None
    plural: object
    cased: str | None
    concept: int
    more: More | None


class Alphabet(NamedTuple):
    """What the two kinds of folded text differ in."""

    convert: Callable[[str], Any]  # a folded literal → a needle; None: cannot stand in such a text
    besides: tuple[frozenset[Any] | None, ...]  # by ``Beside``
    plural: object
    compiled: Callable[[str], Match]  # the rest of a surface → what tells whether it follows
    leads: tuple[Any, ...]  # signs that short needles are looked for behind; none: by themselves
