"""Signature of an article: concepts, numbers and word stems, for comparing articles that share no sentences.

In: a title, a text and the concepts of its evidence. Out: a ``Signature``. Only the title and the opening count: they
say who did what, and the rest is background that many articles share.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern

from pipeline.model import Signature
from pipeline.stories.numbers import numbers
from pipeline.text.words import stems

OPENING_CHARACTERS = 700


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
        words=_content_stems(f"{title} {opening}"),
    )


def _content_stems(text: str) -> frozenset[str]:
    """Return the stems of the longer words. Interned: the same strings serve all articles in memory."""
    return frozenset(
        intern(stem) for stem in stems(text) if stem.isalpha() and (len(stem) > 3 or "가" <= stem[0] <= "힣")
    )
