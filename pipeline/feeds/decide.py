"""Poll decisions: the next state of a feed, and the entries to store. Pure: time and randomness come in.

The caller stores a ``FeedUpdate`` in one transaction, so that validators are never ahead of the entries they stand for.
Order of calls: ``body_unchanged`` (then nothing needs parsing), ``pipeline.feeds.parse_keyed``, a look-up in the store
of what ``same_item.look_up_of`` names, ``decide``.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.feeds.failures import after_failure, back_to_config, failing
from pipeline.feeds.identity import corrections
from pipeline.feeds.problems import CUT_SHORT, problem_of_body
from pipeline.feeds.revisions import first_state, next_states
from pipeline.feeds.same_item import Item, Items, same_item
from pipeline.feeds.schedule import Timing, due_after_success, next_interval
from pipeline.model import (
    EntryIntent,
    FeedState,
    FeedUpdate,
    Fetched,
    FetchFailed,
    KeyedFeed,
    KnownEntry,
    NotModified,
    Outcome,
    Validators,
)
from pipeline.settings.poll import PollSettings
from pipeline.text.urls import with_fragment

_MIN_GAP_ENTRIES = 5  # all entries of a shorter feed are often new
_ONLY_NEW = ("sitemap", "section")  # kinds of sources whose documents hold only what is new


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
    history: Sequence[KnownEntry],
    *,
    now: datetime,
    policy: PollSettings,
    rng: random.Random,
    whole_text: int = 1500,
) -> FeedUpdate:
    """Decide what a poll changes.

    Args:
        state: the feed before the poll.
        outcome: the result of the request.
        document: the document of a ``Fetched``; None when ``body_unchanged``, and for the other outcomes. An index of
            sitemaps that is not modified has one if one of its sitemaps was.
        history: the stored entries that may be items of the document.
        now: the time of the response.
        policy: the settings of ``[poll]``.
        rng: spreads due times.
        whole_text: characters from which an entry's text in the feed replaces its page.
    """
    timing = Timing(now=now, policy=policy, rng=rng)
    if isinstance(outcome, FetchFailed):
        return back_to_config(state, after_failure(state, outcome, timing), timing)
    if isinstance(outcome, NotModified) and document is None:
        return _after_not_modified(state, outcome, timing)
    if document is not None and document.feed.problem and not document.feed.entries:
        problem, alternates = document.feed.problem, document.feed.alternates
        state = replace(state, moved_to=None, moved_times=0)
        if alternates:
            problem += f" It names {len(alternates)} instead: {', '.join(alternates[:3])}."
        problem = _joined(problem_of_body(outcome) if isinstance(outcome, Fetched) else None, problem) or problem
        update = FeedUpdate(state=failing(state, "failing", problem, timing), note=problem)
        return back_to_config(state, update, timing)
    return _after_document(state, outcome, document, history, timing, whole_text=whole_text)


def _after_document(
    state: FeedState,
    outcome: Fetched | NotModified,
    document: KeyedFeed | None,
    history: Sequence[KnownEntry],
    timing: Timing,
    *,
    whole_text: int,
) -> FeedUpdate:
    """Return the update for a document with entries, or for the same document as last time."""
    parsed = document.feed if document else None
    found = same_item(document, history, state.source.name) if document else Items(items=(), repeated=0, apart=0)
    intents = tuple(_intents(found.items, timing.now, whole_text))
    seen_before = sum(1 for item in found.items if item.known and item.known.in_feed)
    new = len(found.items) - seen_before
    changed = new or any(intent.revised for intent in intents)
    problem = _problem(state, outcome, document)
    after = replace(
        state,
        status="ok",
        interval=next_interval(state, parsed, new, timing),
        polled_at=timing.now,
        ok_at=timing.now,
        changed_at=timing.now if changed else state.changed_at,
        full_at=timing.now if isinstance(outcome, Fetched) else state.full_at,
        failures=0,
        gone_since=None,
        problem=problem,
    )
    # The validators of a document that was cut short would hide its missing entries from the next poll, and those of
    # a document with states that wait would hide these.
    partial = (parsed and parsed.problem == CUT_SHORT) or _has_waiting_state(found, intents)
    if isinstance(outcome, Fetched) and not outcome.truncated and not partial:
        after = replace(after, validators=_validators(outcome), body_hash=body_hash(outcome.body))
    after, move = _follow_move(after, outcome.moved_to, timing.policy.moves_to_adopt)
    after = replace(after, due_at=due_after_success(after, outcome.headers, parsed, timing))
    return FeedUpdate(
        state=after,
        entries=intents,
        entries_total=len(parsed.entries) if parsed else 0,
        note=_joined(move, _gap(state, new, seen_before), _left_out(document, found)) or problem,
    )


def _has_waiting_state(found: Items, intents: Sequence[EntryIntent]) -> bool:
    """Return whether an item shows a state that is not read yet; see ``revisions``."""
    read = {intent.identity for intent in intents if intent.revised}
    return any(
        item.known.digest != item.entry.digest and item.identity not in read
        for item in found.items
        if item.known and item.known.in_feed
    )


def _intents(items: Iterable[Item], now: datetime, whole_text: int) -> Iterable[EntryIntent]:
    """Yield the entries that are new, revised or corrected, new to this feed, or have another GUID or address."""
    for item in items:
        keyed, before = item.entry, item.known
        seen = before if before and before.in_feed else None
        states = seen.states if seen else first_state(keyed.digest, now)
        revised = False
        if seen and seen.digest != keyed.digest:
            whole = len(keyed.entry.content) >= whole_text
            after = next_states(seen.states, keyed.digest, now, whole_text=whole)
            states, revised = (seen.states, False) if after is None else (after, True)
        address = with_fragment(keyed.entry.url, keyed.entry.fragment)
        moved = seen is not None and (seen.guid, seen.url) != (keyed.entry.id, address)
        corrected = corrections(seen, keyed.entry) if seen and seen.digest == keyed.digest else ()
        if seen is None or revised or moved or corrected:
            stays = seen if seen and not revised else keyed  # a state that has to wait is compared again
            yield EntryIntent(
                entry=keyed.entry,
                identity=item.identity,
                digest=stays.digest,
                text_digest=stays.text_digest,
                states=states,
                known=before.id if before else None,
                revised=revised,
                moved=moved,
                corrections=corrected,
            )


def _left_out(document: KeyedFeed | None, found: Items) -> str | None:
    """Return why entries of the document are not stored."""
    repeated = f"{found.repeated} of the entries repeat another entry." if found.repeated else None
    empty = f"{document.empty} of the entries are empty." if document and document.empty else None
    return _joined(repeated, empty)


def _joined(*sentences: str | None) -> str | None:
    return " ".join(sentence for sentence in sentences if sentence) or None


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


def _problem(state: FeedState, outcome: Fetched | NotModified, document: KeyedFeed | None) -> str | None:
    if isinstance(outcome, Fetched) and (problem := problem_of_body(outcome)):
        return problem
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
    if state.changed_at is None or seen_before or new < _MIN_GAP_ENTRIES or state.source.via in _ONLY_NEW:
        return None
    return f"All {new} entries are new: some may have appeared and disappeared since the last poll."
