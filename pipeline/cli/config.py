"""The whole config, checked to its end: settings, lexicon and topics, the sentence model, the targets of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Settings


def check_config(folder: Path | None, told: Path | None = None) -> Settings:
    """Check all that a cycle and what follows it will read.

    Args:
        folder: the config folder; None is the shipped one.
        told: the folder to name in messages, where the other one is a copy of it.

    Returns:
        The settings.

    Raises:
        ConfigError: names the file and the key, and what was expected.
    """
    from pipeline.flagging import Flagger
    from pipeline.settings import find_file, load_settings

    settings = load_settings(folder)
    named = told or settings.folder
    check_semantic(settings, named)
    Flagger.from_config(folder)
    if settings.alerts.target:
        from pipeline.alerts import check_targets

        check_targets(settings.alerts.target, find_file(named, "alerts.toml"))
    return settings


def check_semantic(settings: Settings, named: Path) -> None:
    """See that the sentence model is there, if one is asked for; messages name ``tumen.toml`` of the folder ``named``.

    Raises:
        ConfigError: it is not.
    """
    if settings.flagging.semantic:
        from pipeline.semantic import check
        from pipeline.settings import find_file

        check(settings.flagging.semantic, find_file(named, "tumen.toml"))
