"""Two analysts at one queue: 500 verdicts each, with undo, reloads and cut connections, against a plain recount.

    python -m benchmarks.archive 5000 archive.db
    python -m benchmarks.team archive.db 500

Starts ``tumen serve`` on the archive and prints lost verdicts, wrong counters and the rate. The archive is written to:
give it a copy.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.review.conftest import serving
from tests.review.team import Seat, recount, run

_PASSWORD = "a long password"


def main() -> None:
    """Serve, work, recount, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("verdicts", type=int, nargs="?", default=500)
    arguments = parser.parse_args()
    folder = arguments.database.with_suffix(".team")
    folder.mkdir(exist_ok=True)
    with serving(arguments.database, folder) as desk:
        seats = [Seat(int(desk.base.rpartition(":")[2]), name) for name in ("boris", "chul")]
        for seat in seats:
            command = [sys.executable, "-m", "pipeline", "analysts", "add", seat.name, "--db", str(desk.database)]
            subprocess.run(command, input=f"{_PASSWORD}\n", text=True, capture_output=True, check=True)
            seat.sign_in(_PASSWORD)
        conn = sqlite3.connect(desk.database)
        before = conn.execute("SELECT count(*) FROM reviews").fetchone()[0]
        articles = [row[0] for row in conn.execute("SELECT id FROM review_queue LIMIT 200")]
        began = time.monotonic()
        done = run(seats, articles, arguments.verdicts)
        seconds = time.monotonic() - began
        stands = recount(done)
        counters = json.loads(seats[0].ask("GET", "/-/tumen/live")[1])
        stored = conn.execute("SELECT count(*) FROM reviews").fetchone()[0] - before
        judged = {row[0] for row in conn.execute("SELECT id FROM articles WHERE verdict IS NOT NULL")} & set(articles)
        print(
            f"{len(done)} verdicts in {seconds:.0f} s, {sum(seat.cut for seat in seats)} connections cut:"
            f" {stored - len(done):+} rows against the recount,"
            f" {len(judged ^ (stands['boris'] | stands['chul']))} articles wrong,"
            f" counter {counters['today']} against {len(stands['boris'])}"
        )
        conn.close()


if __name__ == "__main__":
    main()
