"""The model: how it is read, what it refuses, and how a score is explained."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.flagging.model import Head, Model, Provenance, dump_model, load_model
from pipeline.settings.topics import SeedClause
from tests.flagging.small import flagger

SEED = SeedClause(id="bought", all=("russia", "trees"))
HEAD = Head(intercept=-3.0, cut=0.4, weights={"russia + maple": 4.0, "japan": -2.0, "maple": 0.5}, positives=9)
MODEL = Model(heads={"wood": HEAD}, provenance=Provenance(made="2026-11-30", weights=3, sets=("a “set”: 9 items",)))


def test_a_model_that_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(dump_model(MODEL), encoding="utf-8")
    assert load_model(path, flagger().space) == MODEL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "is not TOML"),
        (lambda text: text[: text.index("[head")], "the file is incomplete"),
        (lambda text: text[: text.rindex('\n"')] + "\n", "has 2 of 3 weights: the file is incomplete"),
        (lambda text: text.replace("4.000", "nan"), "head.wood › russia + maple: must be a number between"),
        (lambda text: text.replace("-3.000", "inf"), "head.wood › intercept: must be a number between"),
        (lambda text: text.replace("4.000", '"4"'), "must be a number"),
        (lambda text: text.replace("cut = 0.40", "cut = 4"), "head.wood › cut: must be a probability"),
        (
            lambda text: text.replace("japan", "poplar"),
            "the lexicon has no “poplar”: the model was trained with another",
        ),
    ],
    ids=["cut in half", "no head", "last line missing", "nan", "inf", "text", "cut", "other lexicon"],
)
def test_a_model_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    path = tmp_path / "model.toml"
    path.write_text(change(dump_model(MODEL)), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"model\.toml") as error:
        load_model(path, flagger().space)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_shipped_model_beside_a_lexicon_of_ones_own_is_used_if_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    for extra, fits in ((0, True), (1, True), (3, False)):
        foreign = {f"poplar{n}": 1.0 for n in range(extra)}
        own = {
            f"{prefix}{name}": 1.0 for prefix in ("", "home KR + ", "russia + ") for name in ("korea", "japan", "cedar")
        }
        model = Model(heads={"wood": Head(intercept=-1.0, cut=0.4, weights={**own, **foreign})})
        path.write_text(dump_model(model), encoding="utf-8")
        assert bool(load_model(path, flagger().space, strict=False).heads) == fits


def test_a_topic_without_labels_is_flagged_by_its_seed_clause() -> None:
    found = flagger((SEED,))
    assert found.flag("Russia buys maple", "").topics.keys() == {"wood"}
    assert not found.flag("Russia buys", "The weather was fine. " * 40 + "Russia sold a maple.").topics


def test_learned_weights_take_the_place_of_seed_clauses() -> None:
    head = Head(intercept=-1.0, cut=0.5, weights={"seed wood.bought": 0.0, "japan": 2.0})
    found = flagger((SEED,), model=Model(heads={"wood": head}))
    assert not found.flag("Russia buys maple", "").topics
    assert found.flag("Japan at dawn", "").topics


def test_the_terms_of_a_flag_add_up_to_its_score() -> None:
    found = flagger(model=MODEL).flag("Russia buys maple", "Nothing else.")
    total = sum(term.weight for term in found.terms if term.topic == "wood")
    assert found.topics["wood"] == pytest.approx(1 / (1 + math.exp(-total)))
    words = [term.clause for term in found.terms if term.topic == "wood"]
    assert words == ["base rate", "Russia and Maple in the title", "Maple in the title"]


def test_many_terms_are_cut_to_the_largest_and_still_add_up() -> None:
    names = [
        f"{prefix}{word}"
        for prefix in ("", "home KR + ", "russia + ")
        for word in ("korea", "japan", "birch", "maple", "willow")
    ]
    weights = {name: 0.5 - 0.03 * n for n, name in enumerate(names)}
    model = Model(heads={"wood": Head(intercept=-1.0, cut=0.1, weights=weights)})
    found = flagger(model=model).flag("Russia, Korea, Japan: birch, maple and willow", "", home="KR")
    terms = [term for term in found.terms if term.topic == "wood"]
    assert found.topics["wood"] == pytest.approx(1 / (1 + math.exp(-sum(term.weight for term in terms))))
    assert len({term.clause for term in terms}) == len(terms)


def test_a_required_concept_keeps_a_topic_from_being_flagged_and_is_named() -> None:
    model = Model(heads={"wood": Head(intercept=2.0, cut=0.5, weights={})})
    found = flagger((SEED,), requires=("maple",), model=model)
    assert found.flag("Russia and a maple", "").topics
    told = found.flag("Russia", "")
    assert not told.topics
    assert told.near_misses[0].missing == "required: Maple"


def test_a_topic_is_not_flagged_where_the_title_has_what_it_never_takes() -> None:
    model = Model(heads={"wood": Head(intercept=2.0, cut=0.5, weights={})})
    found = flagger((SEED,), never=("japan",), model=model)
    assert found.flag("Russia", "Japan is near.").topics
    told = found.flag("Japan", "")
    assert not told.topics
    assert "excluded" in told.near_misses[0].missing


@pytest.mark.parametrize(
    ("intercept", "cut", "flagged", "near"),
    [
        (0.0, 0.5, True, False),  # a probability equal to the cut
        (-0.001, 0.5, False, True),
        (-1.73, 0.5, False, True),  # 0.151
        (-1.74, 0.5, False, False),  # 0.149
        (-3.0, 0.04, True, False),
    ],
)
def test_topic_is_flagged_from_its_cut_on_and_a_near_miss_from_015_on(
    intercept: float, cut: float, flagged: bool, near: bool
) -> None:
    head = Head(intercept=intercept, cut=cut, weights={})
    found = flagger(model=Model(heads={"wood": head, "relevance": head})).flag("Weather", "")
    assert (bool(found.topics), found.relevant) == (flagged, flagged)
    assert [miss.topic for miss in found.near_misses] == ["wood"] * near


@pytest.mark.parametrize(
    ("clauses", "missing"),
    [
        ((("far", ("korea", "maple", "japan"), 3.0), ("near", ("russia", "maple"), 1.0)), "Maple"),
        ((("light", ("russia", "japan"), 1.0), ("heavy", ("russia", "maple"), 2.0)), "Maple"),
        ((("heavy", ("russia", "japan"), 2.0), ("light", ("russia", "maple"), 1.0)), "Japan"),
        ((("against", ("russia", "japan"), -1.0), ("for", ("korea", "maple"), 0.5)), "Korea and Maple"),
    ],
    ids=["fewer items lack", "same number, larger weight", "the other order", "a clause against the topic"],
)
def test_a_near_miss_names_the_clause_that_needs_least(
    clauses: tuple[tuple[str, tuple[str, ...], float], ...], missing: str
) -> None:
    seed = tuple(SeedClause(id=name, all=items, weight=weight) for name, items, weight in clauses)
    found = flagger(seed, model=Model(heads={"wood": Head(intercept=-1.0, cut=0.5, weights={})}))
    told = found.flag("Weather", "Rain. " * 30 + "\nRussia has rain.").near_misses[0].missing
    assert f"missing: {missing} " in told


def test_a_near_miss_names_what_its_nearest_clause_lacks() -> None:
    model = Model(heads={"wood": Head(intercept=-1.0, cut=0.5, weights={"seed wood.bought": 3.0})})
    found = flagger((SEED,), model=model)
    assert "missing: Birch, Maple (one of them) in one sentence" in found.flag("Russia", "").near_misses[0].missing
    apart = found.flag("Russia", "A maple. It is red.").near_misses[0].missing
    assert "together" in apart


def test_evidence_is_the_words_behind_the_largest_terms() -> None:
    found = flagger(model=MODEL).flag("Weather", "Russia buys maple. Korea sleeps.")
    assert [(e.concept, e.field, e.start, e.end) for e in found.evidence] == [
        ("russia", "text", 0, 6),
        ("maple", "text", 12, 17),
        ("maple", "text", 12, 17),
    ]
    assert [e.clause for e in found.evidence[1:]] == [
        "Russia and Maple in one sentence of the lead",
        "Maple in the lead",
    ]
