"""Problems and marks of documents that later decisions must recognise."""

from __future__ import annotations

from pipeline.model import Fetched

CUT_SHORT = "The document is incomplete; the entries before the end were read."
ENDED_EARLY = "The connection ended before the whole feed had arrived; the part that arrived was read."

POST = "telegram"  # content_source of a post in a channel: its page has no more text
NO_PREVIEW = "The page shows no posts: the channel has no public preview, or it does not exist."


def problem_of_body(response: Fetched) -> str | None:
    """Return why the body of a response is not whole; None if it is."""
    if response.over_limit is not None:
        return (
            f"The feed is larger than {response.over_limit:,} bytes, and only its first part was read;"
            " see max_feed_bytes of the source and of [fetch]."
        )
    return ENDED_EARLY if response.truncated else None
