"""Joins each new article to the story that it tells, while it is stored.

In: an article just stored, with what flagging said of it. Out: rows of ``stories`` and ``story_members``, each with its
reason in words. A copy is found by its sentences, the same event in other words or another language by ``Recent``,
which is read from the database when the first flagged article of a cycle comes.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline import stories
from pipeline.model import Article, Assessment, Stored
from pipeline.store import stories as rows
from pipeline.store.values import to_text, to_time

_COPIED_WITHIN = timedelta(days=14)
_LOADED = timedelta(days=7)  # of marks: a feed may tell late of what is days old
KEPT = timedelta(days=30)  # sentences and marks


@dataclass(slots=True)
class Grouping:
    """The stories of one database."""

    _recent: stories.Recent | None = None
    _names: dict[str, str] = field(default_factory=dict)

    def place(  # noqa: PLR0917 - the parts of one article
        self,
        conn: sqlite3.Connection,
        stored: Stored,
        article: Article,
        said: Assessment,
        sentences: tuple[int, ...],
        now: datetime,
    ) -> int | None:
        """Join an article that is new or revised to its story; needs a transaction of the caller's.

        Args:
            conn: the database.
            stored: where the article is.
            article: its title and text.
            said: what flagging said of it.
            sentences: its ``stories.fingerprint``.
            now: the present time.

        Returns:
            The story's id, None where it tells a thing of its own. An article stays in the story it is in.
        """
        here = rows.known(conn, stored.id)
        if here is None:
            return None
        at = to_time(here.at)
        holders = rows.holders(conn, stored.id, sentences)
        told = stories.may_be_copy(len(sentences), holders)
        found = rows.postings(conn, holders, since=to_text(at - _COPIED_WITHIN)) if told else {}
        rows.put_sentences(conn, stored.id, sentences, first=stored.what == "new")
        marks = self._mark(conn, here, article, said, now)
        if marks is None and stored.what != "new":
            self._unmark(conn, here)
        if here.story is not None:
            return here.story
        return self._copied(conn, here, len(sentences), found, now) or self._told(conn, here, marks, now)

    def _mark(
        self, conn: sqlite3.Connection, here: rows.Known, one: Article, said: Assessment, now: datetime
    ) -> stories.Marks | None:
        """Keep a flagged article's marks."""
        if not said.evidence:
            return None
        marks = stories.mark(
            here.id,
            source=here.feed,
            at=to_time(here.at).timestamp(),
            language=one.language,
            title=one.title,
            text=one.text,
            evidence=((found.concept, found.field, found.start) for found in said.evidence),
        )
        recent = self._load(conn, now)
        rows.put_marks(
            conn,
            rows.MarksRow(
                article=here.id,
                source=here.feed,
                at=here.at,
                language=one.language,
                concepts=tuple(marks.concepts),
                named=tuple(marks.named),
                numbers=tuple(marks.numbers),
                words=tuple(marks.words),
            ),
        )
        recent.add(marks)
        return marks

    def _unmark(self, conn: sqlite3.Connection, here: rows.Known) -> None:
        """Let go of the marks of an article whose new text is on no topic any more."""
        rows.drop_marks(conn, here.id)
        if self._recent is not None:
            self._recent.drop(here.id)

    def _copied(
        self,
        conn: sqlite3.Connection,
        here: rows.Known,
        own: int,
        found: dict[int, list[rows.Posting]],
        now: datetime,
    ) -> int | None:
        if not found:
            return None
        told = {
            number: [stories.Found(one.article, one.source, one.story, one.at) for one in many]
            for number, many in found.items()
        }
        copy = stories.judge_copies(here.feed, own, told, lambda article: rows.size(conn, article))
        other = None if copy is None else rows.known(conn, copy.article)
        if copy is None or other is None:
            return None
        why = f"{copy.sentences} of {copy.of} sentences as in {other.source}, {_apart(here.at, other.at)}."
        return rows.join(conn, here.id, other, how="copy", why=why, now=now)

    def _told(
        self, conn: sqlite3.Connection, here: rows.Known, marks: stories.Marks | None, now: datetime
    ) -> int | None:
        if marks is None or self._recent is None or (nearest := self._recent.nearest(marks)) is None:
            return None
        other = rows.known(conn, nearest[0].article)
        if other is None:
            return None
        like = nearest[1]
        shared = [self._names.get(concept, concept) for concept in like.shared[:4]]
        shared += [stories.shown(number) for number in like.both[:3]]
        why = f"Shares {', '.join(shared)} with {other.source}, {_apart(here.at, other.at)}."
        return rows.join(conn, here.id, other, how="event", why=why, now=now)

    def _load(self, conn: sqlite3.Connection, now: datetime) -> stories.Recent:
        if self._recent is None:
            concepts = rows.concepts(conn)
            self._names = {concept: name for concept, (_, name) in concepts.items()}
            self._recent = stories.Recent({concept: kind for concept, (kind, _) in concepts.items()})
            for row in rows.recent_marks(conn, to_text(now - _LOADED)):
                self._recent.add(
                    stories.Marks(
                        article=row.article,
                        source=row.source,
                        at=to_time(row.at).timestamp(),
                        language=row.language,
                        concepts=frozenset(row.concepts),
                        named=frozenset(row.named),
                        numbers=frozenset(row.numbers),
                        words=frozenset(row.words),
                    )
                )
        return self._recent


def _apart(here: str, there: str) -> str:
    minutes = round((to_time(here) - to_time(there)).total_seconds() / 60)
    if not minutes:
        return "at the same minute"
    size = abs(minutes)
    span = f"{size} min" if size < 120 else f"{size / 60:.0f} h" if size < 2880 else f"{size / 1440:.0f} days"
    return f"{span} {'after' if minutes > 0 else 'before'} it"
