"""Fixtures for all tests."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline.demo import World
    from tests.store.build import Rows


for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]  # the servers of the tests are on loopback, where a proxy does not lead


_SLOW = {"backfill", "cycle", "daemon", "edits", "review", "semantic", "services"}  # servers, processes, browsers


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what -m does not choose
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests as slow by their folder, and all that run alone."""
    for item in items:
        if item.path.parent.name in _SLOW or item.get_closest_marker("alone"):
            item.add_marker("slow")


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    """A new database that is filled by functions of the store."""
    from tests.store.build import Rows

    rows = Rows(tmp_path)
    yield rows
    rows.close()


@pytest.fixture
def world() -> Iterator[World]:
    """The demo world on loopback, broken source included: ``sources``, ``pages``, ``tick``, ``fault``, ``log``."""
    from pipeline.demo import World, running

    with running(World(now=datetime.now(UTC))) as served:
        yield served


@pytest.fixture(scope="session")
def _warm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for which the fork server of this process has loaded the shipped lexicon."""
    from pipeline import processing
    from pipeline.processing.pool import Workers

    folder = tmp_path_factory.mktemp("config")

    async def start() -> None:
        async with Workers(1, 100, 1024, preloads={processing.__name__: (folder,)}) as workers:
            await workers.run(os.getpid)

    asyncio.run(start())
    return folder


@pytest.fixture
def config_folder(_warm_folder: Path) -> Path:
    """An empty config folder, the same in all tests: workers need not load the lexicon for each test anew."""
    shutil.rmtree(_warm_folder)
    _warm_folder.mkdir()
    return _warm_folder
