"""Normal form of headlines and sentences: what remains when typography, clocks and counters are left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pipeline.text.sentences import sentences

_MOST_SENTENCES = 1_500  # of one page; a page that grows without end is compared up to here
_LABEL_WORDS = 3  # a line of so few words without a full stop is a label: “Ad 12”
_WORD = re.compile(r"\w+(?:['.,:]\w+)*|[$€₽₩£¥%№]")
_ENDS = re.compile(r"[.!?…。][\"'»”’)\]]{0,3}$")
_MOVING = re.compile(
    r"\b(?:views?|comments?|likes?|shares?|updated|last modified|published|ago|min(?:ute)?s? read"
    r"|read (?:also|more|next)|see also|related|most read|subscribe|newsletter|photo|advertisement"
    r"|просмотр\w*|комментари\w*|обновлен\w*|опубликован\w*|назад|читайте (?:также|ещ[её])|по теме"
    r"|подпис\w+|фото|реклама)\b"
    r"|조회|댓글|공유|수정|입력|등록|전송|관련 ?(?:기사|뉴스)|많이 본|구독|사진|광고|[분초시간일] ?전\b",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"^(?:last )?(?:updated|published|modified|posted)\b|^(?:обновлено|опубликовано|изменено)\b|^(?:입력|수정|등록)\b",
    re.IGNORECASE,
)
_BARE_NUMBERS = re.compile(
    r"[\d\s.,:/|()+·•–—-]*(?:(?:am|pm|gmt|utc|msk|kst|мск|오전|오후)[\d\s.,:/|()+·•–—-]*)*", re.IGNORECASE
)
_LABEL = re.compile(r"^(?:[\[(（【][^\])）】]{1,24}[\])）】]\s*)+")
_JOINT = re.compile(r"\s+[|–—·:-]\s+|\s*\|\s*")


def words(text: str) -> list[str]:
    """Return the words of a text without case, typographic variants and punctuation."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("’", "'")
    return _WORD.findall(plain)


def key(text: str) -> str:
    """Return the words as one string."""
    return " ".join(words(text))


def split(text: str) -> list[str]:
    """Return the sentences of a text, at most ``_MOST_SENTENCES``."""
    found: list[str] = []
    for sentence in sentences(text):
        if stripped := sentence.strip():
            found.append(stripped)
            if len(found) == _MOST_SENTENCES:
                break
    return found


def is_sentence(line: str) -> bool:
    """Return whether a line is a sentence of the article, and not a caption, a link or another piece of furniture."""
    count = len(words(line))
    return bool(_ENDS.search(line)) and count >= 3 and not _STAMP.search(line)


def is_moving(line: str) -> bool:
    """Return whether a line is a clock, a counter or a list of links, which change by themselves."""
    if _BARE_NUMBERS.fullmatch(line) or _STAMP.search(line):
        return True
    count = len(words(line))
    return not _ENDS.search(line) and (count <= _LABEL_WORDS or (count <= 25 and bool(_MOVING.search(line))))


def bare_title(title: str) -> str:
    """Return a headline without labels such as ``(LEAD)`` or ``[속보]`` at its start."""
    return _LABEL.sub("", title).strip() or title.strip()


def with_site_name(one: str, other: str) -> bool:
    """Return whether two headlines differ only by a site's name or section behind or before a separator."""
    short, long = sorted((one.strip(), other.strip()), key=len)
    return any(key(piece) == key(short) for piece in _pieces(long))


def _pieces(title: str) -> Iterator[str]:
    for joint in _JOINT.finditer(title):
        yield title[: joint.start()]
        yield title[joint.end() :]
