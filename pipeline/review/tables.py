"""Datasette's own pages on Tumen's database: titles, descriptions, queries, and links to the desk.

In: ``config/datasette.json``. Out: values for Datasette's hooks, so that ``datasette tumen.db`` alone shows the same as
``tumen serve``.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from markupsafe import Markup, escape

from pipeline import shipped
from pipeline.review import guard, pages

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@functools.cache
def _shared() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shipped.CONFIG / "datasette.json").read_text(encoding="utf-8"))
    return found


def describe(name: str, *, sql_for_all: bool = True) -> dict[str, object]:
    """Return Datasette's metadata for a database of this name.

    Args:
        name: file name without its extension.
        sql_for_all: True if every reader may run SQL; False if only signed-in analysts may.
    """
    shared = _shared()
    database = shared["database"] | ({} if sql_for_all else {"allow_sql": {"id": "*"}})
    return {"title": shared["title"], "description": shared["description"], "databases": {name: database}}


def metadata(datasette: Any) -> dict[str, object]:
    """Return the metadata of the served database."""
    name = guard.served(datasette)
    return describe(name) if name else {}


def queries(datasette: Any, database: str) -> dict[str, Any]:
    """Return the ready queries of a database, or none if it is not the database of Tumen."""
    found: dict[str, Any] = _shared()["database"]["queries"] if database == guard.served(datasette) else {}
    return found


def cell(datasette: Any, table: str | None, column: str, value: object, row: Any) -> Markup | None:
    """Return a title or number as a link to the desk, short times and numbers in queries; None leaves the cell."""
    target = _target(table, column, row)
    if target is not None:
        return _link(datasette, *target, value)
    if table is None and isinstance(value, float):
        return escape(f"{value:.3g}")
    if isinstance(value, str):
        shown = _utc(value) if table is None and _TIME.fullmatch(value) else pages.without_bidi(value)
        return escape(shown) if shown != value else None
    return None


def _utc(at: str) -> str:
    return at[:16].replace("T", " ")  # tables and queries are in UTC, whatever zone the desk shows


def _target(table: str | None, column: str, row: Any) -> tuple[str, object] | None:
    """Return the page of the desk that a cell of a table or of a query (``table`` is None) leads to."""
    kinds = {"articles": "article", "review_queue": "article", "stories": "story"}
    if column == "title" and table in kinds:
        return kinds[table], row["id"]
    if table is None:
        named = [kind for kind in ("article", "story") if kind in row.keys() and row[kind]]  # noqa: SIM118 - a row's keys
        if named and column in ("title", named[0]):
            return named[0], row[named[0]]
    return None


def _link(datasette: Any, kind: str, number: object, text: object) -> Markup:
    url = datasette.urls.path(f"/-/tumen/{kind}/{number}")
    return Markup('<a href="{}">{}</a>').format(url, pages.without_bidi(str(text or number)))


def style(datasette: Any) -> str:
    """Return the URL of the style sheet for Datasette's pages."""
    return pages.asset(datasette, "tables.css")


def script(datasette: Any) -> str:
    """Return the URL of the script that names the controls of Datasette's pages."""
    return pages.asset(datasette, "tables.js")
