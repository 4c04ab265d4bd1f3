"""Keys of entries, and change detection.

``keyed`` gives each entry of a document the keys by which ``same_item`` recognises it: link, GUID and digests. A digest
changes when the publisher edits title, summary or text; it does not change with dates, white space or counters
("12 comments", "조회수 340"). ``corrections`` finds other dates and authors beside the same digest.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pipeline.model import Correction, KeyedEntry, KeyedFeed, KnownEntry, ParsedEntry, ParsedFeed
from pipeline.text.urls import canonical, is_home, resolve, same_host, spelling_free

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
_LEAST_CORRECTION = timedelta(minutes=1)
_NOISE = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2026.", " "))


def keyed(parsed: ParsedFeed) -> KeyedFeed:
    """Compute the keys of a document's entries. Entries without any content are left out."""
    entries = [entry for entry in parsed.entries if entry.url or entry.title or entry.summary or entry.content]
    links = [canonical(entry.url) if entry.url else "" for entry in entries]
    own = _distinct_permalinks(entries, links)
    return KeyedFeed(
        feed=parsed,
        entries=tuple(
            _keyed(own.get(place, entry), links[place] if place not in own else canonical(own[place].url))
            for place, entry in enumerate(entries)
        ),
        empty=len(parsed.entries) - len(entries),
    )


def _keyed(entry: ParsedEntry, link: str) -> KeyedEntry:
    given = entry.id != entry.url and not entry.id.startswith("hash:")
    return KeyedEntry(
        link=link,
        guid=entry.id if given else "",
        digest=digest_of(entry),
        text_digest=_digest(_text(entry)) if entry.summary or entry.content else "",
        entry=entry,
    )


def _distinct_permalinks(entries: Sequence[ParsedEntry], links: Sequence[str]) -> dict[int, ParsedEntry]:
    """Return the entries, by place, whose GUID is a better address than their link.

    Some feeds link every entry to the home page or a list, and have the address of the page as GUID.
    """
    used = Counter(links)
    better = {}
    for place, (entry, link) in enumerate(zip(entries, links, strict=True)):
        if link and entry.id[:4].lower() == "http" and (is_home(link) or used[link] > 1):
            address, _, fragment = entry.id.partition("#")
            permalink = resolve(address)
            if spelling_free(canonical(permalink)) != spelling_free(link) and same_host(permalink, link):
                better[place] = replace(entry, url=permalink, fragment=fragment, written=address)
    items = Counter(url for url, *_ in {(one.url, one.title, one.summary, one.content) for one in better.values()})
    return {place: entry for place, entry in better.items() if items[entry.url] == 1 and not is_home(entry.url)}


def digest_of(entry: ParsedEntry) -> str:
    """Return a digest of title, summary and text (32 hexadecimal digits)."""
    return _digest(f"{title_key(entry.title)}\x1f{_text(entry)}")


def corrections(known: KnownEntry, entry: ParsedEntry) -> tuple[Correction, ...]:
    """Return what the entry's own feed corrects in it beside the same text.

    A date after the first poll that found the entry is no correction: some feeds write the time of the poll. Nor is a
    missing value, or a difference of seconds.
    """
    if not known.own:
        return ()
    at, before = entry.published, known.published
    dated = at is not None and (known.first_seen_at is None or at <= known.first_seen_at)
    found: list[Correction] = []
    if at and dated and (before is None or abs(at - before) >= _LEAST_CORRECTION):
        found.append("published")
    if entry.authors and entry.authors != known.authors:
        found.append("authors")
    return tuple(found)


def title_key(title: str) -> str:
    """Return a title in the form in which it is compared."""
    title = _COUNTER_AT_END.sub("", title) if title.rstrip().endswith((")", "]")) else title
    return _without_volatile_parts(title)


def _text(entry: ParsedEntry) -> str:
    return "\x1f".join(_without_volatile_parts(part) for part in (entry.summary, entry.content))


def _digest(text: str) -> str:
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
