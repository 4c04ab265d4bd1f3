"""The op-ed page: each passage with the articles flagged for it, over time.

A passage is shown in our own words, or in the original's words if the operator imported the op-ed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import guard, pages, plots
from pipeline.store import figures


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/op-ed$", reference)]


@pages.errors_as_pages
async def reference(datasette: Any, request: Any) -> Response:
    """Show all passages on one page."""
    record, passages = await guard.database(datasette).execute_fn(
        lambda conn: (figures.reference(conn), figures.passages(conn))
    )
    months = _months(min((month for row in passages for month, _ in row["months"]), default=""), datetime.now(UTC))
    for row in passages:
        counted = dict(row["months"])
        row["total"] = sum(counted.values())
        row["plot"] = plots.columns(
            f"Flags by month on passage {row['position']}", [(month, counted.get(month, 0)) for month in months]
        )
    return pages.page(datasette, request, "reference.html", reference=record, passages=passages)


def _months(first: str, now: datetime) -> list[str]:
    """Return the months to draw, the same for each passage: from the first flag on, between 12 and 36 months."""
    current = now.year * 12 + now.month - 1
    began = int(first[:4]) * 12 + int(first[5:7]) - 1 if first else current
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(max(min(began, current - 11), current - 35), current + 1)]
