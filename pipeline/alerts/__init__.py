"""Tells people: rules of ``alerts.toml`` in, messages out, through an outbox that a crash cannot empty.

``after_cycle`` is called when a cycle has ended: it writes down changes of the feeds' health, puts what the rules ask
for into the outbox, and sends what is due. Without a rule nothing of it costs more than a query.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from pipeline.alerts.apprise_client import check_targets, speak
from pipeline.alerts.delivery import Sender, Sent, send_due
from pipeline.alerts.rules import collect
from pipeline.settings import Settings
from pipeline.store import health, outbox

__all__ = ["Sender", "Sent", "after_cycle", "check_targets", "speak"]


def after_cycle(
    conn: sqlite3.Connection, settings: Settings, began: datetime, now: Callable[[], datetime], sender: Sender = speak
) -> Sent:
    """Record, collect, send.

    Args:
        conn: the database; the caller holds the cycle lock, so that nobody else sends.
        settings: the config.
        began: when the cycle started.
        now: the clock.
        sender: delivers one message.

    Returns:
        What was sent and what waits; problems are in the outbox and in ``Sent``, never raised.
    """
    health.record(conn, now())
    if not settings.alerts.rule:
        waiting, failed = outbox.counts(conn)
        return Sent(sent=0, waiting=waiting, failed=failed)
    collect(conn, settings.alerts, began, now())
    return send_due(conn, settings, now, sender)
