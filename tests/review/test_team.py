"""Two analysts at one queue lose nothing, and the counters equal a plain recount."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.review.team import Seat, recount, run

if TYPE_CHECKING:
    from tests.review.conftest import Served


def test_two_analysts_with_undo_and_cut_connections_lose_nothing(desk: Served) -> None:
    port = int(desk.base.rpartition(":")[2])
    seats = [Seat(port, "boris"), Seat(port, "chul")]
    for seat in seats:
        subprocess.run(
            [sys.executable, "-m", "pipeline", "analysts", "add", seat.name, "--db", desk.database],
            input="a long password\n", text=True, capture_output=True, timeout=60, check=True,
        )  # fmt: skip
        seat.sign_in("a long password")
    articles = [int(str(row[0])) for row in desk.rows("SELECT id FROM review_queue LIMIT 15")]
    done = run(seats, articles, 40)
    assert sum(seat.cut for seat in seats) > 5
    # a request and its repetition are one row
    assert desk.rows("SELECT analyst, count(*) FROM reviews GROUP BY 1 ORDER BY 1") == [("boris", 40), ("chul", 40)]
    stands = recount(done)
    _, body = seats[0].ask("GET", "/-/tumen/live")
    counters = json.loads(body)
    assert counters["today"] == len(stands["boris"])
    assert counters["team"] == len(stands["boris"] | stands["chul"])
    assert {row[0] for row in desk.rows("SELECT id FROM articles WHERE verdict IS NOT NULL")} == (
        stands["boris"] | stands["chul"]
    )
    assert desk.rows("SELECT * FROM standing ORDER BY 1") == desk.rows("SELECT * FROM standing_from_log ORDER BY 1")
    notes = desk.rows("SELECT id FROM reviews WHERE note <> ''")
    assert notes
    assert len(desk.rows("SELECT id FROM notes")) == len(notes)
