"""Delivery of due alerts from the outbox. Each message is marked before it is sent and after it was accepted."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

from pipeline.alerts import messages
from pipeline.settings import Settings
from pipeline.settings.alerts import Rule, Target
from pipeline.store import outbox
from pipeline.store.values import to_time

_MOST_SEPARATE = 3  # up to this many alerts at once are separate messages
_MOST_COMBINED = 50  # alerts in one message
_RETRY_MINUTES = (1, 5, 15, 60, 240)
_MAX_SECONDS = 60.0  # the rest is sent after the next cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Result of a delivery.

    Attributes:
        problems: one sentence per target that failed.
        new_problems: those of targets that accepted messages before.
    """

    sent: int
    waiting: int
    failed: int
    problems: tuple[str, ...] = ()
    new_problems: tuple[str, ...] = ()


class Sender(Protocol):
    """Sends one message and returns None, or the reason why it failed as a sentence."""

    def __call__(self, target: Target, subject: str, body: str, message: str) -> str | None:
        """Send; ``message`` is an id that stays the same when the message is repeated."""


def send_due(conn: sqlite3.Connection, settings: Settings, now: Callable[[], datetime], sender: Sender) -> Sent:
    """Send what is due. A target that fails is not tried again in this call."""
    outbox.requeue_interrupted(conn)
    targets = {target.name: target for target in settings.alerts.target}
    rules = {rule.name: rule for rule in settings.alerts.rule}
    zone = ZoneInfo(settings.daemon.timezone)
    problems: dict[str, str] = {}
    begun: set[str] = set()
    sent, began = 0, time.monotonic()
    digests = {rule.name for rule in settings.alerts.rule if rule.digest}
    for group in _group(outbox.waiting(conn, now()), digests):
        target, rule = targets.get(group[0].target), rules.get(group[0].rule)
        ids = [alert.id for alert in group]
        if target is None or rule is None:
            missing = f"target “{group[0].target}”" if target is None else f"rule “{group[0].rule}”"
            outbox.mark_failed(conn, ids, f"The {missing} is no longer in alerts.toml.", None)
            continue
        if time.monotonic() - began > _MAX_SECONDS or not _due(rule, group, now(), zone):
            continue
        if target.name not in problems:
            problem = _send(conn, target, group, sender)
            if outbox.report_target(conn, target.name, problem, now()):
                begun.add(target.name)
            if problem is None:
                outbox.mark_sent(conn, ids, now())
                sent += len(group)
                continue
            problems[target.name] = problem
        outbox.mark_failed(conn, ids, problems[target.name], _next_try(group[0], now()))
    waiting, failed = outbox.counts(conn)
    sentences = {name: f"target “{name}”: {problem}" for name, problem in problems.items()}
    return Sent(
        sent=sent,
        waiting=waiting,
        failed=failed,
        problems=tuple(sentences.values()),
        new_problems=tuple(sentence for name, sentence in sentences.items() if name in begun),
    )


def _send(conn: sqlite3.Connection, target: Target, group: Sequence[outbox.Alert], sender: Sender) -> str | None:
    message = group[0].message or _identifier(group)
    subject, body = messages.combine(group, repeated=group[0].message is not None)
    outbox.mark_sending(conn, [alert.id for alert in group], message)
    return sender(target, subject, body, message)


def _group(alerts: Sequence[outbox.Alert], digests: Container[str]) -> Iterator[list[outbox.Alert]]:
    """Group alerts into messages: interrupted messages as they were, the rest by target and rule.

    Args:
        alerts: what waits.
        digests: names of the rules whose alerts make one message, however few they are.
    """

    def key(alert: outbox.Alert) -> tuple[str, str, str]:
        return alert.message or "", alert.target, alert.rule

    for _, members in groupby(sorted(alerts, key=lambda alert: (*key(alert), alert.id)), key=key):
        group = list(members)
        if group[0].message is not None or group[0].rule in digests or len(group) > _MOST_SEPARATE:
            yield from (group[i : i + _MOST_COMBINED] for i in range(0, len(group), _MOST_COMBINED))
        else:
            yield from ([alert] for alert in group)


def _due(rule: Rule, group: Sequence[outbox.Alert], now: datetime, zone: ZoneInfo) -> bool:
    if rule.is_quiet(now.astimezone(zone)):
        return False
    if not rule.digest or group[0].tries or group[0].message:
        return True
    from apscheduler.triggers.cron import CronTrigger

    oldest = to_time(min(alert.made_at for alert in group))
    at = CronTrigger.from_crontab(rule.digest, timezone=zone).get_next_fire_time(None, oldest)
    return at is not None and bool(at <= now)


def _next_try(alert: outbox.Alert, now: datetime) -> datetime | None:
    """Return the time of the next attempt, after a growing delay; None after three days."""
    if now - to_time(alert.made_at) > outbox.MAX_AGE and alert.tries >= len(_RETRY_MINUTES):
        return None
    return now + timedelta(minutes=_RETRY_MINUTES[min(alert.tries, len(_RETRY_MINUTES) - 1)])


def _identifier(group: Sequence[outbox.Alert]) -> str:
    """Return an id that depends only on the alerts, so that a repetition has the same one."""
    return hashlib.sha256("\n".join(f"{alert.target} {alert.key}" for alert in group).encode()).hexdigest()[:16]
