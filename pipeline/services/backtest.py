"""Backtest of a config over the archive, on all cores. Reads the database and stores nothing.

Each worker process loads the lexicon once and scores slices of ids; the parts are added up in the order of ids, so the
result does not depend on the number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.flagging.backtest import Backtest, decision, first_words
from pipeline.store import articles as article_rows
from pipeline.store import open_readonly

if TYPE_CHECKING:
    from pipeline.flagging import Flagger

_SLICE = 1_000  # ids per task
_loaded: list[Flagger] = []  # of a worker process


def backtest(database: Path, folder: Path | None) -> Backtest:
    """Compare the stored flags of all articles with those that a config would give.

    Args:
        database: the SQLite file.
        folder: the config folder; None for the shipped config.
    """
    conn = open_readonly(database)
    last = article_rows.last(conn)
    conn.close()
    starts = range(0, last, _SLICE)
    processes = min(len(starts), os.cpu_count() or 1)
    total = Backtest()
    for part in _parts(database, folder, starts, processes):
        total.merge(part)
    return total


def _parts(database: Path, folder: Path | None, starts: range, processes: int) -> Iterator[Backtest]:
    if processes <= 1:
        _load(folder)
        yield from (_slice((database, after)) for after in starts)
        return
    # not "fork": the caller may have threads, whose locks a forked process would inherit
    with multiprocessing.get_context("spawn").Pool(processes, _load, (folder,)) as pool:
        yield from pool.imap(_slice, [(database, after) for after in starts])


def _load(folder: Path | None) -> None:
    from pipeline.flagging import Flagger

    _loaded[:] = [Flagger.from_config(folder)]


def _slice(task: tuple[Path, int]) -> Backtest:
    """Score the articles of one slice of ids."""
    database, after = task
    (flagger,) = _loaded
    conn = open_readonly(database)
    part = Backtest()
    try:
        for article in article_rows.texts(conn, after=after, until=after + _SLICE, limit=_SLICE):
            topics = flagger.score(article.title, article.text, home=article.home).topics
            evidence = {}
            if part.wants_evidence(article.topics, topics):
                evidence = first_words(flagger.flag(article.title, article.text, home=article.home).evidence)
            part.add(article.title, article.topics, topics, evidence=evidence, verdict=decision(article.verdict))
    finally:
        conn.close()
    return part
