"""The daemon's copy of the config: children never read a file that somebody edits at that moment."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.settings import find_file
from pipeline.settings.places import FILES, FOLDERS, check_kind, find_folder, has_own

_OTHERS = ("*.toml", "*.pem", "*.crt", "*.cer")


def copy_config(folder: Path, copy: Path) -> None:
    """Copy the folder's own config files. The rest is shipped, and is not copied.

    Raises:
        ConfigError: the folder or a file cannot be read, or something else stands in a file's place.
    """
    if not folder.is_dir():
        raise ConfigError(folder, "", "is not a folder; it needs at least feeds.toml or tumen.toml.")
    files = [find_file(folder, name) for name in FILES if has_own(folder / name)]
    for name in FOLDERS:
        if has_own(folder / name):
            files += find_folder(folder, name).glob("*.toml")
            (copy / name).mkdir()
    # also files that nothing reads, which the check of the copy reports, and certificates, which tumen.toml may name
    others = [file for end in _OTHERS for file in folder.glob(end) if file.is_file() and file.name not in FILES]
    for file in (*files, *others):
        check_kind(file)
        try:
            shutil.copyfile(file, copy / file.relative_to(folder))
        except OSError as error:
            raise ConfigError(file, "", f"cannot be read ({error.strerror}).") from None
