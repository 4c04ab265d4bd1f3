"""Values of stories: what articles are compared by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The features by which a flagged article is compared with others.

    Attributes:
        article: the article's id.
        source: id of its feed.
        at: its time, in seconds since the epoch.
        language: language of its text; words are compared only within one language.
        concepts: concepts of its evidence in the title and the opening.
        named: those of them that are in the title.
        numbers: numbers in the title and the opening.
        words: stems of the words in the title and the opening.
    """

    article: int
    source: int
    at: float
    language: str | None
    concepts: frozenset[str]
    named: frozenset[str]
    numbers: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceHolder:
    """An article that contains a given sentence.

    Attributes:
        source: id of its feed.
        story: the story that it belongs to, if any.
        at: its time as text, which sorts by time.
    """

    article: int
    source: int
    story: int | None
    at: str
