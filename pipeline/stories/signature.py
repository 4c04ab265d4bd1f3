"""Signature of an article: concepts, numbers and word stems, for comparing articles that share no sentences.

In: a title, a text and the concepts of its evidence. Out: a ``Signature``. Only the title and the opening count: they
say who did what, and the rest is background that many articles share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from sys import intern

from pipeline.model import Signature
from pipeline.stories.numbers import numbers

OPENING_CHARACTERS = 700
_WORD = re.compile(r"[^\W\d_]+")
_HANGUL = re.compile(r"[가-힣]")


def sign(
    article: int,
    *,
    source: int,
    at: float,
    language: str | None,
    title: str,
    text: str,
    evidence: Iterable[tuple[str, str, int]],
) -> Signature:
    """Return the signature; ``evidence`` has the concept, field (``title`` or ``text``) and start of each hit."""
    pairs = {(intern(name), field) for name, field, start in evidence if field == "title" or start < OPENING_CHARACTERS}
    opening = text[:OPENING_CHARACTERS]
    return Signature(
        article=article,
        source=source,
        at=at,
        language=language,
        concepts=frozenset(name for name, _ in pairs),
        named=frozenset(name for name, field in pairs if field == "title"),
        numbers=numbers(f"{title}\n{opening}"),
        words=stems(f"{title} {opening}"),
    )


def stems(text: str) -> frozenset[str]:
    """Return the first letters of each longer word (five, or two of Hangul), which drops inflection and particles.

    Interning halves the memory of a signature, because articles share most of their words.
    """
    prefixes = set()
    for word in _WORD.findall(text.casefold().replace("ё", "е")):
        if _HANGUL.match(word):
            if len(word) > 1:
                prefixes.add(intern(word[:2]))
        elif len(word) > 3:
            prefixes.add(intern(word[:5]))
    return frozenset(prefixes)
