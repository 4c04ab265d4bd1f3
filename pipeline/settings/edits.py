"""The table ``[edits]`` of ``tumen.toml``: when published pages are looked at again, and with how many requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from pipeline.errors import ConfigError
from pipeline.settings.checks import check_addresses

_MOST_LOOKS = 10
_Hours = Annotated[float, Meta(ge=0.1, le=8_760)]


class EditSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Looks at the pages of flagged articles, to find edits and deletions.

    Attributes:
        after_hours: hours after the first fetch; empty for no looks.
        per_day: requests for looks within 24 hours, over all sites.
        per_host: requests for looks in one cycle at one host.
        seconds: after this long a cycle starts no further look, and ends those under way.
        submit_to: submits changed pages to a web archive: the page's address is put behind this one; "" for none.
        submit_per_hour: submissions within an hour.
    """

    after_hours: tuple[_Hours, ...] = (2.0, 24.0, 168.0)
    per_day: Annotated[int, Meta(ge=0, le=1_000_000)] = 1000
    per_host: Annotated[int, Meta(ge=1, le=10_000)] = 12
    seconds: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    submit_to: str = ""
    submit_per_hour: Annotated[int, Meta(ge=1, le=360)] = 30

    @property
    def schedule(self) -> Sequence[timedelta]:
        """Return the times of the looks, counted from the first fetch."""
        return [timedelta(hours=hours) for hours in self.after_hours]


def check_edits(settings: EditSettings, path: Path) -> None:
    """Raise ``ConfigError`` if the hours do not grow or are too many, or the address is wrong."""
    if len(settings.after_hours) > _MOST_LOOKS:
        raise ConfigError(path, "[edits] › after_hours", f"must have at most {_MOST_LOOKS} times.")
    if any(later <= earlier for earlier, later in pairwise(settings.after_hours)):
        raise ConfigError(path, "[edits] › after_hours", "must grow from one time to the next, such as [2, 24, 168].")
    check_addresses(path, ("[edits] › submit_to", settings.submit_to))
