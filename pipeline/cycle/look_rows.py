"""Storing a look: the decision, the edit with its flags, and the revised article, in one transaction of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.cycle.story_stage import StoryStage
from pipeline.edits import decide_look, describe
from pipeline.edits.decide_look import Changed
from pipeline.model import REPORTED, Change, EditKind, Validators
from pipeline.model.edits import LookDecision, strongest
from pipeline.processing.looks import Reading
from pipeline.store import articles, edits, flags, looks, submissions
from pipeline.store.edits import Edit
from pipeline.store.looks import Watched

_REVISES: frozenset[EditKind] = frozenset({"back", "headline", "fact", "sentence", "wording"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRecord:
    """What one look found.

    Attributes:
        page: the page before the look.
        reading: the answer, and the comparison if the page was read.
        schedule: times of the looks.
        stories: the stories of this cycle.
        submit: queue the page of a reported edit for the web archive.
        validators: of the response, if its page was read.
        page_hash: digest of the response, if it was kept.
        now: the present time.
    """

    page: Watched
    reading: Reading
    schedule: Sequence[timedelta]
    stories: StoryStage
    submit: bool
    validators: Validators | None
    page_hash: str | None
    now: datetime

    def store(self, conn: sqlite3.Connection) -> None:
        """Decide what follows, and store it. The caller holds a transaction."""
        page, reading = self.page, self.reading
        change, answer = reading.change, reading.answer
        if isinstance(answer, Changed):
            change = self._without_layout(conn, answer.change)
            returned = reading.new in page.versions and reading.new != reading.old
            answer = Changed(change, returned=returned)
        decision = decide_look(page.history(self.schedule), answer, self.now)
        if decision.gone:
            self._store_deletion(conn, decision)
        if decision.back:
            self._store_change(conn, Change(kind="back", parts=change.parts if change else ()))
        elif change is not None and (decision.store or change.kind == "cosmetic"):
            self._store_change(conn, change)
            if self.submit and change.kind in REPORTED:
                submissions.put(conn, page.article, page.url, self.now)
        versions = [digest for digest in (reading.old, reading.new) if digest]
        looks.update(conn, page, decision, validators=self.validators, page_hash=self.page_hash, versions=versions)

    def _store_deletion(self, conn: sqlite3.Connection, decision: LookDecision) -> None:
        since = self.page.missing_since or self.now
        summary = f"The page is gone ({decision.gone}); it was missing first at {since:%Y-%m-%d %H:%M} UTC."
        self._put(conn, Change(kind="gone"), summary)

    def _store_change(self, conn: sqlite3.Connection, change: Change) -> None:
        """Store an edit. If it changed the article's text, revise the article and flag it again."""
        flagged = self.reading.flagged
        if flagged and change.kind in _REVISES:
            stored = articles.renew(conn, self.page.article, flagged.article, self.now)
            if stored.what == "revised":
                flags.put(conn, stored.id, stored.revision, flagged.assessment, self.now)
                self.stories.place(conn, stored, flagged.sentences, flagged.signature, self.now)
        before, after = set(self.page.topics), edits.topics_of(conn, self.page.article)
        self._put(conn, change, describe(change), gained=after - before, lost=before - after)

    def _put(
        self,
        conn: sqlite3.Connection,
        change: Change,
        summary: str,
        *,
        gained: Set[str] = frozenset(),
        lost: Set[str] = frozenset(),
    ) -> None:
        edit = Edit(
            article=self.page.article,
            feed=self.page.feed,
            change=change,
            seen_at=self.now,
            since=self.page.looked_at or self.page.started_at,
            summary=summary,
            flags_gained=sorted(gained),
            flags_lost=sorted(lost),
        )
        edits.put(conn, edit)

    def _without_layout(self, conn: sqlite3.Connection, change: Change) -> Change:
        """Return the change with the parts that belong to the site's layout marked as such.

        They are changes that two other articles of the source had within a day, whose edits are corrected too, and
        sentences that many articles of the source contain.
        """
        article, feed = self.page.article, self.page.feed
        keys = [part.key for part in change.parts if part.kind != "cosmetic"]
        repeated = edits.layout_keys(conn, article, feed, keys, self.now)
        if repeated:
            edits.mark_layout(conn, feed, repeated, self.now)
        sentences = self.reading.sentences or {}
        known = edits.footers(conn, article, feed, sentences.values())
        layout = repeated | {key for key, sentence in sentences.items() if sentence in known}
        parts = tuple(replace(part, kind="layout") if part.key in layout else part for part in change.parts)
        return Change(kind=strongest([part.kind for part in parts]), parts=parts)
