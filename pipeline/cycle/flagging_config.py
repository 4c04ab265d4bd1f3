"""The config that flags are made with, mirrored in the database; and the flagger, for who flags in this process.

A cycle loads no lexicon: the config's version is a digest of its files, a version that has been used on this database
before is known to be sound, and a new one is loaded by the worker processes, which need it anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import processing
from pipeline.errors import ConfigError
from pipeline.flagging import config_version
from pipeline.processing import Lexicon
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.store import flags as flag_rows

if TYPE_CHECKING:
    from pipeline.flagging import Flagger


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

    async def check_in(self, workers: Workers) -> None:
        """The same, by a worker process: this one stays small.

        Raises:
            ConfigError: as ``check``.
        """
        if flag_rows.version_known(self.conn, self.version):
            return
        try:
            told = await workers.run(processing.describe, self.folder)
        except WorkFailed:  # too little time or memory there; who is right is found out here
            self.check()
            return
        if isinstance(told, ConfigError):
            raise told
        sync_config(self.conn, told, self.version, self.now())

    def flagger(self) -> Flagger:
        """The flagger; its topics, concepts and passages are in the database when this returns."""
        if self._flagger is None:
            from pipeline.flagging import Flagger

            made = self._flagger = Flagger.from_config(self.folder)
            if not flag_rows.version_known(self.conn, self.version):
                lexicon = Lexicon(topics=made.topics, concepts=made.concepts, reference=made.reference)
                sync_config(self.conn, lexicon, self.version, self.now())
        return self._flagger


def sync_config(conn: sqlite3.Connection, lexicon: Lexicon, version: str, now: datetime) -> None:
    """Mirror the config's topics, concepts and passages into the database."""
    flag_rows.sync_config(
        conn,
        version,
        topics=[
            flag_rows.TopicRow(id=t.id, title=t.title, description=t.description, position=t.order, colour=t.colour)
            for t in lexicon.topics
        ],
        concepts=[flag_rows.ConceptRow(id=c.id, name=c.name, kind=c.kind, qid=c.qid) for c in lexicon.concepts],
        reference=lexicon.reference,
        now=now,
    )
