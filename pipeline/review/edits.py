"""Edits on the desk: the banner with a word diff on an article, the list of edits, and their Atom feed.

In: rows of ``edits``. Out: values for ``article_edits.html`` and ``edits.html``, and an Atom feed (RFC 4287).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args
from urllib.parse import urlencode

from pipeline.edits.word_diff import word_diff
from pipeline.model import REPORTED, EditKind
from pipeline.review import guard, pages
from pipeline.review.atom import Entry, feed, tag_of
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


def _digits(at: str) -> str:
    return re.sub(r"\D", "", at)


def archive_link(url: str, at: str) -> str:
    """Return the address of the Internet Archive's copy of a page nearest to a time; "" if it is no web page."""
    return f"{_ARCHIVE}/{_digits(at)}/{url}" if pages.web_url(url) else ""


@pages.errors_as_pages
async def listing(datasette: Any, request: Any) -> Any:
    """Show the newest edits, 50 per page."""
    kind = next((name for name in get_args(EditKind) if name == request.args.get("kind") and name in REPORTED), None)
    before = pages.parse_int(request.args.get("before"), 1, 2**53)

    def read(conn: Any) -> Any:
        return rows.latest(conn, kind=kind, before=before, limit=_PAGE_SIZE + 1)

    found = await guard.read(datasette, read)
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
    found = await guard.read(datasette, lambda conn: rows.latest(conn, limit=100))
    entries = [
        Entry(
            id=tag_of("edit", f"{edit['id']}-{_digits(edit['seen_at'])}", edit["seen_at"][:10]),
            article=edit["article"],
            title=f"{NAMES[edit['kind']].capitalize()}: {edit['title']}",
            url="",
            source=edit["source"],
            summary=_summary(edit),
            updated=edit["seen_at"],
            categories=[edit["kind"]],
        )
        for edit in found
    ]
    return feed(datasette, request, "edits", "edits and deletions", entries)


def _summary(edit: Mapping[str, Any]) -> str:
    lines = [edit["summary"]]
    for part in edit["parts"]:
        if part["kind"] in _SHOWN:
            lines += [f"First said: {part['old']}"] * bool(part["old"]) + [f"Now says: {part['new']}"] * bool(
                part["new"]
            )
    return "\n".join(lines)
