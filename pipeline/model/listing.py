"""Values of lists that are no feeds: sitemaps and section pages, and what they have shown so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.feeds import KeyedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSitemap:
    """A sitemap that an index names.

    Attributes:
        lastmod: its date as the index gives it, "" without one. Indexes are often wrong about it.
        body_hash: digest of the last body; None until it was read once.
        read_at: when it was last requested; None for never.
        news_at: when it last brought a new page, or appeared in the index.
    """

    url: str
    lastmod: str = ""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    read_at: datetime | None = None
    news_at: datetime | None = None

    @property
    def is_old(self) -> bool:
        """Return whether its pages are to be learned: it is not read yet, and was in the index from the start."""
        return self.body_hash is None and self.news_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known before a list is read.

    Attributes:
        known: keys of the pages that were listed before, as packed 64-bit numbers.
        learn: nothing is new: learn what is listed.
        since: an address with an earlier date is old, even if it was not listed before.
        pattern: regular expression for the articles of a section page, "" when it is not known yet.
        given: the pattern comes from ``feeds.toml``, so it is never replaced.
        replace: a learned pattern that fits no longer is replaced.
    """

    known: bytes = b""
    learn: bool = False
    since: datetime | None = None
    pattern: str = ""
    given: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDocument:
    """A list as read.

    Attributes:
        document: the entries to store; the rest of the list is left out.
        keys: packed keys of the pages that were not known.
        children: of an index of sitemaps: address and date of each sitemap.
        pattern: a pattern that was learned and is to be kept, "" without one.
    """

    document: KeyedFeed
    keys: bytes = b""
    children: tuple[tuple[str, str], ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """What is stored about the lists of a source; the attributes are those of ``Seen`` and ``ListDocument``."""

    known: bytes = b""
    pattern: str = ""
    children: tuple[ChildSitemap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanges:
    """What a poll has learned from the lists of a source.

    Attributes:
        keys: packed keys of pages that were not known.
        pattern: the learned pattern, "" to keep the stored one.
        children: sitemaps that are new or were read.
        gone: addresses of sitemaps that the index names no more.
    """

    keys: bytes = b""
    pattern: str = ""
    children: tuple[ChildSitemap, ...] = ()
    gone: tuple[str, ...] = ()
