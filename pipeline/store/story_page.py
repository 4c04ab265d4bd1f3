"""One story for its page: its articles in order of time, what each adds, and the decisions of analysts about it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.store.values import short_name

_MOST_MEMBERS = 200
_MOST_ADDED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article of a story.

    Attributes:
        how: first, copy or event.
        why: the reason in words.
        adds: id and name of the concepts, and the numbers, that no earlier article of the story has.
    """

    id: int
    title: str
    language: str | None
    source: str
    at: str
    verdict: str | None
    relevant: bool
    lead: str
    how: str
    why: str
    adds: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision of an analyst about a story: articles moved in or out."""

    batch: str
    analyst: str
    at: str
    articles: tuple[int, ...]
    joined: bool
    undone: bool
    is_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story as its page shows it. ``topics`` are ids and titles."""

    id: int
    title: str
    members: tuple[Member, ...]
    decisions: tuple[Decision, ...]
    topics: tuple[tuple[str, str], ...]


def load(conn: sqlite3.Connection, story: int) -> StoryView | None:
    """Return a story, or None if it does not exist."""
    row = conn.execute("SELECT title FROM stories WHERE id = ?", (story,)).fetchone()
    if row is None:
        return None
    rows = conn.execute(
        "SELECT a.id, a.title, a.language, f.name, a.sorted_at, a.verdict, a.relevant,"
        " coalesce(nullif(a.summary, ''), substr(a.text, 1, 300)), coalesce(m.how, 'event'), coalesce(m.why, '')"
        " FROM articles a INDEXED BY articles_story JOIN feeds f ON f.id = a.feed_id"
        " LEFT JOIN story_members m ON m.article_id = a.id WHERE a.story_id = ? ORDER BY +a.sorted_at, a.id LIMIT ?",
        (story, _MOST_MEMBERS),
    ).fetchall()
    ids = [row[0] for row in rows]
    facts = _facts(conn, ids)
    seen: set[tuple[str, str]] = set()
    members = []
    for values in rows:
        new = [fact for fact in facts.get(values[0], ()) if fact not in seen]
        seen.update(new)
        members.append(
            Member(
                id=values[0],
                title=values[1],
                language=values[2],
                source=values[3],
                at=values[4],
                verdict=values[5],
                relevant=bool(values[6]),
                lead=values[7][:300],
                how=values[8],
                why=values[9],
                adds=tuple(new[:_MOST_ADDED]),
            )
        )
    return StoryView(
        id=story,
        title=row[0],
        members=tuple(members),
        decisions=tuple(_decisions(conn, story)),
        topics=tuple(_topics(conn, ids)),
    )


def _facts(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the concepts (id, name) and numbers ("", text) of articles.

    Signatures have all concepts of the last days; older articles have those of their evidence.
    """
    listed = json.dumps(ids)
    names = {row[0]: short_name(row[1]) for row in conn.execute("SELECT id, name FROM concepts WHERE kind <> 'trap'")}
    concepts: dict[int, dict[str, None]] = {article: {} for article in ids}
    numbers: dict[int, list[str]] = {}
    for row in conn.execute(
        "SELECT article_id, concept FROM evidence WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY start",
        (listed,),
    ):
        concepts[row[0]][row[1]] = None
    for row in conn.execute(
        "SELECT article_id, concepts, numbers FROM signatures WHERE article_id IN (SELECT value FROM json_each(?))",
        (listed,),
    ):
        concepts[row[0]].update(dict.fromkeys(json.loads(row[1])))
        numbers[row[0]] = [str(number) for number in json.loads(row[2])]
    return {
        article: [(concept, names[concept]) for concept in own if concept in names]
        + [("", number) for number in numbers.get(article, ())]
        for article, own in concepts.items()
    }


def _topics(conn: sqlite3.Connection, ids: Sequence[int]) -> Iterable[tuple[str, str]]:
    rows = conn.execute(
        "SELECT t.id, t.title FROM topics t WHERE t.id IN (SELECT g.topic FROM flags g WHERE g.article_id IN"
        " (SELECT value FROM json_each(?))) ORDER BY t.position",
        (json.dumps(ids),),
    )
    return [(row[0], row[1]) for row in rows]


def _decisions(conn: sqlite3.Connection, story: int) -> Iterable[Decision]:
    rows = conn.execute(
        "SELECT d.batch, d.analyst, d.at, json_group_array(d.article_id), max(d.to_story = ?1), d.undoes IS NOT NULL,"
        " EXISTS (SELECT 1 FROM story_decisions u WHERE u.undoes = d.batch) FROM story_decisions d"
        " WHERE d.batch IN (SELECT batch FROM story_decisions WHERE from_story = ?1 OR to_story = ?1)"
        " GROUP BY d.batch ORDER BY max(d.id) DESC LIMIT 50",
        (story,),
    )
    for batch, analyst, at, articles, joined, is_undo, undone in rows:
        yield Decision(
            batch=batch,
            analyst=analyst,
            at=at,
            articles=tuple(json.loads(articles)),
            joined=bool(joined),
            undone=bool(undone),
            is_undo=bool(is_undo),
        )
