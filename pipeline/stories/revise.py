"""Revision of stories as evidence comes: two stories are one, or an article does not belong to its story. Pure.

In: the articles of a story and of the stories beside it. Out: a merge or a split, with its score. An article joins a
story when it is stored, and knows nothing of later ones: a third article may connect two stories, and a page that comes
late may show that an article of two sentences reports something else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product

from pipeline.model import STORY_WINDOW, Candidate, Telling

Score = Callable[[Telling, Telling], float]

_MERGE = 0.2  # above the threshold of joining, for the mean score of all pairs across two stories
_SPLIT = 0.4  # of that threshold, for the mean score of an article with its three most similar fellows
_MOST = 8  # articles of a story that are compared
_LEAST_MEMBERS = 3  # of a story that is split


def find_merge(
    story: Candidate, others: Iterable[Candidate], score: Score, threshold: float
) -> tuple[Candidate, float] | None:
    """Return the story that reports the same event, with the mean score of all pairs, or None.

    Args:
        story: the story.
        others: stories that share words with it.
        score: the pair score.
        threshold: score from which on an article joins a story.
    """
    best: tuple[Candidate, float] | None = None
    for other in others:
        if max(story.last, other.last) - min(story.first, other.first) > STORY_WINDOW.total_seconds():
            continue
        pairs = list(product(story.members[:_MOST], other.members[:_MOST]))
        mean = sum(score(one, two) for one, two in pairs) / max(len(pairs), 1)
        if mean >= threshold + _MERGE and (best is None or mean > best[1]):
            best = other, mean
    return best


def find_outlier(
    members: Sequence[Telling], fixed: Collection[int], score: Score, threshold: float
) -> tuple[Telling, float] | None:
    """Return the article that is least like the others, if it does not belong to them, with its score.

    Args:
        members: the articles of a story.
        fixed: ids of articles that stay: copies and their originals.
        score: the pair score.
        threshold: score from which on an article joins a story.
    """
    if len(members) < _LEAST_MEMBERS:
        return None
    worst: tuple[Telling, float] | None = None
    for member in members[:_MOST]:
        if member.article in fixed:
            continue
        ranked = sorted((score(member, other) for other in members[:_MOST] if other is not member), reverse=True)[:3]
        mean = sum(ranked) / len(ranked)
        if mean < threshold * _SPLIT and (worst is None or mean < worst[1]):
            worst = member, mean
    return worst
