"""Check of a config folder: the same for ``tumen run``, the daemon and ``tumen doctor``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import NothingToWatch
from pipeline.settings import Settings, find_file, load_settings, unread


def check_settings(folder: Path | None) -> Settings:
    """Load the settings and check what a cycle uses, except the lexicon, which a worker checks once per version.

    Raises:
        ConfigError: names the file, the key and what was expected.
        NothingToWatch: no feed is enabled.
    """
    settings = load_settings(folder)
    if settings.flagging.semantic:
        from pipeline.semantic import check

        check(settings.flagging.semantic, find_file(settings.folder, "tumen.toml"))
    if settings.alerts.target:
        from pipeline.alerts import check_targets

        check_targets(settings.alerts.target, find_file(settings.folder, "alerts.toml"))
    if not any(source.enabled for source in settings.sources):
        file = find_file(settings.folder, "feeds.toml")
        raise NothingToWatch(f"{file}: has no enabled [[feed]], so there is no feed to watch; add one.")
    return settings


def check_config(folder: Path | None) -> Settings:
    """Check everything that a cycle and its alerts read, the lexicon and the topics included.

    Raises:
        ConfigError, NothingToWatch: as ``check_settings``.
    """
    from pipeline.flagging import Flagger

    settings = check_settings(folder)
    Flagger.from_config(folder)
    return settings


def oversights(settings: Settings) -> Iterator[str]:
    """Yield one sentence per thing that is allowed and probably not meant."""
    yield from unread(settings.folder)
    for target in settings.alerts.target:
        if not target.address():
            yield f"The environment variable {target.url_env} of the alert target “{target.name}” is not set."
    variable = settings.desk.translator_key_env
    if variable and not os.environ.get(variable):
        yield f"The environment variable {variable} with the key of the desk's translator is not set."
    backups = settings.daemon.backup_folder
    if backups and not Path(backups).is_dir() and not Path(backups).parent.is_dir():  # its last part is made if missing
        file = find_file(settings.folder, "tumen.toml")
        yield f"{file}: [daemon] › backup_folder: the folder {backups} does not exist; create it."


def missing_contact(settings: Settings) -> str:
    """Return a request to set the contact, if feeds outside of this machine or network are polled without it."""
    if settings.fetch.contact or settings.fetch.allow_private:
        return ""
    file = find_file(settings.folder, "tumen.toml")
    return (
        f"{file}: [fetch] › contact is empty. Set an address that publishers can write to before you poll their sites."
    )
