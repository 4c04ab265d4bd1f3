"""Quality gate: flags, extraction and stories stay above the floors in one table, measured on sets in this repository.

The sets were used in development, so the figures are not out-of-sample and only show a loss. Raise a floor after an
improvement. Lower it only with a reason in the commit.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from pipeline.demo import World
from pipeline.demo.pages import render_page
from pipeline.extract import extract
from pipeline.flagging import Flagger
from tests.eval import flagging, stories

FLOORS = {  # just under the figures of this version, which stand behind each floor
    "relevance, F1": 0.943,  # 0.953
    "relevance, average precision": 0.981,  # 0.991
    "topics, F1": 0.836,  # 0.846
    "extraction, F1 of text": 0.984,  # 0.994
    "extraction, titles": 0.85,  # 0.854: “:: Site” stays where only <title> and <h1> give the title
    "extraction, dates": 0.82,  # 0.829: a date that is only a line of text is left to the feed
    "stories within a language, precision": 0.86,  # 0.873
    "stories within a language, recall": 0.78,  # 0.793
    "stories across languages, precision": 0.92,  # 0.930
    "stories across languages, recall": 0.83,  # 0.848
}


def figures_of_flags() -> dict[str, float]:
    flagger = Flagger.from_config()
    lines = Path(__file__).with_name("items.jsonl").read_text(encoding="utf-8").splitlines()
    labels = [label for label in map(json.loads, lines) if label.get("label_confidence") != "low"]
    items = flagging.judge(flagger, labels)
    relevance, average_precision = flagging.relevance(items)
    topics = flagging.topics(items, [topic.id for topic in flagger.topics])
    return {
        "relevance, F1": relevance.f1,
        "relevance, average precision": average_precision,
        "topics, F1": topics.f1,
    }


def shared_words(found: str, expected: str) -> float:
    """F1 of words, each counted as often as it occurs."""
    left, right = Counter(found.split()), Counter(expected.split())
    both = 2 * (left & right).total()
    return both / max(left.total() + right.total(), 1)


def figures_of_extraction() -> dict[str, float]:
    world = World(now=datetime(2026, 3, 9, 8, 30, tzinfo=UTC), broken=False)
    world.tick(100)
    text, titles, dates = [], [], []
    for page in world.pages():
        charset = f"text/html; charset={page.site.encoding}"
        found = extract(render_page(page, world.pages()[:3]), page.url, content_type=charset)
        text.append(shared_words(found.text, "\n".join(page.article.paragraphs)))
        titles.append(found.title == page.article.title)
        printed = page.published.astimezone(page.site.zone)
        read = found.published and found.published.astimezone(UTC if found.published_assumed else page.site.zone)
        dates.append(read is not None and read.date() == printed.date())
    return {
        "extraction, F1 of text": mean(text),
        "extraction, titles": mean(titles),
        "extraction, dates": mean(dates),
    }


def figures_of_stories() -> dict[str, float]:
    within, across = stories.judge(Flagger.from_config(), held_only=False)
    return {
        "stories within a language, precision": within.precision,
        "stories within a language, recall": within.recall,
        "stories across languages, precision": across.precision,
        "stories across languages, recall": across.recall,
    }


@cache
def all_figures() -> dict[str, float]:
    return figures_of_flags() | figures_of_extraction() | figures_of_stories()


@pytest.mark.parametrize("name", FLOORS)
def test_figure_is_not_below_its_floor(name: str) -> None:
    assert all_figures()[name] >= FLOORS[name]


if __name__ == "__main__":
    for key, value in all_figures().items():
        print(f"{key:38} {value:.3f}  floor {FLOORS[key]:.3f}")  # noqa: T201
