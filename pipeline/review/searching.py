"""The search page: words, filters, results with every hit marked, suggestions, saved searches.

In: a search as a URL. Out: articles. Without a word, it lists the articles that pass the filters: this is where the
numbers of the other pages lead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import guard, pages
from pipeline.review.fields import read_post
from pipeline.review.search_marks import Marker
from pipeline.store import asked, concepts, search, search_results
from pipeline.store.search_query import Query, Term

_PAGE_SIZE = 25


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/search$", searching), (r"^/-/tumen/saved$", saved)]


@pages.errors_as_pages
async def searching(datasette: Any, request: Any) -> Any:
    """Show the results, 25 per page."""
    wanted = asked.read(pages.arguments(request))
    number = pages.parse_int(request.args.get("page"), 1, 4000) or 1

    def read(conn: Any) -> dict[str, Any]:
        query = wanted.query(conn)
        listing = bool(query) or (not wanted.typed.strip() and wanted.filter != search.Filter())
        values = {
            "listing": listing,
            "results": [],
            "more": False,
            "count": 0,
            "chips": _chips(conn, query),
            "choices": search_results.choices(conn),
            "saved": search_results.saved(conn),
            "suggestion": None,
        }
        if listing:
            offset = (number - 1) * _PAGE_SIZE
            ids, count = wanted.find(conn, query, limit=_PAGE_SIZE + 1, offset=offset)
            marker = Marker(query)
            values |= {
                "results": [_result(marker, row) for row in search_results.load(conn, ids[:_PAGE_SIZE])],
                "more": len(ids) > _PAGE_SIZE,
                "count": count,
                "suggestion": search.suggest(conn, query) if query and not ids else None,
            }
        return values

    values = await guard.read(datasette, read)
    return pages.page(
        datasette,
        request,
        "search.html",
        asked=wanted,
        no_words=bool(wanted.typed.strip()) and not values["listing"],
        page_number=number,
        page_size=_PAGE_SIZE,
        most=search.RANKED,
        states=STATES,
        **values,
    )


STATES = {
    "flagged": "flagged",
    "in_queue": "relevant for the queue",
    "unreviewed": "to review",
    "reviewed": "reviewed",
    "relevant": "judged relevant",
    "not_relevant": "judged not relevant",
    "escalate": "escalated",
    "archive": "from web archives",
}


def _result(marker: Marker, row: search_results.Result) -> dict[str, Any]:
    return {"article": row, "title": marker.title(row.title), "excerpt": marker.excerpt(row.text)}


def _chips(conn: Any, query: Query) -> list[dict[str, Any]]:
    """Return the concepts of a query, each with some of its spellings."""
    chips = {}
    for term in (*query.terms, *query.excluded):
        if term.concept:
            chips[term.concept] = {
                "excluded": term in query.excluded,
                "concept": term.concept,
                "name": concepts.name(conn, term.concept),
                "spellings": _some_spellings(term),
            }
    return list(chips.values())


def _some_spellings(term: Term) -> list[str]:
    """Return the shortest plain spelling of each language, without the one that was typed."""
    found = []
    for language, shortest in (("en", 3), ("ru", 4), ("ko", 2)):
        texts = [surface.text.lstrip("=~").rstrip("*") for surface in term.surfaces if surface.language == language]
        plain = [text for text in texts if text.isalpha() and len(text) >= shortest and text.lower() != term.text]
        found += sorted(plain, key=lambda text: (len(text), text))[:1]
    return found


@pages.errors_as_pages
async def saved(datasette: Any, request: Any) -> Any:
    """Save a search under a name, or remove it from the list."""
    analyst, fields = await read_post(datasette, request)
    now = datetime.now(UTC)
    key = pages.parse_int(str(fields.get("remove", "")), 1, 2**53)
    base = datasette.urls.path("/-/tumen/search")
    if key is not None:
        await guard.write(datasette, lambda conn: search_results.remove(conn, key, now))
        return Response.redirect(base, status=303)
    name = " ".join(str(fields.get("name", "")).split())[:100]
    query = asked.of_string(str(fields.get("query", ""))[:2000]).link()
    if not name or not query:
        raise pages.RequestError(400, "A saved search needs a name and something to search for.")
    await guard.write(datasette, lambda conn: search_results.save(conn, name, query, analyst, now))
    return Response.redirect(f"{base}?{query}", status=303)
