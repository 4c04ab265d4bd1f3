"""Values of feeds: parsed documents, feed state, and what a poll changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.model.fetching import Validators
from pipeline.model.ids import EntryId, FeedId
from pipeline.model.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item of a feed, as read.

    Attributes:
        id: the publisher's identifier, else the address, else a digest of the title: never empty.
        url: absolute http(s) address of the page, "" when the entry has none that we would follow.
        title: plain text.
        summary: plain text of the short description.
        content: plain text of the longest full text in the feed ("" when it has only a summary).
        content_source: the element that ``content`` came from, such as ``content:encoded`` or ``yandex:full-text``.
        published: the publisher's date, None when there is none that can be trusted.
        published_raw: the same as written.
        published_assumed: the date had no zone, and the source's was assumed.
    """

    id: str
    url: str
    title: str
    summary: str = ""
    content: str = ""
    content_source: str = ""
    published: datetime | None = None
    published_raw: str = ""
    published_assumed: bool = False
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document, as read.

    Attributes:
        problem: None for a good feed; else one sentence: what was wrong. Entries may be there all the same.
        format: ``rss20``, ``atom10``, ``rss10``, ``json11``, ``sitemap`` …; "" when it is no feed.
        alternates: feed addresses that an HTML page names in the feed's place.
        ttl: the publisher's own interval (``ttl``, ``sy:updatePeriod``), None when not given.
        skip_hours: hours of the day, UTC, in which the publisher asks not to be polled.
    """

    title: str
    entries: tuple[ParsedEntry, ...]
    problem: str | None = None
    format: str = ""
    encoding: str = ""
    language: str | None = None
    site_url: str = ""
    alternates: tuple[str, ...] = ()
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()


FeedStatus = Literal["new", "ok", "failing", "blocked", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is kept of a feed between two polls: one row of the table ``feeds``.

    Attributes:
        url: the address that is asked; it differs from ``source.url`` after a lasting move.
        body_hash: digest of the last body, to tell a 200 that brings nothing new.
        interval: the present time between two polls.
        polled_at, ok_at, changed_at: last attempt, last good answer, last new or revised entry.
        full_at: when a full body (not a 304) last came.
        failures: polls that failed, one after the other.
        moved_to, moved_times: where permanent redirects point, and how often in a row they said so.
        gone_since: the first 410 of an unbroken row.
    """

    id: FeedId
    source: Source
    url: str
    status: FeedStatus = "new"
    validators: Validators | None = None
    body_hash: str | None = None
    interval: timedelta | None = None
    due_at: datetime | None = None
    polled_at: datetime | None = None
    ok_at: datetime | None = None
    changed_at: datetime | None = None
    full_at: datetime | None = None
    failures: int = 0
    problem: str | None = None
    moved_to: str | None = None
    moved_times: int = 0
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What is kept of an entry, as far as the next poll needs it; ``here``: this feed has carried it before."""

    id: EntryId
    digest: str
    here: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryIntent:
    """An entry to be stored.

    Attributes:
        identity: canonical address, or ``feed name#id`` for an entry without one; alike in every feed that has it.
        known: the row that has this identity already; None for a new one.
        revised: a known entry whose ``digest`` (title, summary and content, not dates) has changed.
    """

    entry: ParsedEntry
    identity: str
    digest: str
    known: EntryId | None = None
    revised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedUpdate:
    """What one poll changes.

    Attributes:
        state: the feed's next state, ``due_at`` included.
        entries: every entry of the poll that is new here, revised, or known but seen in this feed for the first time.
        entries_total: entries that the document had.
        note: one line for people where something is worth saying (moved, gap, cut at the cap); None else.
    """

    state: FeedState
    entries: tuple[EntryIntent, ...] = ()
    entries_total: int = 0
    note: str | None = None
