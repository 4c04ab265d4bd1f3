"""Lists that are no feeds: which of their addresses are new. Pure.

A sitemap or a section page without dates shows the same addresses for years, so a source's first poll only learns
them. Later an address is new if no list of the source has shown it before.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import datetime

from pipeline.feeds.identity import keyed
from pipeline.model import KeyedFeed, ListDocument, ParsedEntry, ParsedFeed, Seen, Via
from pipeline.text.keys import key_of
from pipeline.text.urls import canonical, spelling_free

MAX_ENTRIES = 2000


def parse_list(
    body: bytes, url: str, content_type: str | None, *, via: Via, timezone: str | None, now: datetime, seen: Seen
) -> ListDocument:
    """Read a document of a source; a worker calls this. Never raises for its content.

    Args:
        body: the document without transfer and content encoding.
        url: the address that answered.
        content_type: the HTTP header.
        via: the kind of the source.
        timezone: IANA zone for dates without a zone.
        now: the present time.
        seen: what is known before.
    """
    # The readers are imported here: each cycle needs few of them, and an idle one none.
    from pipeline.feeds.document import parse_document

    if via == "telegram":
        from pipeline.feeds.telegram import parse_channel

        return ListDocument(document=keyed(parse_channel(body, url, content_type, now=now)))
    if via == "section":
        from pipeline.feeds.section import parse_section

        return parse_section(body, url, content_type, seen=seen)
    if via == "sitemap":
        from pipeline.feeds.urlset import parse_urlset

        found = parse_urlset(body, url, content_type, timezone=timezone, now=now, seen=seen, most=MAX_ENTRIES)
        if found is not None:
            return found
    parsed = parse_document(body, url, content_type, timezone=timezone, now=now, max_entries=MAX_ENTRIES)
    return listed_feed(parsed, seen)


def listed_feed(parsed: ParsedFeed, seen: Seen) -> ListDocument:
    """Return a document with all its entries, and the keys of those that were not listed before."""
    known = unpacked(seen.known)
    keys = dict.fromkeys(page_key(entry.url) for entry in parsed.entries if entry.url)
    return ListDocument(document=keyed(parsed), keys=packed(key for key in keys if key not in known))


def document_of(entries: list[ParsedEntry], *, kind: str, encoding: str, problem: str | None = None) -> KeyedFeed:
    """Return a document of these entries."""
    return keyed(ParsedFeed(title="", entries=tuple(entries), format=kind, encoding=encoding, problem=problem))


def page_key(url: str) -> int:
    """Return the key of a page: sites change scheme and ``www.``, and add parameters that track readers."""
    return key_of(spelling_free(canonical(url)))


def packed(keys: Iterable[int]) -> bytes:
    """Return keys as packed 64-bit numbers: a set of 50,000 costs a worker 0.4 MB."""
    return array("q", keys).tobytes()


def unpacked(keys: bytes) -> frozenset[int]:
    """Return the keys that ``packed`` wrote."""
    numbers = array("q")
    numbers.frombytes(keys)
    return frozenset(numbers)
