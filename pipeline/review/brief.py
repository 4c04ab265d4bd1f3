"""The brief page: today's brief in the analysts' order, with their sentences, to copy, download, mail or print.

In: a period and a choice of articles in the URL; edits by signed-in analysts. Out: the page, the brief as a file, and
mail to the targets of ``alerts.toml``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from datasette import Response

from pipeline import alerts
from pipeline.errors import BadValue
from pipeline.review import configured, gloss, guard, interface, local_time, pages
from pipeline.review.fields import clean_text, is_json, read_post
from pipeline.services import brief as briefs
from pipeline.services.brief_formats import FORMATS
from pipeline.services.brief_stories import additions
from pipeline.settings.alerts import Target
from pipeline.store import brief as rows
from pipeline.store import transaction

PERIODS = {"24h": "24 hours", "3d": "3 days", "1w": "week"}
CHOICES: dict[briefs.Which, str] = {"not_rejected": "not rejected", "reviewed": "reviewed only", "all": "all"}
MAX_SENTENCE = 1_000
_TYPES = {"md": "text/markdown", "html": "text/html", "json": "application/json"}


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [
        (r"^/-/tumen/brief$", show),
        (r"^/-/tumen/brief\.(?P<form>md|html|json)$", download),
        (r"^/-/tumen/brief/edit$", edit),
        (r"^/-/tumen/brief/mail$", mail),
    ]


@pages.errors_as_pages
async def show(datasette: Any, request: Any) -> Any:
    """Show the brief with its controls."""
    brief, since = await _compose(datasette, request, request.args)
    return pages.page(
        datasette,
        request,
        "brief.html",
        brief=brief,
        since=since,
        periods=PERIODS | {since: PERIODS.get(since, since)},
        choices=CHOICES,
        additions=additions(brief),
        targets=[target.name for target in _targets()] if guard.analyst(datasette, request) else [],
        sent=request.args.get("sent") or "",
        max_sentence=MAX_SENTENCE,
        gloss_of=lambda article: gloss.of_title(article.title, article.language),
    )


@pages.errors_as_pages
async def download(datasette: Any, request: Any) -> Any:
    """Return the brief as a file."""
    form = request.url_vars["form"]
    brief, _ = await _compose(datasette, request, request.args)
    name = f"tumen-{brief.end.astimezone(brief.zone):%Y-%m-%d}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(FORMATS[form](brief), content_type=f"{_TYPES[form]}; charset=utf-8", headers=headers)


@pages.errors_as_pages
async def edit(datasette: Any, request: Any) -> Any:
    """Store one edit: a sentence, an article left out or put back, or the order."""
    analyst, fields = await read_post(datasette, request)
    what, article, value = _edit(fields)
    now = datetime.now(UTC)

    def put(conn: Any) -> None:
        with transaction(conn):
            if (
                article is not None
                and conn.execute("SELECT 1 FROM articles WHERE id = ?", (article,)).fetchone() is None
            ):
                raise pages.RequestError(404, "There is no article {number} any more.", number=article)
            rows.put_edit(conn, what, value, article=article, analyst=analyst, now=now)

    await guard.write(datasette, put)
    if is_json(request):
        return Response.json({"saved": True})
    return Response.redirect(datasette.urls.path(f"/-/tumen/brief{_back(fields)}"), status=303)


@pages.errors_as_pages
async def mail(datasette: Any, request: Any) -> Any:
    """Send the brief to a target of ``alerts.toml``, as plain text."""
    _, fields = await read_post(datasette, request)
    target = next((target for target in _targets() if target.name == fields.get("target")), None)
    if target is None:
        raise pages.RequestError(400, "Choose a target. Targets are defined in alerts.toml.")
    brief, _ = await _compose(datasette, request, fields)
    text = FORMATS["md"](brief)
    # the same brief to the same target has the same id, so that the receiver can recognise a repetition
    message = hashlib.sha256(f"{target.name}\n{text}".encode()).hexdigest()[:32]
    problem = await asyncio.to_thread(alerts.send, target, brief.title, text, message)
    if problem is not None:
        raise pages.RequestError(502, "The brief was not sent to {name}: {problem}", name=target.name, problem=problem)
    if is_json(request):
        return Response.json({"sent": target.name})
    return Response.redirect(datasette.urls.path(f"/-/tumen/brief{_back(fields)}&sent=1"), status=303)


async def _compose(datasette: Any, request: Any, fields: Any) -> tuple[briefs.Brief, str]:
    since, chosen = str(fields.get("since") or "24h"), fields.get("which") or "not_rejected"
    which = next((name for name in CHOICES if name == chosen), None)
    if which is None:
        raise pages.RequestError(
            400, "“{value}” is not a choice of articles. Expected: {names}.", value=chosen, names=", ".join(CHOICES)
        )
    try:
        period = briefs.parse_since(since)
    except BadValue:
        sentence = "“{value}” is not a period. Expected a number and h, d or w, for example 24h, 3d or 1w."
        raise pages.RequestError(400, sentence, value=since[:80]) from None
    if period > timedelta(days=366):
        raise pages.RequestError(400, "A brief covers at most a year.")
    zone, words = local_time.zone_of(request).key, interface.of_request(request)
    now = datetime.now(UTC)
    brief = await guard.read(datasette, lambda conn: briefs.compose(conn, now, period, which, zone, words=words))
    return brief, since


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value < 2**62  # a bool is an int, too


def _edit(fields: dict[str, Any]) -> tuple[rows.EditKind, int | None, str]:
    """Check an edit and return its kind, its article and its value."""
    article = pages.parse_int(str(fields.get("article", "")), 1, 2**62)
    match fields.get("what"):
        case "sentence" if article is not None:
            sentence = " ".join(clean_text(fields.get("value")).split())
            if len(sentence) > MAX_SENTENCE:
                raise pages.RequestError(
                    413, "The sentence is too long. It may have {n} characters.", n=f"{MAX_SENTENCE:,}"
                )
            return "sentence", article, sentence
        case "left_out" if article is not None and str(fields.get("value")) in ("0", "1"):
            return "left_out", article, str(fields["value"])
        case "order":
            value = fields.get("value")
            if isinstance(value, list) and len(value) <= 2_000 and all(map(_is_id, value)):
                return "order", None, json.dumps(value)
    raise pages.RequestError(400, "The edit cannot be read: expected a sentence, an article to leave out, or an order.")


def _targets() -> tuple[Target, ...]:
    """Return the targets of the served config; none if the config cannot be read."""
    settings = configured.settings()
    return () if settings is None else settings.alerts.target


def _back(fields: dict[str, Any]) -> str:
    since, which = str(fields.get("since") or "24h"), str(fields.get("which") or "not_rejected")
    return f"?since={since if since in PERIODS else '24h'}&which={which if which in CHOICES else 'not_rejected'}"
