"""Whether a cycle reached anything. A cycle that reached nothing says something about this machine's network only.

In: outcomes of requests. Out: which failures count against a feed or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pipeline.model import FetchFailed, Outcome

RETRY = timedelta(minutes=2)  # after an outage: the next cycle tries everything again
_NO_CONNECTION = {"dns", "connect"}
_UNCLEAR = {*_NO_CONNECTION, "timeout", "deferred"}  # an outage causes these too
_NO_REQUEST = {"deferred", "bad_url", "forbidden_address", "robots"}


@dataclass(slots=True)
class Reach:
    """What one cycle has learned about this machine's network.

    Attributes:
        proven: a connection was made.
        failed: a connection could not be made.
    """

    proven: bool = False
    failed: bool = False

    def note(self, outcome: Outcome | None) -> None:
        """Take the outcome of a request into account."""
        kind = outcome.kind if isinstance(outcome, FetchFailed) else ""
        if kind in _NO_CONNECTION:
            self.failed = True
        elif outcome is not None and kind != "timeout" and kind not in _NO_REQUEST:
            self.proven = True

    def is_unclear(self, outcome: Outcome | None) -> bool:
        """Return whether, as far as is known now, this failure may be the fault of this machine's network."""
        return not self.proven and isinstance(outcome, FetchFailed) and outcome.kind in _UNCLEAR

    @property
    def is_outage(self) -> bool:
        """Return whether connections were tried and none was made."""
        return self.failed and not self.proven
