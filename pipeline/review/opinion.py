"""The op-ed annotated: passage by passage, with what was flagged for each, over time.

The passages are in our own words, or in the original's where the operator imported it.
"""

from __future__ import annotations

from collections.abc import Callable
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
    return pages.page(
        datasette,
        request,
        "opinion.html",
        reference=reference,
        passages=[
            row
            | {
                "plot": plots.columns(f"Flags by month: {row['part']}", row["months"]),
                "total": sum(n for _, n in row["months"]),
            }
            for row in passages
        ],
    )
