"""Row ids: one type per table, so that the type checker finds mixed-up ids."""

from typing import NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
ArticleId = NewType("ArticleId", int)
RunId = NewType("RunId", int)
