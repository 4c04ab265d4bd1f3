"""The model's files in a config folder: applied with a way back.

``model.toml`` is in use. ``model.previous.toml`` is what was in use before the last ``tumen learn``, for ``--undo``.
``model.base.toml`` is the model before the first: every ``tumen learn`` starts from it, so that a verdict counts once
however often the command runs.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import shipped
from pipeline.errors import ConfigError, NotFound, StoreError
from pipeline.settings.places import find_file

LEARNED = "verdicts: "  # begins the line of a model's record that a learned model has among its sets
_PREVIOUS, _BASE = "model.previous.toml", "model.base.toml"


def check_folder(folder: Path | None) -> Path:
    """Return the config folder if a model may be written there.

    Raises:
        ConfigError: it is the shipped one, or does not exist.
    """
    if folder is None or folder.resolve() == shipped.CONFIG.resolve():
        problem = "is the shipped config, which is never changed. Make a folder and name it with --config."
        raise ConfigError(shipped.CONFIG, "", problem)
    if not folder.is_dir():
        raise ConfigError(
            folder, "", "does not exist. Make the folder first; files missing there are the shipped ones."
        )
    return folder


def base_of(folder: Path | None, sets: tuple[str, ...]) -> Path:
    """Return the file that learning starts from.

    Args:
        folder: the config folder.
        sets: of the record of the model in use.
    """
    base = (folder or shipped.CONFIG) / _BASE
    learned = any(line.startswith(LEARNED) for line in sets)
    return base if learned and base.exists() else find_file(folder, "model.toml")


def apply(folder: Path, text: str, base: Path) -> None:
    """Put a model into use, and keep the one before it.

    Raises:
        StoreError: a file cannot be written; the model in use is as before.
    """
    try:
        start, current = base.read_bytes(), find_file(folder, "model.toml").read_bytes()
        _write(folder / _BASE, start)
        _write(folder / _PREVIOUS, current)
        _write(folder / "model.toml", text.encode())
    except OSError as error:
        raise _not_written(folder, error) from None


def previous(folder: Path) -> Path:
    """Return the file that ``undo`` restores.

    Raises:
        NotFound: nothing was applied.
    """
    path = folder / _PREVIOUS
    if not path.exists():
        raise NotFound(f"{folder} has no earlier model: “tumen learn” was not applied, or is undone already.")
    return path


def undo(folder: Path) -> None:
    """Restore the previous model. If that is the shipped one, the folder has no model of its own afterwards.

    Raises:
        NotFound: nothing was applied.
        StoreError: a file cannot be written.
    """
    path = previous(folder)
    try:
        if path.read_bytes() == (shipped.CONFIG / "model.toml").read_bytes():
            (folder / "model.toml").unlink(missing_ok=True)
            path.unlink()
        else:
            path.replace(folder / "model.toml")
    except OSError as error:
        raise _not_written(folder, error) from None


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _not_written(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"{folder} cannot be written ({error.strerror}). The model in use did not change.")
