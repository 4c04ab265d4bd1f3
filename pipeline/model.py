"""The values that pass from stage to stage. Frozen, typed, and without behaviour beyond what they are.

Conventions: ``None`` means unknown, an empty value means known to be none. Times are aware and in UTC, named
``…_at`` (``published`` is the publisher's own claim). Offsets count code points of the stored text, half-open.
The words are those of the glossary in ``docs/how-it-works.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
RunId = NewType("RunId", int)

# ---------------------------------------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publisher's section that we watch: one ``[[feed]]`` of ``feeds.toml``.

    Attributes:
        name: unique; what people see.
        url: the feed's address.
        language: ISO 639-1 code of its texts.
        home: ISO 3166-1 alpha-2 code of the country its readers take for granted (a Korean paper leaves out "Korea").
        kind: agency, state media, daily, broadcaster, magazine, think tank, specialist, government or regional.
        timezone: IANA zone in which the feed's zoneless dates are read; None: by ``home``.
        topics: ids of the topics it is watched for: a hint to people, no part of the score.
        enabled: polled or not.
        interval_minutes: the shortest time between two polls; None: the setting of ``[poll]``.
        note: anything a colleague should know.
    """

    name: str
    url: str
    language: str
    home: str | None = None
    kind: str = "daily"
    timezone: str | None = None
    topics: tuple[str, ...] = ()
    enabled: bool = True
    interval_minutes: int | None = None
    note: str = ""


# ---------------------------------------------------------------------------------------------- fetching

RequestKind = Literal["feed", "page", "site"]

