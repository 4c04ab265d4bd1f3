"""Revision of one story in the direction stage: merge it with another one, or split an article off.

In: a story that changed. Out: rows of ``story_changes`` and moved articles. The caller holds a transaction.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from pipeline import stories
from pipeline.model import Candidate, Telling
from pipeline.store import stories as story_rows
from pipeline.store import story_changes as rows
from pipeline.stories.revise import find_merge, find_outlier

_PROBES = 2  # articles of a story by whose words other stories are looked for


def revise_story(conn: sqlite3.Connection, story: int, now: datetime) -> int | None:
    """Merge or split a story if its articles give reason to. Return the story into which it was merged, or None.

    Args:
        conn: the database, in a transaction.
        story: the story.
        now: the present time.
    """
    members = rows.members(conn, story)
    if not members or rows.by_hand(conn, [article for article, _, _ in members]):
        return None
    model = stories.load_model()

    def score(one: Telling, other: Telling) -> float:
        return stories.score(one, other, model)

    own = story_rows.whole_story(conn, story)
    if own is None:
        return None
    copies = [(article, like) for article, how, like in members if how == "copy"]
    fixed = {article for pair in copies for article in pair if article is not None}
    outlier = find_outlier(own.members, fixed, score, model.threshold)
    if outlier is not None:
        why = f"Does not report the same event as the others: mean score {outlier[1]:.2f}."
        rows.split(conn, story, outlier[0].article, why, now)
        return None
    found = find_merge(own, _others(conn, story, own), score, model.threshold)
    if found is None:
        return None
    other = found[0].members[0].story
    if other is None or rows.by_hand(conn, [member.article for member in found[0].members]):
        return None
    older, younger = sorted((story, other))
    rows.merge(conn, younger, older, f"Merged with story {older}: mean score {found[1]:.2f}.", now)
    return older if younger == story else None


def _others(conn: sqlite3.Connection, story: int, own: Candidate) -> list[Candidate]:
    """Return the whole stories that share telling words with the newest articles of a story."""
    found: dict[int, Candidate] = {}
    for member in own.members[-_PROBES:]:
        keys = stories.index_keys(member.signature, stories.load_model())
        for candidate in story_rows.candidates(conn, member, keys):
            number = candidate.members[0].story
            if number not in (None, story) and number not in found:
                whole = story_rows.whole_story(conn, number)
                if whole is not None:
                    found[number] = whole
    return list(found.values())
