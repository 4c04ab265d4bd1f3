"""Verdicts and notes in the database. The tables are append-only: nothing here changes or deletes a row.

In: a connection, possibly Datasette's own. Out: what was stored, once it is on the disk. Triggers keep the table
``standing`` up to date.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.model import Queue, Verdict
from pipeline.store import audit
from pipeline.store.schema import transaction
from pipeline.store.values import from_row, records, to_json, to_text

Refusal = Literal["no_article", "nothing_to_undo", "token_of_other", "unknown_topic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """A verdict to be stored.

    Attributes:
        topics: the topics that the analyst chose; None keeps what stands: the corrected or the flagged ones.
        revision: revision of the text that was on the screen.
        token: made by the page for this verdict, so that a repeated request is stored once.
        story: apply the verdict to the other waiting articles of the story too.
        queue: queue on the screen. "audit" is stored only for articles of the sample, so that it stays random.
        seen: id of the verdict that stood on the screen, if any.
    """

    article: int
    analyst: str
    verdict: Verdict
    revision: int
    token: str
    topics: tuple[str, ...] | None = None
    note: str = ""
    story: bool = False
    queue: Queue = "main"
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note to be stored without a verdict. An empty note removes the analyst's notes on the article."""

    article: int
    analyst: str
    note: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands for one article: a row of the table ``standing``. None where there is no verdict or no note."""

    article_id: int
    verdict: Verdict | None
    analyst: str | None
    at: str | None
    review_id: int | None
    topics: tuple[str, ...] | None
    note: str | None
    note_analyst: str | None
    note_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The result of storing a verdict.

    Attributes:
        id: the id of the row; that of the first one if the token is known; None if it was refused.
        articles: the articles that got a verdict.
        overruled: a verdict of a colleague that stood and was not on the screen.
        refusal: why it was refused.
    """

    id: int | None = None
    articles: tuple[int, ...] = ()
    overruled: Standing | None = None
    refusal: Refusal | None = None


def put(conn: sqlite3.Connection, new: NewVerdict, now: datetime) -> Stored:
    """Add a verdict in a transaction of its own.

    A verdict on a story is one row per waiting article, all with the same ``batch``. Withdrawing one of them withdraws
    the batch.
    """
    with transaction(conn):
        refusal = _refusal(conn, new)
        if refusal is not None:
            return Stored(refusal=refusal)
        before = conn.execute("SELECT id, batch FROM reviews WHERE token = ?", (new.token,)).fetchone()
        if before is not None:
            return Stored(id=int(before[0]), articles=_of_batch(conn, new.article, before[1]))
        if new.verdict == "withdrawn" and not _has_verdict(conn, new.article, new.analyst):
            return Stored(refusal="nothing_to_undo")
        stood = standing(conn, new.article)
        others = _batch(conn, new)
        audited = new.queue == "audit" and new.article in audit.sample(conn, now)
        for article in (new.article, *others):
            queue = new.queue if article == new.article and (audited or new.queue == "near") else None
            _add(conn, new, article, now, queue=queue, batch=new.token if others else None)
        stored = conn.execute("SELECT id FROM reviews WHERE token = ?", (new.token,)).fetchone()[0]
    return Stored(id=int(stored), articles=(new.article, *others), overruled=_overruled(stood, new))


def standing(conn: sqlite3.Connection, article: int) -> Standing | None:
    """Return what stands for an article, or None if it has neither verdict nor note."""
    row = next(records(conn.execute("SELECT * FROM standing WHERE article_id = ?", (article,))), None)
    return None if row is None else from_row(Standing, row)


def last_given(conn: sqlite3.Connection, analyst: str) -> int | None:
    """Return the article of the analyst's newest verdict that was not undone."""
    row = conn.execute(
        "SELECT r.article_id FROM reviews r INDEXED BY reviews_analyst"
        " WHERE r.analyst = ?1 AND r.verdict <> 'withdrawn'"
        " AND NOT EXISTS (SELECT 1 FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = ?1 AND s.id > r.id)"
        " ORDER BY r.at DESC, r.id DESC LIMIT 1",
        (analyst,),
    ).fetchone()
    return None if row is None else int(row[0])


def put_note(conn: sqlite3.Connection, new: NewNote, now: datetime) -> bool:
    """Add a note in a transaction of its own. Return False if the article does not exist.

    A known token is stored once, and so is a text that the analyst's newest note has already.
    """
    article, analyst, note = new.article, new.analyst, new.note
    with transaction(conn):
        if conn.execute("SELECT 1 FROM articles WHERE id = ?", (article,)).fetchone() is None:
            return False
        if note != _own_note(conn, article, analyst):
            conn.execute(
                "INSERT INTO notes (article_id, analyst, note, at, token) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (token) DO NOTHING",
                (article, analyst, note, to_text(now), new.token),
            )
    return True


