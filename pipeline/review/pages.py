"""Page rendering, error pages and static files. Every value is escaped; no page has an inline script or style."""

from __future__ import annotations

import functools
import hashlib
import logging
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

from pipeline import __version__
from pipeline.errors import StoreError
from pipeline.review import guard, interface, local_time, same_file

_log = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class RequestError(Exception):
    """A request that cannot be served: an HTTP status and one sentence for the reader.

    The sentence is translated when it is shown, and ``values`` are filled in then.
    """

    def __init__(self, status: int, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.values = values


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_FOLDER / "html", _FOLDER / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=without_bidi,
    )
    environment.filters["web_url"] = web_url
    environment.filters["minutes"] = pass_context(
        lambda context, at: local_time.to_minutes(at, context.get("zone", UTC))
    )
    environment.filters["moment"] = pass_context(
        lambda context, at: local_time.to_moment(at, context["zone"], datetime.now(UTC), context["t"])
    )
    environment.filters["day"] = pass_context(
        lambda context, at: local_time.to_day(at, context["zone"], datetime.now(UTC), context["t"])
    )
    environment.filters["verdict_name"] = lambda verdict: str(verdict).replace("_", " ")
    environment.filters["kind_name"] = kind_name
    return environment


def kind_name(kind: str) -> str:
    """Return the name of a kind of concepts."""
    return {"body": "institution", "term": "keyword", "trap": "excluded sense"}.get(kind, kind)


def without_bidi(value: Any) -> Any:
    """Return a text without the control characters that turn the direction of what follows it.

    Publishers do not need them in English, Russian or Korean; in a title they would reverse the rest of the line.
    """
    if isinstance(value, str) and not value.isascii() and _BIDI.search(value):
        return type(value)(_BIDI.sub("", value))
    return value


def web_url(url: object) -> str:
    """Return the URL if its scheme is http or https, else "". Stops ``javascript:`` links from feeds."""
    text = str(url or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""


def page(datasette: Any, request: Any, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template as an HTML response."""
    html = _templates().get_template(template).render(**frame(datasette, request) | values)
    return Response.html(html, status=status, headers={"cache-control": "no-store"})


def frame(datasette: Any, request: Any) -> dict[str, Any]:
    """Return what every page needs for its header, also the pages of Datasette."""
    served = guard.served(datasette)
    database = datasette.urls.database(served) if served else datasette.urls.path("/")
    t = interface.of_request(request)
    return {
        "t": t,
        "script_words": interface.script(t.language),
        "languages": interface.LANGUAGES,
        "base": datasette.urls.path("/-/tumen"),
        "static": lambda name: asset(datasette, name),
        "tables": database,
        "database": database,
        "analyst": guard.analyst(datasette, request),
        "token": guard.form_token(request),
        "path": request.path,
        "here": request.full_path,
        "version": __version__,
        "zone": (zone := local_time.zone_of(request)),
        "zone_name": local_time.zone_name(zone, datetime.now(UTC)),
    }


def error_page(datasette: Any, request: Any, error: RequestError) -> Response:
    """Return an error as a page, or as JSON where the request asks for JSON."""
    t = interface.of_request(request)
    text = t(error.sentence, **error.values)
    if "application/json" in request.headers.get("accept", ""):
        return Response.json({"error": text}, status=error.status)
    title = t("Error {status}", status=error.status)
    return page(datasette, request, "message.html", status=error.status, title=title, text=text)


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
            busy = RequestError(503, "The database is not available now ({error}). Try again.", error=str(error))
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
    if not (_FOLDER / "assets" / name).is_file():
        return Response.text("No such file.", status=404)
    headers = {"cache-control": "max-age=31536000, immutable"}
    return Response(_asset(name)[0], content_type=_CONTENT_TYPES[Path(name).suffix], headers=headers)


def asset(datasette: Any, name: str) -> str:
    """Return the URL of a static file."""
    return str(datasette.urls.path(f"/-/tumen/static/{name}?{_asset(name)[1]}"))


def arguments(request: Any) -> dict[str, str]:
    """Return the arguments of a request, the first of each name."""
    return {name: request.args.get(name) or "" for name in request.args}


def parse_int(text: str | None, least: int, most: int) -> int | None:
    """Parse a whole number between two bounds. Return None for anything else."""
    if text and text.isdecimal() and text.isascii() and least <= int(text[:18]) <= most:
        return int(text[:18])
    return None
