"""Stories in the database: which articles report the same event, why, and what they are compared by.

Writing functions need a transaction of the caller. Sentences are kept for thirty days and signatures for seven: a later
copy starts a story of its own. ``signature_keys`` is the index that finds candidates; it has no foreign key, because a
row without an article is harmless and a second index would double the cost of writing.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Literal

from pipeline.model import STORY_WINDOW, Candidate, IndexKeys, SentenceHolder, Signature, Telling
from pipeline.store.values import from_row, short_name, to_row, to_text, to_time

_MOST_HOLDERS = 50  # newest articles that are compared for one sentence
_MOST_PER_CONCEPT, _MOST_PER_WORD = 40, 6  # newest articles that one key finds
_MOST_RANKED, _MOST_CANDIDATES, _MOST_FIRST_MEMBERS = 60, 6, 8
_LEAST_OF_BEST = 0.4  # shared weight of keys of a candidate, against that of the best one


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The columns of an article that stories need."""

    id: int
    feed: int
    source: str
    at: str
    story: int | None


def holders(conn: sqlite3.Connection, article: int, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return, for each sentence that other articles contain, the ids of the newest of them."""
    rows = conn.execute(
        "SELECT k.value, (SELECT json_group_array(article_id) FROM (SELECT article_id FROM sentences"
        " WHERE hash = k.value AND article_id <> ? ORDER BY article_id DESC LIMIT ?)) FROM json_each(?) k",
        (article, _MOST_HOLDERS, json.dumps(hashes)),
    )
    return {sentence: json.loads(articles) for sentence, articles in rows.fetchall() if articles != "[]"}


def load_holders(
    conn: sqlite3.Connection, holders: Mapping[int, list[int]], *, since: str, until: str
) -> dict[int, list[SentenceHolder]]:
    """Return the articles of ``holders`` between two times, by sentence."""
    rows = conn.execute(
        "SELECT id AS article, feed_id AS source, story_id AS story, sorted_at AS at FROM articles"
        " WHERE id IN (SELECT value FROM json_each(?)) AND sorted_at BETWEEN ? AND ?",
        (json.dumps(sorted(set(chain.from_iterable(holders.values())))), since, until),
    )
    loaded = {row["article"]: from_row(SentenceHolder, row) for row in rows.fetchall()}
    by_sentence = {
        sentence: [loaded[article] for article in articles if article in loaded]
        for sentence, articles in holders.items()
    }
    return {sentence: articles for sentence, articles in by_sentence.items() if articles}


def count_sentences(conn: sqlite3.Connection, article: int) -> int:
    """Count the stored sentences of an article."""
    return int(conn.execute("SELECT count(*) FROM sentences WHERE article_id = ?", (article,)).fetchone()[0])


def put_sentences(conn: sqlite3.Connection, article: int, hashes: Sequence[int], *, first: bool = False) -> None:
    """Store an article's sentences. Unless this is its ``first`` revision, replace those of the previous one."""
    if not first:
        conn.execute("DELETE FROM sentences WHERE article_id = ?", (article,))
    conn.executemany(
        "INSERT INTO sentences (hash, article_id) VALUES (?, ?)", [(sentence, article) for sentence in hashes]
    )


def put_signature(conn: sqlite3.Connection, article: int, signature: Signature, keys: IndexKeys) -> None:
    """Store what an article is compared by. Keys of an earlier revision stay: they only cost a comparison."""
    row = {name: value for name, value in to_row(signature).items() if name != "language"}
    row |= {"article": article, "words": _pack(signature.words), "title_words": _pack(signature.title_words)}
    conn.execute(
        "INSERT OR REPLACE INTO signatures (article_id, concepts, title_concepts, acts, title_acts, numbers, words,"
        " title_words, characters, digest) VALUES (:article, :concepts, :title_concepts, :acts, :title_acts, :numbers,"
        " :words, :title_words, :characters, :digest)",
        row,
    )
    conn.executemany(
        "INSERT OR IGNORE INTO signature_keys VALUES (?, ?)", [(key, article) for key in (*keys.concepts, *keys.words)]
    )


def candidates(conn: sqlite3.Connection, article: Telling, keys: IndexKeys) -> list[Candidate]:
    """Return the stories and articles that share most weight of keys with an article.

    The work is bounded, however many articles the database has: ``_MOST_PER_CONCEPT`` newest articles per key
    and ``_MOST_CANDIDATES`` articles in all. A word that more than ``_MOST_PER_WORD`` articles have finds none.
    """
    shared: dict[int, float] = defaultdict(float)
    weights = {**keys.words, **keys.concepts}
    for key, found in _articles_of(conn, weights):
        if key in keys.concepts or len(found) <= _MOST_PER_WORD:
            weight = weights[key]
            for other in found:
                shared[other] += weight
    shared.pop(article.article, None)
    ranked = [other for _, other in heapq.nlargest(_MOST_RANKED, zip(shared.values(), shared, strict=True))]
    by_story: dict[int, list[Telling]] = defaultdict(list)
    least = 0.0
    for telling in islice(_tellings(conn, ranked, around=article.at), _MOST_CANDIDATES):
        least = least or _LEAST_OF_BEST * shared[telling.article]
        if shared[telling.article] < least:
            break
        by_story[telling.story or -telling.article].append(telling)
    spans = _spans(conn, by_story)
    return [
        Candidate(*spans.get(story, (members[0].at, members[0].at, 1)), members) for story, members in by_story.items()
    ]


def complete(conn: sqlite3.Connection, story: Candidate) -> Candidate:
    """Return a story with its first members too. Needed only if few members were found or the story is large."""
    if story.members[0].story is None:
        return story
    known = {member.article for member in story.members}
    more = [article for article in _first_articles(conn, story.members[0].story) if article not in known]
    return Candidate(story.first, story.last, story.articles, [*story.members, *_tellings(conn, more)])


def whole_story(conn: sqlite3.Connection, story: int) -> Candidate | None:
    """Return a story with its first members, or None if their signatures are no longer kept."""
    found = list(_tellings(conn, _first_articles(conn, story)))
    spans = _spans(conn, [story])
    return Candidate(*spans[story], found) if found and story in spans else None


def _first_articles(conn: sqlite3.Connection, story: int) -> list[int]:
    rows = conn.execute(
        "SELECT id FROM articles INDEXED BY articles_story WHERE story_id = ? ORDER BY id LIMIT ?",
        (story, _MOST_FIRST_MEMBERS),
    )
    return [row[0] for row in rows.fetchall()]


def _spans(conn: sqlite3.Connection, stories: Iterable[int]) -> dict[int, tuple[float, float, int]]:
    """Return the times of the first and the last article of stories, and the number of articles without copies."""
    rows = conn.execute(
        "SELECT id, first_seen_at, last_seen_at, (SELECT count(*) FROM story_members WHERE story_id = stories.id"
        " AND how <> 'copy') FROM stories WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(stories)),),
    )
    return {row[0]: (to_time(row[1]).timestamp(), to_time(row[2]).timestamp(), row[3]) for row in rows.fetchall()}


def _articles_of(conn: sqlite3.Connection, keys: Iterable[int]) -> list[tuple[int, list[int]]]:
    """Return the newest articles of each key."""
    rows = conn.execute(
        "SELECT k.value, (SELECT json_group_array(article_id) FROM (SELECT article_id FROM signature_keys"
        " WHERE key = k.value ORDER BY article_id DESC LIMIT ?)) FROM json_each(?) k",
        (_MOST_PER_CONCEPT, json.dumps(list(keys))),
    )
    return [(key, json.loads(articles)) for key, articles in rows.fetchall()]


def _tellings(conn: sqlite3.Connection, articles: Sequence[int], *, around: float | None = None) -> Iterator[Telling]:
    """Yield the articles that have a signature and are within the window around a time, in the given order."""
    window = STORY_WINDOW.total_seconds()
    since, until = ("", "~") if around is None else (_text(around - window), _text(around + window))
    rows = conn.execute(
        # CROSS JOIN keeps the order of the list, so that only the rows that are asked for are read
        "SELECT s.*, a.feed_id AS source, a.sorted_at, a.story_id AS story, a.language"
        " FROM json_each(?) k CROSS JOIN articles a ON a.id = k.value AND a.sorted_at BETWEEN ? AND ?"
        " CROSS JOIN signatures s ON s.article_id = a.id",
        (json.dumps(articles), since, until),
    )
    for row in rows:
        yield Telling(
            article=row["article_id"],
            source=row["source"],
            at=to_time(row["sorted_at"]).timestamp(),
            story=row["story"],
            signature=from_row(Signature, row, words=_unpack(row["words"]), title_words=_unpack(row["title_words"])),
        )


def _text(seconds: float) -> str:
    return to_text(datetime.fromtimestamp(seconds, UTC))


def _pack(words: Mapping[int, float]) -> bytes:
    """Return the hashes of words as 32-bit integers, then their weights as 32-bit floats."""
    return struct.pack(f"{len(words)}I{len(words)}f", *words, *words.values())


def _unpack(packed: bytes) -> dict[int, float]:
    size = len(packed) // 8
    values = struct.unpack(f"{size}I{size}f", packed)
    return dict(zip(values[:size], values[size:], strict=True))


def concept_names(conn: sqlite3.Connection) -> Mapping[str, str]:
    """Return the name of each concept."""
    return {row[0]: short_name(row[1]) for row in conn.execute("SELECT id, name FROM concepts")}


def known(conn: sqlite3.Connection, article: int) -> Known | None:
    """Return an article, or None if it does not exist."""
    row = conn.execute(
        "SELECT a.id, a.feed_id AS feed, f.name AS source, a.sorted_at AS at, a.story_id AS story"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    return None if row is None else from_row(Known, row)


def join(
    conn: sqlite3.Connection, article: int, other: Known, *, how: Literal["copy", "event"], why: str, now: datetime
) -> int:
    """Add an article to the story of another one, and start that story if it does not exist. Return its id."""
    story = other.story
    if story is None:
        story = int(
            conn.execute(
                "INSERT INTO stories (title, lead_article_id, first_seen_at, last_seen_at)"
                " SELECT title, id, sorted_at, sorted_at FROM articles WHERE id = ? RETURNING id",
                (other.id,),
            ).fetchone()[0]
        )
        _add(conn, (other.id, story, "first", None, "The first article of the story.", to_text(now)))
    _add(conn, (article, story, how, other.id, why, to_text(now)))
    conn.execute(
        "UPDATE stories SET articles = articles + 1, sources = sources + NOT EXISTS (SELECT 1 FROM articles o"
        " INDEXED BY articles_story WHERE o.story_id = stories.id AND o.feed_id = a.feed_id AND o.id <> a.id),"
        " first_seen_at = min(stories.first_seen_at, a.sorted_at), last_seen_at = max(last_seen_at, a.sorted_at),"
        " title = iif(a.sorted_at < stories.first_seen_at, a.title, stories.title),"
        " lead_article_id = iif(a.sorted_at < stories.first_seen_at, a.id, lead_article_id)"
        " FROM articles a WHERE a.id = ? AND stories.id = ?",
        (article, story),
    )
    return story


def recount(conn: sqlite3.Connection, story: int) -> None:
    """Bring title, counts and times of a story up to date with its members. A story without members keeps its title."""
    conn.execute(
        "UPDATE stories SET (articles, sources, first_seen_at, last_seen_at) = (SELECT count(*),"
        " count(DISTINCT feed_id), coalesce(min(sorted_at), stories.first_seen_at),"
        " coalesce(max(sorted_at), stories.last_seen_at) FROM articles INDEXED BY articles_story"
        " WHERE story_id = stories.id) WHERE id = ?",
        (story,),
    )
    conn.execute(
        "UPDATE stories SET (title, lead_article_id) = (SELECT title, id FROM articles INDEXED BY articles_story"
        " WHERE story_id = stories.id ORDER BY +sorted_at, id LIMIT 1) WHERE id = ? AND articles > 0",
        (story,),
    )


def _add(conn: sqlite3.Connection, member: tuple[int, int, str, int | None, str, str]) -> None:
    conn.execute(
        "INSERT INTO story_members (article_id, story_id, how, like_article_id, why, joined_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        member,
    )
    conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (member[1], member[0]))


def forget(conn: sqlite3.Connection, *, sentences_before: str, signatures_before: str) -> None:
    """Delete the sentences and signatures of articles first seen before these times. Their stories stay."""
    conn.execute("DELETE FROM sentences WHERE article_id < ?", (_first_since(conn, sentences_before),))
    floor = _first_since(conn, signatures_before)
    conn.execute("DELETE FROM signatures WHERE article_id < ?", (floor,))
    conn.execute("DELETE FROM signature_keys WHERE article_id < ?", (floor,))


def _first_since(conn: sqlite3.Connection, time: str) -> int:
    """Return the lowest id of the articles seen at this time or later, by binary search: ids grow with time."""
    low, high = 0, int(conn.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0]) + 1
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(
            "SELECT id, first_seen_at FROM articles WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if row is None or row[1] >= time:
            high = middle
        else:
            low = int(row[0]) + 1
    return low
