"""Story stage of a cycle: joins each new or revised article to the story of its event, in the article's transaction.

In: a stored article, its sentences and its signature. Out: rows of ``stories`` and ``story_members``, each with its
reason in words. Copies are found by their sentences; other reports of one event by an index of signatures and a learned
score. All is in the database, so a cycle loads nothing in advance.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline import stories
from pipeline.model import IndexKeys, SentenceHolder, Signature, Stored, Telling
from pipeline.store import stories as rows
from pipeline.store import story_decisions
from pipeline.store.values import to_text, to_time

_COPIED_WITHIN = timedelta(days=14)
SENTENCES_KEPT = timedelta(days=30)
SIGNATURES_KEPT = timedelta(days=7)  # a feed may carry an article that is some days old


@dataclass(slots=True)
class StoryStage:
    """Stories of one database."""

    _names: Mapping[str, str] = field(default_factory=dict)

    def place(
        self,
        conn: sqlite3.Connection,
        stored: Stored,
        sentences: tuple[int, ...],
        signature: Signature,
        now: datetime,
    ) -> int | None:
        """Join an article that is new or revised to its story. The caller holds a transaction.

        Args:
            conn: the database.
            stored: id and state of the article.
            sentences: its ``stories.fingerprint``.
            signature: its ``stories.sign``.
            now: the present time.

        Returns:
            The story's id, or None if no other article reports the same event. An article never changes its story, and
            one that an analyst took out of a story stays out.
        """
        known = rows.known(conn, stored.id)
        if known is None:
            return None
        at = to_time(known.at)
        holders = rows.holders(conn, stored.id, sentences)
        likely = stories.may_be_copy(len(sentences), holders)
        since, until = to_text(at - _COPIED_WITHIN), to_text(at + _COPIED_WITHIN)
        sharing = rows.load_holders(conn, holders, since=since, until=until) if likely else {}
        rows.put_sentences(conn, stored.id, sentences, first=stored.what == "new")
        keys = stories.index_keys(signature, stories.load_model())
        rows.put_signature(conn, stored.id, signature, keys)
        if known.story is not None or story_decisions.is_placed(conn, stored.id):
            return known.story
        joined = self._join_copy(conn, known, len(sentences), sharing, now)
        return joined or self._join_event(conn, known, signature, keys, now)

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
        self,
        conn: sqlite3.Connection,
        known: rows.Known,
        signature: Signature,
        keys: IndexKeys,
        now: datetime,
    ) -> int | None:
        at = to_time(known.at).timestamp()
        article = Telling(article=known.id, source=known.feed, at=at, story=None, signature=signature)
        model = stories.load_model()
        scores: dict[int, float] = {}

        def score(one: Telling, member: Telling) -> float:
            if member.article not in scores:
                scores[member.article] = stories.score(one, member, model)
            return scores[member.article]

        match = stories.choose(article, rows.candidates(conn, article, keys), score, model.threshold)
        few = match is not None and len(match.story.members) < stories.COMPARED
        if match is not None and (few or match.story.articles >= stories.LARGE):
            match = stories.choose(article, [rows.complete(conn, match.story)], score, model.threshold)
        other = None if match is None else rows.known(conn, match.telling.article)
        if match is None or other is None:
            return None
        shared = self._shared(conn, signature, match.telling.signature)
        why = f"{shared} {other.source}, {_apart(known.at, other.at)}."
        return rows.join(conn, known.id, other, how="event", why=why, now=now)

    def _shared(self, conn: sqlite3.Connection, one: Signature, other: Signature) -> str:
        """Return what two articles share, in words."""
        self._names = self._names or rows.concept_names(conn)
        model = stories.load_model()
        concepts = sorted(one.concepts & other.concepts, key=lambda concept: (-model.weigh(concept), concept))
        shared = [self._names.get(concept, concept) for concept in concepts[:4]]
        shared += [stories.format_number(number) for number in sorted(one.numbers & other.numbers)[:3]]
        return f"Shares {', '.join(shared)} with" if shared else "Uses much the same words as"


def _apart(own: str, other: str) -> str:
    """Return the distance of two times in words, such as ``3 h after it``."""
    minutes = round((to_time(own) - to_time(other)).total_seconds() / 60)
    if not minutes:
        return "at the same minute"
    size = abs(minutes)
    span = f"{size} min" if size < 120 else f"{size / 60:.0f} h" if size < 2880 else f"{size / 1440:.0f} days"
    return f"{span} {'after' if minutes > 0 else 'before'} it"
