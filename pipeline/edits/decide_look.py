"""Decision about the next look at a page, and whether it counts as gone. Pure.

In: the history of the looks, the answer of this one, the time. Out: a ``LookDecision``. A page is gone only after two
looks at least a day apart found it missing; the looks that are left of the schedule show whether it comes back. Every
history ends: there are as many looks as steps of the schedule, and one more to confirm that a page is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.edits.answers import Missing, NotAsked, Same, Unreadable
from pipeline.model import Change
from pipeline.model.edits import LookDecision, LookHistory

DAY = timedelta(days=1)
_AGAIN = timedelta(hours=1)  # after a look that sent no request
_LATE = timedelta(days=3)  # a look that could not be made for so long is left out


@dataclass(frozen=True, slots=True)
class Changed:
    """The page has another text. ``returned``: it had this text before."""

    change: Change
    returned: bool = False


Answer = Same | Changed | Missing | Unreadable | NotAsked


def first_look(started_at: datetime, schedule: Sequence[timedelta]) -> datetime | None:
    """Return the time of the first look, or None without a schedule."""
    return started_at + schedule[0] if schedule else None


def decide_look(history: LookHistory, answer: Answer, now: datetime) -> LookDecision:
    """Decide what follows from one look."""
    match answer:
        case NotAsked():
            return _not_asked(history, answer, now)
        case Missing():
            return _missing(history, answer, now)
        case Unreadable():
            return _unreadable(history, answer, now)
        case Same():
            return _there(history, now)
        case Changed():
            return _changed(history, answer, now)


def _not_asked(history: LookHistory, answer: NotAsked, now: datetime) -> LookDecision:
    if now > _last(history) + _LATE:
        return _end(history, "The site could not be asked in time; there is no further look.")
    return replace(_as_before(history), next_at=now + max(answer.wait or _AGAIN, _AGAIN))


def _missing(history: LookHistory, answer: Missing, now: datetime) -> LookDecision:
    if history.state == "gone":
        return replace(_plan(history, now), state="gone")
    if history.missing_since is None:
        reason = f"The page was missing at the last look ({answer.how}); a second look follows after a day."
        before = _as_before(history)
        return replace(before, state="missing", missing_since=now, next_at=now + DAY, reason=reason)
    if now - history.missing_since < DAY:
        return replace(_as_before(history), next_at=history.missing_since + DAY)
    return replace(_plan(history, now), state="gone", gone=answer.how)


def _changed(history: LookHistory, answer: Changed, now: datetime) -> LookDecision:
    if answer.returned and history.returns and history.state != "gone":
        return _end(history, "The page alternates between earlier texts; there is no further look.")
    decision = replace(
        _there(history, now), store=True, changes=history.changes + 1, returns=history.returns + answer.returned
    )
    if decision.next_at is None and decision.changes == len(history.schedule) > 1:
        reason = f"The page changed at each of {decision.changes} looks; there is no further look."
        return replace(decision, reason=reason)
    return decision


def _there(history: LookHistory, now: datetime) -> LookDecision:
    """Return the decision for a page that is there."""
    return replace(_plan(history, now), missing_since=None, back=history.state == "gone")


def _unreadable(history: LookHistory, answer: Unreadable, now: datetime) -> LookDecision:
    """Keep what is known: a second look at a missing page is still to come. Leave a site that refuses twice alone."""
    if history.state == "missing" and history.looks <= len(history.schedule):
        return replace(_as_before(history), next_at=now + DAY, reason=answer.reason)
    if history.state in ("missing", "gone") or history.reason:
        return _end(history, answer.reason)
    return replace(_plan(history, now), reason=answer.reason)


def _plan(history: LookHistory, now: datetime) -> LookDecision:
    """Plan the next look of the schedule. A look that confirmed a missing page replaces one of the schedule."""
    next_at = next((at for step in history.schedule if (at := history.started_at + step) > now), None)
    if next_at is None or history.looks >= len(history.schedule):
        return replace(_as_before(history), state="ended")
    return replace(_as_before(history), state="watched", next_at=next_at)


def _end(history: LookHistory, reason: str) -> LookDecision:
    return replace(_as_before(history), state="gone" if history.state == "gone" else "ended", reason=reason)


def _as_before(history: LookHistory) -> LookDecision:
    return LookDecision(
        state=history.state,
        next_at=None,
        missing_since=history.missing_since,
        changes=history.changes,
        returns=history.returns,
    )


def _last(history: LookHistory) -> datetime:
    return history.started_at + max(history.schedule, default=timedelta())
