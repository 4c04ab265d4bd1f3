"""Semantic neighbours in the database: the passages nearest to each flagged article (table ``meanings``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import ArticleId
from pipeline.store.schema import transaction
from pipeline.store.values import from_row, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article whose current text has no neighbours yet."""

    id: ArticleId
    revision: int
    title: str
    text: str


def waiting(conn: sqlite3.Connection, model: str, most: int) -> list[Waiting]:
    """Return flagged articles whose current revision this model has not compared, newest first."""
    rows = conn.execute(
        "SELECT a.id, a.revision, a.title, a.text FROM articles a"
        " WHERE a.id IN (SELECT article_id FROM flags) AND NOT EXISTS (SELECT 1 FROM meanings m"
        " WHERE m.article_id = a.id AND m.model = ? AND m.revision = a.revision)"
        " ORDER BY a.id DESC LIMIT ?",
        (model, most),
    )
    return [from_row(Waiting, row) for row in rows]


def put(
    conn: sqlite3.Connection, article: Waiting, model: str, near: Sequence[tuple[str, float, float]], now: datetime
) -> None:
    """Replace the neighbours of an article, in a transaction of its own.

    Args:
        conn: the database.
        article: the article.
        model: id of the model.
        near: for each passage its id, the cosine, and the cosine minus the mean over all passages.
        now: the present time.
    """
    with transaction(conn):
        conn.execute("DELETE FROM meanings WHERE article_id = ?", (article.id,))
        conn.executemany(
            "INSERT INTO meanings (article_id, passage_id, similarity, lift, model, revision, made_at)"
            " SELECT ?, id, ?, ?, ?, ?, ? FROM passages WHERE id = ?",
            [
                (article.id, round(cosine, 4), round(lift, 4), model, article.revision, to_text(now), name)
                for name, cosine, lift in near
            ],
        )
