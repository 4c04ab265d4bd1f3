"""How values stand in the database: times as UTC text of one width, lists as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

_REMARK = re.compile(r"\s*\([^()]*\)")


def to_text(at: datetime) -> str:
    """An aware time as ``2026-11-24T06:00:00Z``."""
    return at.astimezone(UTC).isoformat()[:19] + "Z"


def to_text_or_none(at: datetime | None) -> str | None:
    """The same; None stays None."""
    return None if at is None else to_text(at)


def to_time(text: str) -> datetime:
    """The aware time that ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def to_time_or_none(text: str | None) -> datetime | None:
    """The same; None stays None."""
    return None if text is None else to_time(text)


def to_json(items: Iterable[str]) -> str:
    """A list of texts as a JSON array, readable in any language."""
    listed = list(items)
    return json.dumps(listed, ensure_ascii=False) if listed else "[]"


def to_tuple(text: str) -> tuple[str, ...]:
    """The list that ``to_json`` wrote."""
    return tuple(json.loads(text)) if text != "[]" else ()


def short_name(name: str) -> str:
    """A concept's name without the remark in brackets that lexicon editors write after it."""
    return _REMARK.sub("", name).strip() or name
