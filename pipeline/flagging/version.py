"""The version of a config, known without compiling it: a run with nothing new to flag loads no lexicon."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.settings.places import files_of

CODE_VERSION = "1"  # raised when the same config would give other flags


def config_version(folder: Path | None = None) -> str:
    """A digest (12 hexadecimal digits) of every file that flags depend on, and of the code's version."""
    digest = hashlib.blake2b(CODE_VERSION.encode(), digest_size=6)
    for path in files_of(folder):
        digest.update(f"\0{path.name}\0".encode())
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ConfigError(path, "", f"cannot be read ({error.strerror}).") from None
    return digest.hexdigest()
