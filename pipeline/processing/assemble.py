"""Assembly: makes an article of the feed's entry and the page's extraction. Pure.

In: a ``QueuedEntry`` and, if there is a page, its ``Extraction``. Out: an ``Article``, or None if neither gives enough.
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import UTC, datetime, time
from typing import Literal

from pipeline.model import Article, Extraction, QueuedEntry
from pipeline.text.words import stems
from pipeline.text.zones import home_timezone, zone_for

_THIN_CHARACTERS = 200
_FEED_QUALITY = 0.5
_FUNCTION_WORDS = frozenset(
    stems(
        """
        the an and or but nor of to in on at by for from with without into over under about after before between during
        against as is are was were be been has have had do does did will would can could may might must not no it its
        this that these those he she they them his her their who what when where why how than then more most new news
        says said say us we you up out off
        и или но а не ни в во на с со к ко у о об от до из за по при для без над под про через между после перед как
        что это этот эта эти тот та те он она они его ее их мы вы быть был была были есть будет уже еще также так же бы
        ли который которая которые где когда чтобы новости
        및 등 그 이 저 것 수 더 또 위해 대한 대해 관련 오늘 뉴스
        """
    )
)


def from_page(entry: QueuedEntry, extraction: Extraction, canonical_url: str | None, now: datetime) -> Article | None:
    """Return the article of a page.

    The feed's own text is used if the page has no article, shows a paywall, or reports something else than the feed
    announced (a "not found" page with status 200).

    Args:
        entry: what the feed gave.
        extraction: what the page gave.
        canonical_url: the page's canonical address, already checked.
        now: the present time.
    """
    text = unicodedata.normalize("NFC", extraction.text)
    announced = _feed_text(entry)
    if (
        not text
        or (extraction.wall and len(text) <= max(len(announced), 600))
        or not _same_subject(entry, extraction, text)
    ):
        return from_feed(entry, now, extraction=extraction)
    if len(announced) > 1.5 * len(text) and extraction.quality < _FEED_QUALITY:
        return from_feed(entry, now, extraction=extraction)
    return _article(
        entry,
        extraction,
        text,
        method=extraction.method,
        quality=extraction.quality,
        canonical_url=canonical_url,
        now=now,
    )


def from_feed(entry: QueuedEntry, now: datetime, extraction: Extraction | None = None) -> Article | None:
    """Return an article of the feed's text, ``method`` = ``feed``; None if the feed gives no title."""
    if not entry.entry.title.strip():
        return None
    text = unicodedata.normalize("NFC", _feed_text(entry))
    quality = 0.8 if len(entry.entry.content) >= _THIN_CHARACTERS else 0.2
    return _article(
        entry, extraction or Extraction(), text, method="feed", quality=quality, canonical_url=None, now=now
    )


def _feed_text(entry: QueuedEntry) -> str:
    content, summary = entry.entry.content.strip(), entry.entry.summary.strip()
    return content if len(content) >= len(summary) else summary


def _same_subject(entry: QueuedEntry, extraction: Extraction, text: str) -> bool:
    """Return whether page and feed report the same thing.

    One shared word of the feed's title is enough, two for a title of four words and more. Function words do not count.
    """
    announced = set(stems(entry.entry.title)) - _FUNCTION_WORDS
    if len(announced) < 3:
        return True
    shared = announced.intersection(stems(f"{extraction.title or ''} {text[:3000]}"))
    return len(shared) >= (1 if len(announced) < 4 else 2)


def _article(
    entry: QueuedEntry,
    extraction: Extraction,
    text: str,
    *,
    method: str,
    quality: float,
    canonical_url: str | None,
    now: datetime,
) -> Article:
    title = _title(entry, extraction)
    published, published_from, assumed = _date(entry, extraction)
    return Article(
        feed=entry.feed,
        url=entry.url or entry.identity,
        published_url=entry.entry.url,
        title=title,
        text=text,
        summary=entry.entry.summary,
        content_hash=content_hash(title, text),
        language=extraction.language or entry.language,
        home=entry.home,
        published=published,
        published_from=published_from,
        published_assumed=assumed,
        authors=extraction.authors or entry.entry.authors,
        canonical_url=canonical_url,
        site=extraction.site,
        section=extraction.section,
        tags=tuple(dict.fromkeys((*extraction.tags, *entry.entry.tags))),
        method=method,
        quality=quality,
        wall=extraction.wall,
        first_seen_at=entry.first_seen_at,
        fetched_at=now,
    )


def content_hash(title: str, text: str) -> str:
    """Return the digest by which a new title or text is recognised."""
    return hashlib.blake2b(f"{title}\n{text}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _title(entry: QueuedEntry, extraction: Extraction) -> str:
    """Return the feed's title, which carries no site name, unless it is missing or was cut."""
    announced = unicodedata.normalize("NFC", entry.entry.title.strip())
    page = unicodedata.normalize("NFC", (extraction.title or "").strip())
    cut = announced.rstrip(".… ")
    if page and (not announced or (announced.endswith(("…", "...")) and page.startswith(cut) and len(page) > len(cut))):
        return page
    return announced or page or entry.identity


def _date(entry: QueuedEntry, extraction: Extraction) -> tuple[datetime | None, Literal["page", "feed", "none"], bool]:
    """Return the feed's date if it has a zone, else the page's, else the feed's with an assumed zone."""
    if entry.entry.published and not entry.entry.published_assumed:
        return entry.entry.published, "feed", False
    if extraction.published and not extraction.published_assumed:
        return extraction.published, "page", False
    if entry.entry.published:
        return entry.entry.published, "feed", True
    if extraction.published:
        return _in_zone_of(entry, extraction.published), "page", True
    return None, "none", False


def _in_zone_of(entry: QueuedEntry, published: datetime) -> datetime:
    """Read a page's time without a zone in the zone of its source; a date without a time stays as it is."""
    if published.time() == time():
        return published
    zone = zone_for(entry.timezone or home_timezone(entry.home), entry.language)
    return published.replace(tzinfo=zone).astimezone(UTC)
