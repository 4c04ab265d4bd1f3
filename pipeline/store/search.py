"""Full-text search in English, Russian and Korean with SQLite's FTS5.

In: the query that a person typed. Out: a query that FTS5 always accepts, and the ids of the best articles. The stems
that are indexed beside the text come from ``pipeline.text.words``.
"""

from __future__ import annotations

import re
import sqlite3

from pipeline.text.words import WORD, forms

_TOKEN = re.compile(r'(?P<minus>(?<!\S)-)?"(?P<phrase>[^"]*)"?|(?P<not>(?<!\S)-)?(?P<word>\w+)(?P<star>\*)?')
_QUOTES = str.maketrans("“”„«»", '"""""')
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_MOST_WORDS = 40  # of a query
RANKED = 5_000


def to_query(typed: str) -> str:
    """Return what a person typed as a query for FTS5, or "" if it has no word.

    Words are joined by AND; ``OR`` between two words accepts either; ``-word`` excludes; ``"quotes"`` find an exact
    phrase; ``word*`` finds a prefix. A hyphen inside a word (Су-57) splits it. Any other character is a space.
    """
    typed = _POSSESSIVE.sub("", typed.replace("\x00", " ").translate(_QUOTES))
    groups: list[list[str]] = []
    excluded: list[str] = []
    either = False
    for token in list(_TOKEN.finditer(typed))[:_MOST_WORDS]:
        if token["word"] == "OR" and not token["not"]:
            either = bool(groups)
            continue
        if token["word"] in ("AND", "NOT", "NEAR"):  # operators of other search boxes
            continue
        phrase = token["phrase"]
        part = _phrase(phrase) if phrase is not None else _forms(token["word"].lower(), prefix=bool(token["star"]))
        if not part:
            continue
        if token["minus"] or token["not"]:
            excluded.append(part)
        elif either:
            groups[-1].append(part)
        else:
            groups.append([part])
        either = False
    required = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return f"({required}) NOT ({' OR '.join(excluded)})" if required and excluded else required


def find(conn: sqlite3.Connection, typed: str, *, limit: int, offset: int = 0) -> list[int]:
    """Return matching articles, best first (BM25; a hit in the title weighs eight times as much as one in the text).

    Only the newest 5,000 matches are ranked; older ones follow, newest first. Ranking all of them would take a second
    in an archive of a million articles.
    """
    query = to_query(typed)
    if not query:
        return []
    if offset < RANKED:
        rows = conn.execute(
            "SELECT rowid FROM (SELECT rowid, bm25(articles_fts, 8.0, 1.0, 2.0) AS badness FROM articles_fts"
            " WHERE articles_fts MATCH ? ORDER BY rowid DESC LIMIT ?) ORDER BY badness, rowid DESC LIMIT ? OFFSET ?",
            (query, RANKED, limit, offset),
        )
    else:
        rows = conn.execute(
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY rowid DESC LIMIT ? OFFSET ?",
            (query, limit, offset),
        )
    return [int(row[0]) for row in rows]


def count(conn: sqlite3.Connection, typed: str, most: int) -> int:
    """Count the matching articles, up to ``most``."""
    query = to_query(typed)
    if not query:
        return 0
    sql = "SELECT count(*) FROM (SELECT 1 FROM articles_fts WHERE articles_fts MATCH ? LIMIT ?)"
    return int(conn.execute(sql, (query, most)).fetchone()[0])


def excerpt(typed: str, text: str, around: int = 90) -> tuple[str, str, str]:
    """Return the text before the first hit, the hit, and the text after it; without a hit, the start of the text."""
    wanted = [form for word in WORD.findall(typed.lower()) for form in forms(word) if len(form) > 1]
    pattern = "|".join(rf"{'' if '가' <= form[0] <= '힣' else chr(92) + 'b'}{re.escape(form)}\w*" for form in wanted)
    hit = re.search(pattern, text, re.IGNORECASE) if pattern else None
    if hit is None:
        return text[: 2 * around], "", ""
    start, end = max(hit.start() - around, 0), hit.end() + around
    return ("… " if start else "") + text[start : hit.start()], hit[0], text[hit.end() : end]


def indexed(conn: sqlite3.Connection, *, after: int, limit: int) -> list[tuple[int, str, str, str]]:
    """Return the articles after this id, each with its title, text and indexed stems."""
    rows = conn.execute(
        "SELECT id, title, text, search_terms FROM articles WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def put_terms(conn: sqlite3.Connection, article: int, terms: str) -> None:
    """Replace the indexed stems of an article. The caller holds a transaction."""
    conn.execute("UPDATE articles SET search_terms = ? WHERE id = ?", (terms, article))


def rebuild(conn: sqlite3.Connection) -> None:
    """Rebuild the index from the articles; some 20 s for 100,000 articles."""
    conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")


def optimise(conn: sqlite3.Connection) -> None:
    """Merge the segments of the index into one, which is fastest to query."""
    conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('optimize')")


def check(conn: sqlite3.Connection) -> bool:
    """Return whether the index is complete and agrees with the articles."""
    try:
        conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return False
    return True


def _phrase(phrase: str) -> str:
    words = WORD.findall(phrase)
    return f'"{" ".join(words)}"' if words else ""


def _forms(word: str, *, prefix: bool) -> str:
    if prefix:
        return f'"{word}"*'
    return " OR ".join(f'"{form}"' for form in forms(word))
