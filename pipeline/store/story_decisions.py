"""Stories arranged by hand: articles taken out of a story or put into one.

A decision is a group of rows in ``story_decisions`` that never change; an undo is another group. The result is written
to ``articles.story_id`` and ``story_members`` in the same transaction, so that every reader of stories follows it. The
cycle asks ``is_placed`` before it joins an article.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipeline.store.schema import transaction
from pipeline.store.stories import recount
from pipeline.store.values import to_text


class NotPossible(Exception):
    """A decision that does not fit the present state; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who decides, when, and the id of the decision. The same id twice is one decision."""

    analyst: str
    at: datetime
    batch: str


def is_placed(conn: sqlite3.Connection, article: int) -> bool:
    """Return whether an analyst decided about the story of this article."""
    return conn.execute("SELECT 1 FROM story_decisions WHERE article_id = ?", (article,)).fetchone() is not None


def split(conn: sqlite3.Connection, article: int, by: By) -> None:
    """Take an article out of its story.

    Raises:
        NotPossible: it is in no story.
    """
    with transaction(conn):
        if _is_done(conn, by.batch):
            return
        if _story(conn, article) is None:
            raise NotPossible("The article is in no story.")
        _move(conn, article, None, by)


def join(conn: sqlite3.Connection, article: int, story: int, by: By) -> None:
    """Put an article, with all articles of its present story, into another story.

    Raises:
        NotPossible: there is no such article or story, or the article is already there.
    """
    with transaction(conn):
        if _is_done(conn, by.batch):
            return
        if conn.execute("SELECT 1 FROM articles WHERE id = ?", (article,)).fetchone() is None:
            raise NotPossible("There is no such article.")
        if conn.execute("SELECT 1 FROM stories WHERE id = ? AND articles > 0", (story,)).fetchone() is None:
            raise NotPossible("There is no such story.")
        present = _story(conn, article)
        if present == story:
            raise NotPossible("The article is already in this story.")
        moved = [article]
        if present is not None:
            sql = "SELECT id FROM articles INDEXED BY articles_story WHERE story_id = ? ORDER BY id"
            moved = [row[0] for row in conn.execute(sql, (present,)).fetchall()]
        for one in moved:
            _move(conn, one, story, by)


def undo(conn: sqlite3.Connection, batch: str, by: By) -> None:
    """Undo a decision.

    Raises:
        NotPossible: there is no such decision, it was undone, or an article was moved again since.
    """
    with transaction(conn):
        if _is_done(conn, by.batch):
            return
        rows = conn.execute(
            "SELECT article_id, from_story, to_story, how, like_article_id, why FROM story_decisions WHERE batch = ?"
            " AND undoes IS NULL",
            (batch,),
        ).fetchall()
        if not rows or conn.execute("SELECT 1 FROM story_decisions WHERE undoes = ?", (batch,)).fetchone():
            raise NotPossible("There is no such decision, or it was already undone.")
        if any(_story(conn, row[0]) != row[2] for row in rows):
            raise NotPossible("The story was changed since; undo the later change first.")
        for article, from_story, _, how, like, why in rows:
            _move(conn, article, from_story, by, undoes=batch, member=(how, like, why))


def _move(
    conn: sqlite3.Connection,
    article: int,
    story: int | None,
    by: By,
    *,
    undoes: str | None = None,
    member: tuple[str | None, int | None, str | None] | None = None,
) -> None:
    """Record one move and carry it out."""
    present = _story(conn, article)
    before = conn.execute(
        "SELECT how, like_article_id, why FROM story_members WHERE article_id = ?", (article,)
    ).fetchone()
    conn.execute(
        "INSERT INTO story_decisions (article_id, from_story, to_story, how, like_article_id, why, analyst, at, batch,"
        " undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (article, present, story, *(before or (None, None, None)), by.analyst, to_text(by.at), by.batch, undoes),
    )
    conn.execute("DELETE FROM story_members WHERE article_id = ?", (article,))
    conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (story, article))
    if story is not None:
        how, like, why = member or ("event", None, f"Added by {by.analyst}.")
        conn.execute(
            "INSERT INTO story_members (article_id, story_id, how, like_article_id, why, joined_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (article, story, how or "event", like, why or f"Added by {by.analyst}.", to_text(by.at)),
        )
    for changed in {present, story} - {None}:
        recount(conn, int(changed or 0))


def _story(conn: sqlite3.Connection, article: int) -> int | None:
    row = conn.execute("SELECT story_id FROM articles WHERE id = ?", (article,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _is_done(conn: sqlite3.Connection, batch: str) -> bool:
    return conn.execute("SELECT 1 FROM story_decisions WHERE batch = ?", (batch,)).fetchone() is not None
