"""Whether the compiled half of flagging is in use."""

from __future__ import annotations

import os
from functools import cache


@cache
def compiled() -> bool:
    """Whether it is: it was built when Tumen was installed, and the environment does not set ``TUMEN_PURE``."""
    if os.environ.get("TUMEN_PURE"):
        return False
    try:
        from pipeline.flagging import _passages, _scan, _trial  # noqa: F401 - that it can be is the question
    except ImportError:
        return False
    return True
