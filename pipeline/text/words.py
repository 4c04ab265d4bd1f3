"""Words and stems: the index terms of a word for search, and short stems for comparing texts.

``terms`` gives Snowball stems of Latin and Cyrillic words (irregular English forms count as their base word). Korean
words give their beginnings without particles, and the ends and two-syllable parts of the rest: 제재 is found in
대북제재 and 연합 in 한미연합훈련, but 사드 is not found in 인사드립니다. Abbreviations of Korean headlines give the
full name (北 gives 북한). Chinese and Japanese runs give pairs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

WORD = re.compile(r"\w+")
_MAX_LENGTH = 64  # a longer run of characters is no word
_EAST_ASIA = "\u3040"  # the first East Asian character; alphabets come before it
_HANGUL = re.compile(r"[가-힣]+")
_PARTICLES = frozenset(
    str.split(
        """
        으로부터 에게서 에서는 에서도 이라고 이라는 으로는 으로도 로부터 까지는 까지도 부터는 들에게 들에서
        들에는 들과의 들과 들은 들을 들의 들이 들도 에게 에서 에는 에도 으로 라고 라는 이란 까지 부터 보다 처럼
        마다 조차 께서 한테 과의 와의 이나 로는 로도 을 를 이 가 은 는 의 에 와 과 도 로 만 들 란 나
        """
    )
)
_LONGEST_PARTICLE = max(map(len, _PARTICLES))
_ABBREVIATIONS = {
    "北": "북한", "美": "미국", "日": "일본", "中": "중국", "露": "러시아", "俄": "러시아", "英": "영국", "韓": "한국",
    "文": "문재인", "朴": "박근혜", "尹": "윤석열", "金": "김정은", "核": "북핵", "러": "러시아",
}  # fmt: skip
_IRREGULAR = {
    "said": "say", "met": "meet", "sent": "send", "held": "hold", "led": "lead", "fought": "fight", "bought": "buy",
    "brought": "bring", "sold": "sell", "built": "build", "fell": "fall", "fallen": "fall", "rose": "rise",
    "risen": "rise", "struck": "strike", "withdrew": "withdraw", "withdrawn": "withdraw", "took": "take",
    "taken": "take", "gave": "give", "given": "give", "lost": "lose", "broke": "break", "broken": "break",
    "spoke": "speak", "spoken": "speak", "wrote": "write", "written": "write", "drew": "draw", "drawn": "draw",
    "flew": "fly", "flown": "fly", "froze": "freeze", "frozen": "freeze", "shot": "shoot", "sank": "sink",
    "sunk": "sink", "sought": "seek", "told": "tell", "thought": "think", "went": "go", "gone": "go",
    "knew": "know", "known": "know", "began": "begin", "begun": "begin", "chose": "choose", "chosen": "choose",
    "drove": "drive", "driven": "drive", "hid": "hide", "hidden": "hide", "laid": "lay", "paid": "pay",
    "ran": "run", "threw": "throw", "thrown": "throw", "understood": "understand", "kept": "keep", "spent": "spend",
    "men": "man", "women": "woman", "children": "child", "people": "person", "crises": "crisis", "lives": "life",
    "wives": "wife", "feet": "foot", "media": "medium",
}  # fmt: skip


def words_of(text: str) -> set[str]:
    """Return every word of a text."""
    return set(WORD.findall(text))


def stems(text: str) -> Iterator[str]:
    """Yield the start of each word, without inflection or particles: five letters, or two syllables of Hangul."""
    for word in WORD.findall(text.casefold().replace("ё", "е")):
        if len(word) > 1:
            yield word[:2] if "가" <= word[0] <= "힣" else word[:5]


def all_terms(words: Iterable[str]) -> set[str]:
    """Return the additional index terms of the words of a text."""
    words = set(words)
    return set(chain.from_iterable(map(terms, words))) - words


@lru_cache(maxsize=100_000)  # half of an article's words are in the article before it
def terms(word: str) -> frozenset[str]:
    """Return the index terms of one word beside itself."""
    found: list[str] = []
    if len(word) > _MAX_LENGTH:
        pass
    elif max(word) >= _EAST_ASIA:
        found = _east_asian_terms(word)
    elif "a" <= word < "{":
        found = [_stemmer("english").stemWord(_IRREGULAR.get(word, word))]
    elif "а" <= word < "ђ":
        found = [_stemmer("russian").stemWord(word.replace("ё", "е"))]
    return frozenset(found) - {word}


def _east_asian_terms(word: str) -> list[str]:
    """Return the terms of a word with East Asian characters."""
    if _HANGUL.fullmatch(word):
        found = _hangul(word)
    else:
        found = list(chain.from_iterable(map(_hangul, _HANGUL.findall(word))))
        unspaced = [_is_han(sign) or "\u3040" <= sign <= "\u30ff" for sign in word]
        found += [word[at : at + 2] for at in range(len(word) - 1) if unspaced[at] and unspaced[at + 1]]
        found += [_ABBREVIATIONS[sign] for sign in word if sign in _ABBREVIATIONS and _is_han(sign)]
    if word in _ABBREVIATIONS:
        found.append(_ABBREVIATIONS[word])
    return found


def forms(word: str) -> tuple[str, ...]:
    """Return the forms under which a typed word is searched, the word itself first."""
    if _HANGUL.fullmatch(word):
        others = {bare for bare in _bare(word) if len(bare) > 1}
    elif any("\u4e00" <= sign <= "\u9fff" for sign in word):
        others = {_ABBREVIATIONS[word]} if word in _ABBREVIATIONS else set()
    else:
        others = set(terms(word))
    return (word, *sorted(others - {word}))


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"


def _hangul(word: str) -> list[str]:
    """Return the beginnings of a Korean word, and the ends and parts of it without its particle."""
    found = [word[:end] for end in range(2, min(len(word), 7))]
    for bare in _bare(word):
        found.append(bare)
        found += [bare[-length:] for length in range(2, min(len(bare), 5))]
        if len(bare) >= 6 and not len(bare) % 2:
            found += [bare[at : at + 2] for at in range(2, len(bare) - 2, 2)]
    return found


def _bare(word: str) -> tuple[str, ...]:
    """Return the word, and the word without the longest particle at its end."""
    for length in range(min(_LONGEST_PARTICLE, len(word) - 2), 0, -1):
        if word[-length:] in _PARTICLES:
            return word, word[:-length]
    return (word,)


@lru_cache
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(language, 0)


def index_terms(title: str, text: str) -> str:
    """Return the stems to index for full-text search beside the title and the text, each once."""
    return " ".join(sorted(all_terms(words_of(f"{title}\n{text}".lower()))))
