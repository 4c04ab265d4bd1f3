"""Whether the compiled half of flagging is in use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


@cache
def compiled() -> bool:
    """Whether it is.

    It was built when Tumen was installed, its source has not changed since (in a checkout that was brought up to date
    and not installed again), and the environment does not set ``TUMEN_PURE``.
    """
    if os.environ.get("TUMEN_PURE"):
        return False
    try:
        from pipeline.flagging import _passages, _scan, _trial
    except ImportError:
        return False
    return not any(_is_stale(Path(str(module.__file__))) for module in (_passages, _scan, _trial))


def in_python(pure: bool | None) -> bool:
    """Whether a part is to be the one in Python: as asked, or, with None, where nothing was compiled."""
    return not compiled() if pure is None else pure


def _is_stale(built: Path) -> bool:
    folder = Path(__file__).parent
    sources = (folder / f"{built.name.partition('.')[0]}.c", folder / "_part.h")  # a wheel leaves them out
    return any(source.exists() and source.stat().st_mtime > built.stat().st_mtime for source in sources)