FailureKind = Literal[
    "dns",  # the name does not resolve
    "connect",  # refused, unreachable, or no connection in time
    "tls",  # certificate or handshake
    "timeout",  # the total deadline passed
    "broken",  # reset, bad framing, undecodable body
    "status",  # an HTTP status that is an error and none of those below
    "not_found",  # 404
    "gone",  # 410
    "rate_limited",  # 429, or 503 that names a time
    "blocked",  # a bot wall answered in the site's place
    "too_large",  # above the cap, compressed or not
    "redirects",  # a loop, too many, or a downgrade from https
    "forbidden_address",  # a private, loopback or otherwise refused address
    "bad_url",  # not an http(s) address that we would ask
    "robots",  # robots.txt asks us not to
    "deferred",  # not asked: its host told us to wait
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "anything new?" with; header values to the letter, never rewritten.

    Attributes:
        url: the address that gave them; they are sent to no other.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to ask for."""

    url: str
    kind: RequestKind
    validators: Validators | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body that arrived.

    Attributes:
        url: the address that answered, after redirects.
        headers: lower-case names.
        body: decoded from its transfer and content encodings, still bytes.
        moved_to: the last address of an unbroken chain of permanent redirects (301, 308) from the one asked, else None.
        truncated: the connection ended before the announced length.
        wire_bytes: the body's size as sent.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None
    truncated: bool = False
    wire_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: what we have is current."""

    url: str
    headers: Mapping[str, str]
    moved_to: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable answer.

    Attributes:
        kind: for programs.
        reason: for people: one sentence without an address's secrets.
        retry_after: how long the server asks us to stay away.
    """

    url: str
    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    wire_bytes: int = 0
    seconds: float = 0.0


Outcome = Fetched | NotModified | FetchFailed

# ---------------------------------------------------------------------------------------------- feeds


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


# ---------------------------------------------------------------------------------------------- extraction

Wall = Literal["paywall", "consent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a page says, without its furniture.

    Attributes:
        text: paragraphs, one a line, in NFC. "" when the page has no article.
        published: aware; None when the page gives no date.
        published_assumed: the page gave no zone (or no time) and one was assumed.
        wall: a paywall or a consent page stands in the article's place, as far as one can tell.
        method: how the text was got: ``trafilatura``, ``json-ld``, ``feed`` …
        quality: 0…1, how far the text is to be trusted as the whole article and nothing else.
    """

    text: str = ""
    title: str | None = None
    published: datetime | None = None
    published_assumed: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    site: str | None = None
    canonical_url: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    wall: Wall | None = None
    method: str = ""
    quality: float = 0.0


# ---------------------------------------------------------------------------------------------- flagging

Field = Literal["title", "text"]


class Evidence(NamedTuple):
    """One occurrence of a concept that carried a flag.

    Attributes:
        surface: the text between the offsets, as it stands in the article.
        topic, clause: the clause it served, by its topic's id and its own.
    """

    concept: str
    surface: str
    field: Field
    start: int
    end: int
    topic: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One addend of a score: ``topic`` is "relevance" for the relevance sum."""

    topic: str
    clause: str
    weight: float
    concepts: tuple[str, ...] = ()
    note: str = ""


class NearPassage(NamedTuple):
    """A passage of the reference and how near the article is to it (cosine in concept space, 0…1)."""

    passage: str
    similarity: float
    shared: tuple[str, ...] = ()


class NearMiss(NamedTuple):
    """A topic that was nearly flagged, and what was missing, in words."""

    topic: str
    score: float
    missing: str


class Score(NamedTuple):
    """What flagging says of one article, without the reasons.

    Attributes:
        relevance: 0…1, how much the desk wants it.
        topics: score 0…1 of each *flagged* topic.
    """

    relevance: float
    relevant: bool
    topics: Mapping[str, float]


class Assessment(NamedTuple):
    """All that flagging says of one article.

    Attributes:
        relevance: 0…1, how much the desk wants it.
        topics: score 0…1 of each *flagged* topic.
        terms: every addend of every sum, so that the score can be checked by hand.
        config_version: digest of config and code that made it.
    """

    relevance: float
    relevant: bool
    topics: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[Term, ...] = ()
    passages: tuple[NearPassage, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    config_version: str = ""


# ---------------------------------------------------------------------------------------------- articles

Verdict = Literal["relevant", "not_relevant", "escalate", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEntry:
    """An entry that waits for its page, with what its feed said of it.

    Attributes:
        url: canonical address; ``published_url`` is the one the feed gave, which is asked.
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


# ---------------------------------------------------------------------------------------------- the cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that failed in a cycle, for the summary."""

    what: Literal["feed", "article"]
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed's health changed in this cycle: a person is told once.

    Attributes:
        what: ``failing``, ``silent`` or ``well``.
        sentence: the whole, for people.
    """

    feed: str
    what: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """What one cycle did.

    Attributes:
        feeds_unreachable: of ``feeds_failed``, those that no connection could be made to.
        articles_failed: pages that could not be had this time; most are tried again.
        by_topic: articles flagged in this cycle, by topic.
        waiting: entries that wait for a later cycle.
        run: the cycle's row in ``runs``.
        alerts_sent: alerts that a person was sent after it.
        alerts_waiting: alerts that could not be sent, or whose time has not come.
        alert_problems: a sentence for each target that took nothing.
        feed_changes: feeds that began to fail, fell silent, or are well again.
    """

    feeds_polled: int = 0
    feeds_failed: int = 0
    feeds_unchanged: int = 0
    feeds_unreachable: int = 0
    entries_new: int = 0
    articles_stored: int = 0
    articles_revised: int = 0
    articles_flagged: int = 0
    articles_failed: int = 0
    by_topic: Mapping[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    waiting: int = 0
    seconds: float = 0.0
    run: int = 0
    alerts_sent: int = 0
    alerts_waiting: int = 0
    alert_problems: tuple[str, ...] = ()
    feed_changes: tuple[FeedChange, ...] = ()


# ---------------------------------------------------------------------------------------------- reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A numbered part of the reference, told in our own words.

    Attributes:
        id: ``p1`` … in the order of the original.
        part: opening, first reason, second reason, third reason or conclusion.
        topics: the topics that it stands for.
        concepts: the concepts that it names.
    """

    id: str
    part: str
    digest: str
    topics: tuple[str, ...]
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The op-ed that the watch started from: its record, and its digest."""

    title: str
    author: str
    publication: str
    published: str
    url: str
    passages: tuple[Passage, ...] = field(default=())
    note: str = ""