def _own_note(conn: sqlite3.Connection, article: int, analyst: str) -> str:
    """Return the analyst's newest note on the article, or ""."""
    sql = "SELECT note FROM notes WHERE article_id = ? AND analyst = ? ORDER BY id DESC LIMIT 1"
    row = conn.execute(sql, (article, analyst)).fetchone()
    return "" if row is None else str(row[0])


def _refusal(conn: sqlite3.Connection, new: NewVerdict) -> Refusal | None:
    if conn.execute("SELECT 1 FROM articles WHERE id = ?", (new.article,)).fetchone() is None:
        return "no_article"
    row = conn.execute("SELECT article_id, analyst FROM reviews WHERE token = ?", (new.token,)).fetchone()
    if row is not None and tuple(row) != (new.article, new.analyst):
        return "token_of_other"
    known = {row[0] for row in conn.execute("SELECT id FROM topics")} if new.topics else set()
    return None if known.issuperset(new.topics or ()) else "unknown_topic"


def _has_verdict(conn: sqlite3.Connection, article: int, analyst: str) -> bool:
    """Return whether the analyst's newest verdict on the article is not an undo."""
    row = conn.execute(
        "SELECT verdict FROM reviews WHERE article_id = ? AND analyst = ? ORDER BY id DESC LIMIT 1", (article, analyst)
    ).fetchone()
    return row is not None and row[0] != "withdrawn"


def _overruled(stood: Standing | None, new: NewVerdict) -> Standing | None:
    if stood is None or stood.verdict is None or stood.analyst == new.analyst or stood.review_id == new.seen:
        return None
    return None if new.verdict == "withdrawn" else stood


def _of_batch(conn: sqlite3.Connection, article: int, batch: str | None) -> tuple[int, ...]:
    rows = conn.execute("SELECT article_id FROM reviews WHERE batch = ? AND article_id <> ?", (batch, article))
    return (article, *(int(row[0]) for row in rows))


def _batch(conn: sqlite3.Connection, new: NewVerdict) -> list[int]:
    """Return the other articles that the verdict applies to."""
    if new.verdict == "withdrawn":
        sql = (
            "SELECT o.article_id FROM reviews r JOIN reviews o ON o.batch = r.batch AND o.analyst = r.analyst"
            " WHERE r.id = (SELECT max(id) FROM reviews WHERE article_id = ?1 AND analyst = ?2)"
            " AND r.verdict <> 'withdrawn' AND o.article_id <> ?1"
            " AND o.id = (SELECT max(id) FROM reviews WHERE article_id = o.article_id AND analyst = ?2)"
        )
        return [int(row[0]) for row in conn.execute(sql, (new.article, new.analyst))]
    if not new.story:
        return []
    rows = conn.execute(
        "SELECT id FROM articles INDEXED BY articles_story"
        " WHERE story_id = (SELECT story_id FROM articles WHERE id = ?1) AND id <> ?1"
        " AND relevant = 1 AND verdict IS NULL LIMIT 200",
        (new.article,),
    )
    return [int(row[0]) for row in rows]


def _add(
    conn: sqlite3.Connection, new: NewVerdict, article: int, now: datetime, *, queue: Queue | None, batch: str | None
) -> None:
    own = article == new.article
    conn.execute(
        "INSERT INTO reviews (article_id, analyst, verdict, topics, note, at, revision, config_version, supersedes,"
        " batch, token, queue) SELECT id, :analyst, :verdict,"
        # a correction of the topics is kept by later verdicts
        " coalesce(:topics, (SELECT topics FROM standing WHERE article_id = :article)), :note, :at,"
        " min(coalesce(:revision, revision), revision), config_version,"
        " (SELECT max(id) FROM reviews WHERE article_id = :article AND analyst = :analyst),"
        " :batch, :token, coalesce(:queue, iif(relevant = 1, 'main', NULL)) FROM articles WHERE id = :article"
        " ON CONFLICT (token) DO NOTHING",
        {
            "article": article,
            "analyst": new.analyst,
            "verdict": new.verdict,
            "topics": None if new.topics is None or not own else to_json(new.topics),
            "note": new.note,
            "at": to_text(now),
            "revision": new.revision if own else None,
            "batch": batch,
            "queue": queue,
            "token": new.token if own else f"{new.token}:{article}",
        },
    )
