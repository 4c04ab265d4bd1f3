"""Six kinds of false alarm seen on a real stream, each with siblings: no text of a kind is flagged or relevant."""

from __future__ import annotations

from functools import cache

import pytest

from pipeline.flagging import Flagger


@cache
def flagger() -> Flagger:
    return Flagger.from_config()


def concepts(text: str) -> set[str]:
    """The concepts that a text has, and all that they imply."""
    found = flagger()
    return {found.space.concepts[number] for number in found.read(text, "", None)[1].grades}


@pytest.mark.parametrize(
    "title",
    [
        "North Korean army marks its founding day with a parade in Pyongyang",
        "Военные КНДР помогают крестьянам убирать урожай",
        "북한군 병사들, 수해 복구 현장에 투입",
        "North Korean soldiers repair the dam after heavy rain",
    ],
)
def test_words_for_the_northern_army_alone_are_no_alliance_with_russia(title: str) -> None:
    told = flagger().flag(title, "")
    assert "dprk_russia_military" not in told.topics
    assert not told.relevant


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("South Korea raises its retirement age to 65", "russia"),
        ("정부, 정년 연장 법안 국회 제출", "russia"),
        ("Правительство увеличило бюджет на пенсии и льготы", "russia"),
        ("The government shutdown enters its second week", "united_states"),
        ("In the local elections the by-election drew few voters", "south_korea"),
        ("Lethal weapons were found in the cellar of a house", "ukraine"),
        ("가격상한제 도입으로 주택 시장이 안정", "russia"),
    ],
)
def test_ordinary_domestic_matters_supply_no_state(text: str, state: str) -> None:
    assert state not in concepts(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Washington announces a 50 per cent tariff on steel", "russian_aircraft"),
        ("Билеты подорожали с 400 рублей до семисот", "s400"),
        ("The firm's 300 workers went home", "s400"),
        ("Скидка до 30 процентов, а 50 покупателей получат подарки", "russian_aircraft"),
        ("На концерт пришли шестеро друзей", "six_party_talks"),
        ("England win the Six Nations on the last day", "six_party_talks"),
    ],
)
def test_a_letter_and_digits_or_a_number_word_are_no_weapon_and_no_talks(text: str, concept: str) -> None:
    assert concept not in concepts(text)


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("반도체 장비 수출통제 강화", {"russia"}),
        ("美 하원의원단, 다음 주 일본 방문", {"russia"}),
        ("中国展示苏-35战机", {"russia"}),
        ("Cuba stays on the list of state sponsors of terrorism", {"korea", "north_korea"}),
        ("정유 업계, 여름 성수기 준비", {"korea", "north_korea", "russia"}),
        ("Battlegroup North reports a quiet night", {"korea", "north_korea"}),
        ("Rescuers reach the disputed islands in the South China Sea", {"russia"}),
        ("Annexation of the peninsula condemned", {"korea"}),
        ("Side events praise a peace regime for the Sudan", {"korea"}),
    ],
)
def test_a_word_that_other_states_share_stands_for_none(text: str, states: set[str]) -> None:
    assert not concepts(text) & states


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("태풍 피해 복구 지원", "(자카르타=연합뉴스) 홍길동 특파원 = 지역 주민들이 태풍 피해를 복구하고 있다."),
        ("Rice prices rise", "MOSCOW, Nov. 3 (Yonhap) -- Rice prices rose by two per cent in October."),
        ("Выставка кошек", "СЕУЛ, 3 мая. /ТАСС/. Выставка кошек открылась в городе."),
    ],
)
def test_a_dateline_is_no_place_of_the_story(title: str, text: str) -> None:
    found = flagger()
    names = {found.space.concepts[number] for number in found.read(title, text, None)[1].grades}
    assert not names & {"indonesia", "russia", "south_korea", "moscow", "seoul"}


def test_states_in_a_list_of_guests_make_no_courting_of_asia() -> None:
    title = "Ambassadors of Vietnam, Cuba, Egypt and Peru visit the new museum in Minsk"
    assert not flagger().flag(title, "").relevant


def test_a_headline_whose_article_never_names_korea_counts_less_than_one_whose_article_does() -> None:
    sentence = "The orchestra rehearsed in the new hall until late, and Russia sent its choir. "
    title = "Russia and North Korea in harmony"
    never = flagger().flag(title, sentence * 20)
    does = flagger().flag(title, f"{sentence}North Korea's minister met his Russian colleague. " * 10)
    assert never.relevance < does.relevance
