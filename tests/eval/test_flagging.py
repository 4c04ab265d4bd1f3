"""The evaluation's own arithmetic: a wrong figure would mislead every change to the rules."""

from __future__ import annotations

import pytest

from pipeline.flagging.figures import average_precision, count
from pipeline.model import Assessment
from tests.eval.flagging import Item, misses, report, topics


def item(
    *, relevant: bool, score: float, gold: list[str], said: dict[str, float], unsure: list[str] | None = None
) -> Item:
    label = {
        "id": "x1",
        "lang": "en",
        "kind": "headline",
        "relevant": int(relevant),
        "topics": gold,
        "topics_unsure": unsure or [],
        "title": "A title",
        "text": "",
    }
    return Item(label=label, said=Assessment(relevance=score, relevant=score >= 0.5, topics=said))


def test_counts_give_precision_recall_and_f1() -> None:
    found = count([(True, True), (True, True), (False, True), (True, False), (False, False)])
    assert (found.tp, found.fp, found.fn) == (2, 1, 1)
    assert found.precision == found.recall == found.f1 == pytest.approx(2 / 3)


def test_nothing_wanted_and_nothing_said_is_zero_and_no_error() -> None:
    found = count([(False, False)])
    assert (found.precision, found.recall, found.f1) == (0.0, 0.0, 0.0)
    assert average_precision([(0.4, False)]) == 0.0


def test_average_precision_of_a_perfect_and_of_a_reversed_ranking() -> None:
    assert average_precision([(0.9, True), (0.8, True), (0.1, False)]) == 1.0
    assert average_precision([(0.1, True), (0.8, False), (0.9, False)]) == pytest.approx(1 / 3)


def test_equal_scores_are_one_block_in_whatever_order_they_come() -> None:
    one = [(0.5, True), (0.5, False)]
    assert average_precision(one) == average_precision(one[::-1]) == 0.5


def test_a_pair_that_the_label_calls_unsure_is_not_scored() -> None:
    judged = item(relevant=True, score=0.9, gold=["thaad"], said={"sanctions": 0.8}, unsure=["sanctions"])
    found = topics([judged], ["thaad", "sanctions"])
    assert (found.tp, found.fp, found.fn) == (0, 0, 1)


def test_a_report_has_a_line_for_each_language_kind_and_topic() -> None:
    judged = [item(relevant=True, score=0.9, gold=["thaad"], said={"thaad": 0.8})]
    lines = report(judged, ["thaad"]).splitlines()
    assert any(line.split()[:4] == ["all", "1.000", "1.000", "1.000"] for line in lines)
    assert any(line.startswith("thaad ") for line in lines)
    assert any(line.startswith("headline ") for line in lines)
    assert any(line.startswith("micro en ") for line in lines)


def test_misses_name_what_was_lost_and_what_was_too_many() -> None:
    wrong = item(relevant=True, score=0.2, gold=["thaad"], said={"railways": 0.7})
    told = misses([wrong])
    assert told.startswith("MISSED 0.20 en headline")
    assert "topics lost: thaad; too many: railways" in told
    assert misses([item(relevant=False, score=0.1, gold=[], said={})]) == ""
