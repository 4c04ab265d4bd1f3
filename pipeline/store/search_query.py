"""The query language of the search page: from what a person types to a query that FTS5 always accepts. Pure.

Words are joined by AND; ``OR`` between two words accepts either; ``-word`` and ``NOT word`` exclude; ``"quotes"`` find
an exact phrase; ``word*`` finds a prefix. A hyphen inside a word (Су-57) splits it. Any other character is a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.text.words import WORD, forms

_TOKEN = re.compile(r'(?P<minus>(?<!\S)-)?"(?P<phrase>[^"]*)"?|(?P<not>(?<!\S)-)?(?P<word>\w+)(?P<star>\*)?')
_QUOTES = str.maketrans("“”„«»", '"""""')
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_MOST_WORDS = 40  # of a query
_LONGEST_NAME = 4  # words of a query that may name one concept together


@dataclass(frozen=True, slots=True)
class Surface:
    """A written form of a concept, as the lexicon has it."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Term:
    """One word, phrase or prefix of a query.

    Attributes:
        text: as typed, in lower case.
        concept: id of the concept that the text names, if its other spellings are searched too.
        surfaces: those spellings.
    """

    text: str
    kind: Literal["word", "phrase", "prefix"] = "word"
    concept: str = ""
    surfaces: tuple[Surface, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        groups: every group must occur; of a group, any term.
        excluded: none of these terms may occur.
    """

    groups: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return every term that may occur."""
        return tuple(term for group in self.groups for term in group)

    def __bool__(self) -> bool:
        """Return whether the query has a word to search for."""
        return bool(self.groups)


def parse(typed: str) -> Query:
    """Return the query that a person typed. Odd syntax is never an error."""
    typed = _POSSESSIVE.sub("", typed.replace("\x00", " ").translate(_QUOTES))
    groups: list[list[Term]] = []
    excluded: list[Term] = []
    either = negated = False
    for token in list(_TOKEN.finditer(typed))[:_MOST_WORDS]:
        if token["word"] == "OR" and not token["not"]:
            either = bool(groups)
            continue
        if token["word"] in ("AND", "NOT", "NEAR") and not token["not"]:
            negated = negated or token["word"] == "NOT"
            continue
        term = _term(token)
        if term is None:
            continue
        if token["minus"] or token["not"] or negated:
            excluded.append(term)
        elif either:
            groups[-1].append(term)
        else:
            groups.append([term])
        either = negated = False
    return Query(tuple(map(tuple, groups)), tuple(excluded))


def _term(token: re.Match[str]) -> Term | None:
    if token["phrase"] is not None:
        words = WORD.findall(token["phrase"].lower())
        return Term(" ".join(words), "phrase") if words else None
    return Term(token["word"].lower(), "prefix" if token["star"] else "word")


def expand(query: Query, concept_of: Callable[[str], Term | None]) -> Query:
    """Return the query with each word, or run of words, that names a concept replaced by the concept.

    Quotes, ``*`` and ``OR`` keep a word as it was typed, except that a single word beside ``OR`` is expanded too.

    Args:
        query: the query as typed.
        concept_of: returns the term of the concept that a text names, or None.
    """
    groups: list[tuple[Term, ...]] = []
    at = 0
    while at < len(query.groups):
        taken, term = _named(query.groups[at : at + _LONGEST_NAME], concept_of)
        if term is not None:
            groups.append((term,))
        else:
            groups.append(tuple(_expanded(term, concept_of) for term in query.groups[at]))
        at += taken
    return replace(query, groups=tuple(groups), excluded=tuple(_expanded(t, concept_of) for t in query.excluded))


def _named(groups: Sequence[tuple[Term, ...]], concept_of: Callable[[str], Term | None]) -> tuple[int, Term | None]:
    """Return the longest run of words from the start that names a concept, and its length."""
    run: list[str] = []
    for group in groups:
        if len(group) > 1 or group[0].kind != "word":
            break
        run.append(group[0].text)
    for length in range(len(run), 0, -1):
        term = concept_of(" ".join(run[:length]))
        if term is not None:
            return length, term
    return 1, None


def _expanded(term: Term, concept_of: Callable[[str], Term | None]) -> Term:
    return (concept_of(term.text) or term) if term.kind == "word" else term


def to_fts(query: Query) -> str:
    """Return a query for FTS5, or "" if it has no word."""
    required = " AND ".join(
        f"({' OR '.join(part for term in group for part in _parts(term))})" for group in query.groups
    )
    excluded = " OR ".join(part for term in query.excluded for part in _parts(term))
    return f"({required}) NOT ({excluded})" if required and excluded else required


def to_title_fts(query: Query) -> str:
    """Return a query for FTS5 that finds the articles with any of the terms in the title."""
    return f"{{title}} : ({' OR '.join(part for term in query.terms for part in _parts(term))})"


def count_parts(query: Query) -> int:
    """Return the number of alternatives that FTS5 has to look up."""
    return sum(len(_parts(term)) for term in query.terms)


def _parts(term: Term) -> list[str]:
    """Return alternatives for FTS5."""
    if term.kind == "phrase" or " " in term.text:
        # the index of stems is in alphabetical order: neighbours in it are no phrase
        parts = [f'{"{title text} : " if " " in term.text else ""}"{term.text}"']
    elif term.kind == "prefix":
        parts = [f'"{term.text}"*']
    else:
        parts = [f'"{form}"' for form in forms(term.text)]
    return list(dict.fromkeys([*parts, *_surface_parts(term.surfaces)]))


def _surface_parts(surfaces: Sequence[Surface]) -> list[str]:
    """Return alternatives for the spellings of a concept, without those that contain another one."""
    spelled = {tuple(_words(surface.text)): surface for surface in surfaces}
    kept = []
    for words, surface in spelled.items():
        inside = (words[at:end] for at in range(len(words)) for end in range(at + 1, len(words) + 1))
        if not any(part in spelled for part in inside if part != words and _is_searchable(part)):
            kept += _surface_part(words, surface.language)
    return kept


def _words(surface: str) -> list[str]:
    """Return the words of a surface, each with its star."""
    return re.findall(r"\w+\*?", surface.lstrip("=~").lower())


def _is_searchable(words: tuple[str, ...]) -> bool:
    """Return whether a spelling is long enough to be searched: 북 or РК alone would find everything."""
    letters = "".join(words).rstrip("*")
    return len(letters) >= (2 if letters >= "\u3040" else 3)


def _surface_part(words: tuple[str, ...], language: str) -> list[str]:
    """Return alternatives for one spelling: exact terms of the index where that is possible.

    A prefix makes FTS5 read every occurrence of every word that starts so, before it returns the first article.
    """
    if not _is_searchable(words) or language not in ("en", "ru", "ko"):
        return []
    bare = [word.rstrip("*") for word in words]
    if len(words) == 1:
        return [f'"{term}"' for term in _stems(words[0], language)]
    if language == "ko":  # the index has the beginnings of Korean words, but a phrase needs whole ones
        phrases = [" ".join(bare) + particle for particle in _particles(bare[-1])]
        return [f'{{title text}} : "{phrase}"' for phrase in phrases] + [f'"{t}"' for t in _stems("".join(bare), "ko")]
    if any(word.endswith("*") for word in words):
        near = " ".join(f'"{stem}"{"*" if word.endswith("*") else ""}' for stem, word in zip(bare, words, strict=True))
        return [f"{{title text}} : NEAR({near}, {len(words) - 2})"]
    phrases = [" ".join(bare), *([f"{' '.join(bare)}s"] if language == "en" else [])]
    return [f'{{title text}} : "{phrase}"' for phrase in phrases]


_ENDINGS = {
    "en": ("", "s", "ed", "ing", "e", "er", "al", "an"),
    "ru": ("", "а", "и", "ы", "я", "ия", "ой", "ый", "ий", "ая", "ов", "ск", "ский"),
}


def _particles(word: str) -> tuple[str, ...]:
    """Return the commonest particles after a Korean word; the first is none."""
    closed = "가" <= word[-1] <= "힣" and (ord(word[-1]) - ord("가")) % 28  # ends in a consonant
    return ("", *("을이은과" if closed else "를가는와"), "에", "의", "에서", "도")


def _stems(word: str, language: str) -> list[str]:
    """Return the terms of the index for a word of a spelling, in whichever inflection."""
    bare = word.rstrip("*")
    if language == "ko":  # of a long word, the index has the first six syllables
        return [bare] if len(bare) <= 6 else [bare, bare[:6]]
    if word == bare:
        return list(forms(bare))
    return sorted({bare, *(form for ending in _ENDINGS[language] for form in forms(bare + ending)[1:])})
