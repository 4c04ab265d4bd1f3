"""Marking of the words that a search found, in titles and excerpts. Pure.

A word is marked whole, if the index finds it: by itself, by its stem, or as the spelling of a concept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.review.highlights import Piece
from pipeline.store.search_query import Query, Term
from pipeline.text.words import WORD, forms, terms

_AROUND = 110  # characters before and after the first hit of an excerpt


class Marker:
    """Finds the hits of one query in texts."""

    def __init__(self, query: Query) -> None:
        """Prepare the patterns of phrases, prefixes and spellings; words are compared by their forms."""
        found = [term for term in query.terms if term.kind == "word" and " " not in term.text]
        self._forms = frozenset(form for term in found for form in forms(term.text))
        starts = [pattern for term in query.terms for pattern in _at_word_starts(term)]
        korean = [pattern for term in query.terms for pattern in _anywhere(term)]
        # one \b for all, and lower case in place of IGNORECASE: “re” then skips alternatives by their first letter
        patterns = [rf"\b(?:{'|'.join(starts)})"] * bool(starts) + korean
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the hits in a text, in order, without overlaps."""
        lower = text.lower()
        lower = lower if len(lower) == len(text) else text  # “İ” has two letters in lower case
        hits = [match.span() for match in self._pattern.finditer(lower)] if self._pattern else []
        if self._forms:
            matching = {word for word in set(WORD.findall(text)) if self._matches(word.lower())}
            hits += [match.span() for match in WORD.finditer(text) if match[0] in matching]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(hits):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        return merged

    def title(self, text: str) -> list[Piece]:
        """Return a title as plain and marked pieces."""
        return _pieces(text, self.spans(text))

    def excerpt(self, text: str) -> list[Piece]:
        """Return the text around the first hit, cut between words, with every hit marked; without a hit, its start."""
        spans = self.spans(text)
        start = max(spans[0][0] - _AROUND, 0) if spans else 0
        end = min(start + 3 * _AROUND, len(text))
        if start:
            start = text.find(" ", start, spans[0][0]) + 1 or start
        if end < len(text):
            end = max(text.rfind(" ", start, end), spans[0][1] if spans else 0) if " " in text[start:end] else end
        inside = [(left - start, min(right, end) - start) for left, right in spans if start <= left < end]
        pieces = _pieces(text[start:end], inside)
        before = [Piece(text="… ")] if start else []
        return [*before, *pieces, *([Piece(text=" …")] if end < len(text) else [])]

    def _matches(self, word: str) -> bool:
        return word in self._forms or not self._forms.isdisjoint(terms(word))


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    pieces, at = [], 0
    for start, end in spans:
        if start > at:
            pieces.append(Piece(text=text[at:start]))
        pieces.append(Piece(text=text[start:end], kind="found"))
        at = end
    if at < len(text):
        pieces.append(Piece(text=text[at:]))
    return pieces


def _at_word_starts(term: Term) -> Iterator[str]:
    """Yield patterns of the hits that begin a word."""
    for words, language in _spellings(term, "en", "ru"):
        yield r"\W+".join(words) + ("s?" if language == "en" else "") + r"\b"
    if term.kind == "prefix":
        yield rf"{re.escape(term.text)}\w*"
    elif term.kind == "phrase" or " " in term.text:
        yield r"\W+".join(map(re.escape, term.text.split())) + r"\b"


def _anywhere(term: Term) -> Iterator[str]:
    """Yield patterns of Korean spellings, which may stand inside a word."""
    for words, _ in _spellings(term, "ko"):
        yield r"\W*".join(words) + r"\w*"


def _spellings(term: Term, *languages: str) -> Iterator[tuple[list[str], str]]:
    """Yield the patterns of the words of each spelling, and its language. Very short spellings are left out."""
    for surface in term.surfaces:
        words = re.findall(r"\w+\*?", surface.text.lower().lstrip("=~"))
        letters = "".join(words).rstrip("*")
        if surface.language in languages and len(letters) >= (2 if letters >= "\u3040" else 3):
            yield (
                [re.escape(word[:-1]) + r"\w*" if word[-1] == "*" else re.escape(word) for word in words],
                surface.language,
            )
