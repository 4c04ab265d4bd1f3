"""Check of the whole config: settings, lexicon, topics, sentence model and alert targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Settings


def check_config(folder: Path | None, shown_as: Path | None = None) -> Settings:
    """Check everything that a cycle and its alerts read.

    Args:
        folder: the config folder; None for the shipped one.
        shown_as: the folder to name in messages, if ``folder`` is a copy of it.

    Returns:
        The settings.

    Raises:
        ConfigError: names the file, the key and what was expected.
    """
    from pipeline.flagging import Flagger
    from pipeline.settings import find_file, load_settings

    settings = load_settings(folder)
    named = shown_as or settings.folder
    check_semantic(settings, named)
    Flagger.from_config(folder)
    if settings.alerts.target:
        from pipeline.alerts import check_targets

        check_targets(settings.alerts.target, find_file(named, "alerts.toml"))
    return settings


def check_semantic(settings: Settings, named: Path) -> None:
    """Check that the sentence model is installed, if the config names one.

    Raises:
        ConfigError: it is not; the message names ``tumen.toml`` of the folder ``named``.
    """
    if settings.flagging.semantic:
        from pipeline.semantic import check
        from pipeline.settings import find_file

        check(settings.flagging.semantic, find_file(named, "tumen.toml"))
