"""Values of stories: what two articles are compared by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

STORY_WINDOW = timedelta(hours=60)  # what a story spans at most; later copies apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The features by which an article is compared with others.

    Attributes:
        language: language of its text; words are compared only within one language.
        concepts: all concepts of the lexicon in the title and the text.
        title_concepts: those of them that are in the title.
        acts: what is done, in the title and the lead: ``call``, ``visit``.
        title_acts: those of them that are in the title.
        numbers: telling numbers in the title and the text.
        words: weights of the most telling words, by hash; a vector of length 1.
        title_words: the same for the title alone.
        characters: length of the text.
        digest: the title is that of a press review or of a digest, which tell many events.
    """

    language: str | None
    concepts: frozenset[str]
    title_concepts: frozenset[str]
    acts: frozenset[str]
    title_acts: frozenset[str]
    numbers: frozenset[str]
    words: Mapping[int, float]
    title_words: Mapping[int, float]
    characters: int
    digest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An article as stories see it.

    Attributes:
        article: the article's id.
        source: id of its feed.
        at: its time, in seconds since the epoch.
        story: id of the story that it belongs to, if any.
    """

    article: int
    source: int
    at: float
    story: int | None
    signature: Signature


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """Keys that find the articles to compare with, with their weights.

    Attributes:
        concepts: of the rarest concepts.
        words: of the rarest words of the title.
    """

    concepts: Mapping[int, float]
    words: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that an article may join, or an article without a story.

    Attributes:
        first: time of its first article, in seconds since the epoch.
        last: time of its last article.
        articles: number of its articles, without copies.
        members: its articles; of a long story, some of them.
    """

    first: float
    last: float
    articles: int
    members: Sequence[Telling]


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
