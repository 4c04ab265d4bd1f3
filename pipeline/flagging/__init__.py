"""Flagging: rules that a person can read, at the speed of a string search.

``Flagger.from_config().flag(title, text)`` gives an ``Assessment``. ``fold`` makes spellings equal, ``surfaces`` reads
the config's grammar, ``catalogue`` keeps the lexicon's surfaces by what finds them, ``matcher`` finds concepts with
``automaton`` and packs them as ``hits``, ``clauses`` makes numbers of the rules, ``trial`` tries them on what ``units``
cuts, ``rules`` adds up, ``passages`` finds the nearest part of the reference; ``explain`` shows why, ``lint`` and
``backtest`` help who edits the rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.flagging.version import config_version

if TYPE_CHECKING:
    from pipeline.flagging.flagger import Flagger

__all__ = ["Flagger", "config_version"]

_LATER = {"Flagger": "pipeline.flagging.flagger"}


def __getattr__(name: str) -> Any:
    """Load the flagger when it is first named: what only needs the config's version saves the time."""
    if name not in _LATER:
        raise AttributeError(name)
    globals()[name] = value = getattr(import_module(_LATER[name]), name)
    return value
