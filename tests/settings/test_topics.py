"""Mistakes in topics are reported with file, topic and clause, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.settings.lexicon import load_concepts
from pipeline.settings.topics import load_topics

CONCEPTS = '[concept.pipe]\nname = "Pipe"\nkind = "term"\nen = ["pipe"]\n'
TOPICS = """
[group]
{group}
[topic.gas]
title = "Gas"
{key}
seed = [{{ id = "a", {clause} }}{more}]
[topic.relevance]
title = "Relevance"
seed = []
"""
SOUND = {"group": "", "key": "", "clause": 'all = ["pipe|home:RU"]', "more": ""}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clause": "all = []"}, "topic.gas › seed “a”: can never hold: “all” is empty."),
        ({"clause": 'all = ["pipe"], unless = ["pipe"]'}, "can never hold: it needs “pipe”, and “unless” excludes"),
        ({"clause": 'all = ["pipes"]'}, "there is no concept or group “pipes”. Did you mean “pipe”?"),
        ({"clause": 'all = ["pipe"], weight = nan'}, "seed “a” › weight: must be a number other than 0"),
        ({"clause": 'all = ["pipe"], weight = 0'}, "seed “a” › weight: must be a number other than 0"),
        ({"clause": 'all = ["pipe"], within = "title"'}, "topic.gas › seed (number 1).within"),
        ({"more": ', { id = "a", all = ["pipe"] }'}, "is there twice; each clause needs an id of its own."),
        ({"more": "".join(f', {{ id = "b{n}", all = ["pipe"] }}' for n in range(5))}, "has 6 clauses; 5 are the most."),
        ({"more": ', { id = "A b", all = ["pipe"] }'}, "must be lower-case letters, digits and hyphens"),
        ({"key": 'requires = ["valve"]'}, "topic.gas › requires: there is no concept or group “valve”."),
        ({"key": 'never = ["valve"]'}, "topic.gas › never: there is no concept or group “valve”."),
        ({"key": 'colour = "red"'}, "topic.gas › colour: must be written as #rrggbb."),
        ({"key": "threshold = 1.0"}, "topic.gas › threshold: unknown key"),
        ({"group": 'pipes = ["pipes"]'}, "group.pipes: contains itself"),
        ({"group": 'pipe = ["pipe"]'}, "group.pipe: must have a name that no concept or other group has."),
        ({"group": "pipes = []"}, "group.pipes: must be a list of concepts in quotes."),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    (tmp_path / "concepts.toml").write_text(CONCEPTS)
    concepts = load_concepts(tmp_path)
    (tmp_path / "concepts.toml").unlink()
    file = tmp_path / "topics.toml"
    file.write_text(TOPICS.format(**SOUND))
    assert [topic.id for topic in load_topics(tmp_path, concepts).topics] == ["gas"]
    file.write_text(TOPICS.format(**{**SOUND, **change}))
    with pytest.raises(ConfigError) as error:
        load_topics(tmp_path, concepts)
    assert message in str(error.value)


def test_groups_are_expanded_in_items(tmp_path: Path) -> None:
    (tmp_path / "concepts.toml").write_text(CONCEPTS)
    concepts = load_concepts(tmp_path)
    (tmp_path / "concepts.toml").unlink()
    (tmp_path / "t.toml").write_text(TOPICS.format(**{**SOUND, "group": 'a = ["b", "home:KR"]\nb = ["pipe"]'}))
    assert load_topics(tmp_path, concepts).members("a|pipe|home:RU") == ("pipe", "home:KR", "home:RU")
