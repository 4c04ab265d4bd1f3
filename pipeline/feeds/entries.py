"""Entries from feedparser's dictionaries: plain text, absolute addresses, plausible dates.

``entry_of`` reads a dictionary of ``feedparser_adapter``; ``make_entry`` serves every format.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple, TypeVar

from pipeline.model import ParsedEntry
from pipeline.text.dates import ParsedDate, read_date
from pipeline.text.html import clean, one_line, paragraphs
from pipeline.text.sentences import headline_of
from pipeline.text.urls import MAX_LENGTH, fragment_of, resolve

MAX_TITLE = 1_000
MAX_SUMMARY = 4_000
MAX_CONTENT = 200_000
MAX_NAME = 200
MAX_ID = 1_000
MAX_RAW_DATE = 100
MAX_LIST = 50
FULL_TEXT = 1_000  # a description with this many characters is the text, not a summary

T = TypeVar("T")
_LAST_DATE = datetime.max.replace(tzinfo=UTC)
_NO_LINK = frozenset({"", "#", "-", "n/a", "na", "none", "null", "undefined"})

_FULL_TEXT_KEY = re.compile(r"(?:^|[_:-])(?:full[_-]?text|full[_-]?content|article[_-]?body)$|^turbo_content$")
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]{1,20}:\S", re.IGNORECASE)
_MAIL_FIRST = re.compile(r"[^\s@]+@[^\s@]+\s*\(\s*(?P<name>.*[^\s)])\s*\)", re.DOTALL)
_MAIL_LAST = re.compile(r"(?P<name>.*[^\s(<])\s*[(<]\s*[^\s@()<>]+@[^\s@()<>]+\s*[)>]", re.DOTALL)


class Link(NamedTuple):
    """An absolute address without its fragment, the fragment, and the link as written without fragment."""

    url: str = ""
    fragment: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context shared by the entries of a feed.

    Attributes:
        bases: base addresses of relative links, best first.
        zone: the zone of dates without a zone.
        now: the present time.
    """

    bases: tuple[str, ...]
    zone: tzinfo
    now: datetime

    def date(self, raw: object) -> ParsedDate | None:
        """Read a date of the feed; None without a plausible date."""
        return read_date(raw, self.zone, self.now) if isinstance(raw, str) and raw else None


def entry_of(item: Any, context: Context) -> ParsedEntry:
    """Make an entry from feedparser's dictionary."""
    item = dict(item)  # feedparser's own class answers "updated" for "published"
    raw_date, date = _published(item, context)
    updated = context.date(item.get("updated"))
    content, source, summary = _texts(item)
    return make_entry(
        identifier=_text(item, "id"),
        link=_link(item, context.bases),
        title=_text(item, "title") or _text(item, "media_title") or _text(item, "itunes_title"),
        summary=summary,
        content=content,
        content_source=source,
        raw_date=raw_date,
        date=date,
        updated=updated.at if updated else None,
        authors=_authors(item),
        tags=[tag.get("term") or tag.get("label") for tag in map(dict, item.get("tags", ()))],
    )


def make_entry(
    *,
    identifier: str,
    link: Link,
    title: str,
    summary: str = "",
    content: str = "",
    content_source: str = "",
    raw_date: str = "",
    date: ParsedDate | None = None,
    updated: datetime | None = None,
    authors: Iterable[object] = (),
    tags: Iterable[object] = (),
) -> ParsedEntry:
    """Make an entry; clean each field and cut it to its limit. ``content`` is plain text already."""
    title = one_line(title, MAX_TITLE)
    summary = one_line(summary, MAX_SUMMARY)
    return ParsedEntry(
        id=_identifier(identifier, link.url, f"{title}\n{summary}\n{content}".strip() or raw_date),
        url=link.url,
        fragment=link.fragment,
        written=link.written,
        title=title or headline_of(content or summary),
        summary=summary,
        content=content,
        content_source=content_source if content else "",
        published=date.at if date else None,
        published_raw=clean(raw_date[:MAX_RAW_DATE]),
        published_assumed=date.assumed if date else False,
        updated=updated,
        authors=_names(authors),
        tags=_names(tags),
    )


def _identifier(identifier: str, url: str, text: str) -> str:
    identifier = clean(identifier[: MAX_ID * 4])
    if len(identifier) > MAX_ID:
        return f"hash:{_digest(identifier)}"
    return identifier or url or f"hash:{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _text(item: Any, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _names(values: Iterable[object]) -> tuple[str, ...]:
    names = (one_line(value[: MAX_NAME * 4], MAX_NAME) for value in values if isinstance(value, str) and value)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_LIST]


