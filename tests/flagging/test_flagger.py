"""The shipped rules on texts of our own: what is found, where, and what is not."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.flagging import Flagger, config_version
from pipeline.flagging.fold import fold, fold_literal
from pipeline.model import Assessment
from tests.flagging.lexicon import matcher


@cache
def flagger() -> Flagger:
    return Flagger.from_config()


def concepts(text: str) -> set[str]:
    return {hit.concept for hit in flagger().matcher.find(text)}


def assess(title: str, text: str = "", home: str | None = None) -> Assessment:
    return flagger().flag(title, text, home=home)


ALPHABET = st.text(alphabet=st.characters(codec="utf-8"), max_size=120) | st.lists(
    st.sampled_from(
        [
            "Путин",
            "путина",
            "Госдуме",
            " ",
            "사드를",
            "한·러",
            "THAAD",
            "gas pipeline",
            "\n",
            "ё",
            "러",
            "北",
            "달러",
            "Ким Чен Ына",
            ".",
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(ALPHABET)
def test_evidence_stands_where_it_says(text: str) -> None:
    for hit in flagger().matcher.find(text):
        piece = text[hit.start : hit.end]
        assert 0 <= hit.start < hit.end <= len(text)
        assert surfaces_of(hit.concept).match(fold_literal(piece)), (hit, piece)
    for one in assess(text, text).evidence:
        assert text[one.start : one.end] == one.surface


@cache
def surfaces_of(concept: str) -> re.Pattern[str]:
    """What a hit of a concept may look like, worked out from the config by other means than the matcher's."""
    forms: list[str] = []
    for language, surfaces in next(c for c in flagger().concepts if c.id == concept).surfaces.items():
        for surface in surfaces:
            form = re.escape(fold_literal(surface.lstrip("=~"))).replace(r"\*", "[а-яёѐ-ԯa-z]*")
            if language == "ko":
                form = form.replace(r"\ ", " ?").replace("·", "·?")
            forms.append(f"{form}s?" if language == "en" else form)
    return re.compile(f"({'|'.join(forms)})\\Z")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("Путин", "Путина ", "Госдуме", " ", "«КНДР»", "THAAD", "gas pipelines", "\n", "ё", "US", "us ", "ЕС"),
                *("российских послов", "президента РФ", "Ким Чен Ына", ". ", "’s", "U.N. ", "South\u00a0Korea", "Kim"),
                *("- ", ","),
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_latin_and_cyrillic_read_as_bytes_give_the_hits_that_strings_give(text: str) -> None:
    def find(whole: str) -> list[tuple[str, int, int]]:
        return [(hit.concept, hit.start, hit.end) for hit in matcher().find(whole) if hit.end <= len(text)]

    assert isinstance(fold(text).data, bytes)
    assert isinstance(fold(f"{text} 뷁").data, str)
    assert find(f"{text} .") == find(f"{text} 뷁")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text("aеЁİI\u0308\u0301한\u1112\u1161\u11a8\u200b", max_size=9))
@example("İ\u0308")
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.data) == len(folded.source) + 2
    if folded.places is None:
        assert len(folded.source) == len(text)
    given = folded.as_given([(start, start + 1, 0) for start in range(len(folded.source))])
    assert all(0 <= start < end <= len(text) for start, end, _ in given)
    assert given == sorted(given)


@pytest.mark.parametrize(
    ("concept", "forms"),
    [
        ("putin", ["Путин", "Путина", "Путину", "Путиным", "Путине", "푸틴", "푸틴은", "푸틴과", "Putin", "Putin's"]),
        (
            "moon_jae_in",
            ["Мун Чжэ Ин", "Муна Чжэ Ина", "Мун Чжэ Ином", "Мун Чжэ-ин", "문재인", "문재인을", "Moon Jae-in"],
        ),
        (
            "kim_jong_un",
            ["Ким Чен Ын", "Ким Чен Ыном", "Ким Чен Ына", "김정은", "김정은이", "Kim Jong Un", "Kim Jong-un"],
        ),
        ("thaad", ["사드", "사드를", "사드의", "THAAD", "ТХААД"]),
        (
            "gas_pipeline",
            ["газопровод", "газопровода", "газопроводом", "가스관", "가스관을", "gas pipeline", "gas pipelines"],
        ),
        ("state_duma", ["Госдума", "Госдуме", "Государственной думы", "State Duma"]),
        ("khasan_rajin", ["Khasan-Rajin", "Хасан-Раджин", "나진-하산"]),
        ("denuclearisation", ["denuclearization", "denuclearisation", "денуклеаризации", "비핵화"]),
    ],
)
def test_every_form_of_a_name_is_found(concept: str, forms: list[str]) -> None:
    for form in forms:
        found = {c.id for c in flagger().concepts if c.id in concepts(f"… {form}, …")}
        assert concept in {name for one in found for name in implied_by(one)}, (form, found)


def implied_by(concept: str) -> set[str]:
    """The concept and all that it implies."""
    one = next(c for c in flagger().concepts if c.id == concept)
    return {concept}.union(*map(implied_by, one.implies))


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("Скорее всего, вскоре похолодает", {"korea", "south_korea", "north_korea"}),
        ("여러분께 새해 인사드립니다", {"thaad"}),
        ("인사드릴게요", {"thaad"}),
        ("달러 환율이 올랐다", {"russia"}),
        ("테러 대책 회의", {"russia"}),
        ("러닝 머신", {"russia"}),
        ("В сирийской Думе обстрел", {"state_duma"}),
        ("Московская городская дума приняла бюджет", {"state_duma"}),
        ("문을 열고 들어왔다", {"moon_jae_in"}),
        ("Муниципалитет сшил мундир", {"moon_jae_in"}),
    ],
)
def test_look_alikes_are_not_found(text: str, never: set[str]) -> None:
    assert not concepts(text) & never


