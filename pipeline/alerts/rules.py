"""Evaluation of alert rules: new flags, verdicts and health events of feeds in, rows of the outbox out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pipeline.alerts import messages
from pipeline.settings.alerts import AlertSettings, Rule
from pipeline.store import edits, health, outbox, transaction
from pipeline.store.values import to_text


def collect(conn: sqlite3.Connection, settings: AlertSettings, began: datetime, now: datetime) -> None:
    """Add the new events that match a rule to the outbox.

    Each target gets an event once, by the first rule that matches; rules that send at once come before digests. A new
    rule starts with this cycle.
    """
    with transaction(conn):
        for rule in sorted(settings.rule, key=lambda rule: bool(rule.digest)):
            since = outbox.known_since(conn, rule.name, began, now)
            for event in _matching(conn, rule, since, settings.desk):
                targets = [target for target in rule.to if not outbox.is_queued(conn, target, event.key)]
                if not targets:
                    continue
                subject, body = event.message()
                for target in targets:
                    outbox.put(
                        conn,
                        outbox.Alert(
                            rule=rule.name,
                            target=target,
                            key=event.key,
                            article=event.article,
                            subject=subject,
                            body=body,
                            made_at=to_text(now),
                        ),
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """An event that a rule matches: its key, and a function that returns its message."""

    key: str
    article: int | None = None
    message: Callable[[], tuple[str, str]]


def _matching(conn: sqlite3.Connection, rule: Rule, since: str, desk: str) -> Iterator[_Event]:
    if rule.when == "article":
        rows = outbox.found(conn, since, rule.search) if rule.search else outbox.flagged(conn, since, rule.to)
        articles = (row.article for row in rows if _matches(rule, row))
        for article in dict.fromkeys(articles):
            message = partial(_article_message, conn, article, desk)
            yield _Event(key=f"article:{article}", article=article, message=message)
    elif rule.when == "verdict":
        for verdict in outbox.verdicts(conn, since):
            if (
                verdict.verdict in rule.verdicts
                and _allowed(rule, verdict.source, verdict.language)
                and (not rule.topics or set(rule.topics) & set(verdict.topics))
            ):
                message = partial(_verdict_message, conn, verdict, desk)
                yield _Event(key=f"verdict:{verdict.id}", article=verdict.article, message=message)
    elif rule.when == "edited":
        yield from _edits(conn, rule, since, desk)
    elif rule.when == "feed":
        for event in health.events(conn, since=since):
            if event.what in rule.health and (not rule.sources or event.feed in rule.sources):
                yield _Event(key=f"feed:{event.id}", message=partial(messages.for_feed, event))


def _edits(conn: sqlite3.Connection, rule: Rule, since: str, desk: str) -> Iterator[_Event]:
    for edit in edits.since(conn, since):
        on_topic = set(edit["topics"]) | set(edit["flags_lost"])
        if (
            edit["kind"] in rule.edits
            and _allowed(rule, edit["source"], edit["language"])
            and (on_topic & set(rule.topics) if rule.topics else edit["relevance"] >= rule.min_score)
        ):
            message = partial(messages.for_edit, edit, outbox.load_article(conn, edit["article"]), desk)
            yield _Event(key=f"edit:{edit['id']}", article=edit["article"], message=message)


def _matches(rule: Rule, row: outbox.FlaggedRow) -> bool:
    if not _allowed(rule, row.source, row.language):
        return False
    if rule.topics:
        return row.topic in rule.topics and row.score >= rule.min_score
    return row.relevance >= rule.min_score


def _allowed(rule: Rule, source: str, language: str) -> bool:
    return (not rule.sources or source in rule.sources) and (not rule.languages or language in rule.languages)


def _article_message(conn: sqlite3.Connection, article: int, desk: str) -> tuple[str, str]:
    return messages.for_article(outbox.load_article(conn, article), desk)


def _verdict_message(conn: sqlite3.Connection, verdict: outbox.Verdict, desk: str) -> tuple[str, str]:
    return messages.for_verdict(verdict, outbox.load_article(conn, verdict.article), desk)
