"""Values of flagging: scores, evidence and near misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Field = Literal["title", "text"]


class Evidence(NamedTuple):
    """One occurrence of a concept that carried a flag.

    Attributes:
        surface: the text between the offsets, as it stands in the article.
        topic, clause: the clause it served, by its topic's id and its own.
    """

    concept: str
    surface: str
    field: Field
    start: int
    end: int
    topic: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One addend of a score: ``topic`` is "relevance" for the relevance sum."""

    topic: str
    clause: str
    weight: float
    concepts: tuple[str, ...] = ()
    note: str = ""


class NearPassage(NamedTuple):
    """A passage of the reference and how near the article is to it (cosine in concept space, 0…1)."""

    passage: str
    similarity: float
    shared: tuple[str, ...] = ()


class NearMiss(NamedTuple):
    """A topic that was nearly flagged, and what was missing, in words."""

    topic: str
    score: float
    missing: str


class Score(NamedTuple):
    """What flagging says of one article, without the reasons.

    Attributes:
        relevance: 0…1, how much the desk wants it.
        topics: score 0…1 of each *flagged* topic.
    """

    relevance: float
    relevant: bool
    topics: Mapping[str, float]


class Assessment(NamedTuple):
    """All that flagging says of one article.

    Attributes:
        relevance: 0…1, how much the desk wants it.
        topics: score 0…1 of each *flagged* topic.
        terms: every addend of every sum, so that the score can be checked by hand.
        config_version: digest of config and code that made it.
    """

    relevance: float
    relevant: bool
    topics: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[Term, ...] = ()
    passages: tuple[NearPassage, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    config_version: str = ""
