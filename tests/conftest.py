"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline.demo import World


@pytest.fixture
def world() -> Iterator[World]:
    """The demo world on loopback, broken source included: ``sources``, ``pages``, ``tick``, ``fault``, ``log``."""
    from pipeline.demo import World, running

    with running(World(now=datetime.now(UTC))) as served:
        yield served
