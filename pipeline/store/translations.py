"""Machine translations of titles. A translation holds for the exact title that was translated."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.store.values import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A translated title; ``translator`` names the service and its version."""

    article: int
    title: str
    translation: str
    translator: str


def of_articles(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Translation]:
    """Return the translations of the present titles of these articles, by article."""
    rows = conn.execute(
        "SELECT t.article_id, t.title, t.translation, t.translator FROM title_translations t"
        " JOIN articles a ON a.id = t.article_id AND a.title = t.title"
        " WHERE t.article_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row[0]: Translation(article=row[0], title=row[1], translation=row[2], translator=row[3]) for row in rows}


def put(conn: sqlite3.Connection, translations: Iterable[Translation], now: datetime) -> None:
    """Store translations in a transaction of its own."""
    with conn:
        conn.executemany(
            "INSERT OR REPLACE INTO title_translations (article_id, title, translation, translator, made_at)"
            " VALUES (?, ?, ?, ?, ?)",
            [(each.article, each.title, each.translation, each.translator, to_text(now)) for each in translations],
        )
