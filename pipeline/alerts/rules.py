"""What the rules ask to be told: new flags, verdicts and changes of feeds' health in, rows of the outbox out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pipeline.alerts import messages as wording
from pipeline.settings.alerts import AlertSettings, Rule
from pipeline.store import health, outbox, transaction
from pipeline.store.values import to_text


def collect(conn: sqlite3.Connection, settings: AlertSettings, began: datetime, now: datetime) -> None:
    """Put everything new that a rule asks for into the outbox.

    A target hears of a thing once, by the first rule that asks for it; rules that send at once go before digests. A
    rule that is new looks back to the start of this cycle.
    """
    with transaction(conn):
        for rule in sorted(settings.rule, key=lambda rule: bool(rule.digest)):
            since = outbox.known_since(conn, rule.name, began, now)
            for thing in _wanted(conn, rule, since, settings.desk):
                targets = [target for target in rule.to if not outbox.has(conn, target, thing.key)]
                if not targets:
                    continue
                subject, body = thing.words()
                for target in targets:
                    outbox.put(
                        conn,
                        outbox.Alert(
                            rule=rule.name,
                            target=target,
                            key=thing.key,
                            article=thing.article,
                            subject=subject,
                            body=body,
                            made_at=to_text(now),
                        ),
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """What a rule asks for: its key, and its words when they are needed."""

    key: str
    article: int | None = None
    words: Callable[[], tuple[str, str]]


def _wanted(conn: sqlite3.Connection, rule: Rule, since: str, desk: str) -> Iterator[_Thing]:
    if rule.when == "article":
        found = (row.article for row in outbox.flagged(conn, since, rule.to) if _asks_for(rule, row))
        for article in dict.fromkeys(found):
            words = partial(_of_article, conn, article, desk)
            yield _Thing(key=f"article:{article}", article=article, words=words)
    elif rule.when == "verdict":
        for verdict in outbox.verdicts(conn, since):
            if (
                verdict.verdict in rule.verdicts
                and _allowed(rule, verdict.source, verdict.language)
                and (not rule.topics or set(rule.topics) & set(verdict.topics))
            ):
                words = partial(_of_verdict, conn, verdict, desk)
                yield _Thing(key=f"verdict:{verdict.id}", article=verdict.article, words=words)
    else:
        for event in health.events(conn, since=since):
            if event.what in rule.health and (not rule.sources or event.feed in rule.sources):
                yield _Thing(key=f"feed:{event.id}", words=partial(wording.of_feed, event))


def _asks_for(rule: Rule, row: outbox.FlaggedRow) -> bool:
    if not _allowed(rule, row.source, row.language):
        return False
    if rule.topics:
        return row.topic in rule.topics and row.score >= rule.min_score
    return row.relevance >= rule.min_score


def _allowed(rule: Rule, source: str, language: str) -> bool:
    return (not rule.sources or source in rule.sources) and (not rule.languages or language in rule.languages)


def _of_article(conn: sqlite3.Connection, article: int, desk: str) -> tuple[str, str]:
    return wording.of_article(outbox.told(conn, article), desk)


def _of_verdict(conn: sqlite3.Connection, verdict: outbox.Verdict, desk: str) -> tuple[str, str]:
    return wording.of_verdict(verdict, outbox.told(conn, verdict.article), desk)