def _authors(item: Any) -> Iterator[object]:
    people = [dict(person) for person in item.get("authors", ()) if person]
    for person in people:
        yield _person(str(person.get("name") or person.get("email") or ""))
    if not people:
        yield _person(_text(item, "author"))


def _person(text: str) -> str:
    """Return the name without the mail address that RSS demands beside it."""
    text = text[: MAX_NAME * 2].strip()
    if "@" in text and (found := _MAIL_FIRST.fullmatch(text) or _MAIL_LAST.fullmatch(text)):
        return found["name"]
    return text


def newest(items: Sequence[T], most: int, date_of: Callable[[T], datetime | None]) -> Sequence[T]:
    """Return the newest items in the order of the document. An item without a date counts as old as the one before it.

    Args:
        items: all items.
        most: the number of items to keep.
        date_of: reads the date of an item; called only if there are too many items.
    """
    if len(items) <= most:
        return items
    last = _LAST_DATE
    dates = [last := date_of(item) or last for item in items]
    kept = sorted(range(len(items)), key=lambda place: dates[place], reverse=True)[:most]
    return [items[place] for place in sorted(kept)]


def date_of(item: Any, context: Context) -> datetime | None:
    """Return the date of an item of feedparser."""
    date = _published(dict(item), context)[1]
    return date.at if date else None


def _published(item: Any, context: Context) -> tuple[str, ParsedDate | None]:
    """Return the date as written and as read: of publication, else of creation, else of the last change."""
    first_raw = ""
    for key in ("published", "created", "updated"):
        raw = item.get(key, "")
        if isinstance(raw, str) and raw.strip():
            first_raw = first_raw or raw
            if date := context.date(raw):
                return raw, date
    return first_raw, None


def link_of(link: str, bases: tuple[str, ...]) -> Link:
    """Return a link as an absolute address and its fragment. "N/A" and the like are no link."""
    url = "" if link.strip().lower() in _NO_LINK else resolve(link, bases)
    written = link.strip().partition("#")[0]
    if not url:
        return Link(written=clean(written[:MAX_LENGTH])) if _OTHER_SCHEME.match(written) else Link()
    return Link(url, fragment_of(link), written)


def _link(item: Any, bases: tuple[str, ...]) -> Link:
    """Return the address of the page: FeedBurner's original, else the first link to a web page, else an identifier."""
    identifier = _text(item, "id").strip()
    # feedparser also uses an identifier such as "n-17" as the link.
    plain = "" if item.get("guidislink") and _text(item, "link").strip() == identifier else _text(item, "link")
    first = _text(item, "feedburner_origlink")
    other = Link()
    for href in (first, *_alternates(item), plain, identifier if identifier[:4].lower() == "http" else ""):
        link = link_of(href, bases)
        if link.url:
            return link
        other = other if other.written else link
    return other


def _alternates(item: Any) -> list[str]:
    """Return the entry's links to its page: web pages before other types, in the order of the document."""
    links = [link for link in item.get("links", ()) if isinstance(link.get("href"), str)]
    pages = [link for link in links if (link.get("rel") or "alternate").rpartition("/")[2] == "alternate"]
    return [link["href"] for link in sorted(pages, key=lambda link: "html" not in (link.get("type") or "html"))]


def _texts(item: Any) -> tuple[str, str, str]:
    """Return the full text (plain), the element it comes from, and the summary (as written)."""
    summary = _text(item, "summary") or _text(item, "media_description")
    best, source = "", ""
    for name, markup in _full_texts(item):
        text = paragraphs(markup, MAX_CONTENT)
        if len(text) > len(best):
            best, source = text, name
    if len(summary) >= FULL_TEXT and len(summary) > len(best):
        text = paragraphs(summary, MAX_CONTENT)
        if len(text) > max(len(best), FULL_TEXT):
            best, source = text, "description"
    return best, source, summary


def _full_texts(item: Any) -> Iterator[tuple[str, str]]:
    for content in item.get("content", ()):
        kind = content.get("type") or "text/html"
        value = content.get("value")
        if isinstance(value, str) and value and (kind.startswith("text/") or "html" in kind):
            yield content.get("source", "content"), value
    for key, value in item.items():
        if isinstance(value, str) and value and _FULL_TEXT_KEY.search(key):
            yield key.replace("_", ":", 1), value
