"""Story stage of a cycle: joins each new or revised article to the story of its event, in the article's transaction.

In: a stored article and its assessment. Out: rows of ``stories`` and ``story_members``, each with its reason in words.
Copies are found by their sentences; other reports of one event by ``stories.RecentArticles``, which is loaded from
the database when the first flagged article of a cycle arrives.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline import stories
from pipeline.model import Article, Assessment, SentenceHolder, Signature, Stored
from pipeline.store import stories as rows
from pipeline.store.values import to_text, to_time

_COPIED_WITHIN = timedelta(days=14)
_LOADED = timedelta(days=7)  # signatures in memory: a feed may carry an article that is some days old
KEPT = timedelta(days=30)  # how long sentences and signatures stay in the database


@dataclass(slots=True)
class StoryStage:
    """Stories of one database."""

    _recent: stories.RecentArticles | None = None
    _names: dict[str, str] = field(default_factory=dict)

    def place(  # noqa: PLR0917 - the parts of one article
        self,
        conn: sqlite3.Connection,
        stored: Stored,
        article: Article,
        assessment: Assessment,
        sentences: tuple[int, ...],
        now: datetime,
    ) -> int | None:
        """Join an article that is new or revised to its story. The caller holds a transaction.

        Args:
            conn: the database.
            stored: id and state of the article.
            article: its title and text.
            assessment: its flags and evidence.
            sentences: its ``stories.fingerprint``.
            now: the present time.

        Returns:
            The story's id, or None if no other article tells the same event. An article never changes its story.
        """
        known = rows.known(conn, stored.id)
        if known is None:
            return None
        at = to_time(known.at)
        holders = rows.holders(conn, stored.id, sentences)
        likely = stories.may_be_copy(len(sentences), holders)
        sharing = rows.load_holders(conn, holders, since=to_text(at - _COPIED_WITHIN)) if likely else {}
        rows.put_sentences(conn, stored.id, sentences, first=stored.what == "new")
        signature = self._sign(conn, known, article, assessment, now)
        if signature is None and stored.what != "new":
            self._drop_signature(conn, known)
        if known.story is not None:
            return known.story
        joined = self._join_copy(conn, known, len(sentences), sharing, now)
        return joined or self._join_event(conn, known, signature, now)

    def _sign(
        self, conn: sqlite3.Connection, known: rows.Known, article: Article, assessment: Assessment, now: datetime
    ) -> Signature | None:
        """Store the signature of a flagged article."""
        if not assessment.evidence:
            return None
        signature = stories.sign(
            known.id,
            source=known.feed,
            at=to_time(known.at).timestamp(),
            language=article.language,
            title=article.title,
            text=article.text,
            evidence=((item.concept, item.field, item.start) for item in assessment.evidence),
        )
        recent = self._load(conn, now)
        rows.put_signature(conn, signature)
        recent.add(signature)
        return signature

    def _drop_signature(self, conn: sqlite3.Connection, known: rows.Known) -> None:
        """Drop the signature of an article whose new text is on no topic."""
        rows.drop_signature(conn, known.id)
        if self._recent is not None:
            self._recent.drop(known.id)

    def _join_copy(
        self,
        conn: sqlite3.Connection,
        known: rows.Known,
        sentence_count: int,
        sharing: dict[int, list[SentenceHolder]],
        now: datetime,
    ) -> int | None:
        if not sharing:
            return None
        copy = stories.find_original(
            known.feed, sentence_count, sharing, lambda article: rows.count_sentences(conn, article)
        )
        other = None if copy is None else rows.known(conn, copy.article)
        if copy is None or other is None:
            return None
        why = f"{copy.sentences} of {copy.of} sentences as in {other.source}, {_apart(known.at, other.at)}."
        return rows.join(conn, known.id, other, how="copy", why=why, now=now)

    def _join_event(
        self, conn: sqlite3.Connection, known: rows.Known, signature: Signature | None, now: datetime
    ) -> int | None:
        if signature is None or self._recent is None or (nearest := self._recent.nearest(signature)) is None:
            return None
        other = rows.known(conn, nearest[0].article)
        if other is None:
            return None
        similarity = nearest[1]
        shared = [self._names.get(concept, concept) for concept in similarity.shared[:4]]
        shared += [stories.format_number(number) for number in similarity.both[:3]]
        why = f"Shares {', '.join(shared)} with {other.source}, {_apart(known.at, other.at)}."
        return rows.join(conn, known.id, other, how="event", why=why, now=now)

    def _load(self, conn: sqlite3.Connection, now: datetime) -> stories.RecentArticles:
        if self._recent is None:
            concepts = rows.concepts(conn)
            self._names = {concept: name for concept, (_, name) in concepts.items()}
            self._recent = stories.RecentArticles({concept: kind for concept, (kind, _) in concepts.items()})
            for signature in rows.recent_signatures(conn, to_text(now - _LOADED)):
                self._recent.add(signature)
        return self._recent


def _apart(own: str, other: str) -> str:
    """Return the distance of two times in words, such as ``3 h after it``."""
    minutes = round((to_time(own) - to_time(other)).total_seconds() / 60)
    if not minutes:
        return "at the same minute"
    size = abs(minutes)
    span = f"{size} min" if size < 120 else f"{size / 60:.0f} h" if size < 2880 else f"{size / 1440:.0f} days"
    return f"{span} {'after' if minutes > 0 else 'before'} it"
