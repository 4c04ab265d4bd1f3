"""Articles in the database: one row per article, with earlier texts as revisions.

Writing functions need a transaction of the caller.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pipeline.model import Article, ArticleId, Assessment, QueuedEntry, Stored
from pipeline.store.flags import summary
from pipeline.store.values import from_row, to_row, to_text
from pipeline.text.words import index_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """An article's current text, with the columns that flagging needs."""

    id: ArticleId
    title: str
    text: str
    language: str | None
    home: str | None
    revision: int
    url: str
    sorted_at: str
    relevance: float
    topics: tuple[str, ...]
    verdict: str | None


def put(
    conn: sqlite3.Connection,
    entry: QueuedEntry,
    article: Article,
    now: datetime,
    *,
    assessment: Assessment,
    search_terms: str,
) -> Stored:
    """Store an article once.

    An article is known by its entry, by its address, or by the page's canonical address together with the same text or
    title. The canonical address alone is not enough, because some sites give all their pages the same one.

    Args:
        conn: the database, in a transaction.
        entry: the entry that led to the article.
        article: the article.
        now: the present time.
        assessment: its flags. The row of a new article gets their summary; ``flags.put`` stores the rest.
        search_terms: the result of ``index_terms``.
    """
    row = _known(conn, entry, article)
    if row is None:
        return Stored(id=_insert(conn, article, assessment, search_terms), revision=1, what="new")
    known, revision = ArticleId(row["id"]), int(row["revision"])
    if entry.article != known:
        return Stored(id=known, revision=revision, what="joined")
    lost_text = not article.text and row["characters"]  # a page that failed this time does not empty the article
    if lost_text:
        return Stored(id=known, revision=revision, what="same")
    if row["content_hash"] == article.content_hash:
        return Stored(id=known, revision=revision, what="renewed" if _correct(conn, known, article) else "same")
    _revise(conn, known, revision + 1, article, now, search_terms)
    return Stored(id=known, revision=revision + 1, what="revised")


def _correct(conn: sqlite3.Connection, known: ArticleId, article: Article) -> bool:
    """Store a corrected date, summary or list of authors beside the same text. A value that is missing now stays."""
    values = _values(article, "")
    groups = (("published", "published_from", "published_assumed"), ("authors",), ("summary",))
    given = [name for group in groups if values[group[0]] not in (None, "", "[]") for name in group]
    if not given:
        return False
    row = conn.execute(f"SELECT {', '.join(given)} FROM articles WHERE id = ?", (known,)).fetchone()
    if all(row[name] == values[name] for name in given):
        return False
    changes = ", ".join(f"{name} = :{name}" for name in given)
    conn.execute(f"UPDATE articles SET {changes} WHERE id = :id", values | {"id": known})
    return True


