"""Fields of a POST, as form or JSON, with limits."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from pipeline.review import guard
from pipeline.review.pages import RequestError

MAX_BYTES = 64 * 1024
MAX_NOTE_CHARACTERS = 10_000


async def read_post(datasette: Any, request: Any) -> tuple[str, dict[str, Any]]:
    """Return the signed-in analyst who posts, and the fields.

    Raises:
        RequestError: the request is no POST or cannot be read, or its sender is not signed in.
    """
    fields = await read_fields(request)
    analyst = guard.analyst(datasette, request)
    if analyst is None:
        raise RequestError(403, "You are not signed in. Please sign in and try again.")
    return analyst, fields


async def read_fields(request: Any) -> dict[str, Any]:
    """Read the fields of a POST, as form or JSON.

    Raises:
        RequestError: the request is no POST, or its body is larger than 64 KiB or cannot be parsed.
    """
    if request.method != "POST":
        raise RequestError(405, "Send this with POST.")
    raw = bytearray()
    more = True
    while more:
        event = await request.receive()
        raw += event.get("body", b"")
        more = event.get("more_body", False)
        if len(raw) > MAX_BYTES:
            raise RequestError(
                413, "The request is too long. A note has at most {n} characters.", n=f"{MAX_NOTE_CHARACTERS:,}"
            )
    try:
        text = raw.decode("utf-8")
        fields = json.loads(text) if is_json(request) else parse_qs(text, keep_blank_values=True)
    except (ValueError, RecursionError):
        raise RequestError(400, "The request cannot be read: expected a form or JSON, in UTF-8.") from None
    if not isinstance(fields, dict):
        raise RequestError(400, "The request cannot be read: expected one JSON object.")
    if not is_json(request):
        fields = {name: values if name == "topics" else values[-1] for name, values in fields.items()}
    return fields


def is_json(request: Any) -> bool:
    """Return whether the body of the request is JSON."""
    return bool(request.headers.get("content-type", "").startswith("application/json"))


def clean_text(value: object) -> str:
    """Return typed text that SQLite and UTF-8 can store: without NUL and without lone surrogates."""
    return str(value or "").replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
