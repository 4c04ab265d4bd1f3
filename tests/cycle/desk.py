"""A config folder and a database over the loopback world, with cycles run as ``tumen run`` runs them."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cycle.run import run_cycle
from pipeline.demo import write_config

if TYPE_CHECKING:
    from pipeline.demo import World
    from pipeline.model import CycleReport


class Desk:
    """A config folder and a database over a world, with a clock that can be moved."""

    def __init__(self, world: World, folder: Path, config: Path | None = None) -> None:
        self.world = world
        self.config = write_config(world, config or folder / "config")
        self.database = folder / "tumen.db"
        self.later = timedelta()

    def run(self, *, force: bool = False) -> CycleReport:
        return run_cycle(
            self.database,
            self.config,
            trigger="test",
            force=force,
            now=lambda: datetime.now(UTC) + self.later,
            rng=random.Random(1),
        )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()
