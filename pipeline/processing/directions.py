"""Facts and direction of a story, from the whole texts of its articles. Runs in workers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from pipeline.flagging import Flagger
from pipeline.model.directions import Direction, Facts, Member
from pipeline.processing import flagger_of
from pipeline.stories import load_model
from pipeline.stories.direction import find_direction
from pipeline.stories.numbers import numbers
from pipeline.text.sentences import sentence_ends

_MOST_CHARACTERS = 30_000  # of an article


def read_story(members: Sequence[Member], folder: Path) -> Direction:
    """Return the direction of a story.

    Args:
        members: its articles.
        folder: the config folder.
    """
    flagger = flagger_of(folder)
    facts = {member.article: facts_of(flagger, member.title, member.text[:_MOST_CHARACTERS]) for member in members}
    return find_direction(members, facts, load_model().weigh)


def facts_of(flagger: Flagger, title: str, text: str) -> Facts:
    """Return the concepts and numbers of an article, each with its first sentence."""
    whole = f"{title}\n{text}"
    ends = [*sentence_ends(whole), len(whole)]
    starts = [0, *ends[:-1]]
    concepts: dict[str, str] = {}
    for hit in flagger.matcher.find(whole):
        at = bisect_right(ends, hit.start)
        if at < len(ends) and hit.concept not in concepts:
            concepts[hit.concept] = whole[starts[at] : ends[at]].strip()
    found: dict[str, str] = {}
    for start, end in zip(starts, ends, strict=True):
        sentence = whole[start:end]
        for number in numbers(sentence):
            found.setdefault(number, sentence.strip())
    return Facts(concepts=concepts, numbers=found)
