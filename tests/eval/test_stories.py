"""How well events are told apart, on the labelled tellings."""

from __future__ import annotations

import pytest

from pipeline.flagging import Flagger
from tests.eval import stories


@pytest.fixture(scope="module")
def judged() -> tuple[float, float, int, int, int]:
    flagger = Flagger.from_config()
    kinds = {concept.id: concept.kind for concept in flagger.concepts}
    return stories.figures(stories.pairs(stories.tellings(flagger), kinds))


def test_what_is_joined_is_one_event(judged: tuple[float, float, int, int, int]) -> None:
    precision, _, right, _, _ = judged
    assert right >= 40
    assert precision >= 0.97


def test_most_of_what_tells_one_event_is_joined(judged: tuple[float, float, int, int, int]) -> None:
    assert judged[1] >= 0.8
