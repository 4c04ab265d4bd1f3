"""Training: what is learned from a few labelled items, and what the prior is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.flagging.labels import LabelledItem
from pipeline.flagging.model import Head, Model, dump_model
from pipeline.flagging.report import by_set
from pipeline.flagging.training import Settings, design, leave_sets_out, priors, train
from pipeline.settings.topics import SeedClause
from tests.flagging.small import flagger

SEED = SeedClause(id="bought", all=("russia", "trees"))
SETTINGS = Settings(relevance_weights=20, topic_weights=20, least_items=2, folds=2)


def item(number: int, title: str, *, relevant: bool, topics: tuple[str, ...] = (), stream: bool = True) -> LabelledItem:
    """A labelled headline."""
    name = "stream" if stream else "made"
    return LabelledItem(
        id=str(number),
        set=name,
        title=title,
        text="",
        home=None,
        language="en",
        kind="headline",
        relevant=relevant,
        topics=frozenset(topics),
        stream=stream,
        story=f"{name}/{number // 2}",
    )


def items(count: int = 120) -> list[LabelledItem]:
    """Headlines on wood that Japan buys (relevant, on the topic) and other matters of the same states."""
    found = []
    for n in range(count):
        title = ["Japan buys cedar", "Korea sleeps", "Russia waits", "Japan and Korea talk"][n % 4]
        wanted = n % 4 == 0
        found.append(item(n, title, relevant=wanted, topics=("wood",) * wanted, stream=n % 8 < 4))
    return found


def test_what_labels_show_is_learned_and_carries_over() -> None:
    model = train(flagger((SEED,)), items(), SETTINGS)
    found = flagger((SEED,), model=model)
    assert found.flag("Japan fells a cedar", "").topics.keys() == {"wood"}
    assert found.flag("Japan fells a cedar", "").relevant
    assert not found.flag("Korea and Japan", "").topics
    assert model.heads["wood"].positives == 30


def test_training_twice_gives_the_same_file() -> None:
    assert dump_model(train(flagger((SEED,)), items(), SETTINGS)) == dump_model(
        train(flagger((SEED,)), items(), SETTINGS)
    )


def test_no_more_weights_are_kept_than_allowed() -> None:
    model = train(flagger(), items(), replace(SETTINGS, relevance_weights=2, topic_weights=1))
    assert sum(map(bool, model.heads["relevance"].weights.values())) <= 2
    assert sum(map(bool, model.heads["wood"].weights.values())) <= 1


def test_features_that_always_equal_another_one_are_not_learned() -> None:
    data = design(flagger((SEED,), implies={"cedar": ("birch", "japan")}), items(), SETTINGS)
    assert "japan + cedar" not in data.columns
    assert ("japan + korea" in data.columns) != ("korea + japan" in data.columns)


def test_of_features_that_say_almost_the_same_pruning_keeps_one() -> None:
    model = train(flagger(), items(), replace(SETTINGS, relevance_weights=1, topic_weights=1))
    (name,) = (name for name, weight in model.heads["relevance"].weights.items() if weight)
    assert name in {"birch", "cedar", "japan + cedar", "japan + birch"}


def test_a_topic_without_a_positive_label_keeps_its_seed_clauses() -> None:
    model = train(flagger((SEED,)), [replace(one, topics=frozenset()) for one in items()], SETTINGS)
    assert "wood" not in model.heads
    assert flagger((SEED,), model=model).flag("Russia buys maple", "").topics.keys() == {"wood"}


def test_few_labels_move_the_prior_little_and_many_move_it_far() -> None:
    prior = Model(heads={"wood": Head(intercept=-2.0, cut=0.4, weights={"russia + maple": 4.0})})
    settings = replace(SETTINGS, penalty=30.0, intercept_penalty=30.0)
    refused = [item(900 + n, "Russia buys maple", relevant=False) for n in range(200)]
    few = train(flagger(), [*items(8), *refused[:2]], settings, prior)
    many = train(flagger(), [*items(8), *refused], settings, prior)
    start, near, far = (
        flagger(model=model).scorer.log_odds(flagger(model=model).scored("Russia buys maple", "", None).values)[0]
        for model in (prior, few, many)
    )
    assert start > near > far
    assert start - near < (start - far) / 2


def test_intercept_only_keeps_the_ratio_of_the_weights() -> None:
    prior = Model(heads={"wood": Head(intercept=-2.0, cut=0.4, weights={"japan + cedar": 4.0, "korea": -1.0})})
    model = train(flagger(), items(), replace(SETTINGS, intercept_only=True), prior)
    weights = model.heads["wood"].weights
    assert weights["japan + cedar"] / weights["korea"] == pytest.approx(-4.0, rel=0.02)


def test_unsure_topics_teach_nothing() -> None:
    unsure = [replace(one, topics=frozenset(), unsure=frozenset({"wood"})) for one in items(16)]
    both = train(flagger((SEED,)), [*items(), *unsure], SETTINGS)
    assert both.heads["wood"].positives == 30


def test_probabilities_follow_the_base_rate_of_the_stream() -> None:
    made = [replace(one, set="made", stream=False, story=f"x{n}") for n, one in enumerate(items(200)) if one.relevant]
    model = train(flagger(), [*items(80), *made * 3], SETTINGS)
    found = flagger(model=model)
    stream = [one for one in items(80) if one.stream]
    mean = sum(found.score(one.title, "").relevance for one in stream) / len(stream)
    assert mean == pytest.approx(sum(one.relevant for one in stream) / len(stream), abs=0.08)


def test_each_set_is_judged_by_a_model_that_did_not_see_it() -> None:
    data = design(flagger(), items(), SETTINGS)
    predicted = leave_sets_out(data, priors(flagger(), data.columns, None), SETTINGS)
    figures = {found.name: found for found in by_set(data, predicted, SETTINGS)}
    assert set(figures) == {"stream", "made"}
    assert all(found.average_precision == 1.0 and found.items == 60 for found in figures.values())
    assert figures["made"].line().startswith("made: 60 items, relevance F1 1.000")
