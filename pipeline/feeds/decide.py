"""Poll decisions: the next state of a feed, and the entries to store. Pure: time and randomness come in.

The caller stores a ``FeedUpdate`` in one transaction, so that validators are never ahead of the entries they stand for.
Order of calls: ``body_unchanged`` (then nothing needs parsing), ``pipeline.feeds.parse_keyed``, a look-up of the
entries' identities in the store, ``decide``.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.feeds.failures import after_failure, failing
from pipeline.feeds.problems import CUT_SHORT
from pipeline.feeds.schedule import Timing, due_after_success, next_interval
from pipeline.model import (
    EntryIntent,
    FeedState,
    FeedUpdate,
    Fetched,
    FetchFailed,
    KeyedEntry,
    KeyedFeed,
    KnownEntry,
    NotModified,
    Outcome,
    Validators,
)
from pipeline.settings.poll import PollSettings

_MIN_GAP_ENTRIES = 5  # all entries of a shorter feed are often new


def body_hash(body: bytes) -> str:
    """Return the digest by which a body is compared with the last body."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def body_unchanged(state: FeedState, outcome: Outcome) -> bool:
    """Return whether the response is the document that was read last. It needs no parsing; ``decide`` gets None."""
    return (
        isinstance(outcome, Fetched)
        and not outcome.truncated
        and state.body_hash is not None
        and body_hash(outcome.body) == state.body_hash
    )


def decide(
    state: FeedState,
    outcome: Outcome,
    document: KeyedFeed | None,
    known: Mapping[str, KnownEntry],
    *,
    now: datetime,
    policy: PollSettings,
    rng: random.Random,
) -> FeedUpdate:
    """Decide what a poll changes.

    Args:
        state: the feed before the poll.
        outcome: the result of the request.
        document: the document of a ``Fetched``; None when ``body_unchanged``, and for the other outcomes.
        known: the stored entries among ``document.entries``, by identity.
        now: the time of the response.
        policy: the settings of ``[poll]``.
        rng: spreads due times.
    """
    timing = Timing(now=now, policy=policy, rng=rng)
    if isinstance(outcome, FetchFailed):
        return after_failure(state, outcome, timing)
    if isinstance(outcome, NotModified):
        return _after_not_modified(state, outcome, timing)
    if document is not None and document.feed.problem and not document.feed.entries:
        problem, alternates = document.feed.problem, document.feed.alternates
        state = replace(state, moved_to=None, moved_times=0)
        if alternates:
            problem += f" It names {len(alternates)} instead: {', '.join(alternates[:3])}."
        return FeedUpdate(state=failing(state, "failing", problem, timing), note=problem)
    return _after_document(state, outcome, document, known, timing)


def _after_document(
    state: FeedState, outcome: Fetched, document: KeyedFeed | None, known: Mapping[str, KnownEntry], timing: Timing
) -> FeedUpdate:
    """Return the update for a document with entries, or for the same document as last time."""
    parsed = document.feed if document else None
    intents = tuple(_intents(document.entries.values(), known)) if document else ()
    seen_before = sum(1 for entry in known.values() if entry.in_feed)
    new = sum(1 for intent in intents if not (intent.known and known[intent.identity].in_feed))
    changed = new or any(intent.revised for intent in intents)
    problem = _problem(state, outcome, document)
    after = replace(
        state,
        status="ok",
        interval=next_interval(state, parsed, new, timing),
        polled_at=timing.now,
        ok_at=timing.now,
        changed_at=timing.now if changed else state.changed_at,
        full_at=timing.now,
        failures=0,
        gone_since=None,
        problem=problem,
    )
    # The validators of a document that was cut short would hide its missing entries from the next poll.
    if not outcome.truncated and not (parsed and parsed.problem == CUT_SHORT):
        after = replace(after, validators=_validators(outcome), body_hash=body_hash(outcome.body))
    after, move = _follow_move(after, outcome.moved_to, timing.policy.moves_to_adopt)
    after = replace(after, due_at=due_after_success(after, outcome.headers, parsed, timing))
    return FeedUpdate(
        state=after,
        entries=intents,
        entries_total=len(parsed.entries) if parsed else 0,
        note=move or _gap(state, new, seen_before) or problem,
    )


def _intents(entries: Iterable[KeyedEntry], known: Mapping[str, KnownEntry]) -> Iterable[EntryIntent]:
    """Yield the entries that are new, revised, or new to this feed."""
    for keyed in entries:
        before = known.get(keyed.identity)
        revised = before is not None and before.in_feed and before.digest != keyed.digest
        if before is None or revised or not before.in_feed:
            yield EntryIntent(
                entry=keyed.entry,
                identity=keyed.identity,
                digest=keyed.digest,
                known=before.id if before else None,
                revised=revised,
            )


def _after_not_modified(state: FeedState, outcome: NotModified, timing: Timing) -> FeedUpdate:
    """Return the update for a 304. Some servers answer 304 forever, so a full request follows after some days."""
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
    after, move = _follow_move(after, outcome.moved_to, timing.policy.moves_to_adopt)
    after = replace(after, due_at=due_after_success(after, outcome.headers, None, timing))
    if state.validators is None:
        problem = "The server answers “not modified” to a request without conditions."
        after = replace(after, full_at=timing.now, problem=problem)
    elif _needs_full_body_next(after, timing):
        after = replace(after, validators=None)
    return FeedUpdate(state=after, note=move)


def _needs_full_body_next(state: FeedState, timing: Timing) -> bool:
    """Return whether to drop the validators now, so that a full body arrives within ``full_after_days``."""
    if state.due_at is None or state.full_at is None:
        return False
    patience = timedelta(days=timing.policy.full_after_days) * timing.rng.uniform(1 - timing.policy.jitter, 1)
    return state.due_at + (state.due_at - timing.now) - state.full_at > patience


def _validators(outcome: Fetched) -> Validators | None:
    """Return ETag and Last-Modified of this response; an older one is never kept beside a newer one."""
    etag, modified = outcome.headers.get("etag"), outcome.headers.get("last-modified")
    return Validators(url=outcome.url, etag=etag, last_modified=modified) if etag or modified else None


def _problem(state: FeedState, outcome: Fetched, document: KeyedFeed | None) -> str | None:
    if outcome.truncated:
        return "The connection ended before the whole feed had arrived; the part that arrived was read."
    if document is None:
        return state.problem if state.status == "ok" else None
    return document.feed.problem


def _follow_move(state: FeedState, moved_to: str | None, enough: int) -> tuple[FeedState, str | None]:
    """Adopt a new address when enough polls in a row were redirected there permanently and found a feed."""
    if not moved_to or moved_to == state.url:
        return replace(state, moved_to=None, moved_times=0), None
    times = state.moved_times + 1 if moved_to == state.moved_to else 1
    if times < enough:
        return replace(state, moved_to=moved_to, moved_times=times), None
    note = f"The feed has moved permanently; from now on {moved_to} is polled."
    return replace(state, url=moved_to, moved_to=None, moved_times=0), note


def _gap(state: FeedState, new: int, seen_before: int) -> str | None:
    if state.changed_at is None or seen_before or new < _MIN_GAP_ENTRIES:
        return None
    return f"All {new} entries are new: some may have appeared and disappeared since the last poll."
