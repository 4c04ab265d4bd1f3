"""Choice of the sitemaps of an index that are read at a poll. Pure.

An index may name hundreds of sitemaps, and its dates are often wrong. So a poll reads the two that most likely have
news, and one more in turn, which finds those that the dates hide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pipeline.model import ChildSitemap

MOST = 3  # sitemaps of an index that are read at a poll

_NEVER = datetime.min.replace(tzinfo=UTC)
_NEWS = re.compile(r"news|latest|recent", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


def merge(
    stored: Sequence[ChildSitemap], listed: Iterable[tuple[str, str]], now: datetime
) -> tuple[tuple[ChildSitemap, ...], tuple[str, ...]]:
    """Return the sitemaps that an index names now, and the addresses that it names no more.

    Args:
        stored: those that it named before.
        listed: address and date of each.
        now: the present time.
    """
    before = {child.url: child for child in stored}
    appeared = now if before else None
    named = {
        url: replace(before.get(url) or ChildSitemap(url=url, news_at=appeared), lastmod=lastmod)
        for url, lastmod in listed
    }
    return tuple(named.values()), tuple(url for url in before if url not in named)


def choose(children: Sequence[ChildSitemap]) -> list[ChildSitemap]:
    """Return the sitemaps to read now: the likeliest first, then the one that has not been read for longest."""
    ranked = sorted(children, key=_rank, reverse=True)
    rest = sorted(ranked[MOST - 1 :], key=lambda child: child.read_at or _NEVER)
    return ranked[: MOST - 1] + rest[:1]


def _rank(child: ChildSitemap) -> tuple[bool, datetime, str, tuple[int, ...]]:
    """Return what speaks for news: the name, what the sitemap has brought, its date, the numbers in its name."""
    name = urlsplit(child.url).path
    numbers = tuple(int(number[:18]) for number in _NUMBER.findall(name))
    return bool(_NEWS.search(name)), child.news_at or _NEVER, child.lastmod, numbers
