"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline.demo import World


for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]  # the servers of the tests are on loopback, where a proxy does not lead


@pytest.fixture
def world() -> Iterator[World]:
    """The demo world on loopback, broken source included: ``sources``, ``pages``, ``tick``, ``fault``, ``log``."""
    from pipeline.demo import World, running

    with running(World(now=datetime.now(UTC))) as served:
        yield served
