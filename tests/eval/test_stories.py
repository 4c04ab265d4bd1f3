"""Stories on labelled articles that were held back from the training, through the code of a cycle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.flagging import Flagger
from tests.eval import stories


@pytest.fixture(scope="module")
def flagger() -> Flagger:
    return Flagger.from_config()


def test_joined_articles_report_one_event(flagger: Flagger) -> None:
    within, across = stories.judge(flagger)
    assert within.precision >= 0.8
    assert across.precision >= 0.93
    assert within.right >= 15
    assert across.right >= 65


def test_articles_of_a_file_get_story_keys_or_null(flagger: Flagger, tmp_path: Path) -> None:
    title, text = "Путин поговорил по телефону с Ким Чен Ыном", "Лидеры обсудили Украину, сообщил Кремль."
    titled, bare = {"title": title, "text": text}, {"title": title, "text": ""}
    rain = {"title": "Rain in Rome", "text": ""}
    rows = [
        {"id": "a", "lang": "ru", "home": "RU", "source": "A", "at": "2026-01-02T10:00:00+00:00"} | titled,
        {"id": "b", "lang": "ru", "home": "RU", "source": "B", "at": "2026-01-02T10:20:00Z"} | bare,
        {"id": "c", "lang": "en", "home": None, "source": "C", "at": "2026-01-02T10:30:00Z"} | rain,
    ]  # fmt: skip
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = stories.join(flagger, stories.read(file))
    assert found["a"] == found["b"] is not None
    assert found["c"] is None
