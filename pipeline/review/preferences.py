"""Choices of an analyst that the desk remembers: saved filters and the time zone.

In: a POST by a signed-in analyst. Out: a row, and a redirect to the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import filters, guard, local_time, pages
from pipeline.review.fields import clean_text, read_post
from pipeline.store import desk_settings


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/filters$", save_filters), (r"^/-/tumen/zone$", set_zone)]


@pages.errors_as_pages
async def save_filters(datasette: Any, request: Any) -> Any:
    """Save filters under a name, or remove a name."""
    analyst, fields = await read_post(datasette, request)
    name = clean_text(fields.get("name"))[:60]
    if not name:
        raise pages.RequestError(400, "Type a name for the filters.")
    chosen = filters.parse_query(str(fields.get("query") or ""))
    filters.read(chosen)  # refuses what does not exist
    query = "" if fields.get("remove") else filters.to_query(chosen)
    if not query and not fields.get("remove"):
        raise pages.RequestError(400, "There are no filters to save. Choose some first.")
    now = datetime.now(UTC)
    await guard.write(datasette, lambda conn: desk_settings.save_filters(conn, analyst, name, query, now))
    return Response.redirect(datasette.urls.path(f"/-/tumen{query}"), status=303)


@pages.errors_as_pages
async def set_zone(datasette: Any, request: Any) -> Any:
    """Store the analyst's time zone."""
    analyst, fields = await read_post(datasette, request)
    name = clean_text(fields.get("zone"))
    if local_time.parse_zone(name) is None:
        raise pages.RequestError(
            400, "“{name}” is not a time zone. Expected a name such as Asia/Seoul.", name=name[:60]
        )
    now = datetime.now(UTC)
    await guard.write(datasette, lambda conn: desk_settings.put(conn, analyst, "zone", name, now))
    response = Response.redirect(datasette.urls.path("/-/tumen"), status=303)
    local_time.remember(response, name)
    return response
