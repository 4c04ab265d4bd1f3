"""Settings of analysts on the desk: time zone, filters, last visit, and saved filters."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.store.values import to_text, to_time

SettingName = Literal["zone", "filters", "visit"]
PAUSE = timedelta(hours=3)  # after a longer pause, a request starts a new visit
_STEP = timedelta(minutes=1)  # the time of the last request is stored this exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystSettings:
    """The settings of one analyst. Empty without a choice.

    Attributes:
        filters: the remembered filters as a query string.
        visit: times of the last visits, as ``next_visit`` writes them.
        saved: saved filters by name, as query strings.
    """

    zone: str = ""
    filters: str = ""
    visit: str = ""
    saved: tuple[tuple[str, str], ...] = ()


def load(conn: sqlite3.Connection, analyst: str) -> AnalystSettings:
    """Return the settings of an analyst."""
    found = dict(conn.execute("SELECT name, value FROM desk_settings WHERE analyst = ?", (analyst,)).fetchall())
    saved = conn.execute("SELECT name, query FROM saved_filters WHERE analyst = ? ORDER BY name", (analyst,)).fetchall()
    return AnalystSettings(
        zone=found.get("zone", ""),
        filters=found.get("filters", ""),
        visit=found.get("visit", ""),
        saved=tuple((row[0], row[1]) for row in saved),
    )


def put(conn: sqlite3.Connection, analyst: str, name: SettingName, value: str, now: datetime) -> None:
    """Store a setting in a transaction of its own."""
    with conn:
        conn.execute(
            "INSERT OR REPLACE INTO desk_settings (analyst, name, value, changed_at) VALUES (?, ?, ?, ?)",
            (analyst, name, value, to_text(now)),
        )


def save_filters(conn: sqlite3.Connection, analyst: str, name: str, query: str, now: datetime) -> None:
    """Save filters under a name, in a transaction of its own. No query removes the name."""
    with conn:
        if query:
            sql = "INSERT OR REPLACE INTO saved_filters (analyst, name, query, saved_at) VALUES (?, ?, ?, ?)"
            conn.execute(sql, (analyst, name, query, to_text(now)))
        else:
            conn.execute("DELETE FROM saved_filters WHERE analyst = ? AND name = ?", (analyst, name))


def last_visit(visit: str) -> str | None:
    """Return the end of the visit before this one, or None at the first visit."""
    since: str | None = json.loads(visit)["since"] if visit else None
    return since


def next_visit(visit: str, now: datetime) -> str | None:
    """Return the visits after a request at this time, or None if nothing worth storing changed."""
    if not visit:
        return json.dumps({"since": None, "last": to_text(now)})
    times = json.loads(visit)
    passed = now - to_time(times["last"])
    if passed < _STEP:
        return None
    return json.dumps({"since": times["last"] if passed > PAUSE else times["since"], "last": to_text(now)})