def change(conn: sqlite3.Connection, known: ArticleId, article: Article) -> Literal["revised", "renewed", "same"]:
    """Return what ``renew`` would do: a new title or text makes a revision, another date or author does not."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM articles WHERE id = ?", (known,)).fetchone()
    values = _values(article)
    if row["content_hash"] != article.content_hash:
        return "revised"
    same = all(row[name] == values[name] for name in _NAMES if name not in _FIXED)
    return "same" if same else "renewed"


def renew(conn: sqlite3.Connection, known: ArticleId, article: Article, now: datetime) -> Stored:
    """Replace an article by the result of a new extraction of its page."""
    what = change(conn, known, article)
    revision = int(conn.execute("SELECT revision FROM articles WHERE id = ?", (known,)).fetchone()[0])
    if what == "revised":
        revision += 1
        _revise(conn, known, revision, article, now)
    elif what == "renewed":
        conn.execute(_REVISE, _values(article) | {"id": known, "revision": revision})
    return Stored(id=known, revision=revision, what=what)


def _known(conn: sqlite3.Connection, entry: QueuedEntry, article: Article) -> Any:
    columns = "SELECT id, revision, content_hash, characters FROM articles"
    if entry.article is not None:
        return conn.execute(f"{columns} WHERE id = ?", (entry.article,)).fetchone()
    row = conn.execute(f"{columns} WHERE url = ?", (article.url,)).fetchone()
    if row is None and article.canonical_url:
        row = conn.execute(
            f"{columns} WHERE (canonical_url = :canonical OR url = :canonical)"
            " AND (content_hash = :hash OR title = :title)",
            {"canonical": article.canonical_url, "hash": article.content_hash, "title": article.title},
        ).fetchone()
    return row


def _values(article: Article, search_terms: str | None = None) -> dict[str, object]:
    return to_row(article) | {
        "feed_id": article.feed,
        # An archived page was captured long before Tumen saw it first.
        "sorted_at": to_text(article.published or min(article.first_seen_at, article.fetched_at)),
        "quality": round(article.quality, 3),
        "characters": len(article.text),
        "search_terms": index_terms(article.title, article.text) if search_terms is None else search_terms,
    }


_COLUMNS = (
    "title, feed_id, language, published, published_from, published_assumed, sorted_at, url, published_url,"
    " canonical_url, authors, site, section, tags, method, quality, wall, characters, content_hash, first_seen_at,"
    " fetched_at, page_url, page_hash, origin, summary, text, search_terms"
)
_NAMES = _COLUMNS.split(", ")
_FIXED = {"feed_id", "url", "published_url", "first_seen_at", "sorted_at", "origin"}
_FLAGS = "relevance, relevant, topics, top_topic, config_version"
_INSERT = (
    f"INSERT INTO articles ({_COLUMNS}, {_FLAGS}) VALUES (:{', :'.join((*_NAMES, *_FLAGS.split(', ')))}) RETURNING id"
)
_CHANGES = ", ".join(f"{name} = :{name}" for name in _NAMES if name not in _FIXED)
_REVISE = f"UPDATE articles SET revision = :revision, {_CHANGES} WHERE id = :id"


def _insert(conn: sqlite3.Connection, article: Article, assessment: Assessment, search_terms: str) -> ArticleId:
    return ArticleId(conn.execute(_INSERT, _values(article, search_terms) | summary(assessment)).fetchone()[0])


def _revise(  # noqa: PLR0917 - the parts of one row
    conn: sqlite3.Connection,
    known: ArticleId,
    revision: int,
    article: Article,
    now: datetime,
    search_terms: str | None = None,
) -> None:
    conn.execute(
        "INSERT OR IGNORE INTO revisions (article_id, revision, seen_at, title, content_hash, text)"
        " SELECT id, revision, ?, title, content_hash, text FROM articles WHERE id = ?",
        (to_text(now), known),
    )
    conn.execute(_REVISE, _values(article, search_terms) | {"id": known, "revision": revision})


_LARGEST_ID = 2**63 - 1
_TEXTS = (
    "SELECT a.id, a.title, a.text, a.language, f.home, a.revision, a.url, a.sorted_at, a.relevance, a.topics,"
    " a.verdict FROM articles a JOIN feeds f ON f.id = a.feed_id"
)


_BY_ADDRESS = (
    f"{_TEXTS} WHERE a.url = :url OR a.canonical_url = :url"
    " OR a.id = (SELECT article_id FROM entries WHERE identity = :url)"
)


def texts(
    conn: sqlite3.Connection,
    *,
    after: int = 0,
    until: int = _LARGEST_ID,
    limit: int = 500,
    not_version: str | None = None,
) -> list[StoredText]:
    """Return a slice of the archive, by id.

    Args:
        conn: the database.
        after: the last id of the previous slice.
        until: the last id that may be in this slice.
        limit: articles per slice.
        not_version: only articles that were flagged with another config version.
    """
    rows = conn.execute(
        f"{_TEXTS} WHERE a.id > :after AND a.id <= :until AND (:version IS NULL OR a.config_version IS NOT :version)"
        " ORDER BY a.id LIMIT :limit",
        {"after": after, "until": until, "limit": limit, "version": not_version},
    )
    return [from_row(StoredText, row) for row in rows]


def find(conn: sqlite3.Connection, what: str) -> StoredText | None:
    """Return an article by its id, or by any of its addresses."""
    if what.isdecimal() and what.isascii():
        row = conn.execute(f"{_TEXTS} WHERE a.id = ?", (min(int(what), _LARGEST_ID),)).fetchone()
    else:
        row = conn.execute(_BY_ADDRESS, {"url": what}).fetchone()
    return None if row is None else from_row(StoredText, row)


def last(conn: sqlite3.Connection) -> int:
    """Return the highest id; 0 if there is no article."""
    return int(conn.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0])


def count(conn: sqlite3.Connection) -> int:
    """Count the articles."""
    return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])
