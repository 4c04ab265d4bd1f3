"""Whether the compiled half of flagging is in use."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec


@cache
def compiled() -> bool:
    """Whether it is: it was built when Tumen was installed, and the environment does not say ``TUMEN_PURE=1``."""
    return os.environ.get("TUMEN_PURE", "0") in {"", "0"} and find_spec("pipeline.flagging._scan") is not None
