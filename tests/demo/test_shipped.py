"""The shipped sources and reference, as a desk editor gets them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import UTC, datetime

from pipeline import shipped
from pipeline.demo import load_articles
from pipeline.settings.reference import load_reference
from pipeline.settings.sources import load_sources

TOPICS = {topic for article in load_articles() for topic in article.topics}
SOURCES = load_sources(shipped.CONFIG / "feeds.toml")
REFERENCE = load_reference(shipped.CONFIG / "reference.toml")


def test_shipped_sources_are_many_and_balanced() -> None:
    enabled = Counter(source.language for source in SOURCES if source.enabled)
    assert enabled.total() >= 30
    assert set(enabled) == {"en", "ru", "ko"}
    assert max(enabled.values()) - min(enabled.values()) <= 2
    assert len(SOURCES) >= 45


def test_every_source_has_a_note_on_its_trust() -> None:
    for source in SOURCES:
        grade = re.match(r"Grade ([ABCD])\b", source.note)
        assert grade, source.name
        assert source.enabled is False or grade[1] in "AB", source.name
        assert source.home or "No home" in source.note, source.name


def test_topics_of_sources_exist() -> None:
    assert {topic for source in SOURCES for topic in source.topics} <= TOPICS


def test_dates_in_notes_are_in_the_past() -> None:
    dates = [found for source in SOURCES for found in re.findall(r"20\d\d-\d\d-\d\d", source.note)]
    assert len(dates) >= 30
    assert max(dates) < datetime.now(UTC).date().isoformat()


def test_reference_covers_every_topic_in_five_parts() -> None:
    parts = list(dict.fromkeys(passage.part for passage in REFERENCE.passages))
    assert parts == ["opening", "first reason", "second reason", "third reason", "conclusion"]
    assert {topic for passage in REFERENCE.passages for topic in passage.topics} == TOPICS
    assert REFERENCE.published == "2018-07"
    assert REFERENCE.url.startswith("https://thediplomat.com/2018/07/")


def test_concepts_of_passages_exist() -> None:
    known: set[str] = set()
    for path in sorted((shipped.CONFIG / "concepts").glob("*.toml")):
        known |= set(tomllib.loads(path.read_text(encoding="utf-8")).get("concept", {}))
    for passage in REFERENCE.passages:
        assert passage.concepts, passage.id
        assert not set(passage.concepts) - known, passage.id
