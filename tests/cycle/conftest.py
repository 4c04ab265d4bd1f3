from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cycle.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.demo import World


@pytest.fixture
def desk(world: World, tmp_path: Path, config_folder: Path) -> Desk:
    return Desk(world, tmp_path, config_folder)
