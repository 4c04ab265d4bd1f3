"""Some days in compressed time; “python -m tests.cycle.soak” plays ninety."""

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
def test_days_of_feeds_that_roll_die_and_return_miss_nothing_and_double_nothing(tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = (today - timedelta(days=4)).timestamp()
    plan = Plan.make(start=start, days=3, every=6 * 3600, feeds=6, entries_a_day=60, seed=18)
    found = soak(plan, tmp_path, lambda _: None)
    assert found.problems == []
    assert found.figures["feeds that died"] > 0
    assert found.figures["entries"] > 200
    assert found.figures["messages"] > 0
