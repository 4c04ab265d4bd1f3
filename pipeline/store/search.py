"""Full-text search in English, Russian and Korean with SQLite's FTS5, with the filters of the desk.

In: a parsed query and filters. Out: ids of articles. The stems that are indexed beside the text come from
``pipeline.text.words``; the query language is in ``search_query``, the spellings of concepts in ``concepts``.
"""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipeline.store import concepts
from pipeline.store.search_query import Query, Term, count_parts, expand, parse, to_fts, to_title_fts

RANKED = 5_000
_MOST_BM25_PARTS = 12  # bm25() reads every occurrence of every part
Order = Literal["rank", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Filters of a search; None means no filter.

    Attributes:
        topic: id of a topic that the articles are flagged for.
        language: language of the articles; ``?`` for articles of unknown language.
        source: id of a feed.
        since: first day, ``2026-11-24``.
        until: last day.
        passage: id of a passage of the op-ed that a flag of the article is closest to.
        state: what the team made of it, or whether it is flagged or relevant.
    """

    topic: str | None = None
    language: str | None = None
    source: int | None = None
    since: str | None = None
    until: str | None = None
    passage: str | None = None
    state: str | None = None


STATES = {
    "flagged": "a.top_topic IS NOT NULL",
    "in_queue": "a.relevant = 1",
    "unreviewed": "a.relevant = 1 AND a.verdict IS NULL",
    "reviewed": "a.verdict IN ('relevant', 'not_relevant', 'escalate')",  # so that articles_queue serves it
    "relevant": "a.verdict IN ('relevant', 'escalate')",
    "not_relevant": "a.verdict = 'not_relevant'",
    "escalate": "a.verdict = 'escalate'",
    "archive": "a.origin = 'archive'",
}


def to_query(typed: str) -> str:
    """Return what a person typed as a query for FTS5, or "" if it has no word. Concepts are not expanded."""
    return to_fts(parse(typed))


def understand(conn: sqlite3.Connection, typed: str, off: Iterable[str] = ()) -> Query:
    """Return the query that a person typed, with the concepts that it names, except those in ``off``."""
    refused = set(off)

    def concept_of(text: str) -> Term | None:
        term = concepts.named_by(conn, text)
        return None if term is None or term.concept in refused else term

    return expand(parse(typed), concept_of)


def find(
    conn: sqlite3.Connection,
    query: Query,
    wanted: Filter | None = None,
    *,
    order: Order = "rank",
    limit: int,
    offset: int = 0,
) -> list[int]:
    """Return the ids of matching articles; see ``find_and_count``."""
    return find_and_count(conn, query, wanted, order=order, limit=limit, offset=offset)[0]


def find_and_count(
    conn: sqlite3.Connection,
    query: Query,
    wanted: Filter | None = None,
    *,
    order: Order = "rank",
    limit: int,
    offset: int = 0,
) -> tuple[list[int], int]:
    """Return matching articles and their number, counted up to 5,000.

    Without a word, return all articles that pass the filters, by date. Best first is by BM25 (a hit in the title weighs
    eight times as much as one in the text), or, for a concept with many spellings, articles that name it in the title
    first. Only the newest 5,000 matches are put in order; older ones follow, newest first. Ranking all of them would
    take a second in an archive of a million articles.
    """
    matching, values = _matching(query, wanted or Filter())
    values |= {"ranked": RANKED, "limit": limit, "offset": offset}
    page = "LIMIT :limit OFFSET :offset"
    if not query or offset >= RANKED:
        by = "id DESC" if query else "a.sorted_at DESC, a.id DESC"
        ids = [row[0] for row in conn.execute(f"{matching} ORDER BY {by} {page}", values)]
        counted = " ".join(["SELECT count(*) FROM (", matching, "LIMIT :ranked)"])
        return ids, int(conn.execute(counted, values).fetchone()[0])
    newest = f"{matching} ORDER BY id DESC LIMIT :ranked"
    if order == "date":
        ranked = "JOIN articles a ON a.id = m.id ORDER BY a.sorted_at DESC, a.id DESC"
    elif count_parts(query) > _MOST_BM25_PARTS:
        values["title"] = to_title_fts(query)
        in_title = (
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH :title AND rowid >= (SELECT min(id) FROM newest)"
        )
        ranked = f"ORDER BY m.id IN ({in_title}) DESC, m.id DESC"
    else:
        newest = newest.replace("SELECT rowid AS id", "SELECT rowid AS id, bm25(articles_fts, 8.0, 1.0, 2.0) AS bad")
        ranked = "ORDER BY m.bad, m.id DESC"
    sql = " ".join(
        ["WITH newest AS MATERIALIZED (", newest, ") SELECT m.id, (SELECT count(*) FROM newest) FROM newest m", ranked]
    )
    rows = conn.execute(f"{sql} {page}", values).fetchall()
    return [row[0] for row in rows], int(rows[0][1]) if rows else 0


def suggest(conn: sqlite3.Connection, query: Query) -> str | None:
    """Return the query with each unknown word replaced by the most similar word of the archive, or None."""
    words = {}
    for term in query.terms:
        if term.kind == "word" and not term.concept and not _is_known(conn, term.text):
            similar = _similar(conn, term.text)
            if similar is None:
                return None
            words[term.text] = similar
    if not words:
        return None
    groups = (" OR ".join(words.get(term.text, _typed(term)) for term in group) for group in query.groups)
    return " ".join([*groups, *(f"-{_typed(term)}" for term in query.excluded)])


def _typed(term: Term) -> str:
    return f'"{term.text}"' if term.kind == "phrase" else term.text + "*" * (term.kind == "prefix")


def _is_known(conn: sqlite3.Connection, word: str) -> bool:
    return bool(conn.execute("SELECT 1 FROM articles_fts WHERE articles_fts MATCH ?", (to_query(word),)).fetchone())


def _similar(conn: sqlite3.Connection, word: str) -> str | None:
    """Return a word of some title or text that is written much like this one and has the same first letter."""
    rows = conn.execute(
        "SELECT term FROM articles_fts_words WHERE term >= ? AND term < ? AND col <> 'search_terms'"
        " AND length(term) BETWEEN ? AND ? GROUP BY term ORDER BY sum(doc) DESC LIMIT 3000",
        (word[0], chr(ord(word[0]) + 1), len(word) - 2, len(word) + 2),
    )
    close = difflib.get_close_matches(word, [row[0] for row in rows], n=1, cutoff=0.7)
    return close[0] if close else None


def _matching(query: Query, wanted: Filter) -> tuple[str, dict[str, object]]:
    """Return a statement without order for the ids of the articles that match and pass the filters, and its values."""
    where, values = _conditions(wanted)
    passing = " ".join(["SELECT a.id FROM articles a WHERE", where])
    if not query:
        return passing, values
    # the plus keeps SQLite from asking the search index once for each article that passes
    narrowed = f" AND +rowid IN ({passing})" if where != "1" else ""
    found = " ".join(["SELECT rowid AS id FROM articles_fts WHERE articles_fts MATCH :fts", narrowed])
    return found, values | {"fts": to_fts(query)}


def _conditions(wanted: Filter) -> tuple[str, dict[str, object]]:
    """Return a condition on ``articles a``, "1" if there is no filter, and its values."""
    values: dict[str, object] = {
        "topic": wanted.topic,
        "language": wanted.language,
        "source": wanted.source,
        "since": wanted.since,
        "until": f"{wanted.until}T23:59:59Z" if wanted.until else None,
        "passage": wanted.passage,
    }
    dates = ("sorted_at >= :since" if wanted.since else "", "sorted_at <= :until" if wanted.until else "")
    between = "".join(f" AND {date}" for date in dates if date)
    conditions = [f"a.{date}" for date in dates if date]
    if wanted.topic or wanted.passage:
        of = " AND ".join(f"{c} = :{v}" for c, v in (("topic", "topic"), ("passage_id", "passage")) if values[v])
        conditions.append(f"a.id IN (SELECT article_id FROM flags WHERE {of}{between})")
    if wanted.language:
        conditions.append("a.language IS NULL" if wanted.language == "?" else "a.language = :language")
    if wanted.source is not None:
        conditions.append("a.feed_id = :source")
    if wanted.state:
        conditions.append(STATES[wanted.state])
    return " AND ".join(conditions) or "1", values


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
    """Return whether the index is complete and agrees with the articles.

    FTS5 checks by a write, which would keep other writers out for as long. So a copy of the index is checked, in the
    temporary database, against the articles of one read transaction.

    Raises:
        sqlite3.OperationalError: there is no room for the copy, some kilobytes per article.
    """
    definition = conn.execute("SELECT sql FROM sqlite_schema WHERE name = 'articles_fts'").fetchone()[0]
    definition = definition.replace("articles_fts", "temp.checked_fts", 1).replace('"articles"', '"checked_articles"')
    conn.execute("BEGIN")
    try:
        conn.execute("CREATE TEMP VIEW checked_articles AS SELECT id, title, text, search_terms FROM main.articles")
        conn.execute(definition)
        for part in ("data", "idx", "docsize", "config"):
            conn.execute(f"DELETE FROM checked_fts_{part}")
            conn.execute(f"INSERT INTO checked_fts_{part} SELECT * FROM articles_fts_{part}")
        conn.execute("INSERT INTO checked_fts (checked_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    finally:
        conn.execute("ROLLBACK")
    return True
