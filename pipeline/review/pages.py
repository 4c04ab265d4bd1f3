"""Makes a page of a template and what it shows. Every value is escaped; no page holds a script or style of its own."""

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
from pipeline.review import guard

_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent


class Refused(Exception):
    """A request that cannot be served: told in one sentence, with an HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@functools.cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["web"] = web
    made.filters["when"] = when
    return made


def web(address: object) -> str:
    """The address if a browser may follow it, else ""."""
    text = str(address or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""


def when(time: object) -> str:
    """``2026-11-24T06:00:00Z`` as ``2026-11-24 06:00``."""
    return str(time or "")[:16].replace("T", " ")


def page(datasette: Any, request: Any, template: str, *, status: int = 200, **values: Any) -> Response:
    """An HTML answer."""
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


def message(datasette: Any, request: Any, refused: Refused) -> Response:
    """An error as a person or a script reads it."""
    if "application/json" in request.headers.get("accept", ""):
        return Response.json({"error": refused.reason}, status=refused.status)
    return page(datasette, request, "message.html", status=refused.status, title="Sorry", text=refused.reason)


def polite(view: Any) -> Any:
    """Turn ``Refused`` and whatever else goes wrong in a view into a page with a sentence, never a stack trace."""

    @functools.wraps(view)
    async def wrapped(datasette: Any, request: Any) -> Any:
        try:
            return await view(datasette, request)
        except Refused as refused:
            return message(datasette, request, refused)
        except StoreError as error:
            return message(datasette, request, Refused(500, str(error)))
        except sqlite3.OperationalError as error:
            _log.warning("%s: %s", request.path, error)
            return message(datasette, request, Refused(503, f"The database cannot answer now ({error}); try again."))
        except Exception:  # noqa: BLE001 - the edge of one request: told, and stops nothing else
            _log.exception("%s failed", request.path)
            return message(datasette, request, Refused(500, "Tumen failed here; the log of “tumen serve” says where."))

    return wrapped


_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@functools.cache
def _asset(name: str) -> tuple[str, str]:
    """A file of the desk, and a digest that names its state in its address: a browser keeps it until it changes."""
    body = (_HERE / "assets" / name).read_text(encoding="utf-8")
    return body, hashlib.sha256(body.encode()).hexdigest()[:12]


async def static(request: Any) -> Response:
    """A file of the desk: a style or its script."""
    name = request.url_vars["name"]
    if name not in ("desk.css", "desk.js", "tables.css"):
        return Response.text("No such file.", status=404)
    headers = {"cache-control": "max-age=31536000, immutable"}
    return Response(_asset(name)[0], content_type=_KINDS[Path(name).suffix], headers=headers)


def asset(datasette: Any, name: str) -> str:
    """The address of a file of the desk."""
    return str(datasette.urls.path(f"/-/tumen/static/{name}?{_asset(name)[1]}"))


def number(text: str | None, least: int, most: int) -> int | None:
    """A whole number between two bounds, or None."""
    if text and text.isdecimal() and text.isascii() and least <= int(text[:18]) <= most:
        return int(text[:18])
    return None
