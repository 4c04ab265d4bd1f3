"""The analyst's desk: a Datasette plugin on Tumen's database.

In: requests under ``/-/tumen``. Out: pages rendered on the server, and verdicts in the table ``reviews``. Datasette
finds the plugin by its entry point, so ``datasette tumen.db`` serves the desk too. Without signing in, it is read-only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from typing import Any

from datasette import hookimpl

from pipeline.review import faults, gloss, guard, middleware, pages, sql_limits, tables
from pipeline.store.search import to_query

_BUSY_TIMEOUT_MS = 15_000


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return every page of the desk. Each module lists its own routes."""
    from pipeline.review import (
        atom,
        brief,
        dashboard,
        edits,
        exports,
        health,
        live,
        preferences,
        queue,
        reference_page,
        searching,
        signing,
        story,
        verdicts,
    )

    lists = (queue, live, verdicts, brief, preferences, searching, exports, atom, story, edits)
    modules = (*lists, dashboard, reference_page, signing, health)
    return [route for module in modules for route in module.routes()]


@hookimpl
def startup(datasette: Any) -> None:
    """Load the lexicon in the background, so that the first list has glosses."""
    if guard.served(datasette):
        gloss.start()


@hookimpl(trylast=True)
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Wait for a writer instead of failing, bound memory, and give Datasette's search box the desk's query syntax."""
    sql_limits.apply(conn)
    conn.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    # Datasette passes what a person types through a SQL function of this name
    conn.create_function("escape_fts", 1, lambda typed: to_query(typed or "") or '""', deterministic=True)


@hookimpl
def get_metadata(datasette: Any) -> dict[str, object]:
    """Return titles and descriptions, also when “datasette tumen.db” was started without “tumen serve”."""
    return tables.metadata(datasette)


@hookimpl
def canned_queries(datasette: Any, database: str) -> dict[str, Any]:
    """Return the ready queries of a database."""
    return tables.queries(datasette, database)


@hookimpl(tryfirst=True)
def render_cell(  # noqa: PLR0917 - Datasette's own order
    row: Any, value: object, column: str, table: str | None, database: str | None, datasette: Any
) -> Any:
    """Link a row to its article on the desk."""
    if database != guard.served(datasette):
        return None
    return tables.cell(datasette, table, column, value, row)


@hookimpl
def extra_css_urls(datasette: Any) -> list[str]:
    """Return the style sheet that gives Datasette's pages the look of the desk."""
    return [tables.style(datasette)]


@hookimpl
def extra_js_urls(datasette: Any) -> list[str]:
    """Return the script that gives names to the controls of Datasette's pages."""
    return [tables.script(datasette)]


@hookimpl
def extra_template_vars(datasette: Any, request: Any) -> dict[str, Any]:
    """Return what the desk's header on Datasette's pages needs (``templates/base.html``)."""
    return {"desk": pages.frame(datasette, request) if request else None}


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Add security headers to every response, and check the host name."""
    return middleware.wrapper(datasette)


@hookimpl(hookwrapper=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Generator[None, Any, None]:
    """Replace Datasette's own handler, which writes each error with all local variables to the log, and fails itself.

    It comes last, after those of other plugins, which stay.
    """
    outcome = yield
    outcome.force_result([*outcome.get_result()[:-1], faults.response(datasette, request, exception)])


@hookimpl
def actor_from_request(datasette: Any, request: Any) -> dict[str, str] | None:
    """Return the analyst named by a trusted proxy."""
    return guard.proxied(datasette, request)
