"""What one poll changes: the feed's next state, and the entries to store. Pure: time and randomness come in.

In: the feed's state, what the request gave, the parsed document if there is a new one, and what is known of its
entries. Out: a ``FeedUpdate``, to be stored in one transaction, so that validators are never ahead of the entries
they stand for.

The caller, in order: ``body_unchanged`` (then nothing need be parsed), ``pipeline.feeds.parse``, a look-up of
``identities(...)`` in the store, ``decide``.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.feeds.identity import digest_of, identity_of
from pipeline.feeds.problems import CUT_SHORT
from pipeline.feeds.schedule import Timing, backoff, due_after_success, floor_of, next_interval
from pipeline.model import (
    EntryIntent,
    FeedState,
    FeedStatus,
    FeedUpdate,
    Fetched,
    FetchFailed,
    KnownEntry,
    NotModified,
    Outcome,
    ParsedEntry,
    ParsedFeed,
    Validators,
)
from pipeline.settings.poll import PollSettings

_GAP_FROM = 5  # a feed of fewer entries is renewed as a whole too easily


def body_hash(body: bytes) -> str:
    """The digest by which a body is known again."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def body_unchanged(state: FeedState, outcome: Outcome) -> bool:
    """Whether the answer is the very document that was read last; it need not be parsed, and ``decide`` gets None."""
    return (
        isinstance(outcome, Fetched)
        and not outcome.truncated
        and state.body_hash is not None
        and body_hash(outcome.body) == state.body_hash
    )


def identities(parsed: ParsedFeed, feed: str) -> tuple[str, ...]:
    """The keys of the document's entries, each once, to be looked up in the store. ``feed`` is the source's name."""
    return tuple(dict.fromkeys(identity_of(entry, feed) for entry in parsed.entries if _says_something(entry)))


def decide(
    state: FeedState,
    outcome: Outcome,
    parsed: ParsedFeed | None,
    known: Mapping[str, KnownEntry],
    *,
    now: datetime,
    policy: PollSettings,
    rng: random.Random,
) -> FeedUpdate:
    """Decide what a poll means.

    Args:
        state: the feed before the poll.
        outcome: what the request gave.
        parsed: the document of a ``Fetched``; None when ``body_unchanged``, and for the other outcomes.
        known: what is stored under the document's ``identities``.
        now: the time of the answer.
        policy: the settings of ``[poll]``.
        rng: spreads due times.
    """
    timing = Timing(now=now, policy=policy, rng=rng)
    if isinstance(outcome, FetchFailed):
        return _failed(state, outcome, timing)
    if isinstance(outcome, NotModified):
        return _not_modified(state, outcome, timing)
    if parsed is not None and parsed.problem and not parsed.entries:
        problem = parsed.problem
        if parsed.alternates:
            problem = f"{problem} It names {len(parsed.alternates)} instead: {', '.join(parsed.alternates[:3])}."
        state = replace(state, moved_to=None, moved_times=0)
        return FeedUpdate(state=_failing(state, "failing", problem, timing), note=problem)
    return _read(state, outcome, parsed, known, timing)


# ------------------------------------------------------------------------------------------------ good answers


def _read(
    state: FeedState,
    outcome: Fetched,
    parsed: ParsedFeed | None,
    known: Mapping[str, KnownEntry],
    timing: Timing,
) -> FeedUpdate:
    """A document that was read, or is the same as last time."""
    intents = tuple(_intents(parsed.entries, known, state.source.name)) if parsed else ()
    total = len(parsed.entries) if parsed else 0
    here = sum(1 for identity in known.values() if identity.here)
    new = sum(1 for intent in intents if not (intent.known and known[intent.identity].here))
    changed = any(intent.known is None or intent.revised for intent in intents)
    whole = not outcome.truncated and not (parsed and parsed.problem == CUT_SHORT)
    problem = _problem(state, outcome, parsed)
    after = replace(
        state,
        status="ok",
        interval=next_interval(state, parsed, new, timing),
        polled_at=timing.now,
        ok_at=timing.now,
        changed_at=timing.now if changed or new else state.changed_at,
        full_at=timing.now,
        failures=0,
        gone_since=None,
        problem=problem,
    )
    if whole:  # or the next poll would be told "not modified" of what was never read
        after = replace(after, validators=_validators(outcome), body_hash=body_hash(outcome.body))
    after, moved = _moved(after, outcome.moved_to, timing.policy.moves_to_adopt)
    after = replace(after, due_at=due_after_success(after, outcome.headers, parsed, timing))
    gap = _gap(state, new, here)
    return FeedUpdate(state=after, entries=intents, entries_total=total, note=moved or gap or problem)


def _not_modified(state: FeedState, outcome: NotModified, timing: Timing) -> FeedUpdate:
    """A 304. A new tag is taken; after a week of nothing else the whole feed is asked for, once.

    Some servers say "not modified" for ever.
    """
    validators = state.validators
    if validators and outcome.url == validators.url:
        validators = replace(
            validators,
            etag=outcome.headers.get("etag") or validators.etag,
            last_modified=outcome.headers.get("last-modified") or validators.last_modified,
        )
    after = replace(
        state,
        status="ok",
        validators=validators,
        interval=next_interval(state, None, 0, timing),
        polled_at=timing.now,
        ok_at=timing.now,
        full_at=state.full_at or timing.now,
        failures=0,
        gone_since=None,
        problem=state.problem if state.status == "ok" else None,
    )
    after, moved = _moved(after, outcome.moved_to, timing.policy.moves_to_adopt)
    after = replace(after, due_at=due_after_success(after, outcome.headers, None, timing))
    if state.validators is None:  # the server says 304 to a question that was not asked
        after = replace(
            after, full_at=timing.now, problem="The server answers “not modified” to a request without conditions."
        )
    elif _asks_whole_next(after, timing):
        after = replace(after, validators=None)
    return FeedUpdate(state=after, note=moved)


