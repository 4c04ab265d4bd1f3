"""Reader of ``reference.toml``: the record of the op-ed and its passages."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from pipeline.errors import ConfigError
from pipeline.model import Passage, Reference
from pipeline.settings.reader import convert, load, only_keys, tables


def load_reference(path: Path) -> Reference:
    """Read and check the reference.

    Raises:
        ConfigError: names the passage, the key and what was expected.
    """
    data = load(path)
    only_keys(data, ("reference", "passage"), file=path)
    passages = []
    for number, item in enumerate(tables(data, "passage", file=path), 1):
        passage = convert(item, Passage, file=path, key=f"passage {item.get('id', f'number {number}')}")
        if passage.id != f"p{number}":
            raise ConfigError(path, f"passage {passage.id}", f"must be p{number}: passages are numbered in order.")
        passages.append(passage)
    record = data.get("reference", {})
    if not isinstance(record, dict):
        raise ConfigError(path, "reference", "must be written as a table: [reference].")
    if "passages" in record:
        raise ConfigError(path, "reference › passages", "must be written as separate tables: [[passage]].")
    if not passages:
        raise ConfigError(path, "passage", "is missing; the reference needs at least one [[passage]].")
    return replace(convert(record, Reference, file=path, key="reference"), passages=tuple(passages))
