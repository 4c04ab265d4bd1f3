"""Values of articles: queued entries, articles, and the result of storing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.model.extraction import Wall
from pipeline.model.feeds import ParsedEntry
from pipeline.model.ids import ArticleId, EntryId, FeedId

Verdict = Literal["relevant", "not_relevant", "escalate", "withdrawn"]
Origin = Literal["feed", "archive"]  # a poll of a feed, or “tumen backfill”
Queue = Literal["main", "audit", "near"]  # relevant articles; a random sample of the others; those just below the cut


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEntry:
    """An entry that waits for its page, with everything that its feed gave.

    Attributes:
        url: canonical address; ``entry.url`` is the address from the feed, which is fetched.
        digest: of what the feed gave; it tells whether the entry was revised meanwhile.
        home: home country of the source that had it first; ``timezone`` likewise, None if it has none.
        attempts: failed attempts so far.
        article: its article from an earlier revision.
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
    """A news article, as it is stored.

    Attributes:
        url: canonical address, unique.
        published_url: address in the publisher's feed.
        canonical_url: canonical address given by the page, if it is plausible.
        published_from: source of the date: the page, the feed, or none.
        text: "" if neither page nor feed had one.
        method: how the text was extracted; ``feed`` if the page was not available.
        content_hash: digest of title and text.
        page_url: address of the page after redirects; None if no page was processed.
        page_hash: SHA-256 of the decompressed page, in hexadecimal.
        origin: where it came from: a feed, or a web archive.
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
    origin: Origin = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The result of storing an article.

    Attributes:
        what: ``new``; ``revised`` (new title or text); ``renewed`` (only other columns changed, such as the date);
            ``same`` (no change); ``joined`` (known under another address).
    """

    id: ArticleId
    revision: int
    what: Literal["new", "revised", "renewed", "same", "joined"]
