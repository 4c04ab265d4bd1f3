"""Some days in compressed time; ``python -m tests.cycle.soak`` runs ninety."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.cycle.rolling import Plan
from tests.cycle.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_nothing_is_missed_or_doubled_over_days_of_failing_feeds(tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = (today - timedelta(days=4)).timestamp()
    plan = Plan.make(start=start, days=3, every=6 * 3600, feeds=6, entries_per_day=60, seed=18)
    result = soak(plan, tmp_path, lambda _: None)
    assert result.problems == []
    assert result.figures["feeds that died"] > 0
    assert result.figures["entries"] > 200
    assert result.figures["messages"] > 0
