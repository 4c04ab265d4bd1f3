"""Flagging: which topics an article is on, and how relevant it is, by readable features and learned weights.

``Flagger.from_config().flag(title, text)`` returns an ``Assessment``. The way of an article: ``fold`` makes spellings
equal, ``matcher`` finds concepts (``surfaces`` reads the grammar of the config, ``catalogue`` indexes it, ``automaton``
searches), ``reading`` notes where they stand, ``features`` turns that into numbers, ``model`` adds up weights,
``reasons`` and ``wording`` explain the sum, ``passages`` finds the closest part of the reference. For editors:
``explain``, ``lint``, ``backtest``. For training: ``labels`` reads labelled items, ``training`` fits the weights,
``figures`` and ``report`` judge them.
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
    """Load the flagger at first use: code that only needs the config version saves the time."""
    if name not in _LATER:
        raise AttributeError(name)
    globals()[name] = value = getattr(import_module(_LATER[name]), name)
    return value
