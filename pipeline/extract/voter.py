"""trafilatura's extractor, loaded without what it is never asked for here.

trafilatura comes with a downloader, a reader of metadata and dates, and two rival extractors, whose libraries take two
thirds of the time of its import: 0.1 s in each cycle that reads a page. Stand-ins take their places while the extractor
is imported, and are gone afterwards; whoever imports trafilatura later gets all of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_UNUSED = (
    "charset_normalizer", "courlan", "urllib3", "urllib3.response", "trafilatura.downloads", "trafilatura.external",
    "trafilatura.metadata",
)  # fmt: skip


class _Absent(type):
    """The class of names that were not loaded: good for ``isinstance``, and an error when called."""

    def __call__(cls, *_: object, **__: object) -> Any:
        raise NotImplementedError(f"{cls.__name__} was left out when trafilatura was loaded")


class _StandIn(ModuleType):
    """A module in which every name can be imported; what its package's settings define is the real thing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        settings = sys.modules.get("trafilatura.settings")
        return getattr(settings, name, None) or _Absent(name, (), {})


@contextmanager
def _standing_in() -> Iterator[None]:
    """Stand-ins for what is not loaded yet; what was loaded stays in use."""
    missing = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update({name: _StandIn(name) for name in missing})
    try:
        yield
    finally:
        for name in missing:
            sys.modules.pop(name, None)


def load() -> tuple[ModuleType, ModuleType]:
    """The modules ``core`` and ``settings`` of our own trafilatura: what is changed in it, nobody else sees."""
    others = _forget()
    try:
        with _standing_in():
            return importlib.import_module("trafilatura.core"), sys.modules["trafilatura.settings"]
    except (ImportError, AttributeError, NotImplementedError, TypeError):  # another trafilatura, put together otherwise
        _forget()
        return importlib.import_module("trafilatura.core"), importlib.import_module("trafilatura.settings")
    finally:
        _forget()
        sys.modules.update(others)


def _forget() -> dict[str, ModuleType]:
    """Take the modules of trafilatura out of those that are loaded."""
    names = [name for name in sys.modules if name.partition(".")[0] == "trafilatura"]
    return {name: sys.modules.pop(name) for name in names}
