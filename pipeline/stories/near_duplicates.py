"""Copies: the same sentences in two articles, whole or in part, in any language.

In: a text; and, for each of its sentences, the articles that have it too. Out: a number a sentence, to be looked up;
and the article that it is a copy of, if any. A sentence that one source puts under many different articles is a footer
and says nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

from pipeline.text.sentences import sentences

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[가-힣\u3040-\u30ff\u3400-\u9fff]")
_LEAST_WORDS, _LEAST_SIGNS = 6, 15  # of a sentence; the second where words are long or not parted
_MOST_SENTENCES = 32
_FOOTER_ARTICLES, _FOOTER_STORIES = 5, 3
_LEAST_SHARE, _LEAST_SHARE_OWN = 0.4, 0.7
_LEAST_OF_LONGER = 0.2
_MOST_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Found:
    """An article that has one of our sentences.

    Attributes:
        source: whose it is.
        story: the story it belongs to, if any.
        at: its time, to be compared as text.
    """

    article: int
    source: int
    story: int | None
    at: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What an article was found to be a copy of.

    Attributes:
        sentences: that both have.
        of: sentences of the shorter one.
    """

    article: int
    sentences: int
    of: int


def fingerprint(title: str, text: str) -> tuple[int, ...]:
    """A number (64 bits, signed) for the title and each sentence that is long enough to tell one text from another.

    Case, punctuation and spaces do not count. Of a long text the 32 smallest numbers stand for it: they are the same
    ones in every copy.
    """
    pieces = (title.casefold(), *(sentence.casefold() for sentence in sentences(text)))
    numbers = {number for piece in pieces if (number := _number(piece)) is not None}
    return tuple(sorted(numbers)[:_MOST_SENTENCES])


def _number(sentence: str) -> int | None:
    words = _WORD.findall(sentence)
    plain = " ".join(words)
    if len(words) < _LEAST_WORDS and not (len(plain) >= _LEAST_SIGNS and _UNSPACED.search(plain)):
        return None
    return int.from_bytes(blake2b(plain.encode(), digest_size=8).digest(), "big", signed=True)


def may_be_copy(own: int, holders: Mapping[int, Sequence[int]]) -> bool:
    """Whether any article shares so much that ``judge_copies`` could say yes: it need not be asked otherwise.

    Most articles share a phrase or two with some other. The bound follows from the least share of the longer text,
    were every sentence that the other one lacks a footer.

    Args:
        own: the article's sentences.
        holders: for each of its sentences the other articles that have it.
    """
    most = max(Counter(chain.from_iterable(holders.values())).values(), default=0)
    return most >= 2 and most * (1 - _LEAST_OF_LONGER) >= _LEAST_OF_LONGER * (own - len(holders))


def judge_copies(
    source: int, own: int, found: Mapping[int, Sequence[Found]], size: Callable[[int], int]
) -> Copy | None:
    """The article that this one is a copy of: of those that share most the earliest; None when there is none.

    Args:
        source: whose article this is. Two articles of one source must share more: series repeat their background.
        own: its sentences.
        found: for each of its sentences the other articles that have it.
        size: how many sentences an article has.
    """
    told = [rows for rows in found.values() if not _is_footer(rows)]
    footers = len(found) - len(told)
    shared = Counter(row.article for rows in told for row in rows)
    sources = {row.article: row.source for rows in told for row in rows}
    times = {row.article: row.at for rows in told for row in rows}
    for article, count in sorted(shared.items(), key=lambda one: (-one[1], times[one[0]]))[:_MOST_LOOKED_AT]:
        if count < 2:
            break
        theirs = size(article)
        of = max(min(own, theirs) - footers, count)
        longer = max(own, theirs) - footers
        least = _LEAST_SHARE_OWN if sources[article] == source else _LEAST_SHARE
        few = count < 3 and count / of < 0.8
        if not few and count / of >= least and count / longer >= _LEAST_OF_LONGER:
            return Copy(article=article, sentences=count, of=of)
    return None


def _is_footer(rows: Sequence[Found]) -> bool:
    """Whether one source puts it under many articles that tell different things."""
    by_source: dict[int, list[Found]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    return any(
        len(own) >= _FOOTER_ARTICLES and len({row.story or -row.article for row in own}) >= _FOOTER_STORIES
        for own in by_source.values()
    )
