"""The op-ed annotated: passage by passage, with what was flagged for each, over time.

The passages are in our own words, or in the original's where the operator imported it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import guard, pages, plots
from pipeline.store import figures


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """The op-ed."""
    return [(r"^/-/tumen/op-ed$", opinion)]


@pages.polite
async def opinion(datasette: Any, request: Any) -> Response:
    """The whole of it on one page."""
    reference, passages = await guard.database(datasette).execute_fn(
        lambda conn: (figures.reference(conn), figures.passages(conn))
    )
    months = _months(min((month for row in passages for month, _ in row["months"]), default=""), datetime.now(UTC))
    for row in passages:
        counted = dict(row["months"])
        row["total"] = sum(counted.values())
        row["plot"] = plots.columns(
            f"Flags by month on passage {row['position']}", [(month, counted.get(month, 0)) for month in months]
        )
    return pages.page(datasette, request, "opinion.html", reference=reference, passages=passages)


def _months(first: str, now: datetime) -> list[str]:
    """The months to draw, the same for each passage: from the first flag on, a year at the least, three at the most."""
    this = now.year * 12 + now.month - 1
    began = int(first[:4]) * 12 + int(first[5:7]) - 1 if first else this
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(max(min(began, this - 11), this - 35), this + 1)]
