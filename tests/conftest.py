"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipeline.demo import World, running


@pytest.fixture
def world() -> Iterator[World]:
    """The demo world on loopback, broken source included; ``sources``, ``pages``, ``tick``, ``fault``, ``log``"""
    with running(World(now=datetime.now(UTC))) as served:
        yield served
