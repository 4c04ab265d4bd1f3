"""JSON Feed 1.0 and 1.1 (jsonfeed.org), which feedparser does not read."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from pipeline.feeds.entries import MAX_CONTENT, Context, link_of, make_entry, newest
from pipeline.feeds.problems import CUT_SHORT
from pipeline.model import ParsedEntry, ParsedFeed
from pipeline.text.html import clean, one_line, paragraphs
from pipeline.text.urls import resolve

_MAX_NESTED = 20  # objects inside an item, tried when the document is cut short


def looks_like_json(text: str) -> bool:
    """Return whether the text begins like JSON."""
    return text[:200].lstrip().startswith(("{", "["))


def parse_json(text: str, encoding: str, context: Callable[..., Context], most: int) -> ParsedFeed:
    """Read a JSON Feed. Other or invalid JSON gives a feed with a ``problem`` and no entries.

    Args:
        text: the document.
        encoding: its charset, for the result.
        context: makes the context of the entries from the feed's language and site.
        most: the number of entries that are kept.
    """
    try:
        data, cut = _loaded(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
        return _none(encoding, f"This is invalid JSON: {reason}.")
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return _none(encoding, "This is JSON but not a JSON Feed: it has no list of items.")
    version = _string(data, "version")
    items = [item for item in data["items"] if isinstance(item, dict)]
    if "jsonfeed.org/version/" not in version and not any(map(_is_entry, items)):
        return _none(encoding, "This is JSON but not a JSON Feed: it names no version of jsonfeed.org.")
    shared = context(_string(data, "language") or None, resolve(_string(data, "home_page_url")))
    kept = newest(items, most, lambda item: _date(item, shared))
    title = one_line(_string(data, "title"), 1000)
    return ParsedFeed(
        title=title,
        entries=tuple(_entry(item, data, shared) for item in kept),
        problem=f"The feed has {len(items):,} entries; the newest {most:,} were read." if len(items) > most else cut,
        format="json11" if version.rstrip("/").endswith("1.1") else "json10",
        encoding=encoding,
        language=clean(_string(data, "language"))[:35] or None,
        site_url=resolve(_string(data, "home_page_url"), shared.bases),
    )


def _loaded(text: str) -> tuple[Any, str | None]:
    """Return the document, and a problem if it is cut short: then with the items before the cut.

    Raises:
        ValueError, RecursionError: it is not JSON.
    """
    try:
        return json.loads(text), None
    except ValueError:
        end = len(text)
        for _ in range(_MAX_NESTED):
            end = text.rfind("}", 0, end)
            if end < 0:
                break
            with suppress(ValueError):
                return json.loads(f"{text[: end + 1]}]}}"), CUT_SHORT
        raise


def _none(encoding: str, problem: str) -> ParsedFeed:
    return ParsedFeed(title="", entries=(), problem=problem, encoding=encoding)


def _is_entry(item: dict[str, Any]) -> bool:
    """Return whether an item of a document without a version has the fields of JSON Feed."""
    names_itself = _string(item, "url") or item.get("id")
    return bool(names_itself and any(_string(item, name) for name in ("title", "content_html", "content_text")))


def _date(item: dict[str, Any], context: Context) -> datetime | None:
    date = context.date(_string(item, "date_published") or _string(item, "date_modified"))
    return date.at if date else None


def _entry(item: dict[str, Any], feed: dict[str, Any], context: Context) -> ParsedEntry:
    markup, plain = _string(item, "content_html"), _string(item, "content_text")
    content = paragraphs(markup, MAX_CONTENT) if markup else _plain_paragraphs(plain)
    raw = _string(item, "date_published") or _string(item, "date_modified")
    updated = context.date(_string(item, "date_modified"))
    identifier = item.get("id")
    return make_entry(
        identifier=str(identifier) if isinstance(identifier, str | int | float) else "",
        link=link_of(_string(item, "url") or _string(item, "external_url"), context.bases),
        title=_string(item, "title"),
        summary=_string(item, "summary") or (content[:400] if not _string(item, "title") else ""),
        content=content,
        content_source="content_html" if markup else "content_text",
        raw_date=raw,
        date=context.date(raw),
        updated=updated.at if updated else None,
        authors=_authors(item) or _authors(feed),
        tags=item["tags"] if isinstance(item.get("tags"), list) else (),
    )


def _plain_paragraphs(text: str) -> str:
    lines = (clean(line) for line in text[:MAX_CONTENT].splitlines())
    return "\n".join(line for line in lines if line)


def _authors(holder: dict[str, Any]) -> list[object]:
    """Return the names in ``authors`` (1.1) or ``author`` (1.0)."""
    people = holder.get("authors")
    people = people if isinstance(people, list) else [holder.get("author")]
    return [person.get("name") for person in people if isinstance(person, dict)]


def _string(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
