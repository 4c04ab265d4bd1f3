"""Filters of the lists in an address: reading, checking, and writing them. Pure.

In: the query of a request. Out: a ``QueueFilter``. A value that does not exist is an error with a sentence, because a
list that silently shows something else misleads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pipeline.model import Origin
from pipeline.review.pages import RequestError, parse_int
from pipeline.store.queue import ListId, QueueFilter, Sort, VerdictFilter

QUEUES: dict[ListId, str] = {"main": "Queue", "near": "Near misses", "audit": "Audit"}
LISTS: dict[ListId, str] = {
    "escalated": "Escalated",
    "relevant": "Relevant this week",
    "mine": "My verdicts",
    "notes": "With notes",
    "flagged": "Everything flagged",
}
SORTS: dict[Sort, str] = {"age": "best, with age", "newest": "newest", "best": "best"}
VERDICTS: dict[VerdictFilter, str] = {
    "waiting": "not reviewed", "relevant": "relevant", "not_relevant": "not relevant", "escalate": "escalated",
}  # fmt: skip
ORIGINS: dict[Origin, str] = {"feed": "from feeds", "archive": "from web archives"}
PERIODS = {"1": "last day", "3": "3 days", "7": "week", "30": "month"}
NAMES = ("queue", "sort", "topic", "language", "source", "days", "verdict", "origin", "new")


def read(args: Any, *, analyst: str | None = None, since: str | None = None) -> QueueFilter:
    """Read the filters.

    Args:
        args: the query.
        analyst: the signed-in analyst.
        since: the end of the analyst's last visit, which the filter “new” starts from.

    Raises:
        RequestError: a value does not exist.
    """
    queue: ListId = _one(args, "queue", {**QUEUES, **LISTS}) or "main"
    days = _number(args, "days", 36_500)
    if queue == "relevant" and days is None:
        days = 7
    return QueueFilter(
        queue=queue,
        sort=_one(args, "sort", SORTS) or "age",
        verdict=_one(args, "verdict", VERDICTS),
        topic=args.get("topic") or None,
        language=args.get("language") or None,
        source=_number(args, "source", 2**53),
        days=days,
        origin=_one(args, "origin", ORIGINS),
        since=since if args.get("new") else None,
        analyst=analyst,
    )


def check(wanted: QueueFilter, choices: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Check the values that the database knows.

    Raises:
        RequestError: there is no such topic, language or source.
    """
    for name in ("topic", "language", "source"):
        value = getattr(wanted, name)
        known = [choice for choice, _ in choices[name]]
        if value is not None and str(value) not in known:
            raise _unknown(name, str(value), known)


def query(args: Any, **changes: str) -> str:
    """Return the filters as a query string, or "" if there are none. A change to "" takes a filter off."""
    return to_query({name: args.get(name) for name in NAMES} | changes)


def parse_query(text: str) -> dict[str, str]:
    """Return the filters of a query string, without other parameters."""
    return {name: value for name, value in parse_qsl(text.removeprefix("?")) if name in NAMES}


def to_query(values: Mapping[str, Any]) -> str:
    """Return filters as a query string, without defaults."""
    kept = {
        name: values[name]
        for name in NAMES
        if values.get(name) and (name, values[name]) not in {("queue", "main"), ("sort", "age")}
    }
    return f"?{urlencode(kept)}" if kept else ""


def _one(args: Any, name: str, choices: Mapping[Any, str]) -> Any:
    value = args.get(name)
    if value and value not in choices:
        raise _unknown(name, value, list(choices))
    return value or None


def _number(args: Any, name: str, most: int) -> int | None:
    value = args.get(name)
    number = parse_int(value, 0, most)
    if value and number is None:
        raise RequestError(
            400, "“{value}” is not a number. The filter “{name}” needs one.", value=value[:80], name=name
        )
    return number or (number if name == "source" else None)


def _unknown(name: str, value: str, known: list[str]) -> RequestError:
    value, near = value[:80], get_close_matches(value, known, n=1)
    if near:
        return RequestError(
            400, "There is no {name} “{value}”. Did you mean “{near}”?", name=name, value=value, near=near[0]
        )
    names = ", ".join(known[:20])
    return RequestError(
        400, "There is no {name} “{value}”. Expected one of: {names}.", name=name, value=value, names=names
    )
