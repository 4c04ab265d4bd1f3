"""Edits on the desk: the banner with a word diff on an article, the list of edits, and their Atom feed.

In: rows of ``edits``. Out: values for ``article_edits.html`` and ``edits.html``, and an Atom feed (RFC 4287).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from datasette import Response

from pipeline.edits.word_diff import word_diff
from pipeline.model import REPORTED, EditKind
from pipeline.review import guard, pages
from pipeline.review.atom import ATOM, add_child, tag_of
from pipeline.store import edits as rows

_PAGE_SIZE = 50
_ARCHIVE = "https://web.archive.org/web"
NAMES: Mapping[EditKind, str] = {
    "gone": "deleted",
    "back": "restored",
    "headline": "headline",
    "fact": "fact",
    "sentence": "sentence",
}
_SHOWN = ("headline", "fact", "sentence")


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/edits$", listing), (r"^/-/tumen/edits\.atom$", atom)]


def shown(edit: Mapping[str, Any]) -> dict[str, Any]:
    """Return an edit as the templates show it, with its parts as word diffs."""
    parts = [
        {
            "kind": part["kind"],
            "old": part["old"],
            "new": part["new"],
            "facts": part["facts"],
            "pieces": word_diff(part["old"], part["new"]),
        }
        for part in edit["parts"]
        if part["kind"] in _SHOWN
    ]
    return {
        **edit,
        "name": NAMES.get(edit["kind"], edit["kind"]),
        "parts": parts,
        "copies": archive_link(edit["url"], edit["since"]),
    }


def archive_link(url: str, at: str) -> str:
    """Return the address of the Internet Archive's copy of a page nearest to a time; "" if it is no web page."""
    digits = "".join(letter for letter in at if letter.isdigit())
    return f"{_ARCHIVE}/{digits}/{url}" if pages.web_url(url) else ""


@pages.errors_as_pages
async def listing(datasette: Any, request: Any) -> Any:
    """Show the newest edits, 50 per page."""
    kind = next((name for name in get_args(EditKind) if name == request.args.get("kind") and name in REPORTED), None)
    before = pages.parse_int(request.args.get("before"), 1, 2**53)

    def read(conn: Any) -> Any:
        return rows.latest(conn, kind=kind, before=before, limit=_PAGE_SIZE + 1)

    found = await guard.database(datasette).execute_fn(read)
    more = {"before": found[_PAGE_SIZE - 1]["id"]} if len(found) > _PAGE_SIZE else {}
    if more and kind:
        more["kind"] = kind
    return pages.page(
        datasette,
        request,
        "edits.html",
        edits=[shown(edit) for edit in found[:_PAGE_SIZE]],
        kinds=NAMES,
        kind=kind,
        more=urlencode(more),
    )


@pages.errors_as_pages
async def atom(datasette: Any, request: Any) -> Any:
    """Return the last 100 reported edits as an Atom feed."""
    found = await guard.database(datasette).execute_fn(lambda conn: rows.latest(conn, limit=100))
    feed_url = datasette.absolute_url(request, request.path)
    feed = Element("feed", xmlns=ATOM)
    add_child(feed, "id", tag_of("feed", "edits"))
    add_child(feed, "title", "Tumen: edits and deletions")
    add_child(feed, "updated", found[0]["seen_at"] if found else datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z"))
    SubElement(feed, "link", rel="self", href=feed_url)
    for edit in found:
        entry = SubElement(feed, "entry")
        desk_url = datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{edit['article']}"))
        digits = "".join(letter for letter in edit["seen_at"] if letter.isdigit())
        add_child(entry, "id", tag_of("edit", f"{edit['id']}-{digits}", edit["seen_at"][:10]))
        add_child(entry, "title", f"{NAMES[edit['kind']].capitalize()}: {edit['title']}")
        add_child(entry, "updated", edit["seen_at"])
        add_child(SubElement(entry, "author"), "name", edit["source"])
        SubElement(entry, "link", rel="alternate", href=desk_url)
        SubElement(entry, "category", term=edit["kind"])
        add_child(entry, "summary", _summary(edit))
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="utf-8")
    return Response(body.decode(), content_type="application/atom+xml; charset=utf-8")


def _summary(edit: Mapping[str, Any]) -> str:
    lines = [edit["summary"]]
    for part in edit["parts"]:
        if part["kind"] in _SHOWN:
            lines += [f"First said: {part['old']}"] * bool(part["old"]) + [f"Now says: {part['new']}"] * bool(
                part["new"]
            )
    return "\n".join(lines)
