"""Search in English, Russian and Korean with SQLite's own index: what is written into it, and what is asked of it.

In: a title and a text, or what a person typed. Out: the terms that stand beside the text in ``articles_fts``, or a
question that FTS5 always understands. The forms of a word are in ``pipeline.text.words``.
"""

from __future__ import annotations

import re
import sqlite3

from pipeline.text.words import WORD, all_terms, forms, words_of

_ASKED = re.compile(r'(?P<minus>(?<!\S)-)?"(?P<phrase>[^"]*)"?|(?P<not>(?<!\S)-)?(?P<word>\w+)(?P<star>\*)?')
_QUOTES = str.maketrans("“”„«»", '"""""')
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_MOST_WORDS = 40  # of a question
RANKED = 5_000


def index_terms(title: str, text: str) -> str:
    """The terms to index beside title and text, each once, parted by spaces."""
    return " ".join(sorted(all_terms(words_of(f"{title}\n{text}".lower()))))


def to_query(asked: str) -> str:
    """What a person typed as a question for FTS5; "" when it holds no word.

    Words are joined by AND; ``OR`` between two takes either; ``-word`` excludes; ``"quotes"`` ask for the exact phrase;
    ``word*`` for a beginning. A hyphen inside a word (Су-57) parts it. Whatever else is typed is taken for space.
    """
    asked = _POSSESSIVE.sub("", asked.replace("\x00", " ").translate(_QUOTES))
    groups: list[list[str]] = []
    without: list[str] = []
    either = False
    for found in list(_ASKED.finditer(asked))[:_MOST_WORDS]:
        if found["word"] == "OR" and not found["not"]:
            either = bool(groups)
            continue
        if found["word"] in ("AND", "NOT", "NEAR"):
            continue
        phrase = found["phrase"]
        part = _phrase(phrase) if phrase is not None else _either(found["word"].lower(), starts=bool(found["star"]))
        if not part:
            continue
        if found["minus"] or found["not"]:
            without.append(part)
        elif either:
            groups[-1].append(part)
        else:
            groups.append([part])
        either = False
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return f"({wanted}) NOT ({' OR '.join(without)})" if wanted and without else wanted


def find(conn: sqlite3.Connection, asked: str, *, limit: int, offset: int = 0) -> list[int]:
    """Articles that answer, best first: a hit in the title weighs eight times one in the text (BM25 of FTS5).

    Of a word that is in more than 5,000 articles only the newest 5,000 are ranked; the others follow, newest first:
    ranking all would take a second in an archive of a million, and nobody reads the 5,000th.
    """
    query = to_query(asked)
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


def count(conn: sqlite3.Connection, asked: str, most: int) -> int:
    """How many articles answer, counted up to ``most``."""
    query = to_query(asked)
    if not query:
        return 0
    sql = "SELECT count(*) FROM (SELECT 1 FROM articles_fts WHERE articles_fts MATCH ? LIMIT ?)"
    return int(conn.execute(sql, (query, most)).fetchone()[0])


def excerpt(asked: str, text: str, around: int = 90) -> tuple[str, str, str]:
    """The words around the first hit in a text: before it, the hit, after it; the text's beginning without a hit."""
    looked_for = [form for word in WORD.findall(asked.lower()) for form in forms(word) if len(form) > 1]
    pattern = "|".join(
        rf"{'' if '가' <= form[0] <= '힣' else chr(92) + 'b'}{re.escape(form)}\w*" for form in looked_for
    )
    found = re.search(pattern, text, re.IGNORECASE) if pattern else None
    if found is None:
        return text[: 2 * around], "", ""
    start, end = max(found.start() - around, 0), found.end() + around
    return ("… " if start else "") + text[start : found.start()], found[0], text[found.end() : end]


def stale(conn: sqlite3.Connection, *, after: int, limit: int) -> list[tuple[int, str, str, str]]:
    """Articles after this id, with title, text and the terms they are indexed by."""
    rows = conn.execute(
        "SELECT id, title, text, search_terms FROM articles WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def put_terms(conn: sqlite3.Connection, article: int, terms: str) -> None:
    """Index an article by these terms; needs a transaction of the caller's."""
    conn.execute("UPDATE articles SET search_terms = ? WHERE id = ?", (terms, article))


def rebuild(conn: sqlite3.Connection) -> None:
    """Make the index anew from the articles and their terms; some 20 s for 100,000 articles."""
    conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")


def optimise(conn: sqlite3.Connection) -> None:
    """Join the index's parts into one, which is the quickest to ask."""
    conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('optimize')")


def check(conn: sqlite3.Connection) -> bool:
    """Whether the index is whole and says what the articles say."""
    try:
        conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return False
    return True


def _phrase(phrase: str) -> str:
    words = WORD.findall(phrase)
    return f'"{" ".join(words)}"' if words else ""


def _either(word: str, *, starts: bool) -> str:
    if starts:
        return f'"{word}"*'
    return " OR ".join(f'"{one}"' for one in forms(word))
