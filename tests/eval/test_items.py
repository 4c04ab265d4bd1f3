"""The labelled sets keep the shape and the balance that their README promises."""

import json
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ITEMS = Path(__file__).with_name("items.jsonl")
BATCHES = Path(__file__).with_name("batches.jsonl")
INDEPENDENT = Path(__file__).with_name("independent.jsonl")
CALIBRATED = Path(__file__).with_name("calibrated.jsonl")
FIFTH = Path(__file__).with_name("fifth.jsonl")
SIXTH = Path(__file__).with_name("sixth.jsonl")
PROBES = Path(__file__).with_name("probes.jsonl")
ALARMS = Path(__file__).with_name("alarms.jsonl")
FIELDS = {
    "id",
    "lang",
    "home",
    "kind",
    "date",
    "title",
    "text",
    "relevant",
    "topics",
    "topics_unsure",
    "label_confidence",
    "evidence",
    "story_id",
    "split",
}
TOPICS = {
    "thaad",
    "duma_summit",
    "pipelines",
    "sanctions",
    "railways",
    "denuclearisation",
    "trilateral",
    "far_east",
    "japan_kurils",
    "us_russia_asia",
    "third_partner",
    "dprk_russia_military",
}
FREQUENT = {"pipelines", "railways", "thaad", "duma_summit"}
# A topic may hold in an item that is not relevant only here, by the second edition of the labelling rule.
WITHOUT_RUSSIA = {"thaad", "denuclearisation", "sanctions"}
ARTICLE_CHARACTERS = {"en": (1200, 4000), "ru": (1200, 4000), "ko": (800, 4000)}
SCRIPT = {"ru": ("CYRILLIC",), "ko": ("HANGUL", "CJK")}

Item = dict[str, Any]


@pytest.fixture(scope="module")
def items() -> list[Item]:
    with ITEMS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def named(found: list[Item]) -> list[str]:
    return [f"{item['id']} {item['title']}" for item in found]


def test_every_item_has_the_fields_and_no_other(items: list[Item]) -> None:
    assert named([item for item in items if set(item) != FIELDS]) == []


def test_ids_and_titles_are_unique(items: list[Item]) -> None:
    for field in ("id", "title"):
        assert [value for value, count in Counter(item[field] for item in items).items() if count > 1] == []


def test_values_come_from_the_lists_of_the_labelling_rule(items: list[Item]) -> None:
    for item in items:
        where = f"{item['id']} {item['title']}"
        assert item["lang"] in {"en", "ru", "ko"}, where
        assert item["home"] in {"RU", "KR", "KP", "US", "JP", None}, where
        assert item["relevant"] in {0, 1}, where
        assert item["label_confidence"] in {"high", "medium", "low"}, where
        assert date(2011, 1, 1) <= date.fromisoformat(item["date"]) <= date(2026, 12, 31), where
        assert item["evidence"], where
        assert item["title"] == item["title"].strip() != "", where


def test_topics_are_known_named_once_and_not_sure_and_unsure_at_once(items: list[Item]) -> None:
    for item in items:
        sure, unsure = item["topics"], item["topics_unsure"]
        assert set(sure + unsure) <= TOPICS, item["id"]
        assert len(sure + unsure) == len(set(sure + unsure)), item["id"]


def test_an_item_that_is_not_relevant_has_at_most_the_topics_that_need_no_russia(items: list[Item]) -> None:
    assert named([item for item in items if not item["relevant"] and set(item["topics"]) - WITHOUT_RUSSIA]) == []


def test_kind_follows_from_the_length_of_the_text(items: list[Item]) -> None:
    for item in items:
        least, most = {"headline": (0, 0), "lead": (40, 600), "article": ARTICLE_CHARACTERS[item["lang"]]}[item["kind"]]
        assert least <= len(item["text"]) <= most, f"{item['id']}: {len(item['text'])} characters"


def test_texts_are_composed_and_in_the_script_of_their_language(items: list[Item]) -> None:
    for item in items:
        whole = item["title"] + item["text"]
        assert unicodedata.is_normalized("NFC", whole), item["id"]
        letters = [unicodedata.name(character) for character in whole if character.isalpha()]
        own = sum(name.startswith(SCRIPT.get(item["lang"], ("LATIN",))) for name in letters)
        assert own / len(letters) > 0.6, item["id"]


