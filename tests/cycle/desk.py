"""A config folder and a database over the loopback world, with cycles run as ``tumen run`` runs them."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cycle.run import run_cycle
from pipeline.demo import write_config
from pipeline.settings import load_settings
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.demo import World
    from pipeline.model import CycleReport


class Desk:
    """A config folder and a database over a world, with a clock that can be moved."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.config = write_config(world, folder / "config")
        self.database = folder / "tumen.db"
        self.later = timedelta()

    def run(self, *, force: bool = False) -> CycleReport:
        settings = load_settings(self.config)
        conn = open_store(self.database)
        try:
            return asyncio.run(
                run_cycle(
                    conn,
                    settings,
                    trigger="test",
                    force=force,
                    now=lambda: datetime.now(UTC) + self.later,
                    rng=random.Random(1),
                )
            )
        finally:
            conn.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()
