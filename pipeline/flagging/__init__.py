"""Flagging: rules that a person can read, at the speed of a string search.

``Flagger.from_config().flag(title, text)`` gives an ``Assessment``. ``fold`` makes spellings equal, ``surfaces`` reads
the config's grammar, ``matcher`` finds concepts, ``units`` cuts the article, ``rules`` adds up the clauses,
``passages`` finds the nearest part of the reference; ``explain`` shows why, ``lint`` and ``backtest`` help who edits
the rules.
"""

from pipeline.flagging.flagger import Flagger, config_version

__all__ = ["Flagger", "config_version"]
