"""Work of two invented analysts for the demo: verdicts, notes and a sentence for the brief."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Verdict
from pipeline.store import brief, queue, reviews, transaction


@dataclass(frozen=True, slots=True)
class _Step:
    """What an analyst does with an article, chosen by its place in the queue."""

    place: int
    analyst: str
    verdict: Verdict | None
    note: str = ""
    topics: int | None = None  # keep so many of its topics


_STEPS = (
    _Step(0, "mina", "escalate", "Ask the Seoul bureau for the full text before noon."),
    _Step(2, "pavel", "relevant"),
    _Step(3, "mina", None, "Same wording as last week's statement?"),
    _Step(4, "pavel", "relevant", "Only the first half is new.", topics=1),
    _Step(6, "mina", "not_relevant"),
    _Step(8, "mina", "relevant"),
)
_SENTENCE = "The one to read today: the position has not changed, but the wording has."


def review(conn: sqlite3.Connection, now: datetime) -> None:
    """Give verdicts on articles of the queue, and write notes."""
    waiting = queue.queue(conn, queue.QueueFilter(sort="best"), now)
    for step in _STEPS:
        if step.place >= len(waiting):
            continue
        article, topics = waiting[step.place].id, waiting[step.place].topics
        token = f"demo-{step.analyst}-{step.place}"
        if step.verdict is None:
            note = reviews.NewNote(article=article, analyst=step.analyst, note=step.note, token=token)
            reviews.put_note(conn, note, now)
            continue
        verdict = reviews.NewVerdict(
            article=article,
            analyst=step.analyst,
            verdict=step.verdict,
            revision=1,
            token=token,
            note=step.note,
            topics=topics[: step.topics] if step.topics else None,
        )
        reviews.put(conn, verdict, now)
    if waiting:
        with transaction(conn):
            brief.put_edit(conn, "sentence", _SENTENCE, article=waiting[0].id, analyst="mina", now=now)
