"""Reflagging: flags stored articles again with the present config. Sends no request."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.flagging.backtest import Backtest, decision, first_words
from pipeline.store import flags, transaction

if TYPE_CHECKING:
    from pipeline.flagging import Flagger
    from pipeline.store.articles import StoredText


def reflag(
    conn: sqlite3.Connection, flagger: Flagger, pages: Iterable[list[StoredText]], now: Callable[[], datetime]
) -> Backtest:
    """Flag articles again, one transaction per page; a call that is stopped keeps what it has done.

    Args:
        conn: the database; the caller holds the cycle lock.
        flagger: of the present config.
        pages: articles to flag.
        now: the clock.

    Returns:
        Which articles gained and lost topics.

    Raises:
        StoreError: the database cannot be written.
    """
    changes = Backtest()
    for page in pages:
        flagged = [(row, flagger.flag(row.title, row.text, home=row.home)) for row in page]
        with transaction(conn):
            for row, assessment in flagged:
                flags.put(conn, row.id, row.revision, assessment, now(), note_changes=True)
                evidence, verdict = first_words(assessment.evidence), decision(row.verdict)
                changes.add(row.title, row.topics, assessment.topics, evidence=evidence, verdict=verdict)
    return changes
