"""Row ids: one type per table, so that ids of two tables cannot be mixed up."""

from typing import NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
RunId = NewType("RunId", int)
