"""Limit of revisions: how often a changed item of a feed is read anew. Pure.

Some feeds change at each poll: a list of related headlines in the text, or two headlines in turn. Each change would
cost a request for the item's page. So the states of an item (the digests of its title and text) are remembered:

* A new state is read at once, but an item costs at most ``PAGES_PER_DAY`` page requests in 24 hours for it.
* A state that was seen before is read again only when no state was read in the last 24 hours.

A state that has to wait is read later if the feed still shows it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

PAGES_PER_DAY = 3  # the first request for a new item included

_DAY = timedelta(hours=24)
_REMEMBERED = 12


def first_state(digest: str, now: datetime) -> tuple[str, ...]:
    """Return the states of an item that is new to its feed."""
    return (_state(digest, now),)


def next_states(states: Sequence[str], digest: str, now: datetime, *, whole_text: bool) -> tuple[str, ...] | None:
    """Return the item's states with this one; None if it has to wait.

    Args:
        states: earlier states, oldest first, each as time and digest.
        digest: of the present state.
        now: the present time.
        whole_text: the feed carries the whole text, so that a new state costs no request.
    """
    read = [(datetime.fromisoformat(at), known) for at, _, known in (state.partition(" ") for state in states)]
    # A time ahead of now was stored while the clock was wrong.
    today = [known for at, known in read if timedelta() <= now - at < _DAY]
    seen_before = any(known == digest for _, known in read)
    allowed = not today if seen_before else whole_text or len(today) < PAGES_PER_DAY
    return (*states, _state(digest, now))[-_REMEMBERED:] if allowed else None


def _state(digest: str, now: datetime) -> str:
    return f"{now.astimezone(UTC).isoformat()[:19]}+00:00 {digest}"
