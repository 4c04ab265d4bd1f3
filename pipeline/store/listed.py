"""What the lists of a source without a feed have shown: pages, child sitemaps, learned pattern (table ``listed``)."""

from __future__ import annotations

import sqlite3
from array import array

from pipeline.model import ChildSitemap, FeedId, ListChanges, ListState
from pipeline.store.values import from_row, to_row
from pipeline.text.keys import key_of


def state(conn: sqlite3.Connection, feed: FeedId) -> ListState:
    """Return what is stored about the lists of a source, by primary key."""
    pages = conn.execute("SELECT key FROM listed WHERE feed_id = ? AND kind = 'page'", (feed,))
    known = array("q", (row[0] for row in pages)).tobytes()
    pattern = ""
    children = []
    for row in conn.execute("SELECT *, value AS url FROM listed WHERE feed_id = ? AND kind <> 'page'", (feed,)):
        if row["kind"] == "pattern":
            pattern = row["value"]
        else:
            children.append(from_row(ChildSitemap, row))
    return ListState(known=known, pattern=pattern, children=tuple(children))


def apply(conn: sqlite3.Connection, feed: FeedId, changes: ListChanges) -> None:
    """Store what a poll has learned. The caller holds a transaction."""
    keys = array("q")
    keys.frombytes(changes.keys)
    conn.executemany(
        "INSERT OR IGNORE INTO listed (feed_id, kind, key) VALUES (?, 'page', ?)", ((feed, key) for key in keys)
    )
    if changes.pattern:
        conn.execute(
            "INSERT OR REPLACE INTO listed (feed_id, kind, key, value) VALUES (?, 'pattern', 0, ?)",
            (feed, changes.pattern),
        )
    conn.executemany(
        "INSERT OR REPLACE INTO listed"
        " (feed_id, kind, key, value, lastmod, etag, last_modified, body_hash, read_at, news_at)"
        " VALUES (:feed, 'sitemap', :key, :url, :lastmod, :etag, :last_modified, :body_hash, :read_at, :news_at)",
        (to_row(child) | {"feed": feed, "key": key_of(child.url)} for child in changes.children),
    )
    conn.executemany(
        "DELETE FROM listed WHERE feed_id = ? AND kind = 'sitemap' AND key = ?",
        ((feed, key_of(url)) for url in changes.gone),
    )
