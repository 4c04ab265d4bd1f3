"""Reading of sources without a feed: sitemaps with their children, section pages, channels.

In: a response of the source's address. Out: the entries that are new, and what the list has taught, which the feed
stage stores in one transaction with them. Requests: none besides the source's own, at most three for an index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.feeds.children import choose, merge
from pipeline.feeds.decide import body_hash, body_unchanged
from pipeline.feeds.listing import packed, unpacked
from pipeline.feeds.problems import CUT_SHORT
from pipeline.fetch import Fetcher
from pipeline.model import (
    ChildSitemap,
    FeedState,
    Fetched,
    FetchFailed,
    KeyedEntry,
    KeyedFeed,
    ListChanges,
    ListDocument,
    ListState,
    NotModified,
    Outcome,
    ParsedFeed,
    Request,
    Seen,
    Source,
    Validators,
)
from pipeline.processing.feed_document import read_list
from pipeline.processing.pool import Workers

SITEMAP_BYTES = 50 * 1024 * 1024  # the most that the protocol allows
_RECENT = timedelta(days=3)
_FAILURES = 3  # polls after which a new pattern is adopted: the health event is recorded by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a poll found.

    Attributes:
        outcome: of the source's address; the failure if the document broke the parser, or no child could be read.
        document: the entries to store; None if nothing has changed.
        changes: what the list has taught; None for nothing.
        requests: the children that were requested, with the outcome.
    """

    outcome: Outcome
    document: KeyedFeed | None = None
    changes: ListChanges | None = None
    requests: tuple[tuple[str, Outcome], ...] = ()


def byte_limit(source: Source) -> int | None:
    """Return the size limit of a source's documents; None for the setting."""
    return source.max_feed_bytes or (SITEMAP_BYTES if source.via == "sitemap" else None)


@dataclass(slots=True, kw_only=True)
class ListReader:
    """Reader of one source at one poll."""

    fetcher: Fetcher
    workers: Workers
    feed: FeedState
    state: ListState
    now: Callable[[], datetime]
    _known: set[int] = field(default_factory=set)
    _new: dict[int, None] = field(default_factory=dict)
    _entries: list[KeyedEntry] = field(default_factory=list)
    _problems: list[str] = field(default_factory=list)

    async def read(self, outcome: Outcome) -> Reading:
        """Read the response of the source's address, and the children that it names."""
        if isinstance(outcome, FetchFailed):
            return Reading(outcome=outcome)
        listed: ListDocument | None = None
        if isinstance(outcome, Fetched) and not body_unchanged(self.feed, outcome):
            found = await read_list(outcome, self.workers, self.feed.source, self._seen(), now=self.now())
            if isinstance(found, FetchFailed):
                return Reading(outcome=found)
            listed = found
        if listed.children if listed else self.state.children:
            return await self._read_children(outcome, listed)
        if listed is None:
            return Reading(outcome=outcome)
        if listed.document.feed.problem and not listed.document.entries and not listed.keys:
            return Reading(outcome=outcome, document=listed.document)
        gone = tuple(child.url for child in self.state.children)
        changes = ListChanges(keys=listed.keys, pattern=listed.pattern, gone=gone)
        return Reading(outcome=outcome, document=listed.document, changes=changes)

    def _seen(self, child: ChildSitemap | None = None) -> Seen:
        source = self.feed.source
        return Seen(
            known=packed(self._known) if child else self.state.known,
            learn=child.is_old if child else not self.state.known,
            since=min(self.now() - _RECENT, self.feed.ok_at or self.now()),
            pattern=source.pattern or self.state.pattern,
            given=source.pattern is not None,
            replace=self.feed.failures >= _FAILURES,
        )

    async def _read_children(self, outcome: Fetched | NotModified, index: ListDocument | None) -> Reading:
        """Read some of the sitemaps of an index, whether the index has changed or not: its dates prove nothing."""
        children, gone = self.state.children, tuple[str, ...]()
        if index is not None:
            children, gone = merge(children, index.children, self.now())
        self._known = set(unpacked(self.state.known))
        requests: list[tuple[str, Outcome]] = []
        after = {child.url: child for child in children if child not in self.state.children}
        for child in choose(children):
            response = await self.fetcher.get(self._request(child))
            requests.append((child.url, response))
            after[child.url] = await self._read_child(child, response)
        changes = ListChanges(keys=packed(self._new), children=tuple(after.values()), gone=gone)
        failures = [one for _, one in requests if isinstance(one, FetchFailed)]
        if failures and len(failures) == len(requests):
            return Reading(outcome=failures[0], requests=tuple(requests))
        return Reading(
            outcome=outcome, document=self._document(index, len(requests)), changes=changes, requests=tuple(requests)
        )

    def _request(self, child: ChildSitemap) -> Request:
        validators = None
        if child.etag or child.last_modified:
            validators = Validators(url=child.url, etag=child.etag, last_modified=child.last_modified)
        return Request(url=child.url, kind="feed", validators=validators, max_bytes=byte_limit(self.feed.source))

    async def _read_child(self, child: ChildSitemap, response: Outcome) -> ChildSitemap:
        """Collect the new entries of a child, and return its next state."""
        now = self.now()
        child = replace(child, read_at=now)
        if isinstance(response, NotModified) or (isinstance(response, Fetched) and _same_body(child, response)):
            return child
        if isinstance(response, FetchFailed):
            self._problems.append(response.reason)
            return child
        with self.fetcher.budget.hold(response.body):
            found = await read_list(response, self.workers, self.feed.source, self._seen(child), now=now)
        if isinstance(found, FetchFailed):
            self._problems.append(found.reason)
            return child
        if problem := found.document.feed.problem:
            self._problems.append(f"{child.url}: {problem}")
            if not found.document.entries and not found.keys:
                return child
        keys = unpacked(found.keys) - self._known
        self._entries += found.document.entries
        self._new |= dict.fromkeys(keys)
        self._known |= keys
        whole = not response.truncated and found.document.feed.problem != CUT_SHORT
        return replace(
            child,
            etag=response.headers.get("etag") if whole else None,
            last_modified=response.headers.get("last-modified") if whole else None,
            body_hash=body_hash(response.body),
            news_at=now if keys and not child.is_old else child.news_at,
        )

    def _document(self, index: ListDocument | None, requested: int) -> KeyedFeed | None:
        """Return the entries of all children as one document; None if neither index nor children have changed.

        A problem of one child does not make the source fail: its request is on record.
        """
        if index is None and not self._entries and not self._problems:
            return None
        entries = tuple(self._entries)
        serious = entries or len(self._problems) == requested
        feed = ParsedFeed(
            title="",
            entries=tuple(one.entry for one in entries),
            problem=" ".join(self._problems) or None if serious else None,
            format="sitemap index",
        )
        return KeyedFeed(feed=feed, entries=entries)


def _same_body(child: ChildSitemap, response: Fetched) -> bool:
    return not response.truncated and child.body_hash == body_hash(response.body)
