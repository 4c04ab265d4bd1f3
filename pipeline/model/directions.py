"""Values of the direction of a story: who reported first, who copied whom, and what each side leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Relation = Literal["first", "copied", "credits", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article of a story, with what its time is known by.

    Attributes:
        home: country of its source; None if it has none.
        published: the publisher's time, with its zone; None if there is none to rely on.
        polled_at: the poll that first listed the article.
        polled_before: the poll before that one, which did not list it; None for the first poll of its source.
    """

    article: int
    source: str
    home: str | None
    title: str
    text: str
    published: datetime | None
    polled_at: datetime
    polled_before: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an article tells: each concept and number with the sentence that has it first."""

    concepts: Mapping[str, str]
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The place of an article in its story.

    Attributes:
        earliest: the article was not there before; None if that is unknown.
        latest: it was there at this time.
        basis: the publisher's time, or the polls of its feed.
        relation: ``first``; ``copied``: shares sentences with an earlier article; ``credits``: names an agency;
            ``own``: none of these.
        certain: for the first article: no other one can be earlier; for a copy: the order of the two is certain.
        like: the article that it copied or credits.
        evidence: the reason in words.
    """

    article: int
    earliest: datetime | None
    latest: datetime
    basis: Literal["published", "polled"]
    relation: Relation
    certain: bool
    like: int | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What at least two sources of one side report and no article of another side.

    Attributes:
        side: the country whose articles leave it out; ``told_by`` the country whose articles have it.
        sources: number of sources that have it.
        article, quotation: one of their articles, and its sentence.
    """

    side: str
    told_by: str
    kind: Literal["concept", "number"]
    item: str
    sources: int
    article: int
    quotation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """The direction of a story; ``placed`` is in order of time."""

    placed: tuple[Placed, ...]
    gaps: tuple[Gap, ...]
