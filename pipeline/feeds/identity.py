"""Which entry is which, and whether it says something new.

``identity_of`` gives the key under which an entry is kept: alike in every feed that carries the piece, and unmoved by
another GUID or by tracking parameters. ``digest_of`` changes when the publisher edits title, summary or text, and not
when only dates, blanks or counters ("12 comments", "조회수 340") do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from pipeline.model import ParsedEntry
from pipeline.text.urls import canonical

_COUNTED = (
    r"views?|reads?|comments?|replies|likes?|shares?|votes?|просмотр\w{0,4}|комментари\w{0,3}|отзыв\w{0,3}|лайк\w{0,3}"
    r"|조회수?|댓글|추천|공감|좋아요|閲覧数?|コメント|评论|阅读"
)
_COUNTER = re.compile(
    rf"(?:\b|(?<=\d))(?:{_COUNTED})\s{{0,3}}[:：(\[|-]?\s{{0,3}}\d[\d.,\s]{{0,9}}(?:건|개|회|명)?[)\]]?"
    rf"|\d[\d.,]{{0,9}}\s{{0,3}}(?:{_COUNTED})\b",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"\d{1,3}\s?(?:seconds?|minutes?|mins?|hours?|days?|секунд\w?|минут\w?|час\w{0,2}|дн\w{1,2})\s(?:ago|назад)"
    r"|\d{1,3}\s?(?:초|분|시간|일)\s?전",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,\s]*")
_REACH = 48  # a counter's words stand no farther from its number
_COUNTED_WORDS = str.split("""
    view read comment repl like share vote просмотр комментари отзыв лайк
    조회 댓글 추천 공감 좋아요 閲覧 コメント 评论 阅读
""")
_AGO_WORDS = ("ago", "назад", "전")
_TAIL_COUNTER = re.compile(r"\s*[(\[]\d{1,5}[)\]]\s*$")
_NOISE = "\u200b\u200c\u200d\u200e\u200f\u2026."


def identity_of(entry: ParsedEntry, feed: str) -> str:
    """The entry's key: its canonical address, or ``feed name#id`` where it has no address.

    Args:
        entry: as parsed.
        feed: the source's name.
    """
    return canonical(entry.url) if entry.url else f"{feed}#{entry.id}"


def digest_of(entry: ParsedEntry) -> str:
    """A digest of what the entry says (32 hexadecimal digits)."""
    title = _TAIL_COUNTER.sub("", entry.title) if entry.title.rstrip().endswith((")", "]")) else entry.title
    said = "\x1f".join(_still(part) for part in (title, entry.summary, entry.content))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _still(text: str) -> str:
    """The text without what moves by itself."""
    text = _without(_AGO, _AGO_WORDS, _without(_COUNTER, _COUNTED_WORDS, text))
    for sign in _NOISE:
        if sign in text:
            text = text.replace(sign, " ")
    return " ".join(text.split())


def _without(pattern: re.Pattern[str], words: Iterable[str], text: str) -> str:
    """The text without what the pattern finds, which is looked for only where a number and one of the words meet.

    A whole text takes a millisecond, and a poll may bring hundreds.
    """
    whole = text.lower()
    if not any(word in whole for word in words):
        return text
    kept: list[str] = []
    done = 0
    for low, high in _around_numbers(text):
        there = text[low:high].lower()
        if any(word in there for word in words):
            for found in pattern.finditer(text, max(low, done), high):
                kept.append(text[done : found.start()])
                done = found.end()
    return "".join(kept) + text[done:] if kept else text


def _around_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of text around its numbers; those that touch are one."""
    low = high = 0
    for number in _NUMBER.finditer(text):
        if number.start() - _REACH > high:
            yield low, high
            low = number.start() - _REACH
        high = min(len(text), number.end() + _REACH)
    yield low, high
