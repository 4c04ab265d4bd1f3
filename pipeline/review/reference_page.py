"""The op-ed page: each passage with the articles flagged for it, over time.

A passage is shown in our own words, or in the original's words if the operator imported the op-ed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from pipeline.review import guard, interface, pages, plots
from pipeline.store import figures


def routes() -> list[tuple[str, Callable[..., Any]]]:
    """Return the routes of this module."""
    return [(r"^/-/tumen/op-ed$", reference)]


@pages.errors_as_pages
async def reference(datasette: Any, request: Any) -> Response:
    """Show all passages on one page."""
    record, passages = await guard.read(datasette, lambda conn: (figures.reference(conn), figures.passages(conn)))
    t = interface.of_request(request)
    base = datasette.urls.path("/-/tumen/search")
    months = _months(min((month for row in passages for month, _ in row["months"]), default=""), datetime.now(UTC))
    parts = Counter(row["part"] for row in passages)
    seen: Counter[str] = Counter()
    for row in passages:
        counted = dict(row["months"])
        seen[row["part"]] += 1
        row["name"] = row["part"] if parts[row["part"]] == 1 else f"{row['part']} ({seen[row['part']]})"
        row["total"] = sum(counted.values())
        bars = [
            plots.Bar(
                name=month,
                value=counted.get(month, 0),
                href=f"{base}?passage={row['id']}&since={month}-01&until={month}-31&order=date",
                running=month == months[-1],
            )
            for month in months
        ]
        row["plot"] = plots.columns(t("Flags by month on passage {n}", n=row["position"]), bars)
    return pages.page(datasette, request, "reference.html", reference=record, passages=passages)


def _months(first: str, now: datetime) -> list[str]:
    """Return the months to draw, the same for each passage: from the first flag on, between 12 and 36 months."""
    current = now.year * 12 + now.month - 1
    began = int(first[:4]) * 12 + int(first[5:7]) - 1 if first else current
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(max(min(began, current - 11), current - 35), current + 1)]
