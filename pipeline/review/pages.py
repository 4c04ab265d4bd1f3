"""Page rendering, error pages and static files. Every value is escaped; no page has an inline script or style."""

from __future__ import annotations

import functools
import hashlib
import logging
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline import __version__
from pipeline.errors import StoreError
from pipeline.review import guard, same_file

_log = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent
_KIND_NAMES = {"body": "institution", "term": "keyword", "trap": "excluded sense"}  # of concepts; others are as stored


class RequestError(Exception):
    """A request that cannot be served: an HTTP status and one sentence for the reader."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web_url"] = web_url
    environment.filters["minutes"] = to_minutes
    environment.filters["kind_name"] = lambda kind: _KIND_NAMES.get(kind, kind)
    return environment


def web_url(url: object) -> str:
    """Return the URL if its scheme is http or https, else "". Stops ``javascript:`` links from feeds."""
    text = str(url or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""


def to_minutes(time: object) -> str:
    """Format ``2026-11-24T06:00:00Z`` as ``2026-11-24 06:00``."""
    return str(time or "")[:16].replace("T", " ")


def page(datasette: Any, request: Any, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template as an HTML response."""
    served = guard.served(datasette)
    html = (
        _templates()
        .get_template(template)
        .render(
            base=datasette.urls.path("/-/tumen"),
            static=lambda name: asset(datasette, name),
            tables=datasette.urls.path("/"),
            database=datasette.urls.database(served) if served else "",
            analyst=guard.analyst(datasette, request),
            token=guard.form_token(request),
            path=request.path,
            version=__version__,
            **values,
        )
    )
    return Response.html(html, status=status, headers={"cache-control": "no-store"})


def error_page(datasette: Any, request: Any, error: RequestError) -> Response:
    """Return an error as a page, or as JSON where the request asks for JSON."""
    if "application/json" in request.headers.get("accept", ""):
        return Response.json({"error": error.reason}, status=error.status)
    return page(
        datasette, request, "message.html", status=error.status, title=f"Error {error.status}", text=error.reason
    )


def errors_as_pages(view: Any) -> Any:
    """Decorate a view so that any error becomes a page with one sentence, never a stack trace."""

    @functools.wraps(view)
    async def wrapped(datasette: Any, request: Any) -> Any:
        try:
            same_file.check(datasette)
            return await view(datasette, request)
        except RequestError as error:
            return error_page(datasette, request, error)
        except same_file.Replaced as error:
            return error_page(datasette, request, RequestError(503, str(error)))
        except StoreError as error:
            return error_page(datasette, request, RequestError(500, str(error)))
        except sqlite3.OperationalError as error:
            _log.warning("%s: %s", request.path, error)
            busy = RequestError(503, f"The database is not available now ({error}). Try again.")
            return error_page(datasette, request, busy)
        except Exception:  # noqa: BLE001 - edge of one request: logged, and no other request is affected
            _log.exception("%s failed", request.path)
            failed = RequestError(500, "Tumen failed on this page. The log of “tumen serve” has the details.")
            return error_page(datasette, request, failed)

    return wrapped


_CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@functools.cache
def _asset(name: str) -> tuple[str, str]:
    """Return a static file and its digest. The digest is part of the URL, so browsers cache a file until it changes."""
    body = (_FOLDER / "assets" / name).read_text(encoding="utf-8")
    return body, hashlib.sha256(body.encode()).hexdigest()[:12]


async def static(request: Any) -> Response:
    """Serve a style sheet or script of the desk."""
    name = request.url_vars["name"]
    if name not in ("desk.css", "desk.js", "tables.css"):
        return Response.text("No such file.", status=404)
    headers = {"cache-control": "max-age=31536000, immutable"}
    return Response(_asset(name)[0], content_type=_CONTENT_TYPES[Path(name).suffix], headers=headers)


def asset(datasette: Any, name: str) -> str:
    """Return the URL of a static file."""
    return str(datasette.urls.path(f"/-/tumen/static/{name}?{_asset(name)[1]}"))


def parse_int(text: str | None, least: int, most: int) -> int | None:
    """Parse a whole number between two bounds. Return None for anything else."""
    if text and text.isdecimal() and text.isascii() and least <= int(text[:18]) <= most:
        return int(text[:18])
    return None
