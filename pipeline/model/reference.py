"""Values of the reference document (the op-ed): its record and its passages."""

from __future__ import annotations

from msgspec import Struct


class Passage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A numbered part of the reference, summarised in our own words.

    Attributes:
        id: ``p1`` … in the order of the original.
        part: opening, first reason, second reason, third reason or conclusion.
        digest: the summary.
        topics: ids of the topics that it is about.
        concepts: ids of the concepts that it names.
    """

    id: str
    part: str
    digest: str
    topics: tuple[str, ...]
    concepts: tuple[str, ...] = ()


class Reference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of the op-ed, with its passages."""

    title: str
    author: str
    publication: str
    published: str
    url: str
    passages: tuple[Passage, ...] = ()
    note: str = ""
