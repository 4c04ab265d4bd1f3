"""The flagger, loaded when the first article needs it, with its config mirrored in the database.

An idle run loads no lexicon: the config's version is a digest of its files, and a version that has been used on this
database before is known to be sound.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.flagging import Flagger, config_version
from pipeline.store import flags as flag_rows


@dataclass(slots=True)
class Flagging:
    """The flagger of a config folder, for one database."""

    conn: sqlite3.Connection
    folder: Path
    now: Callable[[], datetime]
    version: str = field(init=False)
    _flagger: Flagger | None = None

    def __post_init__(self) -> None:
        self.version = config_version(self.folder)

    def check(self) -> None:
        """Load a config that this database has not seen, so that its mistakes stop the run before it begins.

        Raises:
            ConfigError: something in the lexicon, the topics or the reference is wrong.
        """
        if not flag_rows.version_known(self.conn, self.version):
            self.flagger()

    def flagger(self) -> Flagger:
        """The flagger; its topics, concepts and passages are in the database when this returns."""
        if self._flagger is None:
            self._flagger = Flagger.from_config(self.folder)
            if not flag_rows.version_known(self.conn, self.version):
                sync_config(self.conn, self._flagger, self.version, self.now())
        return self._flagger


def sync_config(conn: sqlite3.Connection, flagger: Flagger, version: str, now: datetime) -> None:
    """Mirror the flagger's topics, concepts and passages into the database."""
    flag_rows.sync_config(
        conn,
        version,
        topics=[
            flag_rows.TopicRow(id=t.id, title=t.title, description=t.description, position=t.order, colour=t.colour)
            for t in flagger.topics
        ],
        concepts=[flag_rows.ConceptRow(id=c.id, name=c.name, kind=c.kind, qid=c.qid) for c in flagger.concepts],
        reference=flagger.reference,
        now=now,
    )
