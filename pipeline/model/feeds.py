"""Values of feeds: parsed documents, feed state, and the changes that a poll makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.model.fetching import Validators
from pipeline.model.ids import EntryId, FeedId
from pipeline.model.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item of a feed.

    Attributes:
        id: the publisher's identifier, else the address, else a digest of title and text: never empty.
        url: absolute http(s) address of the page, "" when the entry has none that may be requested; no fragment.
        fragment: the address's fragment without "#".
        written: the link as the feed writes it, without fragment; also one that is not fetched, such as ``ftp:``.
        title: plain text; the first sentence of the text for an entry without a title.
        summary: plain text of the short description.
        content: plain text of the longest full text in the feed ("" when it has only a summary).
        content_source: the element of ``content``, such as ``content:encoded`` or ``yandex:full-text``.
        published: the publisher's date, None without a plausible date.
        published_raw: the publisher's date as written.
        published_assumed: the date names no zone, and the zone of the source was assumed.
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
    fragment: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document.

    Attributes:
        problem: one sentence about what is wrong, also of a feed with entries; None for a good feed.
        format: ``rss20``, ``atom10``, ``rss10``, ``json11``, ``sitemap`` …; "" when the document is no feed.
        alternates: feed addresses named by an HTML page that was served instead of the feed.
        ttl: the publisher's interval (``ttl``, ``sy:updatePeriod``), None when not given.
        skip_hours: hours of the day, UTC, in which the publisher wants no polls.
        skip_days: days of the week, UTC, likewise; 0 is Monday.
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
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedEntry:
    """An entry with everything by which it may be recognised.

    Attributes:
        link: canonical address without fragment, "" without an address.
        guid: the publisher's identifier, "" when the feed gives none.
        digest: changes when title, summary or content change; not with dates or counters.
        text_digest: of summary and content alone, "" without text.
    """

    link: str
    guid: str
    digest: str
    text_digest: str
    entry: ParsedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedFeed:
    """A feed document with the keys of its entries.

    Attributes:
        entries: in the order of the document.
        empty: number of entries without address, title and text, which are left out of ``entries``.
    """

    feed: ParsedFeed
    entries: tuple[KeyedEntry, ...]
    empty: int = 0


Correction = Literal["published", "authors"]
FeedStatus = Literal["new", "ok", "failing", "blocked", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The state of a feed between two polls: one row of the table ``feeds``.

    Attributes:
        url: the address that is polled; it differs from ``source.url`` after a permanent move.
        body_hash: digest of the last body, to recognise a 200 without changes.
        interval: the present time between two polls.
        polled_at, ok_at, changed_at: time of the last attempt, the last success, the last new or revised entry.
        full_at: time of the last full body (not a 304).
        failures: number of failed polls in a row.
        moved_to, moved_times: target of permanent redirects, and the number of polls in a row that named it.
        gone_since: time of the first 410 in a row.
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
class EntryKeys:
    """Keys of stored entries that may be items of a document; GUIDs and digests as its feed has shown them."""

    identities: tuple[str, ...]
    guids: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """A stored entry, as far as the next poll needs it.

    Attributes:
        identity: the unique key of its row: canonical address with or without a fragment, or ``feed name#id``.
        guid, url: as this feed carried the entry last, else as the first feed did; ``url`` with its fragment.
        digest, text_digest: likewise; ``text_digest`` is "" when it is not known.
        states: the states that this feed has shown, as ``feeds.revisions`` writes them.
        in_feed: this feed has carried the entry before.
        shared: other stored entries have the same link.
        at: the publisher's date, else the time of the first poll that found it.
        published, authors: as stored.
        first_seen_at: time of the first poll that found it.
        own: this feed was the first to carry the entry; only its corrections of date and authors count.
    """

    id: EntryId
    identity: str
    guid: str = ""
    url: str = ""
    title: str = ""
    digest: str = ""
    text_digest: str = ""
    states: tuple[str, ...] = ()
    in_feed: bool = True
    shared: bool = False
    at: datetime | None = None
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    first_seen_at: datetime | None = None
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryIntent:
    """An entry to be stored.

    Attributes:
        identity: see ``KnownEntry``.
        digest, text_digest: see ``KeyedEntry``; those of the last state that was read if this one has to wait.
        states: see ``KnownEntry``, this state included.
        known: the stored row of this item; None for a new entry.
        revised: the digest of a stored entry has changed, and the new state is read now.
        moved: this feed lists a stored entry with another GUID or address than before.
        corrections: what of a stored entry changed beside the same text. It costs no request.
    """

    entry: ParsedEntry
    identity: str
    digest: str
    text_digest: str = ""
    states: tuple[str, ...] = ()
    known: EntryId | None = None
    revised: bool = False
    moved: bool = False
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedUpdate:
    """The changes that one poll makes.

    Attributes:
        state: the feed's next state, with ``due_at``.
        entries: the entries that are new, revised, new to this feed, or listed with another GUID or address.
        entries_total: number of entries in the document.
        note: one line for people on a special event (move, gap, limit, entries that were left out); None without one.
    """

    state: FeedState
    entries: tuple[EntryIntent, ...] = ()
    entries_total: int = 0
    note: str | None = None
