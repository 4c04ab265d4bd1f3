"""Index terms and stems of words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import words

MIXED = st.text(alphabet="abz абё 가러사드를에서는 北美中国のカ 1_é·-',\n\u3000", max_size=80)


@given(MIXED)
def test_words_of_a_text_have_the_terms_of_each_word(text: str) -> None:
    found = words.words_of(text)
    assert words.all_terms(found) == set().union(*map(words.terms, found)) - found


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("sanctions", {"sanction"}),
        ("met", {"meet"}),
        ("звёздами", {"звезд"}),
        ("북러", {"북러"}),
        ("제재에서", {"제재", "제재에", "에서", "재에서", "제재에서"}),
        ("北京", {"北京", "북한"}),
        ("abc字", set()),
        ("a" * 65, set()),
    ],
)
def test_terms_of_a_word(word: str, terms: set[str]) -> None:
    assert words.terms(word) == terms - {word}


@pytest.mark.parametrize(
    ("one", "other"),
    [("министры", "Министров"), ("철도를", "철도는"), ("Sanctions", "sanctioned"), ("звёзды", "звезды")],
)
def test_inflected_forms_share_a_stem(one: str, other: str) -> None:
    assert list(words.stems(one)) == list(words.stems(other))
