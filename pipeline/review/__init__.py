"""The analyst's desk: a Datasette plugin on Tumen's database.

In: requests under ``/-/tumen``. Out: pages made on the server, verdicts in ``reviews``. Datasette finds it by its entry
point, so that ``datasette tumen.db`` serves the desk too wherever the package is installed. Read-only for whoever is
not signed in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from datasette import hookimpl

from pipeline.review import guard, tables
from pipeline.store.search import to_query

_PATIENCE_MS = 15_000


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Every page of the desk; each module names its own."""
    from pipeline.review import dashboard, health, queue, searching, signing, verdicts
    from pipeline.review import reference_page as opinion

    modules = (queue, verdicts, searching, dashboard, opinion, signing, health)
    return [route for module in modules for route in module.routes()]


@hookimpl(trylast=True)
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Wait for a writer rather than fail, and let Datasette's own search boxes ask as the desk does."""
    conn.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    conn.create_function("escape_fts", 1, lambda asked: to_query(asked or "") or '""', deterministic=True)


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """The way to the desk from Datasette's pages."""
    return [
        {"href": datasette.urls.path("/-/tumen"), "label": "Review queue"},
        {"href": datasette.urls.path("/-/tumen/search"), "label": "Search"},
        {"href": datasette.urls.path("/-/tumen/dashboard"), "label": "Dashboard"},
        {"href": datasette.urls.path("/-/tumen/op-ed"), "label": "The op-ed"},
    ]


@hookimpl
def get_metadata(datasette: Any) -> dict[str, object]:
    """Titles and descriptions, whether or not “tumen serve” started Datasette."""
    return tables.metadata(datasette)


@hookimpl
def canned_queries(datasette: Any, database: str) -> dict[str, Any]:
    """The queries, likewise."""
    return tables.queries(datasette, database)


@hookimpl(tryfirst=True)
def render_cell(  # noqa: PLR0917 - Datasette's own order
    row: Any, value: object, column: str, table: str | None, database: str | None, datasette: Any
) -> Any:
    """The way from a row to the desk."""
    if database != guard.served(datasette):
        return None
    return tables.cell(datasette, table, column, value, row)


@hookimpl
def extra_css_urls(datasette: Any) -> list[str]:
    """Datasette's pages in the desk's dress."""
    return [tables.style(datasette)]


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Headers that keep other sites out, on every answer."""
    return guard.wrapper(datasette)


@hookimpl
def actor_from_request(datasette: Any, request: Any) -> dict[str, str] | None:
    """The analyst that a trusted proxy names."""
    return guard.proxied(datasette, request)