def test_a_batch_has_each_language_and_each_topic_and_enough_to_refuse() -> None:
    batches = [json.loads(line) for line in BATCHES.read_text(encoding="utf-8").splitlines()]
    assert named([item for item in batches if set(item) != FIELDS or item["split"] != "open"]) == []
    assert len({item["id"] for item in batches}) == len({item["title"] for item in batches}) == len(batches)
    assert named([item for item in batches if not item["relevant"] and set(item["topics"]) - WITHOUT_RUSSIA]) == []
    for number in sorted({item["id"].split("-")[0] for item in batches}):
        batch = [item for item in batches if item["id"].startswith(f"{number}-")]
        assert min(Counter(item["lang"] for item in batch).values()) >= 12, number
        if sum(bool(item["topics"]) for item in batch) > 10:  # one batch is of look-alikes
            assert {topic for item in batch for topic in item["topics"]} == TOPICS, number
        assert sum(not item["relevant"] for item in batch) >= 14, number


def well_formed(path: Path) -> list[dict[str, Any]]:
    """The items of a file: fields, topics, ids and titles are right, and no story is in both parts."""
    found: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert named([item for item in found if set(item) != FIELDS]) == []
    assert named([item for item in found if not item["relevant"] and set(item["topics"]) - WITHOUT_RUSSIA]) == []
    assert named([item for item in found if set(item["topics"] + item["topics_unsure"]) - TOPICS]) == []
    assert len({item["id"] for item in found}) == len({item["title"] for item in found}) == len(found)
    parts = {part: {item["story_id"] for item in found if item["split"] == part} for part in ("open", "held")}
    assert not parts["open"] & parts["held"]
    return found


def test_the_independent_items_keep_shape_and_balance() -> None:
    found = well_formed(INDEPENDENT)
    assert Counter(item["lang"] for item in found) == {"en": 120, "ru": 120, "ko": 120}
    assert min(Counter(topic for item in found for topic in item["topics"]).values()) >= 20


def test_the_calibrated_items_keep_shape_and_balance() -> None:
    found = well_formed(CALIBRATED)
    assert len(found) == 401
    assert min(Counter(item["lang"] for item in found).values()) >= 120
    assert min(Counter(topic for item in found for topic in item["topics"]).values()) >= 16


def test_the_fifth_hands_items_keep_shape_and_balance() -> None:
    found = well_formed(FIFTH)
    assert Counter(item["lang"] for item in found) == {"en": 80, "ru": 80, "ko": 80}
    topics = Counter(topic for item in found if item["relevant"] for topic in item["topics"])
    assert min(topics[topic] for topic in TOPICS) >= 8
    assert min(topics[topic] for topic in FREQUENT) >= 18


def test_the_sixth_hands_items_keep_shape_and_balance() -> None:
    found = well_formed(SIXTH)
    assert Counter(item["kind"] for item in found) == {"headline": 160, "lead": 56, "article": 54}
    assert Counter(item["lang"] for item in found) == {"en": 90, "ru": 90, "ko": 90}
    topics = Counter(topic for item in found if item["relevant"] for topic in item["topics"])
    assert min(topics[topic] for topic in TOPICS) >= 5
    assert min(topics[topic] for topic in FREQUENT) >= 12


def test_the_probes_keep_shape() -> None:
    assert Counter(item["evidence"] for item in well_formed(PROBES)) == {"probe 1": 425, "probe 2": 654}


def test_the_false_alarms_and_misses_keep_shape_and_balance() -> None:
    found = well_formed(ALARMS)
    assert Counter(item["relevant"] for item in found) == {0: 102, 1: 37}
    assert min(Counter(item["lang"] for item in found).values()) >= 35


def test_the_set_is_balanced_as_its_readme_says(items: list[Item]) -> None:
    assert 0.40 < sum(item["relevant"] for item in items) / len(items) < 0.50
    for language in ("en", "ru", "ko"):
        kinds = Counter(item["kind"] for item in items if item["lang"] == language)
        assert kinds.total() >= 110, language
        assert min(kinds["headline"], kinds["lead"], kinds["article"]) >= 20, language
    assert sum(not item["relevant"] and not item["topics"] for item in items) >= 120


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_each_topic_has_enough_positive_items_in_each_language(topic: str, items: list[Item]) -> None:
    languages = Counter(item["lang"] for item in items if topic in item["topics"])
    assert languages.total() >= (25 if topic in FREQUENT else 14)
    assert min(languages[language] for language in ("en", "ru", "ko")) >= 4
