"""Sentence boundaries in the languages of the sources."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.sentences import sentence_ends, sentences


@pytest.mark.parametrize(
    "parts",
    [
        ["Ships left. ", "Trains did not."],
        ["U.S. forces stayed. ", "Others left."],
        ["“Left?” ", "Nobody knew."],
        ["Он уехал. ", "Поезд остался."],
        ["항구를 열었다.", "배가 떠났다."],
        ["港は開いた。", "船は出た。"],
        ["Headline\n", "Text."],
        ["3.5 million and no more"],
        [],
    ],
)
def test_text_is_split_into_sentences(parts: list[str]) -> None:
    assert list(sentences("".join(parts))) == parts


@settings(deadline=None)  # the first call loads rules, which takes long beside other tests
@given(st.text(alphabet="aA다.!?…。 \n”", max_size=60))
def test_sentences_make_up_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
    assert sentence_ends(text) == sorted(set(sentence_ends(text)))
