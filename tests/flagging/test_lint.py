"""What ``tumen topics lint`` finds in a lexicon, and that it finds nothing in the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.flagging import Flagger
from pipeline.flagging.dictionary import caught_by
from pipeline.flagging.lint import lint


def findings(folder: Path | None) -> list[str]:
    flagger = Flagger.from_config(folder)
    return [f"{one.where}: {one.what}" for one in lint(flagger.concepts, flagger.topics, flagger.matcher)]


def test_the_shipped_config_is_clean() -> None:
    assert findings(None) == []


CONCEPTS = """
[concept.russia]
name = "Russia"
kind = "country"
en = ["russia"]

[concept.korea]
name = "Korea"
kind = "country"
en = ["korea"{second}]
{more}
"""
TOPICS = """
[topic.one]
title = "One"
threshold = 1.0
passages = ["p1"]
clause = [{ id = "both", all = ["russia", "korea"], weight = 1.0 }, { id = "more", any = ["korea"], weight = 0.1 }]
[topic.relevance]
title = "Relevance"
threshold = 1.0
clause = [{ id = "on-topic", any = ["topic:one"], weight = 1.0 }]
"""
REFERENCE = """
[reference]
title = "T"
author = "A"
publication = "P"
published = "2018-07"
url = "https://example.org/op-ed"
[[passage]]
id = "p1"
part = "opening"
digest = "D."
topics = ["one"]
concepts = ["russia"]
"""


@pytest.mark.parametrize(
    ("second", "more", "said"),
    [
        (', "russia"', "", "“russia” stands in russia too"),
        ("", 'ru = ["корей*", "мун*"]', "“мун*” catches 21 words: мун, муна,"),
        ("", 'ru = ["вскор*"]', "matches the ordinary word “вскоре”"),
        ("", 'ko = ["~사드"]', "matches the ordinary word “인사드립니다”"),
    ],
)
def test_what_is_most_likely_wrong_is_told(tmp_path: Path, second: str, more: str, said: str) -> None:
    write(tmp_path, CONCEPTS.format(second=second, more=more))
    assert any(said in one for one in findings(tmp_path))


def test_a_clause_that_no_text_can_fulfil_is_told(tmp_path: Path) -> None:
    write(tmp_path, CONCEPTS.format(second="", more='[concept.nothing]\nname = "N"\nkind = "term"\n'))
    topic = tmp_path / "topics" / "one.toml"
    topic.write_text(TOPICS.replace('all = ["russia", "korea"]', 'all = ["russia", "nothing"]'))
    assert any("can never fire: “nothing” has no surface" in one for one in findings(tmp_path))


def write(folder: Path, concepts: str) -> None:
    (folder / "concepts").mkdir()
    (folder / "topics").mkdir()
    (folder / "concepts" / "all.toml").write_text(concepts)
    (folder / "topics" / "one.toml").write_text(TOPICS)
    (folder / "reference.toml").write_text(REFERENCE)


def test_forms_longer_than_an_ending_may_be_are_not_caught() -> None:
    assert caught_by(["санкци*"]) == [("санкция", "санкционный", "санкционировать")]
