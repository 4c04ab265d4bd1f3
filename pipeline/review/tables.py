"""Datasette's own pages on Tumen's database: titles, descriptions, queries, and the ways between them and the desk.

In: ``config/datasette.json``. Out: what Datasette's hooks ask for, so that ``datasette tumen.db`` alone has all that
``tumen serve`` has.
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
    """The metadata for a database of this name.

    Args:
        name: of the file, without its ending.
        sql_for_all: whoever reads may write SQL; else only who is signed in.
    """
    shared = _shared()
    database = shared["database"] | ({} if sql_for_all else {"allow_sql": {"id": "*"}})
    return {"title": shared["title"], "description": shared["description"], "databases": {name: database}}


def metadata(datasette: Any) -> dict[str, object]:
    """The same for the database that is served."""
    name = guard.served(datasette)
    return describe(name) if name else {}


def queries(datasette: Any, database: str) -> dict[str, Any]:
    """The canned queries of a database: none of one that is not Tumen's."""
    found: dict[str, Any] = _shared()["database"]["queries"] if database == guard.served(datasette) else {}
    return found


def cell(datasette: Any, table: str | None, column: str, value: object, row: Any) -> Markup | None:
    """An article's title, or its number in a query, as a link to the desk; None where Datasette's own way will do."""
    if column == "title" and table in ("articles", "review_queue"):
        return _link(datasette, row["id"], value)
    if column == "article" and table is None and isinstance(value, int):
        return _link(datasette, value, value)
    return None


def _link(datasette: Any, article: object, text: object) -> Markup:
    address = datasette.urls.path(f"/-/tumen/article/{article}")
    return Markup('<a href="{}">{}</a>').format(address, escape(text or article))


def style(datasette: Any) -> str:
    """The address of the style that Datasette's pages get: dark where the system is, long texts cut."""
    return pages.asset(datasette, "tables.css")
