"""Concepts of the lexicon for search: which concept a typed text names, and its spellings in every language."""

from __future__ import annotations

import json
import re
import sqlite3

from pipeline.store.search_query import Surface, Term
from pipeline.store.values import short_name
from pipeline.text.words import WORD, forms


def first_word(surface: str) -> str:
    """Return the first word of a surface, folded, without its signs. It is the key that finds the surface."""
    found = WORD.search(_fold(surface.lstrip("=~")))
    return found[0] if found else ""


def named_by(conn: sqlite3.Connection, text: str) -> Term | None:
    """Return the concept that a text names, in whichever language, or None.

    Of several concepts, one whose name is the text comes first, then the one with the most spellings.
    """
    text = _fold(text)
    words = WORD.findall(text)
    if not words:
        return None
    keys = {word for form in forms(words[0]) for word in (form, *(form[:end] for end in range(2, len(form))))}
    rows = conn.execute(
        "SELECT s.concept, s.language, s.surface, c.name FROM surfaces s JOIN concepts c ON c.id = s.concept"
        " WHERE s.first_word IN (SELECT value FROM json_each(?)) AND c.kind <> 'trap'",
        (json.dumps(sorted(keys)),),
    )
    named = {row[0]: short_name(row[3]) for row in rows if _is_written(text, row[2], row[1])}
    if not named:
        return None
    spelled = {concept: load(conn, concept) for concept in named}
    best = max(named, key=lambda concept: (_fold(named[concept]) == text, len(spelled[concept]), concept))
    return Term(text, concept=best, surfaces=spelled[best])


def load(conn: sqlite3.Connection, concept: str) -> tuple[Surface, ...]:
    """Return the spellings of a concept."""
    rows = conn.execute("SELECT surface, language FROM surfaces WHERE concept = ? ORDER BY language", (concept,))
    return tuple(Surface(*row) for row in rows)


def name(conn: sqlite3.Connection, concept: str) -> str | None:
    """Return the English name of a concept, or None if there is no such concept."""
    row = conn.execute("SELECT name FROM concepts WHERE id = ?", (concept,)).fetchone()
    return None if row is None else short_name(row[0])


def _fold(text: str) -> str:
    return text.lower().replace("ё", "е")


def _is_written(text: str, surface: str, language: str) -> bool:
    """Return whether a text is this surface, in whichever inflection."""
    surface = _fold(surface.lstrip("=~"))
    if language == "ko":
        return surface.replace(" ", "") in forms(text.replace(" ", ""))
    pattern = r"\W+".join(re.escape(word[:-1]) + r"\w*" if word[-1] == "*" else word for word in _starred(surface))
    plural = "s?" if language == "en" else ""
    return re.fullmatch(pattern + plural, text) is not None


def _starred(surface: str) -> list[str]:
    return re.findall(r"\w+\*?", surface)
