"""Finds the feeds of a site, by the rules of ``feeds.discover``: asks, reads, and stores nothing.

In: an address that a person typed, of a feed or of a page. Out: the feeds that answered, likeliest first, each ready to
become a source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.feeds.discovery_rules import feed_links, usual_places
from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, ParsedFeed, Request, Source
from pipeline.processing.feed_document import parse_feed
from pipeline.processing.pool import Workers
from pipeline.services.check import Checked, tell

_MOST_NAMED = 8
_MOST_GUESSED = 8
_HOMES = {"kr": "KR", "ru": "RU", "su": "RU", "kp": "KP", "jp": "JP", "cn": "CN", "us": "US", "uk": "GB"}
_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that answered with entries.

    Attributes:
        source: what it would be called and taken for; a person may know better.
        checked: what its poll gave.
    """

    source: Source
    checked: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What came of looking.

    Attributes:
        found: likeliest first.
        asked: the addresses that were asked, in order.
        problem: why nothing was found, as one sentence; "" when something was.
    """

    found: tuple[Found, ...]
    asked: tuple[str, ...]
    problem: str = ""


def addresses(typed: str) -> tuple[str, ...]:
    """What a person may have meant: as typed, or, without a scheme, by https and then by http; with a port by http."""
    if re.match(r"(?i)https?://", typed):
        return (typed,)
    return (f"http://{typed}",) if re.match(r"[^/]*:\d+(/|$)", typed) else (f"https://{typed}", f"http://{typed}")


async def find_feeds(url: str, fetcher: Fetcher, workers: Workers, now: datetime) -> Search:
    """Look at an address: is it a feed, does it name feeds, is there one in the usual places?

    Args:
        url: of a feed or a page.
        fetcher: who asks.
        workers: who reads.
        now: the present time.
    """
    outcome = await fetcher.get(Request(url=url, kind="feed"))
    if not isinstance(outcome, Fetched):
        reason = outcome.reason if isinstance(outcome, FetchFailed) else "It says “not modified” to a first request."
        return Search(found=(), asked=(url,), problem=reason)
    itself = await _read(outcome, url, workers, now)
    if itself is not None:
        return Search(found=(itself,), asked=(url,))
    page = outcome.body.decode("utf-8", "replace")  # addresses are ASCII, whatever the rest is in
    asked = [url]
    found = await _ask(feed_links(page, outcome.url)[:_MOST_NAMED], fetcher, workers, now, asked)
    if not found:
        found = await _ask(usual_places(outcome.url)[:_MOST_GUESSED], fetcher, workers, now, asked, enough=1)
    told = "" if found else f"{urlsplit(outcome.url).netloc} names no feed, and there is none in the usual places."
    return Search(found=tuple(found), asked=tuple(asked), problem=told)


async def _ask(  # noqa: PLR0917 - who asks, who reads, and what
    addresses: Iterable[str],
    fetcher: Fetcher,
    workers: Workers,
    now: datetime,
    asked: list[str],
    enough: int = _MOST_NAMED,
) -> list[Found]:
    found: list[Found] = []
    for url in addresses:
        asked.append(url)
        outcome = await fetcher.get(Request(url=url, kind="feed"))
        one = await _read(outcome, url, workers, now) if isinstance(outcome, Fetched) else None
        if one is not None and one.source.url not in {other.source.url for other in found}:
            found.append(one)
        if len(found) >= enough:
            break
    return found


async def _read(outcome: Fetched, url: str, workers: Workers, now: datetime) -> Found | None:
    parsed = await parse_feed(outcome, workers, now=now)
    if isinstance(parsed, FetchFailed) or not parsed.entries:
        return None
    source = guess(parsed, outcome.moved_to or url)
    return Found(source=source, checked=tell(source.name, outcome, parsed))


def guess(parsed: ParsedFeed, url: str) -> Source:
    """A source of what a feed says of itself: name by its title, language by its texts, home by its address."""
    host = urlsplit(url).hostname or ""
    return Source(
        name=(parsed.title.strip() or host)[:_NAME],
        url=url,
        language=_language(parsed),
        home=_HOMES.get(host.rsplit(".", 1)[-1]),
    )


def _language(parsed: ParsedFeed) -> str:
    letters = Counter(
        "ko" if "가" <= letter <= "힣" else "ru" if "а" <= letter <= "я" else "en"
        for entry in parsed.entries[:40]
        for letter in entry.title.lower()
        if letter.isalpha()
    )
    said = (parsed.language or "")[:2].lower()
    seen = letters.most_common(1)[0][0] if letters else ""
    # a feed's own word counts where it fits its letters: many a Korean feed says en
    return said if re.fullmatch("[a-z]{2}", said) and (seen in ("", said) or seen == "en" != said) else seen or "en"
