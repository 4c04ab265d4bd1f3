"""Results of a search as files: CSV for a spreadsheet, RIS for Zotero and other reference managers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from datasette import Response

from pipeline.review import guard, pages
from pipeline.store import asked, search, search_results
from pipeline.store.search_results import Result

_COLUMNS = ("number", "date", "source", "language", "title", "address", "relevance", "topics", "verdict", "desk")
_BOM = "\ufeff"  # without it, Excel takes Russian and Korean for Latin-1
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # Excel in Korean reads full-width signs too


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/search\.(?P<form>csv|ris)$", export)]


@pages.errors_as_pages
async def export(datasette: Any, request: Any) -> Any:
    """Return up to 5,000 results as a file."""
    wanted = asked.read(pages.arguments(request))

    def read(conn: Any) -> list[Result]:
        ids, _ = wanted.find(conn, wanted.query(conn), limit=search.RANKED)
        return search_results.load(conn, ids)

    results = await guard.read(datasette, read)
    form = request.url_vars["form"]

    def desk(article: int) -> str:
        return str(datasette.absolute_url(request, datasette.urls.path(f"/-/tumen/article/{article}")))

    body = to_csv(results, desk) if form == "csv" else to_ris(results, desk)
    kind = {"csv": "text/csv; charset=utf-8", "ris": "application/x-research-info-systems; charset=utf-8"}[form]
    name = f'attachment; filename="tumen-search.{form}"'
    return Response(body, content_type=kind, headers={"content-disposition": name, "cache-control": "no-store"})


def to_csv(results: Sequence[Result], desk: Callable[[int], str]) -> str:
    """Return a table with a byte-order mark. Texts that a spreadsheet would take for a formula start with ``'``."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in results:
        topics, verdict = "; ".join(row.topics), (row.verdict or "").replace("_", " ")
        writer.writerow(
            [
                row.id, row.at, _text(row.source), row.language or "", _text(row.title), _text(row.url),
                f"{row.relevance:.2f}", _text(topics), verdict, desk(row.id),
            ]
        )  # fmt: skip
    return _BOM + file.getvalue()


def to_ris(results: Sequence[Result], desk: Callable[[int], str]) -> str:
    """Return a record of type NEWS per article."""
    lines: list[str] = []
    for row in results:
        fields = [("TY", "NEWS"), ("TI", row.title), *(("AU", author) for author in row.authors), ("T2", row.source)]
        fields += [("DA", row.at[:10].replace("-", "/")), ("PY", row.at[:4]), ("LA", row.language or "")]
        fields += [("UR", pages.web_url(row.url)), ("L2", desk(row.id)), *(("KW", topic) for topic in row.topics)]
        lines += [f"{tag}  - {' '.join(pages.without_bidi(value).split())}" for tag, value in fields if value]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines)


def _text(text: str) -> str:
    text = pages.without_bidi(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
