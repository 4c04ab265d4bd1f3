"""The config of the served desk: targets of mail, the translate link, and the lexicon for glosses.

``tumen serve`` passes the config folder in ``TUMEN_CONFIG``; ``datasette tumen.db`` alone uses the shipped config.
"""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.settings import Settings, load_settings

_log = logging.getLogger(__name__)


def folder() -> Path:
    """Return the config folder."""
    return Path(os.environ.get("TUMEN_CONFIG") or shipped.CONFIG)


@functools.cache
def settings() -> Settings | None:
    """Return the settings, read once; None if the files have an error, which the log shows."""
    try:
        return load_settings(folder(), feeds_required=False)  # the desk polls nothing
    except ConfigError as error:
        _log.warning("the desk works without its config: %s", error)
        return None
