"""Flags in the database, with their evidence, and the config that they were made with.

Writing functions need a transaction of the caller, except ``sync_config``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import ArticleId, Assessment, Reference
from pipeline.store.concepts import first_word
from pipeline.store.schema import transaction
from pipeline.store.values import to_json, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A row of ``topics``."""

    id: str
    title: str
    description: str
    position: int
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptRow:
    """A row of ``concepts``, with the concept's surfaces by language."""

    id: str
    name: str
    kind: str
    qid: str | None
    surfaces: Mapping[str, Sequence[str]]


def version_known(conn: sqlite3.Connection, version: str) -> bool:
    """Return whether this config was used on this database before, and its surfaces are stored."""
    # an older Tumen did not store surfaces
    sql = "SELECT 1 FROM configs WHERE version = ? AND EXISTS (SELECT 1 FROM surfaces)"
    return conn.execute(sql, (version,)).fetchone() is not None


def sync_config(
    conn: sqlite3.Connection,
    version: str,
    *,
    topics: Sequence[TopicRow],
    concepts: Sequence[ConceptRow],
    reference: Reference,
    now: datetime,
) -> None:
    """Mirror topics, concepts and the reference's passages into their tables, in one transaction.

    A topic or concept that left the config keeps its row, because old flags refer to it. A passage keeps its imported
    original text.
    """
    with transaction(conn):
        conn.execute("INSERT OR IGNORE INTO configs (version, first_used_at) VALUES (?, ?)", (version, to_text(now)))
        conn.executemany(
            "INSERT INTO topics (id, title, description, position, colour) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description,"
            " position = excluded.position, colour = excluded.colour",
            [(t.id, t.title, t.description, t.position, t.colour) for t in topics],
        )
        conn.executemany(
            "INSERT INTO concepts (id, name, kind, qid) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET name = excluded.name, kind = excluded.kind, qid = excluded.qid",
            [(c.id, c.name, c.kind, c.qid) for c in concepts],
        )
        conn.execute("DELETE FROM surfaces")
        conn.executemany(
            "INSERT OR IGNORE INTO surfaces (concept, language, surface, first_word) VALUES (?, ?, ?, ?)",
            [
                (concept.id, language, surface, first_word(surface))
                for concept in concepts
                for language, surfaces in concept.surfaces.items()
                for surface in surfaces
            ],
        )
        _sync_reference(conn, reference)


def _sync_reference(conn: sqlite3.Connection, reference: Reference) -> None:
    conn.execute(
        "INSERT INTO reference (id, title, author, publication, published, url, note) VALUES (1, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title, author = excluded.author,"
        " publication = excluded.publication, published = excluded.published, url = excluded.url, note = excluded.note",
        (reference.title, reference.author, reference.publication, reference.published, reference.url, reference.note),
    )
    for position, passage in enumerate(reference.passages, 1):
        conn.execute(
            "INSERT INTO passages (id, position, part, digest, concepts) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET position = excluded.position, part = excluded.part,"
            " digest = excluded.digest, concepts = excluded.concepts",
            (passage.id, position, passage.part, passage.digest, to_json(passage.concepts)),
        )
        conn.execute("DELETE FROM passage_topics WHERE passage_id = ?", (passage.id,))
        conn.executemany(
            "INSERT INTO passage_topics (passage_id, topic) VALUES (?, ?)", [(passage.id, t) for t in passage.topics]
        )


