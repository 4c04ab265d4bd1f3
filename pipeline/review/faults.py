"""Errors of Datasette's own pages, as a page of the desk or as JSON, and one line in the log.

In: the exception of a request. Out: a response. Only an unexpected error writes a traceback, without local variables.
"""

from __future__ import annotations

import logging
from typing import Any

from datasette import Response
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError

from pipeline.review import pages

_log = logging.getLogger(__name__)


def response(datasette: Any, request: Any, exception: Exception) -> Response:
    """Return the response to a request that failed. The access log of the server has the line of a 4xx."""
    status, reason, facts = _explain(request, exception)
    if status == 500:
        _log.error("%s %s failed", request.method, request.path, exc_info=exception)
    if request.path.endswith(".json"):
        return Response.json({**facts, "ok": False, "error": reason, "status": status, "title": None}, status=status)
    return pages.error_page(datasette, request, pages.RequestError(status, reason))


def _explain(request: Any, exception: Exception) -> tuple[int, str, dict[str, Any]]:
    """Return the status, a sentence, and the facts that Datasette gives in JSON."""
    if isinstance(exception, DatasetteError):
        sentence = str(exception.title or exception.message) if exception.message_is_html else str(exception.message)
        return exception.status, sentence, exception.error_dict
    if isinstance(exception, Base400):
        text = str(exception.args[0]) if exception.args else ""
        no_page = text in ("", "404") or text.startswith("Database not found")  # “/nothing” reads as a database's name
        return exception.status, "There is no such page." if no_page else text, {}
    if isinstance(exception, AssertionError) and request.method not in ("GET", "HEAD"):  # Datasette's way to say it
        return 405, "This page can only be read.", {}
    return 500, "Tumen failed on this page. The log of “tumen serve” has the details.", {}
