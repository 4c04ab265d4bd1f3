"""The flagging config in the database: topics, concepts and passages are mirrored once per config version.

A cycle does not load the lexicon: the version is a digest of the config files, and a version that the database knows
was checked before. A new version is loaded by a worker process, which needs the lexicon anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
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


async def ensure_config(conn: sqlite3.Connection, folder: Path, workers: Workers, now: Callable[[], datetime]) -> str:
    """Check and mirror the config of ``folder``, if the database does not know its version; return the version.

    Raises:
        ConfigError: the lexicon, the topics or the reference are wrong.
    """
    version = config_version(folder)
    if flag_rows.version_known(conn, version):
        return version
    try:
        lexicon = await workers.run(processing.describe, folder)
    except WorkFailed:  # the worker's limits were too low for the lexicon: load it in this process
        load_flagger(conn, folder, now)
        return version
    if isinstance(lexicon, ConfigError):
        raise lexicon
    _mirror(conn, lexicon, version, now())
    return version


def load_flagger(conn: sqlite3.Connection, folder: Path, now: Callable[[], datetime]) -> tuple[Flagger, str]:
    """Load the flagger in this process and mirror its config; return it with the config's version.

    Raises:
        ConfigError: the lexicon, the topics or the reference are wrong.
    """
    from pipeline.flagging import Flagger

    version = config_version(folder)
    flagger = Flagger.from_config(folder)
    if not flag_rows.version_known(conn, version):
        lexicon = Lexicon(topics=flagger.topics, concepts=flagger.concepts, reference=flagger.reference)
        _mirror(conn, lexicon, version, now())
    return flagger, version


def _mirror(conn: sqlite3.Connection, lexicon: Lexicon, version: str, now: datetime) -> None:
    flag_rows.sync_config(
        conn,
        version,
        topics=[
            flag_rows.TopicRow(
                id=topic.id,
                title=topic.title,
                description=topic.description,
                position=topic.order,
                colour=topic.colour,
            )
            for topic in lexicon.topics
        ],
        concepts=[
            flag_rows.ConceptRow(
                id=concept.id, name=concept.name, kind=concept.kind, qid=concept.qid, surfaces=concept.surfaces
            )
            for concept in lexicon.concepts
        ],
        reference=lexicon.reference,
        now=now,
    )
