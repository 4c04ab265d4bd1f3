"""What an article is compared by when its words are its own: concepts, numbers, and the beginnings of its words.

In: a title, a text and the concepts that carried its flags. Out: ``Marks``. Only title and opening are read: they hold
who did what, the rest is background that many articles share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern

from pipeline.stories.numbers import numbers
from pipeline.text.words import stems

OPENING_CHARACTERS = 700


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
        words=_content_stems(f"{title} {opening}"),
    )


def _content_stems(text: str) -> frozenset[str]:
    """Return the stems of the longer words. Interned: the same strings serve all articles in memory."""
    return frozenset(
        intern(stem) for stem in stems(text) if stem.isalpha() and (len(stem) > 3 or "가" <= stem[0] <= "힣")
    )