@pytest.mark.parametrize(
    "title",
    [
        "Nord Stream operator weighs repair of the pipeline",
        "Keystone pipeline shut after oil leak",
        "Drug maker's pipeline disappoints investors",
        "US sends second THAAD battery to Israel",
        "Saudi Arabia receives THAAD launchers",
        "Госдума приняла закон о пенсиях во втором чтении",
        "Финляндия: в Хельсинки завершился чемпионат по хоккею",
        "На Курилах произошло землетрясение",
        "South Korea beat Germany at the World Cup in Russia",
        "Почему «корейский сценарий» для Украины не сработает",
        "한국 여자배구, 러시아에 역전패",
        "EU extends sanctions on Russian oil",
    ],
)
def test_traps_are_not_relevant(title: str) -> None:
    assert not assess(title).relevant


@pytest.mark.parametrize(
    ("title", "home", "topic"),
    [
        ("Russia repeats its objection to THAAD in South Korea", None, "thaad"),
        ("Moon Jae-in becomes first South Korean president to address State Duma", None, "duma_summit"),
        ("Газопровод из России через КНДР в Южную Корею обсудили в Сеуле", "RU", "pipelines"),
        ("남북러 가스관 공동연구 재개", "KR", "pipelines"),
        ("Russia vetoes panel that watched sanctions on North Korea", None, "sanctions"),
        ("나진-하산 철도 시범운송 시작", "KR", "railways"),
        ("Россия и Китай предложили возобновить шестисторонние переговоры о денуклеаризации", "RU", "denuclearisation"),
        ("Abe and Putin discuss peace treaty and Kuril Islands", None, "japan_kurils"),
        (
            "Путин и Ким Чен Ын подписали договор о всеобъемлющем стратегическом партнёрстве",
            "RU",
            "dprk_russia_military",
        ),
        ("북한군 러시아 쿠르스크 파병 확인", "KR", "dprk_russia_military"),
    ],
)
def test_what_the_desk_wants_is_flagged_and_relevant(title: str, home: str | None, topic: str) -> None:
    told = assess(title, home=home)
    assert topic in told.topics
    assert told.relevant


def test_thaad_in_korea_without_russia_is_flagged_and_not_relevant() -> None:
    told = assess("Seongju residents block road to THAAD base")
    assert "thaad" in told.topics
    assert not told.relevant


def test_home_country_stands_in_where_a_paper_leaves_it_out() -> None:
    title = "사드 배치 두고 주민과 협의"
    assert "thaad" in assess(title, home="KR").topics


def test_a_mention_in_passing_does_not_flag_a_long_text() -> None:
    body = "\n".join(["The orchestra rehearsed in the new hall, and the audience stayed until late."] * 30)
    text = f"{body}\nIts conductor had once heard a talk on THAAD in South Korea.\n{body}"
    assert not assess("Orchestra opens its season", text).relevant


def test_the_terms_of_a_flag_add_up_to_its_score() -> None:
    from math import exp

    told = assess("Russia repeats its objection to THAAD in South Korea")
    for topic, score in {**told.topics, "relevance": told.relevance}.items():
        total = sum(term.weight for term in told.terms if term.topic == topic)
        assert score == pytest.approx(1 / (1 + exp(-total)))


def test_decomposed_hangul_is_found_at_the_right_place() -> None:
    text = unicodedata.normalize("NFD", "러시아가 사드를 비판")
    hits = {hit.concept: text[hit.start : hit.end] for hit in flagger().matcher.find(text)}
    assert unicodedata.normalize("NFC", hits["russia"]) == "러시아"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01\x02 THAAD \x07",
        "THAAD \ud800 Путин",
        "THAAD " * 10_000,
        "사드" * 10_000,
        "a" * 5_000_000,
        "Путин " * 200_000,
        "российский," * 300_000,
    ],
    ids=["empty", "controls", "surrogate", "one word", "no blanks", "5 MB", "1 MB of names", "phrases' first words"],
)
def test_any_input_gets_an_answer_in_bounded_time(text: str) -> None:
    told = assess(text[:500], text)  # pytest's own limit ends a test that hangs
    for one in told.evidence:
        assert (text[:500] if one.field == "title" else text)[one.start : one.end] == one.surface


def test_near_misses_say_what_was_missing() -> None:
    misses = [
        miss for title in ("THAAD", "Korea and gas pipelines", "Putin, railways") for miss in assess(title).near_misses
    ]
    assert all(miss.missing for miss in misses)


def test_the_nearest_passage_of_a_text_on_the_duma_address_is_one_on_the_duma_address() -> None:
    told = assess("Moon Jae-in addresses the State Duma in Moscow", "He spoke of peace with North Korea.")
    nearest = {passage.id: passage for passage in flagger().reference.passages}[told.passages[0].passage]
    assert "duma_summit" in nearest.topics


def test_the_version_changes_with_the_config_and_only_with_it() -> None:
    assert config_version() == config_version() == flagger().version


def test_a_score_is_what_flagging_says_without_the_reasons() -> None:
    for title, text in (
        ("Putin and Kim sign a treaty in Pyongyang", "Russia and North Korea will help each other if attacked."),
        ("Seoul weighs a gas pipeline through North Korea", "Gazprom and KOGAS met in Vladivostok."),
        ("A late harvest", "It rained."),
    ):
        for home in (None, "RU", "KR"):
            told, scored = flagger().flag(title, text, home=home), flagger().score(title, text, home=home)
            assert (scored.relevance, scored.relevant, scored.topics) == (told.relevance, told.relevant, told.topics)
