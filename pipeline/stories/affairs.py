"""Affairs: the level above events. A visit has an arrival, talks and a departure; a crisis has many turns. Pure.

In: stories as the concepts of their articles. Out: the affair that a story belongs to, with the reason. Events of one
affair share their rarer actors and places within a few days; unlike articles of one event they may differ in what is
done and in their numbers. A story is compared with single stories of an affair, so that affairs grow by no chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.stories.model import StoryModel

AFFAIR_GAP = timedelta(days=4)  # between two stories of an affair
_LEAST_WEIGHT = 2.5  # of a compared concept: about one article in twelve has it, or fewer
_THRESHOLD = 0.4  # of the mean of the two best likenesses; measured by benchmarks/affairs.py
_SMOOTHING = 4.0  # added weight, so that a story with one rare concept is not like every other with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A story: what it is about and when it was.

    Attributes:
        concepts: of its articles.
        first, last: times of its articles, in seconds since the epoch.
    """

    id: int
    concepts: frozenset[str]
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Kinship:
    """The affair of a story, and the concepts that they share, the rarest first."""

    affair: int
    shared: tuple[str, ...]


def find_affair(story: Outline, affairs: Mapping[int, Sequence[Outline]], model: StoryModel) -> Kinship | None:
    """Return the affair that a story belongs to, or None.

    Args:
        story: the story.
        affairs: the stories of each affair.
        model: how rare concepts are.
    """
    own = _rare(story.concepts, model)
    best: tuple[float, int, frozenset[str]] | None = None
    for affair, stories in affairs.items():
        near = [_rare(other.concepts, model) for other in stories if _near(story, other)]
        ranked = sorted((_likeness(own, other, model) for other in near), reverse=True)[:2]
        mean = sum(ranked) / max(len(ranked), 1)
        if mean >= _THRESHOLD and (best is None or mean > best[0]):
            best = mean, affair, own & frozenset().union(*near)
    if best is None:
        return None
    shared = sorted(best[2], key=lambda concept: (-model.weigh(concept), concept))
    return Kinship(best[1], tuple(shared))


def _near(story: Outline, other: Outline) -> bool:
    gap = AFFAIR_GAP.total_seconds()
    return story.first <= other.last + gap and other.first <= story.last + gap


def _rare(concepts: Iterable[str], model: StoryModel) -> frozenset[str]:
    return frozenset(concept for concept in concepts if model.weigh(concept) >= _LEAST_WEIGHT)


def _likeness(one: frozenset[str], other: frozenset[str], model: StoryModel) -> float:
    """Return the share (0 to 1) of the shared concepts in the smaller set, by weight."""
    return _weigh(one & other, model) / (min(_weigh(one, model), _weigh(other, model)) + _SMOOTHING)


def _weigh(concepts: Iterable[str], model: StoryModel) -> float:
    return sum(map(model.weigh, concepts))
