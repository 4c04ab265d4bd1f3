"""Paths of the config files: those of the config folder, or the shipped ones that it lacks.

A name that exists in the folder is never ignored: a broken link, a FIFO or a folder in a file's place is an error, so
that the shipped file is not used by mistake. Separate from the readers, because an idle run needs only the names.
"""

from __future__ import annotations

import difflib
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline import shipped
from pipeline.errors import ConfigError

FILES = ("tumen.toml", "feeds.toml", "alerts.toml", "reference.toml", "model.toml")
FOLDERS = ("concepts", "topics")
_OF_LEARNING = ("model.previous.toml", "model.base.toml")
# only the shipped ones are read, but the copy of a whole config folder has them too
_OF_THE_PACKAGE = ("agencies.toml", "datasette.json", "stories.toml", "story_terms.toml")


def find_file(folder: Path | None, name: str) -> Path:
    """Return the file of this name in the config folder, or the shipped one if the folder has none.

    Raises:
        ConfigError: the name exists, but not as a file that can be opened.
    """
    return _find(folder, name, is_folder=False)


def find_folder(folder: Path | None, name: str) -> Path:
    """Return ``concepts`` or ``topics`` of a config folder, or the shipped folder if it has none.

    Raises:
        ConfigError: the name exists, but not as a folder.
    """
    return _find(folder, name, is_folder=True)


def _find(folder: Path | None, name: str, *, is_folder: bool) -> Path:
    own = (folder or shipped.CONFIG) / name
    if not has_own(own):
        return shipped.CONFIG / name
    check_kind(own, is_folder=is_folder)
    return own


def has_own(path: Path) -> bool:
    """Return whether the name exists, also as a broken link.

    Raises:
        ConfigError: its folder may not be entered.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    return True


def check_kind(path: Path, *, is_folder: bool = False) -> None:
    """Refuse what is no regular file (or no folder). Reading a FIFO would wait for ever.

    Raises:
        ConfigError: with what the path is.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            problem = f"is a link to “{path.readlink()}”, which cannot be opened ({error.strerror})."
            raise ConfigError(path, "", problem) from None
        raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    if is_folder and not stat.S_ISDIR(mode):
        raise ConfigError(path, "", "must be a folder.")
    if not is_folder and not stat.S_ISREG(mode):
        found = "a folder" if stat.S_ISDIR(mode) else "a FIFO" if stat.S_ISFIFO(mode) else "a device or socket"
        raise ConfigError(path, "", f"is {found}; expected a file.")


def files_of(folder: Path | None) -> list[Path]:
    """Return every file that the flags depend on, in a stable order."""
    found = [path for name in FOLDERS for path in sorted(find_folder(folder, name).glob("*.toml"))]
    model = find_file(folder, "model.toml")  # absent until the first training
    found += [find_file(folder, "reference.toml"), *([model] if model.exists() else [])]
    for path in found:
        check_kind(path)
    return found


def origins(folder: Path) -> str:
    """Return which files are the folder's own and which are shipped, as one phrase for the log."""
    if is_shipped(folder):
        return f"the shipped config, {folder}"
    names = [name for name in (*FILES, *FOLDERS) if has_own(shipped.CONFIG / name) or has_own(folder / name)]
    own = [name for name in names if has_own(folder / name)]
    rest = [name for name in names if name not in own]
    return f"{folder}: own {', '.join(own) or 'nothing'}; shipped {', '.join(rest) or 'nothing'}"


def is_shipped(folder: Path | None) -> bool:
    """Return whether this is the shipped config."""
    return folder is None or folder.resolve() == shipped.CONFIG


def unread(folder: Path) -> Iterator[str]:
    """Yield one sentence per file of the folder that looks like config and is not read.

    Other files, such as notes and an editor's copies, are left alone.
    """
    known = (*FILES, *FOLDERS)
    ignored = {*known, *_OF_LEARNING, *_OF_THE_PACKAGE}
    for path in sorted(folder.iterdir()):
        if path.name in ignored or path.name.startswith("."):
            continue
        near = difflib.get_close_matches(path.name.lower(), known, n=1, cutoff=0.8)
        if near and not path.name.startswith(near[0]):  # “feeds.toml.bak” is no slip of the pen
            yield f"{path} is not read; did you mean {near[0]}?"
        elif path.suffix == ".toml":
            yield f"{path} is not read; files with settings are {', '.join(known)}."
    for name in FOLDERS:
        inside = folder / name
        for path in sorted(inside.iterdir()) if inside.is_dir() else ():
            if path.suffix.lower() in (".tml", ".tom", ".toml") and path.suffix != ".toml":
                yield f"{path} is not read; its name must end in .toml."
