"""Sends what is due from the outbox, each message marked before it goes and after it was taken."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

from pipeline.alerts import messages as wording
from pipeline.settings import Settings
from pipeline.settings.alerts import Rule, Target
from pipeline.store import outbox
from pipeline.store.values import to_time

_ONE_BY_ONE = 3  # so many at once still are messages of their own
_MOST = 50  # in one message
_WAITS_MINUTES = (1, 5, 15, 60, 240)
_LONGEST_SECONDS = 60.0  # what is left then is sent after the next cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the outbox. ``problems``: a sentence for each target that took nothing."""

    sent: int
    waiting: int
    failed: int
    problems: tuple[str, ...] = ()


class Sender(Protocol):
    """Delivers one message and returns None, or says in a sentence why it was not taken."""

    def __call__(self, target: Target, subject: str, body: str, message: str) -> str | None:
        """``message`` is an identifier that stays the same when a message is sent again."""


def send_due(conn: sqlite3.Connection, settings: Settings, now: Callable[[], datetime], sender: Sender) -> Sent:
    """Send what is due; a target that takes nothing is left alone until the next time."""
    outbox.take_up(conn)
    targets = {target.name: target for target in settings.alerts.target}
    rules = {rule.name: rule for rule in settings.alerts.rule}
    zone = ZoneInfo(settings.daemon.timezone)
    problems: dict[str, str] = {}
    number, began = 0, time.monotonic()
    for group in _messages(outbox.waiting(conn, now())):
        target, rule = targets.get(group[0].target), rules.get(group[0].rule)
        ids = [alert.id for alert in group]
        if target is None or rule is None:
            missing = f"target “{group[0].target}”" if target is None else f"rule “{group[0].rule}”"
            outbox.not_sent(conn, ids, f"The {missing} is not in alerts.toml any more.", None)
            continue
        if time.monotonic() - began > _LONGEST_SECONDS or not _due(rule, group, now(), zone):
            continue
        if target.name not in problems:
            problem = _send(conn, target, group, sender)
            if problem is None:
                outbox.sent(conn, ids, now())
                number += len(group)
                continue
            problems[target.name] = problem
        outbox.not_sent(conn, ids, problems[target.name], _next_try(group[0], now()))
    waiting, failed = outbox.counts(conn)
    said = tuple(f"target “{name}”: {problem}" for name, problem in problems.items())
    return Sent(sent=number, waiting=waiting, failed=failed, problems=said)


def _send(conn: sqlite3.Connection, target: Target, group: Sequence[outbox.Alert], sender: Sender) -> str | None:
    message = group[0].message or _identifier(group)
    subject, body = wording.message(group, again=group[0].message is not None)
    outbox.sending(conn, [alert.id for alert in group], message)
    return sender(target, subject, body, message)


def _messages(alerts: Sequence[outbox.Alert]) -> Iterator[list[outbox.Alert]]:
    """Alerts by message: those that a crash left under way as they were, the rest by target and rule."""

    def place(alert: outbox.Alert) -> tuple[str, str, str]:
        return alert.message or "", alert.target, alert.rule

    for _, found in groupby(sorted(alerts, key=lambda alert: (*place(alert), alert.id)), key=place):
        group = list(found)
        if group[0].message is not None or len(group) > _ONE_BY_ONE:
            yield from (group[i : i + _MOST] for i in range(0, len(group), _MOST))
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
    """A minute, then longer and longer; None when it has been tried for three days."""
    if now - to_time(alert.made_at) > outbox.LATEST and alert.tries >= len(_WAITS_MINUTES):
        return None
    return now + timedelta(minutes=_WAITS_MINUTES[min(alert.tries, len(_WAITS_MINUTES) - 1)])


def _identifier(group: Sequence[outbox.Alert]) -> str:
    """The same for the same alerts, whenever they are sent."""
    return hashlib.sha256("\n".join(f"{alert.target} {alert.key}" for alert in group).encode()).hexdigest()[:16]
