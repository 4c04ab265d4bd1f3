"""Choice of the story that an article joins, by its scores against several members of the story.

In: an article, and candidate stories with their members. Out: the member that it is most like in the best story. The
score of a story is the mean of the three best pair scores: an article that is like one member and unlike all others
stays out, so stories do not grow by chains. A story never spans more than the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from pipeline.model import Candidate, Telling

WINDOW = timedelta(hours=60)
_SPAN = WINDOW.total_seconds()
_COMPARED = 3  # best pair scores that count


@dataclass(frozen=True, slots=True)
class Match:
    """The best story for an article.

    Attributes:
        telling: the member that the article is most like.
        mean: mean of the best pair scores against the story.
    """

    telling: Telling
    mean: float


def choose(
    article: Telling, candidates: Iterable[Candidate], score: Callable[[Telling, Telling], float], threshold: float
) -> Match | None:
    """Return the best match of an article, or None.

    Args:
        article: the new article.
        candidates: the stories that it may join.
        score: probability that two articles report one event.
        threshold: least mean score.
    """
    best: Match | None = None
    for story in candidates:
        if max(story.last, article.at) - min(story.first, article.at) > _SPAN:
            continue
        scored = sorted(((score(article, member), member) for member in story.members), key=_by_score, reverse=True)
        top = scored[:_COMPARED]
        mean = sum(value for value, _ in top) / len(top)
        if mean >= threshold and (best is None or mean > best.mean):
            best = Match(top[0][1], mean)
    return best


def _by_score(scored: tuple[float, Telling]) -> float:
    return scored[0]
