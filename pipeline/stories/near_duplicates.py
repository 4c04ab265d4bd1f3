"""Near-duplicates: articles that share whole sentences, in any language.

In: a text, and the other articles that contain each of its sentences. Out: one hash per sentence, and the article that
it is a copy of, if any. A sentence that one source prints under many different articles is a footer and does not count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

from pipeline.model import SentenceHolder
from pipeline.text.sentences import sentences

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[가-힣\u3040-\u30ff\u3400-\u9fff]")
_LEAST_WORDS, _LEAST_LETTERS = 6, 15  # of a sentence; letters count in scripts without spaces
_MOST_SENTENCES = 32
_FOOTER_ARTICLES, _FOOTER_STORIES = 5, 3
_LEAST_SHARE, _LEAST_SHARE_OWN = 0.4, 0.7
_LEAST_OF_LONGER = 0.2
_MOST_COMPARED = 5


@dataclass(frozen=True, slots=True)
class Copy:
    """The original of a copied article.

    Attributes:
        article: the original.
        sentences: number of shared sentences.
        of: number of sentences of the shorter article.
    """

    article: int
    sentences: int
    of: int


def fingerprint(title: str, text: str) -> tuple[int, ...]:
    """Return a signed 64-bit hash of the title and of each sentence that is long enough to identify a text.

    Case, punctuation and spaces do not count. A long text is represented by its 32 smallest hashes, which are the same
    in every copy (as in MinHash).
    """
    pieces = (title.casefold(), *(sentence.casefold() for sentence in sentences(text)))
    hashes = {number for piece in pieces if (number := _hash(piece)) is not None}
    return tuple(sorted(hashes)[:_MOST_SENTENCES])


def _hash(sentence: str) -> int | None:
    words = _WORD.findall(sentence)
    plain = " ".join(words)
    if len(words) < _LEAST_WORDS and not (len(plain) >= _LEAST_LETTERS and _UNSPACED.search(plain)):
        return None
    return int.from_bytes(blake2b(plain.encode(), digest_size=8).digest(), "big", signed=True)


def may_be_copy(own: int, holders: Mapping[int, Sequence[int]]) -> bool:
    """Return whether ``find_original`` could find anything, so that most articles need no further query.

    Most articles share a phrase or two with another one. The bound follows from the least share of the longer text,
    if every sentence that the other article lacks were a footer.

    Args:
        own: number of the article's sentences.
        holders: the other articles that contain each of its sentences.
    """
    most = max(Counter(chain.from_iterable(holders.values())).values(), default=0)
    return most >= 2 and most * (1 - _LEAST_OF_LONGER) >= _LEAST_OF_LONGER * (own - len(holders))


def find_original(
    source: int, own: int, holders: Mapping[int, Sequence[SentenceHolder]], count_sentences: Callable[[int], int]
) -> Copy | None:
    """Return the article that this one is a copy of, or None.

    Of the articles that share most sentences, the earliest is taken.

    Args:
        source: the article's feed. Two articles of one source must share more, because series repeat their background.
        own: number of the article's sentences.
        holders: the other articles that contain each of its sentences.
        count_sentences: returns the number of sentences of an article.
    """
    telling = [sharing for sharing in holders.values() if not _is_footer(sharing)]
    footers = len(holders) - len(telling)
    others = {other.article: other for sharing in telling for other in sharing}
    shared = Counter(other.article for sharing in telling for other in sharing)
    ranked = sorted(shared.items(), key=lambda item: (-item[1], others[item[0]].at))
    for article, count in ranked[:_MOST_COMPARED]:
        if count < 2:
            break
        theirs = count_sentences(article)
        shorter = max(min(own, theirs) - footers, count)
        longer = max(own, theirs) - footers
        least = _LEAST_SHARE_OWN if others[article].source == source else _LEAST_SHARE
        few = count < 3 and count / shorter < 0.8  # two sentences prove a copy of very short texts only
        if not few and count / shorter >= least and count / longer >= _LEAST_OF_LONGER:
            return Copy(article=article, sentences=count, of=shorter)
    return None


def _is_footer(sharing: Sequence[SentenceHolder]) -> bool:
    """Return whether one source prints the sentence under many articles that are not one story."""
    by_source: dict[int, list[SentenceHolder]] = defaultdict(list)
    for holder in sharing:
        by_source[holder.source].append(holder)
    return any(
        len(own) >= _FOOTER_ARTICLES and len({holder.story or -holder.article for holder in own}) >= _FOOTER_STORIES
        for own in by_source.values()
    )
