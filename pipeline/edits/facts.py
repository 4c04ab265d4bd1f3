"""Facts in a sentence: numbers, names, dates and negations, for comparing two wordings of it.

In: a sentence in English, Russian or Korean. Out: short labels that are the same for the same fact: ``12`` for “12”,
“twelve” and «двенадцати». Concepts of the lexicon come from the caller.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

Concepts = Callable[[str], frozenset[str]]

_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?![\d])|\d+(?:[.,:]\d+)*")
_NUMBER_WORDS = (
    (2, r"two|two-thirds|дв(?:а|е|ух|ум|умя)"),
    (3, r"three|тр(?:и|[её]х|[её]м|емя)"),
    (4, r"four|четыр(?:е|[её]х|[её]м|ьмя)"),
    (5, r"five|пят(?:ь|и|ью)"),
    (6, r"six|шест(?:ь|и|ью)"),
    (7, r"seven|сем(?:ь|и|ью)"),
    (8, r"eight|вос(?:емь|ьми|емью)"),
    (9, r"nine|девят(?:ь|и|ью)"),
    (10, r"ten|десят(?:ь|и|ью)"),
    (11, r"eleven|одиннадцат(?:ь|и|ью)"),
    (12, r"twelve|двенадцат(?:ь|и|ью)"),
    (15, r"fifteen|пятнадцат(?:ь|и|ью)"),
    (20, r"twenty|двадцат(?:ь|и|ью)"),
    (30, r"thirty|тридцат(?:ь|и|ью)"),
    (40, r"forty|сорок(?:а)?"),
    (50, r"fifty|пят(?:ьдесят|идесяти)"),
    (100, r"hundreds?|ст(?:о|а)"),
)
_WORD_VALUES = [(str(value), re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for value, words in _NUMBER_WORDS]
_KOREAN_COUNT = re.compile(
    r"(한|두|세|네|다섯|여섯|일곱|여덟|아홉|열) ?(?=명|개|차례|곳|번|대|척|발|건|달|시간|나라|가지)"
)
_KOREAN_VALUES = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10}
_DATES = re.compile(
    r"\b(jan(?:uary)?|feb(?:ruary)?|march|april|june|july|aug(?:ust)?|sept(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?|monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|tomorrow"
    r"|январ|феврал|март|апрел|ма[йея]\b|июн|июл|август|сентябр|октябр|ноябр|декабр"
    r"|понедельник|вторник|сред[ауы]\b|четверг|пятниц|суббот|воскресень|вчера|сегодня|завтра)"
    r"|([월화수목금토일]요일|어제|오늘|내일)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|nor|neither|none|cannot|without|\w+n['’]t|не|ни|нет|без|никогда|никак\w+|нельзя)\b"
    r"|않|없|못[하한할했]|아니|\b안 ",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"\b[A-ZА-ЯЁ][\w’'-]+")
_WORD = re.compile(r"[\w’'-]+")
_NO_NAMES = frozenset(
    str.split(
        "mr mrs ms dr the a an in on at he she it they we but and president minister prime foreign chairman leader"
        " господин президент министр also this that"
    )
)
_NAME_STEM = 5  # letters; Russian endings come after them


def facts_in(sentence: str, concepts: Concepts) -> Counter[str]:
    """Return the facts of a sentence with their counts."""
    found = Counter(_numbers(sentence))
    found.update(match[0].casefold()[:6] for match in _DATES.finditer(sentence))
    found.update(f"“{name}”" for name in set(_names(sentence)))
    found.update(f"concept {concept}" for concept in concepts(sentence))
    found["negation"] = len(_NEGATION.findall(sentence))
    return +found


def difference(old: Counter[str], new: Counter[str]) -> tuple[str, ...]:
    """Return the facts that were dropped (``−``) and added (``+``). A fact that is only repeated does not count."""
    dropped = [f"−{fact}" for fact in old if fact not in new or (fact == "negation" and old[fact] > new[fact])]
    added = [f"+{fact}" for fact in new if fact not in old or (fact == "negation" and new[fact] > old[fact])]
    return (*sorted(dropped), *sorted(added))


def _numbers(sentence: str) -> Iterator[str]:
    for match in _NUMBER.finditer(sentence):
        yield re.sub(r"[ \u00a0\u202f]|,(?=\d{3}(?!\d))", "", match[0]).replace(",", ".")
    for value, words in _WORD_VALUES:
        if words.search(sentence):
            yield value
    for match in _KOREAN_COUNT.finditer(sentence):
        yield str(_KOREAN_VALUES[match[1]])


def _names(sentence: str) -> Iterator[str]:
    """Yield the start of each capitalised word; the first word counts only before another capitalised one."""
    words = _WORD.findall(sentence)
    for at, word in enumerate(words):
        name = word.strip("’'-").casefold().removesuffix("'s").removesuffix("’s").replace("ё", "е")
        if not _CAPITALISED.fullmatch(word) or name in _NO_NAMES or _DATES.match(word):
            continue
        if at or (len(words) > 1 and words[1][:1].isupper()):
            yield name[:_NAME_STEM]
