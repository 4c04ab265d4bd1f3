"""Affairs: the level above events. A visit has an arrival, talks and a departure; a crisis has many turns. Pure.

In: stories as the concepts of their articles. Out: the affair that a story belongs to, with the reason. Events of one
affair share their rarer actors and places within a few days; unlike articles of one event they may differ in what is
done and in their numbers. A story is compared with single stories of an affair, so that affairs grow by no chains.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.stories.model import StoryModel

AFFAIR_GAP = timedelta(days=4)  # between two stories of an affair
_THRESHOLD = 0.25  # of the mean of the two best cosines; measured by benchmarks/affairs.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A story: what it is about and when it was.

    Attributes:
        concepts: weights of the concepts of its articles, as a vector of length 1.
        first, last: times of its articles, in seconds since the epoch.
    """

    id: int
    concepts: Mapping[str, float]
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Kinship:
    """The affair of a story, and the concepts that they share, the most telling first."""

    affair: int
    shared: tuple[str, ...]


def outline(story: int, shares: Mapping[str, float], first: float, last: float, model: StoryModel) -> Outline:
    """Return the outline of a story.

    Args:
        story: its id.
        shares: share (0 to 1) of its articles that name each concept.
        first: time of its first article, in seconds since the epoch.
        last: time of its last article.
        model: how rare concepts are.
    """
    weights = {concept: share * model.weigh(concept) for concept, share in shares.items()}
    length = math.hypot(*weights.values()) or 1.0
    return Outline(
        id=story, concepts={name: weight / length for name, weight in weights.items()}, first=first, last=last
    )


def find_affair(story: Outline, affairs: Mapping[int, Sequence[Outline]]) -> Kinship | None:
    """Return the affair that a story belongs to, or None.

    Args:
        story: the story.
        affairs: the stories of each affair.
    """
    best: tuple[float, int] | None = None
    for affair, stories in affairs.items():
        ranked = sorted((_cosine(story, other) for other in stories if _near(story, other)), reverse=True)[:2]
        mean = sum(ranked) / max(len(ranked), 1)
        if mean >= _THRESHOLD and (best is None or mean > best[0]):
            best = mean, affair
    if best is None:
        return None
    named = set().union(*(other.concepts for other in affairs[best[1]] if _near(story, other)))
    shared = sorted(named & story.concepts.keys(), key=lambda concept: (-story.concepts[concept], concept))
    return Kinship(best[1], tuple(shared))


def _near(story: Outline, other: Outline) -> bool:
    gap = AFFAIR_GAP.total_seconds()
    return story.first <= other.last + gap and other.first <= story.last + gap


def _cosine(one: Outline, other: Outline) -> float:
    return sum(one.concepts[name] * other.concepts[name] for name in one.concepts.keys() & other.concepts.keys())
