"""Where the files are that flags depend on: in the config folder, or in the shipped one where the folder has none.

Apart from ``lexicon``, which reads them: an idle run needs their names only.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import shipped


def folder_of(folder: Path | None, name: str) -> Path:
    """``concepts`` or ``topics`` of a config folder, or the shipped one where the folder has none."""
    own = (folder or shipped.CONFIG) / name
    return own if own.is_dir() else shipped.CONFIG / name


def files_of(folder: Path | None) -> list[Path]:
    """Every file that the flags depend on, in a stable order."""
    found = sorted(folder_of(folder, "concepts").glob("*.toml")) + sorted(folder_of(folder, "topics").glob("*.toml"))
    own = (folder or shipped.CONFIG) / "reference.toml"
    return [*found, own if own.exists() else shipped.CONFIG / "reference.toml"]
