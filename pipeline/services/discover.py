"""Discovery of a site's feeds for ``tumen feeds add``: fetches and parses candidates, stores nothing.

The rules (links in the page, usual addresses) are in ``feeds.discovery_rules``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from msgspec.structs import replace

from pipeline.feeds.discovery_rules import feed_links, sitemaps_of, usual_places
from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, ParsedFeed, Request, Seen, Source, Via
from pipeline.processing.feed_document import parse_feed, read_list
from pipeline.processing.pool import Workers
from pipeline.services.check import Checked, check_list, failure_of, summarise

_MAX_CANDIDATES = 8
_MAX_SITEMAPS = 5
_MIN_ARTICLES = 8  # a page with fewer is no list of articles
_MAX_NAME = 120
_HOMES = {"kr": "KR", "ru": "RU", "su": "RU", "kp": "KP", "jp": "JP", "cn": "CN", "us": "US", "uk": "GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed with entries.

    Attributes:
        source: a source as guessed from the feed; a person may correct it.
        checked: the result of its check.
    """

    source: Source
    checked: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The result of a discovery.

    Attributes:
        found: feeds, likeliest first.
        problem: why nothing was found, as one sentence; "" with a result.
    """

    found: tuple[Found, ...]
    problem: str = ""


def addresses(typed: str) -> tuple[str, ...]:
    """Return the addresses that typed text may mean. Without a scheme: https, then http; with a port: http."""
    if channel := channel_of(typed):
        return (channel,)
    if re.match(r"(?i)https?://", typed):
        return (typed,)
    return (f"http://{typed}",) if re.match(r"[^/]*:\d+(/|$)", typed) else (f"https://{typed}", f"http://{typed}")


async def find_feeds(url: str, fetcher: Fetcher, workers: Workers, now: datetime) -> Search:
    """Look for feeds: the address itself, then the feeds that the page names, then the usual addresses.

    Without a feed: the sitemaps that robots.txt names, and the page itself if it lists articles.

    Args:
        url: the address of a feed, a page or a channel.
        fetcher: sends the requests.
        workers: the pool that parses.
        now: the present time.
    """

    async def read(outcome: Fetched, url: str) -> Found | None:
        document = await parse_feed(outcome, workers, now=now)
        if isinstance(document, FetchFailed) or not document.feed.entries:
            return None
        source = guess(document.feed, outcome.moved_to or url)
        return Found(source=source, checked=summarise(source.name, outcome, document.feed))

    async def feeds_at(candidates: Iterable[str], most: int) -> list[Found]:
        found: dict[str, Found] = {}
        for candidate in candidates:
            response = await fetcher.get(Request(url=candidate, kind="feed"))
            feed = await read(response, candidate) if isinstance(response, Fetched) else None
            if feed is not None:
                found.setdefault(feed.source.url, feed)
            if len(found) >= most:
                break
        return list(found.values())

    outcome = await fetcher.get(Request(url=url, kind="feed"))
    if not isinstance(outcome, Fetched):
        return Search(found=(), problem=failure_of(outcome))
    if channel_of(url):
        return await _as_list(outcome, "telegram", workers, now)
    if feed := await read(outcome, url):
        return Search(found=(feed,))
    page = outcome.body.decode("utf-8", "replace")  # the addresses in it are ASCII in every charset
    found = await feeds_at(feed_links(page, outcome.url)[:_MAX_CANDIDATES], _MAX_CANDIDATES)
    found = found or await feeds_at(usual_places(outcome.url)[:_MAX_CANDIDATES], 1)
    return Search(found=tuple(found)) if found else await _without_feed(outcome, fetcher, workers, now)


async def _without_feed(page: Fetched, fetcher: Fetcher, workers: Workers, now: datetime) -> Search:
    """Return the sitemaps of a page's site, and the page itself if it lists articles."""
    section = await _as_list(page, "section", workers, now)
    sitemaps = await _sitemaps(page.url, section, fetcher, workers, now)
    address = urlsplit(page.url)
    # Who names a page below the front page wants that section, not the whole site.
    found = (*section.found, *sitemaps) if len(address.path) > 1 else (*sitemaps, *section.found)
    problem = f"{address.netloc} names no feed and no sitemap, and there is none at the usual addresses."
    return Search(found=found, problem="" if found else problem)


def channel_of(typed: str) -> str:
    """Return the preview page of a Telegram channel that typed text names, "" for other text."""
    found = re.fullmatch(r"(?i)(?:https?://)?(?:www\.)?t(?:elegram)?\.me/(?:s/)?(\w{4,40})/?", typed.strip())
    return f"https://t.me/s/{found[1]}" if found else ""


async def _as_list(outcome: Fetched, via: Via, workers: Workers, now: datetime) -> Search:
    """Return a page as a source that is no feed, if it lists enough articles."""
    source = Source(name="?", url=outcome.url, language="en", via=via)
    read = await read_list(outcome, workers, source, Seen(), now=now)
    if isinstance(read, FetchFailed):
        return Search(found=(), problem=read.reason)
    feed = read.document.feed
    if len(feed.entries) < (_MIN_ARTICLES if via == "section" else 1):
        return Search(found=(), problem=feed.problem or "The page lists no articles.")
    source = replace(guess(feed, outcome.url), via=via)
    return Search(found=(Found(source=source, checked=summarise(source.name, outcome, feed)),))


async def _sitemaps(url: str, section: Search, fetcher: Fetcher, workers: Workers, now: datetime) -> tuple[Found, ...]:
    """Return the sitemaps that a site's robots.txt names and that can be read."""
    response = await fetcher.get(Request(url=urljoin(url, "/robots.txt"), kind="feed"))
    named = sitemaps_of(response.body.decode("utf-8", "replace"), url) if isinstance(response, Fetched) else ()
    language = section.found[0].source.language if section.found else None
    found = []
    for address in named[:_MAX_SITEMAPS]:
        source = replace(guess(ParsedFeed(title="", entries=(), language=language), address), via="sitemap")
        checked = await check_list(source, fetcher, workers, now)
        if checked.entries:
            found.append(Found(source=source, checked=checked))
    return tuple(found)


def guess(parsed: ParsedFeed, url: str) -> Source:
    """Guess a source from a feed: name from its title, language from its texts, home from its address."""
    host = urlsplit(url).hostname or ""
    return Source(
        name=(parsed.title.strip() or host)[:_MAX_NAME],
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
    declared = (parsed.language or "")[:2].lower()
    script = letters.most_common(1)[0][0] if letters else ""
    # The declared language counts where it fits the letters: many Korean feeds declare "en".
    if re.fullmatch("[a-z]{2}", declared) and (script in ("", declared) or script == "en" != declared):
        return declared
    return script or "en"
