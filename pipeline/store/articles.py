"""Articles in the database: one row a piece of news, its earlier texts as revisions.

Functions that write need a transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pipeline.model import Article, ArticleId, Assessment, QueuedEntry, Stored
from pipeline.store.flags import summary
from pipeline.store.search import index_terms
from pipeline.store.values import to_json, to_text, to_text_or_none, to_tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """An article's text as it stands, with what flagging needs beside it."""

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

    The same piece is told by its entry, by its address, or by the page's own address together with the same text or
    title: a canonical address alone is not believed, as some sites give all their pages the same one.

    Args:
        conn: the database, in a transaction.
        entry: whose article it is.
        article: the article.
        now: the present time.
        assessment: what flagging said of it; a new article's row has it from the start, its reasons are to follow.
        search_terms: those of ``index_terms``.
    """
    row = _same_piece(conn, entry, article)
    if row is None:
        return Stored(id=_insert(conn, article, assessment, search_terms), revision=1, what="new")
    found, revision = ArticleId(row["id"]), int(row["revision"])
    if row["content_hash"] == article.content_hash:
        return Stored(id=found, revision=revision, what="same" if entry.article == found else "joined")
    if entry.article != found:
        return Stored(id=found, revision=revision, what="joined")
    if not article.text and row["characters"]:
        return Stored(id=found, revision=revision, what="same")
    _revise(conn, found, revision + 1, article, now, search_terms)
    return Stored(id=found, revision=revision + 1, what="revised")


def change(conn: sqlite3.Connection, found: ArticleId, article: Article) -> Literal["revised", "renewed", "same"]:
    """What ``renew`` would make of it: a new title or text is a revision, a new date, author or the like is not."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM articles WHERE id = ?", (found,)).fetchone()  # noqa: S608 - constants
    values = _values(article)
    if row["content_hash"] != article.content_hash:
        return "revised"
    same = all(row[name] == values[name] for name in _NAMES if name not in _FOR_EVER)
    return "same" if same else "renewed"


def renew(conn: sqlite3.Connection, found: ArticleId, article: Article, now: datetime) -> Stored:
    """Put what a page gives when it is read again in the place of what it gave before."""
    what = change(conn, found, article)
    revision = int(conn.execute("SELECT revision FROM articles WHERE id = ?", (found,)).fetchone()[0])
    if what == "revised":
        revision += 1
        _revise(conn, found, revision, article, now)
    elif what == "renewed":
        conn.execute(_REVISE, _values(article) | {"id": found, "revision": revision})
    return Stored(id=found, revision=revision, what=what)


def _same_piece(conn: sqlite3.Connection, entry: QueuedEntry, article: Article) -> Any:
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
    return {
        "title": article.title,
        "feed_id": article.feed,
        "language": article.language,
        "published": to_text_or_none(article.published),
        "published_from": article.published_from,
        "published_assumed": int(article.published_assumed),
        "sorted_at": to_text(article.published or article.first_seen_at),
        "url": article.url,
        "published_url": article.published_url,
        "canonical_url": article.canonical_url,
        "authors": to_json(article.authors),
        "site": article.site,
        "section": article.section,
        "tags": to_json(article.tags),
        "method": article.method,
        "quality": round(article.quality, 3),
        "wall": article.wall,
        "characters": len(article.text),
        "content_hash": article.content_hash,
        "first_seen_at": to_text(article.first_seen_at),
        "fetched_at": to_text(article.fetched_at),
        "page_url": article.page_url,
        "page_hash": article.page_hash,
        "summary": article.summary,
        "text": article.text,
        "search_terms": index_terms(article.title, article.text) if search_terms is None else search_terms,
    }


_COLUMNS = (
    "title, feed_id, language, published, published_from, published_assumed, sorted_at, url, published_url,"
    " canonical_url, authors, site, section, tags, method, quality, wall, characters, content_hash, first_seen_at,"
    " fetched_at, page_url, page_hash, summary, text, search_terms"
)
_NAMES = _COLUMNS.split(", ")
_FOR_EVER = {"feed_id", "url", "published_url", "first_seen_at", "sorted_at"}
_FLAGS = "relevance, relevant, topics, top_topic, config_version"
_INSERT = (
    f"INSERT INTO articles ({_COLUMNS}, {_FLAGS})"  # noqa: S608 - constants
    f" VALUES (:{', :'.join((*_NAMES, *_FLAGS.split(', ')))}) RETURNING id"
)
_CHANGES = ", ".join(f"{name} = :{name}" for name in _NAMES if name not in _FOR_EVER)
_REVISE = f"UPDATE articles SET revision = :revision, {_CHANGES} WHERE id = :id"  # noqa: S608 - constants


def _insert(conn: sqlite3.Connection, article: Article, assessment: Assessment, search_terms: str) -> ArticleId:
    return ArticleId(conn.execute(_INSERT, _values(article, search_terms) | summary(assessment)).fetchone()[0])


def _revise(  # noqa: PLR0917 - the parts of one row
    conn: sqlite3.Connection,
    found: ArticleId,
    revision: int,
    article: Article,
    now: datetime,
    search_terms: str | None = None,
) -> None:
    conn.execute(
        "INSERT OR IGNORE INTO revisions (article_id, revision, seen_at, title, content_hash, text)"
        " SELECT id, revision, ?, title, content_hash, text FROM articles WHERE id = ?",
        (to_text(now), found),
    )
    conn.execute(_REVISE, _values(article, search_terms) | {"id": found, "revision": revision})


_TEXTS = (
    "SELECT a.id, a.title, a.text, a.language, f.home, a.revision, a.url, a.sorted_at, a.relevance, a.topics,"
    " a.verdict FROM articles a JOIN feeds f ON f.id = a.feed_id"
)


_BY_ADDRESS = (
    f"{_TEXTS} WHERE a.url = :url OR a.canonical_url = :url"  # noqa: S608 - a constant
    " OR a.id = (SELECT article_id FROM entries WHERE identity = :url)"
)


def texts(
    conn: sqlite3.Connection, *, after: int = 0, limit: int = 500, not_version: str | None = None
) -> list[StoredText]:
    """The archive in pages, by id.

    Args:
        conn: the database.
        after: the last id of the page before.
        limit: articles a page.
        not_version: only those flagged with another config version than this.
    """
    rows = conn.execute(
        f"{_TEXTS} WHERE a.id > :after AND (:version IS NULL OR a.config_version IS NOT :version)"
        " ORDER BY a.id LIMIT :limit",
        {"after": after, "limit": limit, "version": not_version},
    )
    return [_text(row) for row in rows]


def find(conn: sqlite3.Connection, what: str) -> StoredText | None:
    """An article by its id, or by any address it is known under."""
    if what.isdecimal() and what.isascii():
        row = conn.execute(f"{_TEXTS} WHERE a.id = ?", (min(int(what), 2**62),)).fetchone()
    else:
        row = conn.execute(_BY_ADDRESS, {"url": what}).fetchone()
    return None if row is None else _text(row)


def _text(row: Any) -> StoredText:
    return StoredText(
        id=ArticleId(row["id"]),
        title=row["title"],
        text=row["text"],
        language=row["language"],
        home=row["home"],
        revision=row["revision"],
        url=row["url"],
        sorted_at=row["sorted_at"],
        relevance=row["relevance"],
        topics=to_tuple(row["topics"]),
        verdict=row["verdict"],
    )


def count(conn: sqlite3.Connection) -> int:
    """How many articles there are."""
    return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])
