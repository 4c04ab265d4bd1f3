"""What single lines and texts tell: phrases, notices, languages, and how much they say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract import language
from pipeline.extract.furniture import is_furniture
from pipeline.extract.phrases import Lookout
from pipeline.extract.view import visual
from tests.extract.pages import PARAGRAPHS

PHRASES = {
    "photo": (
        "photo: a. lee",
        "the bridge / reuters",
        "at dawn, getty images",
        "부산항 연합뉴스",
        "bild des tages, dpa",
    ),
    "copyright": ("© 2026 the courier", "(c) 2026", "무단 전재 금지", "все права защищены"),
    "also": ("read also: lamps", "» читайте также", "관련 기사"),
    "call": ("log in now", "login", "follow us", "download the app", "e-mail", "email", "tik tok", "카카오 채널"),
    "byline": ("by mara lindgren", "mara@courier.example", "김하늘 기자"),
    "date": ("published today", "20.11.2026, 09:30", "it was 2026"),
    "author": ("she is a senior staff writer here", "this story was updated", "with reports from oslo", "mit dpa"),
    "colon": ("the list:",),
    "question": ("why now?",),
    "figures": ("12 345 — 7",),
    "address": ("http://courier.example", "see https://courier.example", "www.courier.example"),
}
PLAIN = (
    "the blog of a catalogue", "downloading mail is slow", "this was a day", "he is at sea", "a photo of the bay",
    "c) 20", "at /apple/ street", "the follow up", "reports from oslo", "smith and mitchell",
)  # fmt: skip
NOTICES = (
    "All rights reserved.", "Reproduction only with consent", "© 2026 The Courier", "Copyright by the Courier",
    "(c) courier.com", "저작권자 동항일보", "무단 전재", "무단복제 및", "재배포 금지", "AI 학습 이용 금지",
    "禁無断転載", "Все права защищены.", "Перепечатка без согласия запрещена",
    "При использовании материалов ссылка обязательна",
    "При цитировании материалов", "При копировании материалов", "Любое использование материалов", "Share this article",
    "Follow us", "사진=동항일보", "mara@courier.example", "Published: 20 November",
)  # fmt: skip


@pytest.mark.parametrize("name", PHRASES)
def test_each_wording_is_found_beside_others_and_alone(name: str) -> None:
    beside = Lookout(line for lines in PHRASES.values() for line in lines)
    for line in PHRASES[name]:
        assert name in beside.names(line), line
        assert name in Lookout([line]).names(line), line


@pytest.mark.parametrize("line", PLAIN)
def test_what_only_looks_like_a_wording_is_none(line: str) -> None:
    beside = Lookout([*(line for lines in PHRASES.values() for line in lines), *PLAIN])
    assert beside.names(line) == []


@pytest.mark.parametrize("line", NOTICES)
def test_notices_are_furniture(line: str) -> None:
    assert is_furniture(line, 0.0)
    assert not is_furniture(f"{PARAGRAPHS['en'][0][:100]} and all rights", 0.0)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x1_0FFF), max_size=40))
def test_wide_signs_are_kana_chinese_and_hangul(text: str) -> None:
    wide = len(re.findall("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", text))
    assert visual(text) == pytest.approx(len(text) + 1.2 * wide)
    assert visual(f"\ud800{text}") == pytest.approx(visual(text) + 1)  # half a sign, as JSON may hold


_SOME = (
    *(line for lines in PARAGRAPHS.values() for line in lines),
    "Υπόγραψαν τη συμφωνία",
    "協定に署名した。",
    "१२ क",
)


@given(
    st.lists(st.tuples(st.sampled_from(_SOME), st.integers(0, 150)), max_size=5),
    st.sampled_from([(), ("en",), ("ru",), ("ko", "en"), ("uk",), ("kk",), ("ja",), ("de",)]),
)
def test_a_glance_sees_no_other_language_than_a_look_at_each_sign(
    parts: list[tuple[str, int]], declared: tuple[str, ...]
) -> None:
    text = " ".join(line[:size] for line, size in parts)
    glance = language.detect(text, *declared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_at_a_glance", lambda *_: None)
        assert language.detect(text, *declared) == glance


def test_a_plain_text_needs_one_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_script_of", lambda _: pytest.fail("sign by sign"))
    for code, lines in PARAGRAPHS.items():
        assert language.detect("\n".join(lines)) == code
