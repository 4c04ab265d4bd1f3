"""Alerts: rules of ``alerts.toml`` in, messages out, through an outbox that survives a crash.

``after_cycle`` runs at the end of a cycle. It records health events of feeds, adds what the rules match to the outbox,
and sends what is due. Without rules it costs one query.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from pipeline.alerts.apprise_client import check_targets, send
from pipeline.alerts.delivery import Sent, send_due
from pipeline.alerts.rules import collect
from pipeline.settings import Settings
from pipeline.store import health, outbox

__all__ = ["Sent", "after_cycle", "check_targets", "send"]


def after_cycle(
    conn: sqlite3.Connection,
    settings: Settings,
    began: datetime,
    now: Callable[[], datetime],
    *,
    outage: bool = False,
) -> Sent:
    """Record health events, collect alerts and send them.

    Args:
        conn: the database; the caller holds the cycle lock, so that no other process sends.
        settings: the config.
        began: start of the cycle.
        now: the clock.
        outage: the cycle reached nothing, so it knows nothing new of the health of feeds.

    Returns:
        The numbers of sent and waiting alerts. Problems are stored in the outbox and in ``Sent``, not raised.
    """
    if not outage:
        health.record(conn, now())
    if not settings.alerts.rule:
        waiting, failed = outbox.counts(conn)
        return Sent(sent=0, waiting=waiting, failed=failed)
    collect(conn, settings.alerts, began, now())
    return send_due(conn, settings, now, send)
