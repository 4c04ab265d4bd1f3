"""What an article is compared by when its words are its own: concepts, numbers, and the beginnings of its words.

In: a title, a text and the concepts that carried its flags. Out: ``Marks``. Only title and opening are read: they hold
who did what, the rest is background that many articles share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern

from pipeline.stories.numbers import numbers

OPENING_CHARACTERS = 700
_WORD = re.compile(r"[^\W\d_]+")
_HANGUL = re.compile(r"[가-힣]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """An article, as far as it tells it from others.

    Attributes:
        article: its id.
        source: whose it is.
        at: its time, seconds of the epoch.
        language: of its text; words are compared within one language only.
        concepts: that carried its flags, of title and opening.
        named: of these, those in the title.
        numbers: of title and opening.
        words: beginnings of the words of title and opening.
    """

    article: int
    source: int
    at: float
    language: str | None
    concepts: frozenset[str]
    named: frozenset[str]
    numbers: frozenset[str]
    words: frozenset[str]


def mark(
    article: int,
    *,
    source: int,
    at: float,
    language: str | None,
    title: str,
    text: str,
    evidence: Iterable[tuple[str, str, int]],
) -> Marks:
    """An article's marks; ``evidence`` has each concept with its field, ``title`` or ``text``, and where it begins."""
    pairs = {(intern(one), field) for one, field, start in evidence if field == "title" or start < OPENING_CHARACTERS}
    opening = text[:OPENING_CHARACTERS]
    return Marks(
        article=article,
        source=source,
        at=at,
        language=language,
        concepts=frozenset(one for one, _ in pairs),
        named=frozenset(one for one, field in pairs if field == "title"),
        numbers=numbers(f"{title}\n{opening}"),
        words=beginnings(f"{title} {opening}"),
    )


def beginnings(text: str) -> frozenset[str]:
    """The first letters of each longer word (five, of Hangul two), which leave inflection and particles behind.

    Each is kept once for all articles: half of what an article in memory takes.
    """
    found = set()
    for word in _WORD.findall(text.casefold().replace("ё", "е")):
        if _HANGUL.match(word):
            if len(word) > 1:
                found.add(intern(word[:2]))
        elif len(word) > 3:
            found.add(intern(word[:5]))
    return frozenset(found)
