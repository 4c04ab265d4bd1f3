"""Features: what is read off an article, by name."""

from __future__ import annotations

import pytest

from pipeline.flagging.dateline import dateline_end
from pipeline.flagging.reading import LEAD_CHARACTERS
from pipeline.settings.topics import SeedClause, Within
from tests.flagging.small import flagger

FILLER = "Nothing of note happened in the valley on that day. "
LONG = FILLER * (LEAD_CHARACTERS // len(FILLER) + 1)


def features(
    title: str, text: str = "", home: str | None = None, seed: tuple[SeedClause, ...] = ()
) -> dict[str, float]:
    """The features of an article, by name."""
    found = flagger(seed)
    reading = found.read(title, text, home)[1]
    return {found.space.name(n): value for n, value in found.space.values(reading, found.space.plan()).items()}


def test_a_concept_counts_most_in_the_title_and_least_in_the_body() -> None:
    found = features("Russia fells a maple", f"A birch grows. {LONG}A cedar stands there.")
    assert (found["maple"], found["birch"], found["cedar"]) == (1.0, 0.8, 0.4)


def test_a_concept_counts_for_all_that_it_implies() -> None:
    found = features("A willow falls")
    assert {"willow", "cedar", "birch"} <= found.keys()


def test_a_concept_in_several_sentences_of_the_body_counts_more_than_one_mention() -> None:
    assert features("A day", f"{LONG}A maple. {FILLER}The maple. {FILLER}Its maple.")["maple"] == pytest.approx(0.6)
    assert features("A day", f"{LONG}A maple. {FILLER}The maple.")["maple"] == pytest.approx(0.4)


def test_an_actor_and_a_concept_in_one_sentence_are_a_feature() -> None:
    together = features("A day", "Russia buys maple. Korea sleeps.")
    assert together["russia + maple"] == 0.8
    assert "korea + maple" not in together
    assert "russia + russia" not in together


def test_a_sentence_ends_at_the_end_of_the_title() -> None:
    assert "russia + maple" not in features("A visit to Russia", "A maple grows.")


def test_two_actors_in_front_are_a_feature_and_further_down_none() -> None:
    assert "front russia + korea" in features("Russia", "Korea answers.")
    assert "front russia + korea" not in features("Russia", f"{LONG}Korea answers.")


def test_the_home_country_stands_beside_each_concept() -> None:
    found = features("A maple falls", home="KR")
    assert (found["home KR"], found["home KR + maple"]) == (1.0, 1.0)
    assert "no korea" not in found
    assert "no korea" in features("A maple falls", home="RU")


def test_a_state_that_only_the_title_of_a_long_article_names_is_a_feature() -> None:
    assert features("Korea at dawn", FILLER * 40)["only title korea"] == 1.0
    assert "only title korea" not in features("Korea at dawn", f"{FILLER * 40}Korea slept.")
    assert "only title korea" not in features("Korea at dawn", "A short note.")


@pytest.mark.parametrize(
    ("within", "title", "text", "grade"),
    [
        ("sentence", "Russia buys maple", "", 1.0),
        ("sentence", "Russia buys", "The maple is red.", 0.0),
        ("sentence", "A day", f"{LONG}Russia buys maple.", 0.4),
        ("front", "Russia buys", "The maple is red.", 0.8),
        ("front", "Russia buys", f"{LONG}The maple is red.", 0.0),
        ("article", "Russia buys", f"{LONG}The maple is red.", 0.4),
    ],
)
def test_a_seed_clause_holds_within_a_sentence_the_front_or_the_article(
    within: Within, title: str, text: str, grade: float
) -> None:
    clause = SeedClause(id="a", all=("russia", "trees"), within=within)
    assert features(title, text, seed=(clause,)).get("seed wood.a", 0.0) == grade


def test_a_seed_clause_does_not_hold_beside_what_it_excludes() -> None:
    clause = SeedClause(id="a", all=("russia", "maple"), unless=("japan",))
    assert "seed wood.a" in features("Russia buys maple", seed=(clause,))
    assert "seed wood.a" not in features("Russia and Japan buy maple", seed=(clause,))


def test_the_home_country_meets_an_item_of_a_seed_clause() -> None:
    clause = SeedClause(id="a", all=("russia", "ours"))
    assert features("Russia calls", home="KR", seed=(clause,))["seed wood.a"] == 1.0
    assert "seed wood.a" not in features("Russia calls", home="FR", seed=(clause,))


@pytest.mark.parametrize(
    "dateline",
    [
        "(자카르타=연합뉴스) 홍길동 기자 = ",
        "[서울=뉴시스] ",
        "JAKARTA, Nov. 3 (Yonhap) -- ",
        "Pyongyang, July 25 (KCNA) -- ",
        "ТОКИО, 3 мая. /ТАСС/. ",
        "МОСКВА, 5 мар — ",
    ],
)
def test_a_dateline_is_no_place_of_the_story(dateline: str) -> None:
    text = f"{dateline}The harvest was late."
    assert dateline_end(f"\n{text}", 1) >= 1 + len(dateline.rstrip(" .")), dateline
    plain = "The minister said on 3 May (in Tokyo) that the harvest was late."
    assert dateline_end(f"\n{plain}", 1) == 1


def test_a_state_in_the_dateline_is_not_read() -> None:
    assert "japan" not in features("A harvest", "Japan, July 3 (Agency) -- The harvest was late.")
    assert "japan" in features("A harvest", "In Japan the harvest was late.")


def test_every_feature_has_a_name_that_leads_back_to_it() -> None:
    found = flagger((SeedClause(id="a", all=("russia",)),))
    reading = found.read("Russia and Korea", f"A maple. {FILLER * 40}", "KR")[1]
    for number in found.space.values(reading, found.space.plan()):
        assert found.space.number(found.space.name(number)) == number
    assert found.space.number("poplar") is None
    assert found.space.number("front russia + poplar") is None
