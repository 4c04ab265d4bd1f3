"""Single lines and texts: furniture, languages, visual length."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import language
from pipeline.extract.furniture import without_address
from pipeline.extract.layout import visual
from tests.extract.pages import PARAGRAPHS

FURNITURE = (
    "All rights reserved.", "Reproduction only with consent", "© 2026 The Courier", "Copyright by the Courier",
    "(c) courier.com", "저작권자 동항일보", "무단 전재", "무단복제 및", "재배포 금지", "AI 학습 이용 금지",
    "禁無断転載", "Все права защищены.", "Перепечатка без согласия запрещена",
    "При использовании материалов ссылка обязательна",
    "При цитировании материалов", "При копировании материалов", "Любое использование материалов", "Share this article",
    "Follow us", "Follow us on Facebook", "사진=동항일보", "mara@courier.example",
    "김하늘 기자 haneul@donghang.example",
    "Published: 20 November 2026", "입력 2026.11.20 09:30", "2026-11-20 09:30", "네이버에서 동항일보 구독하기",
    "Read also:", "See also", "Related articles", "Most read", "Читайте также:", "Материалы по теме", "관련 기사",
    "많이 본 뉴스", "関連記事",
    "Subscribe to our newsletter and get the news each morning.", "Подписывайтесь на наш канал, чтобы не пропустить.",
)  # fmt: skip
SENTENCES = (
    "Join our effort, the captain said, and the islands will have their ferry.",
    "“Follow us into the harbour”, the pilot called.",
    "Get the latest timetable right before you leave.",
    "Subscribe to the treaty or leave the union: this was the choice of 1911.",
    "Updated 3 times since spring, the plan now has two ships.",
    "수정 3차 안에는 두 척의 배가 들어 있다.",
    "등록 7년 만에 문을 닫는 여객선 회사가 늘고 있다.",
    "2026.11.20 09:30 The first ship leaves the harbour with forty people on board.",
    "카카오와 네이버는 섬 주민을 위한 새 채널을 함께 연다고 밝혔다.",
    "Video: a word that the committee struck from all of its papers in the spring of that year.",
)


@pytest.mark.parametrize("line", FURNITURE)
def test_line_about_the_site_is_furniture(line: str) -> None:
    assert without_address(line, 0.0) == ""


ALSO = "Read also: the ferry to the northern islands sails again after eleven months of waiting"


@pytest.mark.parametrize(("linked", "shown"), [(0.0, ALSO), (0.3, ALSO), (0.31, ""), (1.0, "")])
def test_long_pointer_to_another_article_is_furniture_as_a_link_only(linked: float, shown: str) -> None:
    assert without_address(ALSO, linked) == shown


@pytest.mark.parametrize("line", SENTENCES)
def test_sentence_that_starts_like_furniture_stays(line: str) -> None:
    assert without_address(line, 0.0) == line


def test_sentence_stays_without_the_mail_address_behind_it() -> None:
    sentence = "위원회는 다음 주에 협의 결과를 공개하겠다고 밝혔다."
    assert without_address(f"{sentence} haneul@donghang.example", 0.0) == sentence


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x1_0FFF), max_size=40))
def test_kana_chinese_and_hangul_count_more(text: str) -> None:
    wide = len(re.findall("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", text))
    assert visual(text) == pytest.approx(len(text) + 1.2 * wide)
    assert visual(f"\ud800{text}") == pytest.approx(visual(text) + 1)  # half a sign, as JSON may hold


@pytest.mark.parametrize("code", PARAGRAPHS)
def test_language_of_a_plain_text_is_found(code: str) -> None:
    assert language.detect("\n".join(PARAGRAPHS[code])) == code


@pytest.mark.parametrize(
    ("text", "declared", "code"),
    [
        ("Υπόγραψαν τη συμφωνία για τη νέα γραμμή", (), "el"),
        ("協定に署名した。船は毎朝出る。港で式典があった。", (), "ja"),
        ("Порт відкриває нову лінію, її чекали рік, і це їхній вибір", ("ru",), "uk"),
        ("The ferry sails in the morning and returns at night.", ("ko",), "en"),
        ("12", ("ko",), "ko"),
        ("12", (), None),
    ],
)
def test_language_by_script_short_words_and_declaration(text: str, declared: tuple[str, ...], code: str | None) -> None:
    assert language.detect(text, *declared) == code
