"""Feed state after a failed poll: a longer wait; validators, body and interval stay as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pipeline.feeds.schedule import Timing, backoff, floor_of
from pipeline.model import FeedState, FeedStatus, FeedUpdate, FetchFailed

_MOVED_TRIAL = timedelta(hours=24)  # how long an address that a feed moved to may fail


def back_to_config(before: FeedState, update: FeedUpdate, timing: Timing) -> FeedUpdate:
    """Return to the address in the config if the one that the feed moved to has failed for a day."""
    state = update.state
    if before.url == before.source.url or not state.failures or before.ok_at is None:
        return update
    if timing.now - before.ok_at < _MOVED_TRIAL:
        return update
    note = f"The feed's new address fails for a day: {state.problem} Now {state.source.url} is polled again."
    state = replace(
        state,
        url=state.source.url,
        status="failing",
        validators=None,
        body_hash=None,
        moved_to=None,
        moved_times=0,
        gone_since=None,
        problem=note,
        due_at=timing.now + floor_of(state, timing) * timing.stretch(),
    )
    return replace(update, state=state, note=note)


def after_failure(state: FeedState, failure: FetchFailed, timing: Timing) -> FeedUpdate:
    """Return the update for a request that failed or was deferred."""
    if failure.kind == "deferred":  # no request was sent, so the poll says nothing about the feed
        wait = _requested_wait(failure, timing) or timedelta(minutes=timing.policy.wait_minutes)
        return FeedUpdate(state=replace(state, due_at=timing.now + wait * timing.stretch()))
    if failure.kind == "gone":
        return _after_gone(state, failure, timing)
    status: FeedStatus = "blocked" if failure.kind == "blocked" else "failing"
    state = replace(state, gone_since=None)
    return FeedUpdate(state=failing(state, status, failure.reason, timing, failure), note=failure.reason)


def _after_gone(state: FeedState, failure: FetchFailed, timing: Timing) -> FeedUpdate:
    """Return the update for status 410, which is final after ``gone_after_hours``."""
    hours = timing.policy.gone_after_hours
    since = state.gone_since or timing.now
    after = failing(replace(state, gone_since=since), "failing", failure.reason, timing, failure)
    if timing.now - since < timedelta(hours=hours):
        return FeedUpdate(state=after, note=failure.reason)
    note = f"The feed is gone for good (410 for {hours:g} hours); it is no longer polled. Its articles are kept."
    return FeedUpdate(state=replace(after, status="gone", due_at=None, problem=note), note=note)


def failing(
    state: FeedState, status: FeedStatus, problem: str, timing: Timing, failure: FetchFailed | None = None
) -> FeedState:
    """Return the state with one more failure and the next due time."""
    after = replace(state, status=status, problem=problem, polled_at=timing.now, failures=state.failures + 1)
    wait = backoff(after, timing)
    if failure and failure.kind in {"rate_limited", "blocked"}:
        cap = timedelta(minutes=timing.policy.backoff_cap_minutes)
        wait = max(min(_first_wait(failure, timing) * _growth(failure, after.failures), cap), floor_of(after, timing))
    if failure and (requested := _requested_wait(failure, timing)):
        wait = max(requested, floor_of(after, timing)) if failure.kind == "rate_limited" else max(wait, requested)
    return replace(after, due_at=timing.now + wait * timing.stretch())


def _first_wait(failure: FetchFailed, timing: Timing) -> timedelta:
    policy = timing.policy
    return timedelta(minutes=policy.blocked_minutes if failure.kind == "blocked" else policy.wait_minutes)


def _growth(failure: FetchFailed, failures: int) -> int:
    """Return the factor of a wait: it doubles for a host that limits requests, and grows evenly behind a bot wall."""
    return failures if failure.kind == "blocked" else 2 ** min(failures - 1, 20)


def _requested_wait(failure: FetchFailed, timing: Timing) -> timedelta | None:
    """Return the wait that the server asks for, up to the cap; None when it asks for none."""
    if failure.retry_after is None or failure.retry_after <= timedelta():
        return None
    return min(failure.retry_after, timedelta(minutes=timing.policy.wait_cap_minutes))