def _asks_whole_next(state: FeedState, timing: Timing) -> bool:
    """Whether the poll after the next one would come too late for the whole feed."""
    if state.due_at is None or state.full_at is None:
        return False
    patience = timedelta(days=timing.policy.full_after_days) * timing.rng.uniform(1 - timing.policy.jitter, 1)
    return state.due_at + (state.due_at - timing.now) - state.full_at > patience


def _validators(outcome: Fetched) -> Validators | None:
    """Both or neither of the last answer; never one of an earlier one."""
    etag, modified = outcome.headers.get("etag"), outcome.headers.get("last-modified")
    return Validators(url=outcome.url, etag=etag, last_modified=modified) if etag or modified else None


def _problem(state: FeedState, outcome: Fetched, parsed: ParsedFeed | None) -> str | None:
    if outcome.truncated:
        return "The connection ended before the whole feed had come; what came was read."
    if parsed is None:
        return state.problem if state.status == "ok" else None
    return parsed.problem


def _moved(state: FeedState, moved_to: str | None, enough: int) -> tuple[FeedState, str | None]:
    """Take over a new address when enough polls in a row were sent there for good, and found a feed."""
    if not moved_to or moved_to == state.url:
        return replace(state, moved_to=None, moved_times=0), None
    times = state.moved_times + 1 if moved_to == state.moved_to else 1
    if times < enough:
        return replace(state, moved_to=moved_to, moved_times=times), None
    note = f"The feed has moved for good; from now on {moved_to} is asked."
    return replace(state, url=moved_to, moved_to=None, moved_times=0), note


def _gap(state: FeedState, new: int, here: int) -> str | None:
    if state.changed_at is None or here or new < _GAP_FROM:
        return None
    return f"All {new} entries are new: some may have come and gone since the last poll."


# ------------------------------------------------------------------------------------------------ entries


def _intents(entries: Iterable[ParsedEntry], known: Mapping[str, KnownEntry], feed: str) -> Iterable[EntryIntent]:
    """Entries that are new, revised, or new to this feed; of two with one identity the first."""
    seen: set[str] = set()
    for entry in entries:
        if not _says_something(entry):
            continue
        identity = identity_of(entry, feed)
        if identity in seen:
            continue
        seen.add(identity)
        before = known.get(identity)
        digest = digest_of(entry)
        revised = before is not None and before.here and before.digest != digest
        if before is None or revised or not before.here:
            yield EntryIntent(
                entry=entry, identity=identity, digest=digest, known=before.id if before else None, revised=revised
            )


def _says_something(entry: ParsedEntry) -> bool:
    return bool(entry.url or entry.title or entry.summary or entry.content)


# ------------------------------------------------------------------------------------------------ failures


def _failed(state: FeedState, failure: FetchFailed, timing: Timing) -> FeedUpdate:
    if failure.kind == "deferred":  # nothing was asked: this poll tells nothing of the feed
        wait = _granted(failure, timing) or timedelta(minutes=timing.policy.wait_minutes)
        return FeedUpdate(state=replace(state, due_at=timing.now + wait * timing.stretch()))
    if failure.kind == "gone":
        return _gone(state, failure, timing)
    status: FeedStatus = "blocked" if failure.kind == "blocked" else "failing"
    state = replace(state, gone_since=None)
    return FeedUpdate(state=_failing(state, status, failure.reason, timing, failure), note=failure.reason)


def _gone(state: FeedState, failure: FetchFailed, timing: Timing) -> FeedUpdate:
    """A 410: final when it stands for a day."""
    since = state.gone_since or timing.now
    after = _failing(replace(state, gone_since=since), "failing", failure.reason, timing, failure)
    if timing.now - since < timedelta(hours=timing.policy.gone_after_hours):
        return FeedUpdate(state=after, note=failure.reason)
    note = "The feed is gone for good (410 for a day); it is no longer polled. Its articles are kept."
    return FeedUpdate(state=replace(after, status="gone", due_at=None, problem=note), note=note)


def _failing(
    state: FeedState, status: FeedStatus, problem: str, timing: Timing, failure: FetchFailed | None = None
) -> FeedState:
    """The state after a failure: validators, body and interval as they were, a longer wait."""
    after = replace(state, status=status, problem=problem, polled_at=timing.now, failures=state.failures + 1)
    wait = backoff(after, timing)
    if failure and failure.kind in {"rate_limited", "blocked"}:
        first = timing.policy.blocked_minutes if failure.kind == "blocked" else timing.policy.wait_minutes
        cap = timedelta(minutes=timing.policy.backoff_cap_minutes)
        wait = max(min(timedelta(minutes=first) * after.failures, cap), floor_of(after, timing))
    if failure and (granted := _granted(failure, timing)):
        wait = max(granted, floor_of(after, timing)) if failure.kind == "rate_limited" else max(wait, granted)
    return replace(after, due_at=timing.now + wait * timing.stretch())


def _granted(failure: FetchFailed, timing: Timing) -> timedelta | None:
    """The wait that the server asks for, up to the cap; None when it asks for none."""
    if failure.retry_after is None or failure.retry_after <= timedelta():
        return None
    return min(failure.retry_after, timedelta(minutes=timing.policy.wait_cap_minutes))