def put(
    conn: sqlite3.Connection,
    article: ArticleId,
    revision: int,
    assessment: Assessment,
    now: datetime,
    *,
    note_changes: bool = False,
    first: bool = False,
) -> None:
    """Replace an article's flags and evidence by those of this assessment.

    Args:
        conn: the database, in a transaction.
        article: id of the article.
        revision: the assessed revision of the text, to which the offsets belong.
        assessment: the flags and their evidence.
        now: the present time.
        first: whether the article is new and its row already has the ``summary``, so that there is nothing to replace.
        note_changes: record gained and lost topics (for a change of the config, not of the text).
    """
    if note_changes:
        _note_changes(conn, article, assessment, now)
    for table in () if first else ("flags", "evidence", "terms", "near_passages", "near_misses"):
        conn.execute(f"DELETE FROM {table} WHERE article_id = ?", (article,))
    if not first:
        conn.execute(
            "UPDATE articles SET relevance = :relevance, relevant = :relevant, topics = :topics,"
            " top_topic = :top_topic, config_version = :config_version WHERE id = :id",
            summary(assessment) | {"id": article},
        )
    _put_flags(conn, article, revision, assessment, now)
    _put_reasons(conn, article, assessment)


def summary(assessment: Assessment) -> dict[str, object]:
    """Return the columns of ``articles`` that summarise its flags."""
    topics = list(assessment.topics)
    return {
        "relevance": round(assessment.relevance, 4),
        "relevant": int(assessment.relevant),
        "topics": to_json(topics),
        "top_topic": max(topics, key=assessment.topics.__getitem__, default=None),
        "config_version": assessment.config_version,
    }


def _note_changes(conn: sqlite3.Connection, article: ArticleId, assessment: Assessment, now: datetime) -> None:
    old = {row["topic"] for row in conn.execute("SELECT topic FROM flags WHERE article_id = ?", (article,))}
    before = conn.execute("SELECT config_version FROM articles WHERE id = ?", (article,)).fetchone()["config_version"]
    changes = [("gained", topic) for topic in assessment.topics if topic not in old]
    changes += [("lost", topic) for topic in sorted(old) if topic not in assessment.topics]
    conn.executemany(
        "INSERT INTO flag_changes (article_id, topic, change, from_version, to_version, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(article, topic, change, before, assessment.config_version, to_text(now)) for change, topic in changes],
    )


def _put_flags(
    conn: sqlite3.Connection, article: ArticleId, revision: int, assessment: Assessment, now: datetime
) -> None:
    conn.executemany(
        "INSERT INTO flags (article_id, topic, score, passage_id, revision, config_version, sorted_at, flagged_at)"
        " SELECT :article, :topic, :score, (SELECT p.id FROM passages p JOIN passage_topics t ON t.passage_id = p.id"
        "   WHERE t.topic = :topic AND p.id IN (SELECT value FROM json_each(:near))"
        "   ORDER BY (SELECT key FROM json_each(:near) WHERE value = p.id) LIMIT 1),"
        " :revision, :version, sorted_at, :now FROM articles WHERE id = :article",
        [
            {
                "article": article,
                "topic": topic,
                "score": round(score, 4),
                "near": to_json(p.passage for p in assessment.passages),
                "revision": revision,
                "version": assessment.config_version,
                "now": to_text(now),
            }
            for topic, score in assessment.topics.items()
        ],
    )


def _put_reasons(conn: sqlite3.Connection, article: ArticleId, assessment: Assessment) -> None:
    conn.executemany(
        'INSERT INTO evidence (article_id, topic, clause, concept, surface, field, start, "end")'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(article, e.topic, e.clause, e.concept, e.surface, e.field, e.start, e.end) for e in assessment.evidence],
    )
    conn.executemany(
        "INSERT INTO terms (article_id, topic, clause, weight, concepts, note) VALUES (?, ?, ?, ?, ?, ?)",
        [(article, t.topic, t.clause, round(t.weight, 4), to_json(t.concepts), t.note) for t in assessment.terms],
    )
    conn.executemany(
        "INSERT INTO near_passages (article_id, passage_id, similarity, shared) VALUES (?, ?, ?, ?)",
        [(article, p.passage, round(p.similarity, 4), to_json(p.shared)) for p in assessment.passages],
    )
    conn.executemany(
        "INSERT INTO near_misses (article_id, topic, score, missing) VALUES (?, ?, ?, ?)",
        [(article, m.topic, round(m.score, 4), m.missing) for m in assessment.near_misses],
    )
