"""A search as a URL: words, filters and order, and links that change one of them.

Every number on the desk links to its articles by such a URL.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from pipeline.store import concepts, search
from pipeline.store.search_query import Query, Term

_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
NAMES = ("q", "concept", "off", "topic", "language", "source", "since", "until", "passage", "state", "order")


@dataclass(frozen=True, slots=True)
class Asked:
    """The values of a search as they stand in the URL; values that make no sense are left out."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a value, "" if the URL does not have it."""
        return self.values.get(name, "")

    @property
    def typed(self) -> str:
        """Return the words as typed."""
        return self.values.get("q", "")

    @property
    def order(self) -> search.Order:
        """Return the order of the results."""
        return "date" if self.values.get("order") == "date" else "rank"

    @property
    def filter(self) -> search.Filter:
        """Return the filters."""
        value = self.values.get
        source = value("source")
        return search.Filter(
            topic=value("topic"),
            language=value("language"),
            source=None if source is None else int(source),
            since=value("since"),
            until=value("until"),
            passage=value("passage"),
            state=value("state"),
        )

    def query(self, conn: sqlite3.Connection) -> Query:
        """Return the query, with the concepts that it names."""
        query = search.understand(conn, self.typed, self.values.get("off", "").split())
        concept = self.values.get("concept", "")
        if concept and (name := concepts.name(conn, concept)):
            term = Term(name.lower().replace('"', " "), concept=concept, surfaces=concepts.load(conn, concept))
            query = Query((*query.groups, (term,)), query.excluded)
        return query

    def find(
        self, conn: sqlite3.Connection, query: Query, *, limit: int, offset: int = 0, newest: bool = False
    ) -> tuple[list[int], int]:
        """Return the ids of the results and their number; none if words were typed that cannot be searched for."""
        if self.typed.strip() and not query:
            return [], 0
        order = "date" if newest else self.order
        return search.find_and_count(conn, query, self.filter, order=order, limit=limit, offset=offset)

    def link(self, **changes: object) -> str:
        """Return the query string of this search with some values changed; None or "" leaves a value out."""
        values = {**self.values, **{name: str(value or "") for name, value in changes.items()}}
        return urlencode([(name, value) for name, value in values.items() if value])


def read(values: Mapping[str, str]) -> Asked:
    """Read a search from the arguments of a request or from a saved query string."""
    kept: dict[str, str] = {}
    for name in NAMES:
        value = values.get(name) or ""
        if name == "q":
            value = value[:500]
        elif name in ("since", "until"):
            value = value if _DAY.fullmatch(value) else ""
        elif name == "source":
            value = value if re.fullmatch(r"[0-9]{1,15}", value) else ""
        elif name == "state":
            value = value if value in search.STATES else ""
        if value:
            kept[name] = value[:500]
    return Asked(kept)


def of_string(query: str) -> Asked:
    """Read a search from a query string."""
    return read(dict(parse_qsl(query)))
