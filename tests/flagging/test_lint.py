"""``tumen topics lint``: what it finds in a lexicon, and that it finds nothing in the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.flagging import Flagger
from pipeline.flagging.dictionary import caught_by
from pipeline.flagging.lint import lint


def findings(folder: Path | None) -> list[str]:
    flagger = Flagger.from_config(folder)
    return [f"{one.where}: {one.what}" for one in lint(flagger.concepts, flagger.topic_set, flagger.matcher)]


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


def concept(kind: str, surface: str) -> str:
    """A concept that implies Russia."""
    return f'[concept.other]\nname = "O"\nkind = "{kind}"\nimplies = ["russia"]\nen = ["{surface}"]'


TOPICS = """
[topic.one]
title = "One"
passages = ["p1"]
seed = [{ id = "both", all = ["russia", "korea"] }]
[topic.relevance]
title = "Relevance"
seed = []
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
    ("second", "more", "message"),
    [
        (', "russia"', "", "“russia” is in russia too"),
        ("", 'ru = ["корей*", "мун*"]', "“мун*” matches 21 words: мун, муна,"),
        ("", 'ru = ["вскор*"]', "matches the ordinary word “вскоре”"),
        ("", 'ko = ["~사드"]', "matches the ordinary word “인사드립니다”"),
        ("", 'ru = ["с 400"]', "korea › ru: “с 400” is one letter and digits"),
        (', "a-50"', "", "korea › en: “a-50” is one letter and digits"),
        ("", concept("trap", "flu"), "other: is a trap and implies russia; a trap implies no state"),
        ("", concept("term", "pension reform"), "other › en: “pension reform” implies russia and names no state"),
    ],
)
def test_what_is_most_likely_wrong_is_found(tmp_path: Path, second: str, more: str, message: str) -> None:
    write(tmp_path, CONCEPTS.format(second=second, more=more))
    assert any(message in finding for finding in findings(tmp_path))


@pytest.mark.parametrize("more", [concept("term", "pact with russia"), concept("project", "power of siberia")])
def test_a_concept_whose_words_name_the_state_or_that_is_a_name_may_imply_it(tmp_path: Path, more: str) -> None:
    write(tmp_path, CONCEPTS.format(second="", more=more))
    assert findings(tmp_path) == []


def test_a_clause_that_can_never_hold_is_found(tmp_path: Path) -> None:
    write(tmp_path, CONCEPTS.format(second="", more='[concept.nothing]\nname = "N"\nkind = "term"\n'))
    topic = tmp_path / "topics" / "one.toml"
    topic.write_text(TOPICS.replace('all = ["russia", "korea"]', 'all = ["russia", "nothing"]'))
    assert any("can never hold: “nothing” has no surface" in finding for finding in findings(tmp_path))


def test_a_clause_that_one_concept_meets_alone_is_found(tmp_path: Path) -> None:
    both = '[concept.pair]\nname = "P"\nkind = "term"\nen = ["russia and korea"]\nimplies = ["russia", "korea"]\n'
    write(tmp_path, CONCEPTS.format(second="", more=both))
    assert findings(tmp_path) == ["topic one › clause “both”: is met by one concept alone: pair"]


def write(folder: Path, concepts: str) -> None:
    (folder / "concepts").mkdir()
    (folder / "topics").mkdir()
    (folder / "concepts" / "all.toml").write_text(concepts)
    (folder / "topics" / "one.toml").write_text(TOPICS)
    (folder / "reference.toml").write_text(REFERENCE)


def test_forms_longer_than_an_ending_may_be_are_not_caught() -> None:
    assert caught_by(["санкци*"]) == [("санкция", "санкционный", "санкционировать")]
