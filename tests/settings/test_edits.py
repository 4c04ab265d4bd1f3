"""The table ``[edits]``: what it accepts, and the message for what it does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.settings import load_settings


def write(folder: Path, text: str) -> Path:
    (folder / "tumen.toml").write_text(f'feeds = "shipped"\n[edits]\n{text}\n', encoding="utf-8")
    return folder


def test_hours_become_a_schedule(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "after_hours = [1, 30.5]"))
    assert list(settings.edits.schedule) == [timedelta(hours=1), timedelta(hours=30, minutes=30)]
    assert list(load_settings(write(tmp_path, "after_hours = []")).edits.schedule) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("after_hours = [24, 2]", "must grow"),
        ("after_hours = [2, 2]", "must grow"),
        ("after_hours = [1,2,3,4,5,6,7,8,9,10,11]", "at most 10"),
        ("after_hours = [0]", "from 0.1"),
        ("per_day = -1", "from 0"),
        ('submit_to = "web.archive.org"', "http:// or https://"),
        ("every = 1", "unknown key"),
    ],
)
def test_wrong_value_is_refused_with_its_reason(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_settings(write(tmp_path, text))
