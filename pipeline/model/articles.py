"""Values of articles: queued entries, articles, and how an article was stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.model.extraction import Wall
from pipeline.model.feeds import ParsedEntry
from pipeline.model.ids import ArticleId, EntryId, FeedId

Verdict = Literal["relevant", "not_relevant", "escalate", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEntry:
    """An entry that waits for its page, with what its feed said of it.

    Attributes:
        url: canonical address; ``published_url`` is the one the feed gave, which is asked.
        digest: of what the feed gave; it tells whether the entry was revised meanwhile.
        home: of the source that brought it first; ``timezone`` likewise, None where none is set.
        attempts: tries so far.
        article: the article it made already, when it came back revised.
    """

    id: EntryId
    feed: FeedId
    source: str
    language: str
    home: str | None
    identity: str
    digest: str
    url: str
    entry: ParsedEntry
    first_seen_at: datetime
    timezone: str | None = None
    attempts: int = 0
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What we keep of a piece of news.

    Attributes:
        url: canonical address, unique.
        published_url: the address as its publisher's feed gave it.
        canonical_url: the address the page calls its own, where that can be believed.
        published_from: who said so: the page, the feed, or nobody.
        text: "" when neither page nor feed gave any.
        method: how the text was got; ``feed`` when the page could not be had.
        content_hash: digest of title and text.
        page_url: the address that sent the page, after redirects; None when no page was read.
        page_hash: SHA-256 of the page as it was sent (decompressed), in hexadecimal.
    """

    feed: FeedId
    url: str
    published_url: str
    title: str
    text: str
    summary: str
    content_hash: str
    language: str | None
    home: str | None
    published: datetime | None
    published_from: Literal["page", "feed", "none"]
    published_assumed: bool
    authors: tuple[str, ...]
    canonical_url: str | None
    site: str | None
    section: str | None
    tags: tuple[str, ...]
    method: str
    quality: float
    wall: Wall | None
    first_seen_at: datetime
    fetched_at: datetime
    page_url: str | None = None
    page_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where an article went.

    Attributes:
        what: a new article, a new revision, known and the same, or joined to a piece known by another address;
            renewed when only its date, authors or the like changed.
    """

    id: ArticleId
    revision: int
    what: Literal["new", "revised", "renewed", "same", "joined"]
