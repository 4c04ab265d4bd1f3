"""Values that pass from stage to stage: frozen, typed, without behaviour.

Conventions: ``None`` means unknown; an empty value means known to be empty. Times are aware and in UTC and are named
``…_at`` (``published`` is the publisher's own claim). Offsets count code points of the stored text, half-open. The
terms are defined in the glossary of ``docs/architecture.md``.
"""

from pipeline.model.articles import Article, Origin, Queue, QueuedEntry, Stored, Verdict
from pipeline.model.cycle import CycleCounts, CycleReport, FeedChange, RunCounts, Trouble
from pipeline.model.edits import REPORTED, Change, EditKind, EditPart, Version
from pipeline.model.extraction import Extraction, Wall
from pipeline.model.feeds import (
    Correction,
    EntryIntent,
    EntryKeys,
    FeedState,
    FeedStatus,
    FeedUpdate,
    KeyedEntry,
    KeyedFeed,
    KnownEntry,
    ParsedEntry,
    ParsedFeed,
)
from pipeline.model.fetching import (
    FailureKind,
    Fetched,
    FetchFailed,
    HostState,
    NotModified,
    Outcome,
    Request,
    RequestKind,
    Validators,
)
from pipeline.model.flagging import Assessment, Evidence, Field, NearMiss, NearPassage, Score, Term
from pipeline.model.ids import ArticleId, EntryId, FeedId, RunId
from pipeline.model.listing import (
    ChildSitemap,
    ListChanges,
    ListDocument,
    ListState,
    Seen,
)
from pipeline.model.reference import Passage, Reference
from pipeline.model.sources import Source, SourceKind, Via
from pipeline.model.stories import STORY_WINDOW, Candidate, IndexKeys, SentenceHolder, Signature, Telling

__all__ = [
    "REPORTED",
    "STORY_WINDOW",
    "Article",
    "ArticleId",
    "Assessment",
    "Candidate",
    "Change",
    "ChildSitemap",
    "Correction",
    "CycleCounts",
    "CycleReport",
    "EditKind",
    "EditPart",
    "EntryId",
    "EntryIntent",
    "EntryKeys",
    "Evidence",
    "Extraction",
    "FailureKind",
    "FeedChange",
    "FeedId",
    "FeedState",
    "FeedStatus",
    "FeedUpdate",
    "FetchFailed",
    "Fetched",
    "Field",
    "HostState",
    "IndexKeys",
    "KeyedEntry",
    "KeyedFeed",
    "KnownEntry",
    "ListChanges",
    "ListDocument",
    "ListState",
    "NearMiss",
    "NearPassage",
    "NotModified",
    "Origin",
    "Outcome",
    "ParsedEntry",
    "ParsedFeed",
    "Passage",
    "Queue",
    "QueuedEntry",
    "Reference",
    "Request",
    "RequestKind",
    "RunCounts",
    "RunId",
    "Score",
    "Seen",
    "SentenceHolder",
    "Signature",
    "Source",
    "SourceKind",
    "Stored",
    "Telling",
    "Term",
    "Trouble",
    "Validators",
    "Verdict",
    "Version",
    "Via",
    "Wall",
]
