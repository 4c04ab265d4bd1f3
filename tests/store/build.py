"""A small database for tests of queries: one or two feeds, entries and articles made with few words."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.model import (
    Article,
    ArticleId,
    Assessment,
    EntryId,
    EntryIntent,
    FeedId,
    ParsedEntry,
    QueuedEntry,
    Source,
    Stored,
)
from pipeline.store import articles, entries, feeds, flags, open_store, transaction

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SITE = "https://paper.example"


def digest(text: str) -> str:
    """A short digest of a text."""
    return sha256(text.encode()).hexdigest()[:16]


@cache
def _empty() -> bytes:
    """A database without rows: its migrations take 0.2 s, and are run once."""
    with TemporaryDirectory() as folder:
        open_store(Path(folder) / "tumen.db").close()
        return (Path(folder) / "tumen.db").read_bytes()


def new_store(path: Path) -> sqlite3.Connection:
    """Open a new database without rows."""
    path.write_bytes(_empty())
    return open_store(path)


class Rows:
    """A database with the feeds "Paper" (Russian) and "Wire" (Korean) and the topics "gas" and "rails"."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tumen.db"
        self.conn = new_store(self.path)
        sources = [
            Source(name="Paper", url=f"{SITE}/rss", language="ru", home="RU"),
            Source(name="Wire", url="https://wire.example/rss", language="ko", home="KR"),
        ]
        feeds.sync(self.conn, sources, NOW)
        self.feeds = {state.source.name: state.id for state in feeds.states(self.conn)}
        for position, topic in enumerate(("gas", "rails")):
            self.conn.execute(
                "INSERT INTO topics (id, title, position) VALUES (?, ?, ?)", (topic, topic.title(), position)
            )
        for version in ("test", "newer"):
            self.conn.execute("INSERT INTO configs (version, first_used_at) VALUES (?, '')", (version,))

    def close(self) -> None:
        self.conn.close()

    def list_entries(self, *titles: str, feed: str = "Paper", summary: str = "", at: datetime = NOW) -> list[EntryId]:
        """Let a feed list entries with these titles, new or revised; return those that now wait for their page."""
        with transaction(self.conn):
            return [one for title in titles for one in self._list(title, self.feeds[feed], summary, at)]

    def _list(self, title: str, feed: FeedId, summary: str, at: datetime) -> list[EntryId]:
        entry = ParsedEntry(id=f"guid {title}", url=f"{SITE}/{digest(title)}", title=title, summary=summary)
        known = self.conn.execute("SELECT id FROM entries WHERE identity = ?", (entry.url,)).fetchone()
        before = self.conn.execute(
            "SELECT coalesce((SELECT digest FROM sightings WHERE entry_id = e.id AND feed_id = ?), digest)"
            " FROM entries e WHERE identity = ?",
            (feed, entry.url),
        ).fetchone()
        mark = digest(title + summary)
        intent = EntryIntent(
            entry=entry,
            identity=entry.url,
            digest=mark,
            known=None if known is None else EntryId(known[0]),
            revised=before is not None and before[0] != mark,
        )
        return [row[0] for row in entries.add(self.conn, feed, [intent], at)]

    def queued(self, entry: EntryId) -> QueuedEntry:
        """A queued entry."""
        return entries.get_many(self.conn, [entry])[0]

    def article(self, entry: QueuedEntry, text: str, *, title: str = "", canonical: str | None = None) -> Article:
        """An article made from an entry."""
        title = title or entry.entry.title
        return Article(
            feed=entry.feed,
            url=entry.url,
            published_url=entry.entry.url,
            title=title,
            text=text,
            summary="",
            content_hash=digest(title + text),
            language=entry.language,
            home=entry.home,
            published=None,
            published_from="none",
            published_assumed=False,
            authors=(),
            canonical_url=canonical,
            site=None,
            section=None,
            tags=(),
            method="feed",
            quality=1.0,
            wall=None,
            first_seen_at=entry.first_seen_at,
            fetched_at=NOW,
        )

    def store(
        self,
        entry: QueuedEntry,
        text: str,
        *,
        title: str = "",
        canonical: str | None = None,
        topics: dict[str, float] | None = None,
        relevance: float = 0.9,
        at: datetime = NOW,
    ) -> Stored:
        """Store the article of an entry, with flags."""
        article = self.article(entry, text, title=title, canonical=canonical)
        assessment = Assessment(
            relevance=relevance, relevant=relevance >= 0.5, topics=topics or {}, config_version="test"
        )
        with transaction(self.conn):
            stored = articles.put(
                self.conn, entry, replace(article, fetched_at=at), at, assessment=assessment, search_terms=title
            )
            if stored.what in ("new", "revised"):
                flags.put(self.conn, stored.id, stored.revision, assessment, at)
            entries.done(self.conn, entry.id, stored.id, entry.digest)
        return stored

    def piece(self, title: str, text: str = "", *, feed: str = "Paper", **more: object) -> ArticleId:
        """List an entry and store its article."""
        (entry,) = self.list_entries(title, feed=feed)
        return self.store(self.queued(entry), text or f"{title}. Text.", **more).id  # type: ignore[arg-type]

    def value(self, sql: str, *values: object) -> object:
        """The first column of the first row."""
        return self.conn.execute(sql, values).fetchone()[0]
