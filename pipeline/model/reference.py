"""Values of the reference document: its record and its passages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A numbered part of the reference, told in our own words.

    Attributes:
        id: ``p1`` … in the order of the original.
        part: opening, first reason, second reason, third reason or conclusion.
        topics: the topics that it stands for.
        concepts: the concepts that it names.
    """

    id: str
    part: str
    digest: str
    topics: tuple[str, ...]
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The op-ed that the watch started from: its record, and its digest."""

    title: str
    author: str
    publication: str
    published: str
    url: str
    passages: tuple[Passage, ...] = field(default=())
    note: str = ""
