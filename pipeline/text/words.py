"""Words as search knows them: the other forms under which a word is indexed, or asked for.

In: a word in lower case. Out: Snowball stems of Latin and Cyrillic words (irregular English forms by their base word);
Korean words by their beginnings, which leaves off particles, and by the ends and the two-syllable parts of what is
left, which finds 제재 in 대북제재 and 연합 in 한미연합훈련 but no 사드 in 인사드립니다; the abbreviations of
Korean headlines by what they stand for (北 for 북한); Chinese and Japanese runs by pairs of signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

WORD = re.compile(r"\w+")
_LONGEST = 64
_MOST_KNOWN = 100_000
_EAST_ASIA = "\u3040"  # from here on there are no letters of alphabets
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
    """Every word of a text; what ``WORD`` finds, in half the time: most of what stands between spaces is one word."""
    tokens = set(text.split())
    words = {token for token in tokens if token.isalnum()}
    words.update(WORD.findall(" ".join(tokens - words)))
    return words


def all_terms(words: set[str]) -> set[str]:
    """What the words of a text are indexed by beside themselves."""
    new = _learn(words.difference(_known))
    found = set(chain.from_iterable(map(_known.get, words, repeat(()))))
    found.update(chain.from_iterable(new.values()))
    if len(_known) < _MOST_KNOWN:
        _known.update(new)
    return found - words


def terms(word: str) -> set[str]:
    """What one word is indexed by beside itself."""
    return all_terms({word})


_known: dict[str, Sequence[str]] = {}  # of words seen: half of an article's stood in one before it


def _learn(words: set[str]) -> dict[str, Sequence[str]]:
    """The terms of new words: Latin and Cyrillic ones all at once, as stemming one by one takes twice the time."""
    short = [word for word in words if len(word) <= _LONGEST]  # what is longer is no word
    found: dict[str, Sequence[str]] = dict.fromkeys(short, ())
    for word in short:
        if max(word) >= _EAST_ASIA:
            found[word] = _wide_terms(word)
    plain = [word for word in short if not found[word]]
    latin = [word for word in plain if "a" <= word < "{"]
    cyrillic = [word for word in plain if "а" <= word < "ђ"]
    stems = _stemmer("english").stemWords([_IRREGULAR.get(word, word) for word in latin])
    stems += _stemmer("russian").stemWords([word.replace("ё", "е") for word in cyrillic])
    found.update(zip(latin + cyrillic, zip(stems, strict=True), strict=True))  # each a tuple of one
    return found


def _wide_terms(word: str) -> list[str]:
    """The terms of a word with characters of East Asia."""
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
    """What a typed word is looked for as: itself first."""
    if _HANGUL.fullmatch(word):
        others = {bare for bare in _bare(word) if len(bare) > 1}
    elif any("\u4e00" <= sign <= "\u9fff" for sign in word):
        others = {_ABBREVIATIONS[word]} if word in _ABBREVIATIONS else set()
    else:
        others = terms(word)
    return (word, *sorted(others - {word}))


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"


def _hangul(word: str) -> list[str]:
    found = []
    for end in range(2, min(len(word), 7)):
        found.append(word[:end])  # noqa: PERF401 - a comprehension takes longer for so few
    for bare in _bare(word):
        found.append(bare)
        for length in range(2, min(len(bare), 5)):
            found.append(bare[-length:])  # noqa: PERF401
        if len(bare) >= 6 and not len(bare) % 2:
            found += [bare[at : at + 2] for at in range(2, len(bare) - 2, 2)]
    return found


def _bare(word: str) -> tuple[str, ...]:
    """The word as it is and without the longest particle at its end."""
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
