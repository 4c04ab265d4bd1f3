"""Signature of an article: concepts, numbers and words, for comparing articles that share no sentences.

In: a title, a text and the concepts that the matcher found in them. Out: a ``Signature``.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.model import IndexKeys, Signature
from pipeline.stories.model import StoryModel, hash_word
from pipeline.stories.numbers import numbers
from pipeline.stories.terms import load_terms

COMPARED_CHARACTERS = 3000  # what follows is background that many articles share
LEAD_CHARACTERS = 300  # in which acts and roles are looked for
_MOST_WORDS = 96
_MOST_KEYS = 8  # of each kind
_WORD = re.compile(r"\w+")
_BYLINE = re.compile(r"^\([^()=]{2,40}=[^()]{2,20}\)[^=]{0,60}=\s*|^[^.]{3,60}\. /[A-ZА-Я]{2,9}/\.?\s*")


def sign(
    title: str, text: str, language: str | None, concepts: Iterable[tuple[str, int]], *, year: int, model: StoryModel
) -> Signature:
    """Return the signature.

    Args:
        title: the headline.
        text: the article.
        language: its language.
        concepts: name and start of each concept's hit in title, line break and text.
        year: the year in which a role such as “foreign minister” is filled.
        model: weights of words.
    """
    text = _BYLINE.sub("", text)[:COMPARED_CHARACTERS]
    end = len(title) + 1 + COMPARED_CHARACTERS
    hits = [(concept, start) for concept, start in concepts if start < end]
    title_words = Counter(split(title))
    words = Counter(split(text))
    for word in title_words:
        words[word] += 2
    lower, lead = title.casefold(), text[:LEAD_CHARACTERS].casefold()
    terms = load_terms()
    title_acts, title_roles = terms.acts_in(lower), terms.roles_in(lower, year)
    return Signature(
        language=language,
        concepts=frozenset(concept for concept, _ in hits) | title_roles | terms.roles_in(lead, year),
        title_concepts=frozenset(concept for concept, start in hits if start < len(title)) | title_roles,
        acts=title_acts | terms.acts_in(lead),
        title_acts=title_acts,
        numbers=numbers(f"{title}\n{text}"),
        words=_vector(words, model),
        title_words=_vector(title_words, model),
        characters=len(text),
        digest=any(phrase in lower for phrase in model.digests),
    )


def index_keys(signature: Signature, model: StoryModel) -> IndexKeys:
    """Return the keys under which an article is found: its rarest concepts and title words. A digest has none."""
    if signature.digest:
        return IndexKeys({}, {})
    concepts = heapq.nlargest(_MOST_KEYS, ((model.weigh(concept), concept) for concept in signature.concepts))
    words = heapq.nlargest(_MOST_KEYS, ((model.weigh_word(word), word) for word in signature.title_words))
    return IndexKeys(
        {hash_word(f"concept {concept}"): weight for weight, concept in concepts},
        {word: weight for weight, word in words},
    )


def split(text: str) -> Iterator[str]:
    """Yield what texts are compared by: pairs of Hangul syllables, and the first six letters of other words."""
    for word in _WORD.findall(text.casefold().replace("ё", "е")):
        if "가" <= word[0] <= "힣":
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) > 2:
            yield word[:6]


def _vector(counts: Counter[str], model: StoryModel) -> dict[int, float]:
    """Return the words of most weight as a vector of length 1."""
    numbers = zip(map(hash_word, counts), counts.values(), strict=True)
    weights = [((1 + math.log(count)) * model.weigh_word(number), number) for number, count in numbers]
    most = sorted(weights, reverse=True)[:_MOST_WORDS]
    length = math.sqrt(sum([weight * weight for weight, _ in most])) or 1.0
    return {number: weight / length for weight, number in most}
