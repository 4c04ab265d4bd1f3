"""Counts of a backtest, worked out by hand."""

from __future__ import annotations

import pytest

from pipeline.flagging.backtest import Backtest, Change, Precision, decision

Case = tuple[str, set[str], set[str], bool | None]

CASES: list[Case] = [
    ("Gas", {"gas"}, {"gas"}, True),
    ("Gas and rails", {"gas"}, {"gas", "rails"}, None),
    ("Rails", set(), {"rails"}, True),
    ("Weather", {"gas"}, set(), False),
    ("Poem", set(), set(), True),
    ("Recipe", {"gas", "rails"}, {"rails"}, False),
]


def add_up(cases: list[Case]) -> Backtest:
    result = Backtest()
    for title, before, after, verdict in cases:
        result.add(title, before, after, verdict=verdict, evidence=dict.fromkeys(after, "the words"))
    return result


def test_gains_and_losses_are_counted_by_topic() -> None:
    found = add_up(CASES)
    assert found.articles == 6
    assert found.topics == {
        "gas": Change(unchanged=2, added=0, removed=2, removed_samples=["Weather", "Recipe"]),
        "rails": Change(unchanged=1, added=2, added_samples=["Gas and rails  [the words]", "Rails  [the words]"]),
    }


def test_precision_counts_judged_articles_only() -> None:
    precision = add_up(CASES).precision
    assert precision == Precision(flagged_before=3, right_before=1, flagged_after=3, right_after=2)
    assert precision.line() == "judged articles that are flagged and relevant: 1 of 3 before, 2 of 3 after"
    assert Precision().line() == ""


@pytest.mark.parametrize("cut", range(len(CASES) + 1))
def test_parts_of_the_archive_add_up_to_the_whole(cut: int) -> None:
    parts = add_up(CASES[:cut])
    parts.merge(add_up(CASES[cut:]))
    assert parts == add_up(CASES)


def test_lines_show_gains_with_a_plus_and_losses_with_a_minus() -> None:
    head, gas, rails, *samples = add_up(CASES).lines()
    assert head.split() == ["topic", "unchanged", "added", "removed"]
    assert (gas.split(), rails.split()) == (["gas", "2", "0", "2"], ["rails", "1", "2", "0"])
    assert samples[:4] == [
        "  - gas: Weather", "  - gas: Recipe", "  + rails: Gas and rails  [the words]", "  + rails: Rails  [the words]",
    ]  # fmt: skip


def test_samples_are_the_first_five_with_titles_of_a_hundred_characters() -> None:
    found = add_up([(f"{number} {'x' * 200}", set(), {"gas"}, None) for number in range(7)])
    assert found.topics["gas"].added == 7
    assert [sample.split(" ")[0] for sample in found.topics["gas"].added_samples] == list("01234")
    assert all(
        sample.partition("  [")[0] == f"{at} {'x' * 98}" for at, sample in enumerate(found.topics["gas"].added_samples)
    )
    assert not found.wants_evidence(set(), {"gas"})
    assert not found.wants_evidence({"rails"}, {"rails"})
    assert found.wants_evidence(set(), {"rails"})


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [(None, None), ("withdrawn", None), ("relevant", True), ("escalate", True), ("not_relevant", False)],
)
def test_verdict_says_whether_an_article_is_wanted(verdict: str | None, wanted: bool | None) -> None:
    assert decision(verdict) is wanted
