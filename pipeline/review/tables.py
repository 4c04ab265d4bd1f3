"""Datasette's own pages on Tumen's database: titles, descriptions, queries, and links to the desk.

In: ``config/datasette.json``. Out: values for Datasette's hooks, so that ``datasette tumen.db`` alone shows the same as
``tumen serve``.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from markupsafe import Markup, escape

from pipeline import shipped
from pipeline.review import guard, pages


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
    """Return an article's title or number as a link to the desk. None leaves the cell to Datasette."""
    if column == "title" and table in ("articles", "review_queue"):
        return _link(datasette, row["id"], value)
    if column == "article" and table is None and isinstance(value, int):
        return _link(datasette, value, value)
    if isinstance(value, str) and pages.without_bidi(value) != value:
        return escape(pages.without_bidi(value))
    return None


def _link(datasette: Any, article: object, text: object) -> Markup:
    url = datasette.urls.path(f"/-/tumen/article/{article}")
    return Markup('<a href="{}">{}</a>').format(url, pages.without_bidi(str(text or article)))


def style(datasette: Any) -> str:
    """Return the URL of the style sheet for Datasette's pages."""
    return pages.asset(datasette, "tables.css")
