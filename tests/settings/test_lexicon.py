"""Mistakes in topics are told with the clause and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.settings.lexicon import load_concepts, load_topics

CONCEPTS = '[concept.pipe]\nname = "Pipe"\nkind = "term"\nen = ["pipe"]\n'
TOPICS = """
[group]
{group}
[topic.gas]
title = "Gas"
threshold = {threshold}
clause = [{{ id = "a", all = ["pipe"], weight = {weight} }}]
[topic.relevance]
title = "Relevance"
threshold = 1.0
clause = [{{ id = "b", {clause}, weight = 1.0 }}]
"""
SOUND = {"group": "", "threshold": "1.0", "weight": "1.0", "clause": 'all = ["topic:gas", "pipe"]'}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"clause": 'any = ["pipe", "topic:gas"]'}, "relevance › clause “b”: asks for a topic or a concept"),
        ({"clause": 'all = ["topic:gas|pipe"]'}, "asks for a topic or a concept in “topic:gas|pipe”"),
        ({"clause": 'all = ["pipe"], unless = ["topic:gas"]'}, "may not forbid “topic:gas”"),
        ({"clause": 'all = ["pipe"], unless_anywhere = ["topic:gas"]'}, "may not forbid “topic:gas”"),
        ({"clause": 'all = ["topic:gas"], unless = ["pipe"]'}, "asks for topics only, which stand in no unit;"),
        ({"clause": 'all = ["pipe"], times = 3000000000'}, "relevance › clause “b” › times: must be from 1 to 1000."),
        ({"group": 'pipes = ["pipe", "topic:gas"]'}, "group.pipes: may hold concepts and homes only, not “topic:gas”."),
        ({"threshold": "nan"}, "topic.gas › threshold: must be a finite number."),
        ({"weight": "inf"}, "topic.gas › clause “a” › weight: must be a finite number."),
    ],
)
def test_what_a_clause_cannot_mean_is_refused(tmp_path: Path, change: dict[str, str], told: str) -> None:
    (tmp_path / "concepts.toml").write_text(CONCEPTS)
    concepts = load_concepts(tmp_path)
    (tmp_path / "concepts.toml").unlink()
    file = tmp_path / "topics.toml"
    file.write_text(TOPICS.format(**SOUND))
    assert [topic.id for topic in load_topics(tmp_path, concepts).topics] == ["gas"]
    file.write_text(TOPICS.format(**{**SOUND, **change}))
    with pytest.raises(ConfigError) as error:
        load_topics(tmp_path, concepts)
    assert told in str(error.value)
