"""Calls of other extractors, whose failures never cost the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def attempt(call: Callable[[], T]) -> T | None:
    """Return the result of a call of trafilatura, resiliparse or htmldate; None if it fails.

    On odd trees these libraries raise exceptions of any kind, and document none. Our own readers remain.
    """
    try:
        return call()
    except Exception:  # noqa: BLE001 - see above
        return None
