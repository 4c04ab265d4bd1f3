"""Entry identity and change detection.

``keyed`` gives each entry of a document its two keys. The identity is the same in every feed that carries the article,
and does not depend on GUIDs or tracking parameters. The digest changes when the publisher edits title, summary or
text; it does not change with dates, white space or counters ("12 comments", "조회수 340").
"""

from __future__ import annotations

import hashlib
import re

from pipeline.model import KeyedEntry, KeyedFeed, ParsedEntry, ParsedFeed
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
_RELATIVE_TIME = re.compile(
    r"\d{1,3}\s?(?:seconds?|minutes?|mins?|hours?|days?|секунд\w?|минут\w?|час\w{0,2}|дн\w{1,2})\s(?:ago|назад)"
    r"|\d{1,3}\s?(?:초|분|시간|일)\s?전",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
# The patterns take a millisecond per full text. Most texts have none of these words and need no search.
_COUNTED_WORDS = str.split("""
    view read comment repl like share vote просмотр комментари отзыв лайк
    조회 댓글 추천 공감 좋아요 閲覧 コメント 评论 阅读
""")
_RELATIVE_WORDS = ("ago", "назад", "전")
_COUNTER_AT_END = re.compile(r"\s*[(\[]\d{1,5}[)\]]\s*$")
_NOISE = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2026.", " "))


def keyed(parsed: ParsedFeed, feed: str) -> KeyedFeed:
    """Compute the keys of a document's entries. Of entries with the same identity, the first is kept.

    Args:
        parsed: the document. Entries without any content are left out.
        feed: the name of the source.
    """
    entries: dict[str, KeyedEntry] = {}
    for entry in parsed.entries:
        if entry.url or entry.title or entry.summary or entry.content:
            identity = identity_of(entry, feed)
            if identity not in entries:
                entries[identity] = KeyedEntry(identity=identity, digest=digest_of(entry), entry=entry)
    return KeyedFeed(feed=parsed, entries=entries)


def identity_of(entry: ParsedEntry, feed: str) -> str:
    """Return the canonical address of an entry, or ``feed name#id`` for an entry without an address."""
    return canonical(entry.url) if entry.url else f"{feed}#{entry.id}"


def digest_of(entry: ParsedEntry) -> str:
    """Return a digest of title, summary and text (32 hexadecimal digits)."""
    title = _COUNTER_AT_END.sub("", entry.title) if entry.title.rstrip().endswith((")", "]")) else entry.title
    text = "\x1f".join(_without_volatile_parts(part) for part in (title, entry.summary, entry.content))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _without_volatile_parts(text: str) -> str:
    """Return the text without counters, relative times and differences of white space."""
    if _DIGIT.search(text):
        lowered = text.lower()
        if any(word in lowered for word in _RELATIVE_WORDS):
            text = _RELATIVE_TIME.sub("", text)
        if any(word in lowered for word in _COUNTED_WORDS):
            text = _COUNTER.sub("", text)
    return " ".join(text.translate(_NOISE).split())
