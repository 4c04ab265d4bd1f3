"""Direction stage of a cycle: who reported a changed story first, who copied, what is left out, and which affair it is.

In: stories with new articles. Out: rows of ``story_order``, ``story_gaps``, ``affairs`` and ``affair_stories``. It runs
after the pages, within a time of its own; a story that is not reviewed in time is reviewed by the next cycle.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.cycle.progress import Tally
from pipeline.cycle.story_revision import revise_story
from pipeline.cycle.writer import Writer
from pipeline.model.directions import Direction
from pipeline.processing.directions import read_story
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.store import directions as rows
from pipeline.store import stories as story_rows
from pipeline.store.values import to_time
from pipeline.stories import load_model
from pipeline.stories.affairs import AFFAIR_GAP, Outline, find_affair, outline

_SECONDS = 30.0
_MOST_STORIES = 300  # per cycle
_SINCE = timedelta(days=7)  # stories that ended earlier are not reviewed


@dataclass(slots=True, kw_only=True)
class DirectionStage:
    """Reviews of one cycle."""

    writer: Writer
    workers: Workers
    folder: Path
    now: Callable[[], datetime]
    tally: Tally

    async def run(self) -> None:
        """Review the stories that changed, until the time is over."""
        stories = rows.pending(self.writer.committed, self.now() - _SINCE, _MOST_STORIES)
        if not stories:
            return
        affairs = Affairs(story_rows.concept_names(self.writer.committed))
        try:
            async with asyncio.timeout(_SECONDS):
                for story in stories:
                    with self.tally.noting_errors(f"story {story}"):
                        await self._review(story, affairs)
        except TimeoutError:
            return  # the rest stays pending

    async def _review(self, story: int, affairs: Affairs) -> None:
        members = rows.members(self.writer.committed, story)
        try:
            direction = await self.workers.run(read_story, members, self.folder)
        except WorkFailed:
            direction = Direction(placed=(), gaps=())
        now = self.now()

        def step(conn: sqlite3.Connection) -> None:
            rows.put(conn, story, direction, now)
            if revise_story(conn, story, now) is None:
                affairs.place(conn, story, now)

        await self.writer.write(step)


@dataclass(slots=True)
class Affairs:
    """The affairs of the last days, read once per cycle."""

    names: Mapping[str, str]
    _known: dict[int, list[Outline]] | None = None

    def place(self, conn: sqlite3.Connection, story: int, now: datetime) -> None:
        """Join a story to its affair, or start one. A story never changes its affair.

        Args:
            conn: the database, in a transaction.
            story: the story.
            now: the present time.
        """
        own = None if rows.affair_of(conn, story) is not None else _outline(conn, story)
        if own is None:
            return
        known = self._load(conn, now)
        kinship = find_affair(own, known)
        if kinship is None:
            affair = rows.start_affair(conn, story, now)
        else:
            affair = kinship.affair
            shared = ", ".join(self.names.get(concept, concept) for concept in kinship.shared[:4])
            rows.join_affair(conn, story, affair, f"Shares {shared} with events of these days.", now)
        known.setdefault(affair, []).append(own)

    def _load(self, conn: sqlite3.Connection, now: datetime) -> dict[int, list[Outline]]:
        if self._known is None:
            stories = rows.affairs_since(conn, now - _SINCE - AFFAIR_GAP)
            found = {affair: [_outline(conn, story) for story in own] for affair, own in stories.items()}
            self._known = {affair: [one for one in own if one is not None] for affair, own in found.items()}
        return self._known


def _outline(conn: sqlite3.Connection, story: int) -> Outline | None:
    row = rows.outline_of(conn, story)
    if row is None:
        return None
    first, last = (to_time(time).timestamp() for time in (row.first_at, row.last_at))
    return outline(story, row.shares, first, last, load_model())
