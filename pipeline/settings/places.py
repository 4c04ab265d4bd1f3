"""Paths of the files that flags depend on: those of the config folder, or the shipped ones that it lacks.

Separate from ``lexicon``, which reads the files, because an idle run needs only their names.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import shipped


def folder_of(folder: Path | None, name: str) -> Path:
    """Return ``concepts`` or ``topics`` of a config folder, or the shipped folder if it has none."""
    own = (folder or shipped.CONFIG) / name
    return own if own.is_dir() else shipped.CONFIG / name


def file_of(folder: Path | None, name: str) -> Path:
    """Return ``reference.toml`` or ``model.toml`` of a config folder, or the shipped one if the folder has none."""
    own = (folder or shipped.CONFIG) / name
    return own if own.exists() else shipped.CONFIG / name


def files_of(folder: Path | None) -> list[Path]:
    """Return every file that the flags depend on, in a stable order."""
    found = sorted(folder_of(folder, "concepts").glob("*.toml")) + sorted(folder_of(folder, "topics").glob("*.toml"))
    model = file_of(folder, "model.toml")  # absent until the first training
    return [*found, file_of(folder, "reference.toml"), *([model] if model.exists() else [])]
