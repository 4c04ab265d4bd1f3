"""Byte test: whether a page can become relevant, decided on its bytes before anything is extracted. Pure.

In: a page as sent. Out: yes or no. One pass over the bytes finds every needle. A page passes if a needle of each side
stands in running text, at most ``_NEAR`` bytes apart: menus and lists of tags name every country. A page in a legacy
charset, or with its text in escapes, is converted first, and so is tested with the same needles.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from pathlib import Path
from typing import Self

import ahocorasick_rs

from pipeline.backfill.needles import BOTH, FIRST, home_sides, needles
from pipeline.settings.lexicon import load_concepts
from pipeline.settings.places import find_folder
from pipeline.settings.topics import load_topics

_RUN = 50  # bytes between two tags from which on they count as running text
_NEAR = 6_000
_LEGACY = ("cp1251", "cp949")
_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_ENTITY = re.compile(rb"&#\d{4,5};")
_ESCAPES = 50  # of Cyrillic or Hangul; an article in escapes has thousands
_MARKERS = (  # how escapes of Cyrillic and Hangul begin
    *(f"\\u{digits}" for digits in ("04", *"aAbBcC", *(f"{d}{n}" for d in "dD" for n in "01234567"))),
    *(f"&#{digits}" for digits in (*range(104, 111), *range(44, 56))),
)


class PageTest:
    """The byte test of one config. Building it takes a second; it may be shared between threads."""

    def __init__(self, literals: dict[str, int], homes: dict[str, int]) -> None:
        encoded = [literal.encode() for literal in (*literals, *_MARKERS)]
        self._sides = [*literals.values(), *(0 for _ in _MARKERS)]
        self._homes = homes
        self._automaton = ahocorasick_rs.BytesAhoCorasick(encoded, implementation=ahocorasick_rs.Implementation.DFA)

    @classmethod
    def from_config(cls, folder: Path) -> Self:
        """Build the test from the lexicon and the topics of a config folder.

        Raises:
            ConfigError: the lexicon or the topics are wrong.
        """
        concepts = load_concepts(find_folder(folder, "concepts"))
        topics = load_topics(find_folder(folder, "topics"), concepts)
        return cls(needles(concepts, topics), home_sides(concepts, topics))

    def passes(self, page: bytes, *, home: str | None = None) -> bool:
        """Return whether the page must be extracted.

        Args:
            page: the body, decompressed.
            home: country of the source. It counts as named, since its papers often leave it out.
        """
        given = self._homes.get(home or "", 0)
        passes, escapes = self._test(page, given)
        return passes or any(self._test(text, given)[0] for text in _conversions(page, escaped=escapes >= _ESCAPES))

    def _test(self, page: bytes, given: int) -> tuple[bool, int]:
        """Return whether the bytes pass, and how many escapes of Cyrillic and Hangul they have."""
        first: list[int] = []
        second: list[int] = []
        escapes = 0
        for needle, start, end in self._automaton.find_matches_as_indexes(page):
            side = self._sides[needle]
            if not side:
                escapes += 1
            elif side & given != side and _in_text(page, start, end):
                if side | given == BOTH:
                    return True, escapes
                (first if side == FIRST else second).append(start)
        return _near(first, second), escapes


def _near(first: list[int], second: list[int]) -> bool:
    """Return whether a place of one list is near a place of the other. Both are in ascending order."""
    for place in first:
        at = bisect_left(second, place - _NEAR)
        if at < len(second) and second[at] <= place + _NEAR:
            return True
    return False


def _in_text(page: bytes, start: int, end: int) -> bool:
    """Return whether a place is in text between tags that is long enough to be no menu."""
    opened = page.rfind(b">", 0, start)
    if page.rfind(b"<", opened + 1, start) >= 0:  # inside a tag
        return False
    closed = page.find(b"<", end)
    return (closed if closed >= 0 else len(page)) - opened > _RUN


def _conversions(page: bytes, *, escaped: bool) -> list[bytes]:
    """Return the page in UTF-8 in the ways in which it may have been written otherwise."""
    found = []
    if not page.isascii():
        try:
            page.decode()
        except UnicodeDecodeError:
            found = [page.decode(charset, "replace").encode() for charset in _LEGACY]
    if escaped:
        found += [
            _ESCAPE.sub(_unescaped, page),
            _ENTITY.sub(lambda entity: html.unescape(entity[0].decode()).encode(), page),
        ]
    return found


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode("utf-8", "replace")  # half of a surrogate pair becomes "?"
