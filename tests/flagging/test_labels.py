"""Labelled files: what is read from them, and what is wrong with a bad one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.flagging.labels import read_labels

ITEM = {"id": "a", "lang": "en", "kind": "headline", "home": "KR", "title": "A title", "text": "", "relevant": 1}
TOPICS = {"thaad", "railways"}


def write(path: Path, *rows: object) -> Path:
    """Write one row per line."""
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_items_of_a_folder_are_read_with_set_and_story(tmp_path: Path) -> None:
    write(tmp_path / "one.jsonl", ITEM | {"topics": ["thaad"], "story_id": "s1"})
    write(tmp_path / "two.jsonl", ITEM | {"id": "b", "title": "Another", "label_confidence": "low", "relevant": 0})
    first, second = read_labels([tmp_path], TOPICS, stream=[tmp_path / "two.jsonl"])
    assert (first.set, first.story, first.stream, first.sure) == ("one", "s1", False, True)
    assert first.topics == {"thaad"}
    assert (second.set, second.stream, second.sure) == ("two", True, False)
    assert second.weight < first.weight


def test_topics_are_corrected_without_the_text(tmp_path: Path) -> None:
    file = write(tmp_path / "one.jsonl", ITEM | {"topics": ["thaad"]})
    more = write(
        tmp_path / "later.jsonl", {"set": "one", "id": "a", "topics": ["railways"], "topics_unsure": ["thaad"]}
    )
    (item,) = read_labels([file, more], TOPICS)
    assert item.topics == {"railways"}
    assert item.unsure == {"thaad"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 1: is not JSON"),
        ("[1]", "line 1: must be a JSON object"),
        (ITEM | {"relevant": "yes"}, "“relevant” must be 0 or 1, not 'yes'"),
        (ITEM | {"title": None}, "needs “title” as text"),
        (ITEM | {"id": 7}, "needs “id” as text"),
        (ITEM | {"topics": ["tanks"]}, "there is no topic “tanks” in config/topics"),
        (ITEM | {"topics": "thaad"}, "“topics” must be a list"),
    ],
)
def test_a_wrong_line_is_named_with_file_and_line(tmp_path: Path, row: object, message: str) -> None:
    file = write(tmp_path / "bad.jsonl", row)
    with pytest.raises(ConfigError, match=r"bad\.jsonl") as error:
        read_labels([file], TOPICS)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_contradicting_labels_of_one_text_are_named(tmp_path: Path) -> None:
    file = write(tmp_path / "bad.jsonl", ITEM, ITEM | {"id": "b", "relevant": 0})
    with pytest.raises(ConfigError, match="bad a and bad b: have the same text and contradicting labels"):
        read_labels([file], TOPICS)


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_labels([tmp_path / "none.jsonl"], TOPICS)
    with pytest.raises(ConfigError, match=r"has no \.jsonl file"):
        read_labels([tmp_path], TOPICS)
