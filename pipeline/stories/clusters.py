"""Choice of the story that an article joins, by its scores against several members of the story.

In: an article, and candidate stories with their members. Out: the member that it is most like in the best story. The
score of a story is the mean of the log-odds of the best pair scores: an article that is like one member and unlike the
others stays out, so stories do not grow by chains. A large story compares more members and needs a higher score with
each doubling: articles that all are a little alike, such as reports of one form, make many small stories in place of
one without end. A story never spans more than the window.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.model import STORY_WINDOW, Candidate, Telling

_SPAN = STORY_WINDOW.total_seconds()
COMPARED = 4  # best pair scores that count; of a large story half of those that are compared, if they are more
LARGE = 8  # articles of a story, without copies, from which on more evidence is needed
_LEAST = 1e-4  # a score of 0 has no log-odds


@dataclass(frozen=True, slots=True)
class Match:
    """The best story for an article.

    Attributes:
        story: the story.
        telling: its member that the article is most like.
        mean: probability at the mean log-odds of the best pair scores against the story.
    """

    story: Candidate
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
        threshold: least mean of a small story.
    """
    best: Match | None = None
    for story in candidates:
        if max(story.last, article.at) - min(story.first, article.at) > _SPAN:
            continue
        scored = sorted(((score(article, member), member) for member in story.members), key=_by_score, reverse=True)
        large = story.articles >= LARGE
        counted = max(COMPARED, len(scored) // 2) if large else COMPARED
        mean = _mean([value for value, _ in scored[:counted]])
        # log-odds grow by 1 with each doubling of the story
        least = 1 / (1 + (1 / threshold - 1) * math.exp(-math.log2(story.articles / LARGE))) if large else threshold
        if mean >= least and (best is None or mean > best.mean):
            best = Match(story, scored[0][1], mean)
    return best


def _by_score(scored: tuple[float, Telling]) -> float:
    return scored[0]


def _mean(scores: Sequence[float]) -> float:
    """Return the probability at the mean log-odds, which a very unlike pair lowers more than the mean of the scores."""
    bounded = [min(max(score, _LEAST), 1 - _LEAST) for score in scores]
    log_odds = sum([math.log(score / (1 - score)) for score in bounded]) / len(scores)
    return 1 / (1 + math.exp(-log_odds))
