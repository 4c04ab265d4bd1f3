"""Numbers in a text, in the notations of English, Russian and Korean: 4,700, 4700명, «4700 человек», 13억 달러.

Numbers are the surest sign that two articles on one subject report the same event, in any language. In: a text. Out:
the value of each number as a short text. Years, anniversaries, and integers under 32, most of which are days and hours,
say nothing and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCALES = {
    "thousand": 1e3, "million": 1e6, "mln": 1e6, "billion": 1e9, "bln": 1e9, "bn": 1e9, "trillion": 1e12,
    "тыс": 1e3, "млн": 1e6, "миллион": 1e6, "млрд": 1e9, "миллиард": 1e9, "трлн": 1e12,
    "십": 1e1, "백": 1e2, "천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12,
}  # fmt: skip
_NUMBER = re.compile(
    # begins with the digit and looks back behind it, so that ``re`` skips quickly what is no digit
    r"(\d(?<![0-9A-Za-zА-Яа-яё_:.]\d)(?:\d{0,2}(?:[ \u00a0\u202f,]\d{3})+(?!\d)|\d*))([.,]\d+)?(?![\d:])"
    r"(?:[ \u00a0]?([십백천][만억조]|[백천만억조]|thousand|million|mln|billion|bln|bn|trillion"
    r"|тыс|млн|миллион|млрд|миллиард|трлн))?"
    r"(?!(?:th|st|nd|rd)\b|[ -]?(?:주년|돌|лети[еяю]|(?:[йюя]|ая|ой|ую) годовщ))"
)
_JOINS = re.compile(r" ?")  # 4조8천억 and 3억 5000만 are one number in two parts


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of 32 and more, and the fractions."""
    return frozenset(f"{value:.6g}" for value in _values(text) if _is_telling(value))


def format_number(number: str) -> str:
    """Return a number for people: 1.3e+09 as 1,300,000,000."""
    value = float(number)
    return f"{value:,.0f}" if value == int(value) else number


def _values(text: str) -> Iterator[float]:
    last: tuple[int, float, float] | None = None  # end, value and scale of the previous number
    for match in _NUMBER.finditer(text):
        value, scale = _value(match[1], match[2] or ""), _scale(match[3] or "")
        if last is not None and scale < last[2] >= 1e4 and _JOINS.fullmatch(text, last[0], match.start()):
            last = (match.end(), last[1] + value * scale, scale)
            continue
        if last is not None:
            yield last[1]
        last = (match.end(), value * scale, scale)
    if last is not None:
        yield last[1]


def _value(whole: str, part: str) -> float:
    digits = re.sub(r"\D", "", whole)
    return float(f"{digits[:15]}.{part[1:]}" if part else digits[:15])


def _scale(word: str) -> float:
    if word in _SCALES or not word:
        return _SCALES.get(word, 1.0)
    return _SCALES[word[0]] * _SCALES[word[1]]


def _is_telling(value: float) -> bool:
    year = 1900 <= value <= 2100 and value == int(value)
    return not year and (value >= 32 or value != int(value))
