"""Search in English, Russian and Korean with SQLite's own index: what is written into it, and what is asked of it.

In: a title and a text, or what a person typed. Out: the terms that stand beside the text in ``articles_fts``, or a
question that FTS5 always understands. Words of Latin and Cyrillic letters are also indexed by their Snowball stem;
Korean words by their beginnings, which leaves off particles, and by the ends of what is left, which finds 제재 in
대북제재 but no 사드 in 인사드립니다; Chinese and Japanese runs by pairs of signs.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

_WORD = re.compile(r"\w+")
_HANGUL = re.compile(r"[가-힣]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2,}")
_ASKED = re.compile(r'(?P<minus>-)?"(?P<phrase>[^"]*)"?|(?P<not>-)?(?P<word>\w+)(?P<star>\*)?')
_PARTICLES = [
    "으로부터",
    "에게서",
    "에서는",
    "에서도",
    "이라고",
    "이라는",
    "으로는",
    "으로도",
    "로부터",
    "까지는",
    "까지도",
    "부터는",
    "들에게",
    "들에서",
    "들에는",
    "들과의",
    "들과",
    "들은",
    "들을",
    "들의",
    "들이",
    "들도",
    "에게",
    "에서",
    "에는",
    "에도",
    "으로",
    "라고",
    "라는",
    "이란",
    "까지",
    "부터",
    "보다",
    "처럼",
    "마다",
    "조차",
    "께서",
    "한테",
    "과의",
    "와의",
    "이나",
    "로는",
    "로도",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "의",
    "에",
    "와",
    "과",
    "도",
    "로",
    "만",
    "들",
    "란",
    "나",
]
_LONGEST_WORD = 64
_MOST_WORDS = 40  # of a question


def index_terms(title: str, text: str) -> str:
    """The terms to index beside title and text, each once, parted by spaces."""
    words = set(_WORD.findall(f"{title}\n{text}".lower()))
    return " ".join(sorted(set(chain.from_iterable(map(_terms, words))) - words))


def to_query(asked: str) -> str:
    """What a person typed as a question for FTS5; "" when it holds no word.

    Words are joined by AND; ``OR`` between two takes either; ``-word`` excludes; ``"quotes"`` ask for the exact phrase;
    ``word*`` for a beginning. Whatever else is typed is taken for space.
    """
    groups: list[list[str]] = []
    without: list[str] = []
    either = False
    for found in list(_ASKED.finditer(asked.replace("\x00", " ")))[:_MOST_WORDS]:
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
    """Articles that answer, best first: a hit in the title weighs eight times one in the text (BM25 of FTS5)."""
    query = to_query(asked)
    if not query:
        return []
    rows = conn.execute(
        "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?"
        " ORDER BY bm25(articles_fts, 8.0, 1.0, 2.0), rowid DESC LIMIT ? OFFSET ?",
        (query, limit, offset),
    )
    return [int(row[0]) for row in rows]


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
    words = _WORD.findall(phrase)
    return f'"{" ".join(words)}"' if words else ""


def _either(word: str, *, starts: bool) -> str:
    if starts:
        return f'"{word}"*'
    others = sorted(_asked_terms(word) - {word})
    return " OR ".join(f'"{one}"' for one in (word, *others))


def _asked_terms(word: str) -> set[str]:
    if _HANGUL.fullmatch(word):
        return {bare for bare in _bare(word) if len(bare) > 1}
    return set(_terms(word))


@lru_cache(maxsize=100_000)
def _terms(word: str) -> tuple[str, ...]:
    if len(word) > _LONGEST_WORD:
        return ()
    found: list[str] = []
    for run in _HANGUL.findall(word):
        found.extend(_hangul(run))
    for run in _UNSPACED.findall(word):
        found.extend(run[at : at + 2] for at in range(len(run) - 1))
    if not found and (stem := _stem(word)) != word:
        found.append(stem)
    return tuple(found)


def _hangul(word: str) -> Iterator[str]:
    for end in range(2, min(len(word), 7)):
        yield word[:end]
    for bare in _bare(word):
        yield bare
        for length in range(2, min(len(bare), 5)):
            yield bare[-length:]


def _bare(word: str) -> Iterator[str]:
    """The word as it is and without the longest particle at its end."""
    yield word
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            yield word[: -len(particle)]
            return


def _stem(word: str) -> str:
    first = word[0]
    if "а" <= first <= "ё":
        return str(_stemmer("russian").stemWord(word.replace("ё", "е")))
    if "a" <= first <= "z":
        return str(_stemmer("english").stemWord(word))
    return word


@lru_cache
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(language)
