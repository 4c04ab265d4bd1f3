"""Silent edits and deletions over a simulated week: ``python -m benchmarks.edits [--articles 300] [--seeds 1]``.

Three sites on loopback carry articles in English, Russian and Korean, each with one of 21 fates
(``tests.edits.world``): edited, decorated, deleted, walled. Cycles run at the times of the looks, with the clock moved.
Printed are the share of significant edits that were found, false alerts per look at pages without a significant change,
deletions, and requests.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.cycle.run import run_cycle
from tests.edits.world import COSMETIC, DELETED, KINDS, LANGUAGES, NEITHER, SIGNIFICANT, Piece, Scene, Sites, plan

HOURS = (0.0, 2.1, 3.3, 24.1, 26.3, 28.0, 48.6, 51.0, 72.0, 168.2, 192.5, 193.6, 217.0)


def play(articles: int, seed: int, folder: Path) -> tuple[list[tuple[Piece, list[str], int]], int, float]:
    """Run the week. Return each article with its reported edits and its looks, the page requests, and the seconds."""
    pieces = plan(articles, seed)
    with ExitStack() as stack:
        sites = [stack.enter_context(Sites(language, pieces)) for language in LANGUAGES]
        scene = Scene(sites, folder, datetime.now(UTC) - timedelta(days=30))
        began = time.perf_counter()
        for hours in HOURS:
            scene.move_to(hours)
            run_cycle(scene.database, folder, trigger="benchmark", now=scene.now)
        seconds = time.perf_counter() - began
        requests = sum(1 for _ in scene.page_requests()) - articles
        conn = sqlite3.connect(scene.database)
        edits = conn.execute(
            "SELECT a.published_url, e.kind FROM edits e JOIN articles a ON a.id = e.article_id WHERE e.reported"
        )
        found: dict[str, list[str]] = {}
        for url, kind in edits:
            found.setdefault(url, []).append(kind)
        looks = dict(
            conn.execute("SELECT a.published_url, l.looks FROM looks l JOIN articles a ON a.id = l.article_id")
        )
        conn.close()
    urls = {piece.path: site.url(piece.path) for site in sites for piece in site.pieces.values()}
    rows = [(piece, found.get(urls[piece.path], []), looks.get(urls[piece.path], 0)) for piece in pieces]
    return rows, requests, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    rows: list[tuple[Piece, list[str], int]] = []
    requests, seconds = 0, 0.0
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory(prefix="tumen-edits-") as folder:
            played, asked, took = play(options.articles, seed, Path(folder))
        rows, requests, seconds = rows + played, requests + asked, seconds + took
    print("| fate | articles | looked at | reported edits |\n| --- | --- | --- | --- |")
    for kind in KINDS:
        own = [row for row in rows if row[0].kind == kind]
        counts = Counter(edit for _, edits, _ in own for edit in edits)
        shown = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        print(f"| {kind} | {len(own)} | {sum(looks > 0 for *_, looks in own)} | {shown} |")
    watched = [row for row in rows if row[2]]
    report(watched, requests, seconds)


def report(rows: list[tuple[Piece, list[str], int]], requests: int, seconds: float) -> None:
    """Print the figures of the watched articles."""
    significant = [edits for piece, edits, _ in rows if piece.kind in SIGNIFICANT]
    hits = sum(bool(set(edits) - {"gone", "back"}) for edits in significant)
    others = [(edits, looks) for piece, edits, looks in rows if piece.kind in (*COSMETIC, *NEITHER)]
    alerts, looks = sum(len(edits) for edits, _ in others), sum(count for _, count in others)
    extra = sum(max(len(edits) - 1, 0) for edits in significant)
    deleted = [edits for piece, edits, _ in rows if piece.kind in DELETED]
    right = sum("gone" in edits for edits in deleted)
    wrong = sum("gone" in edits for piece, edits, _ in rows if piece.kind not in DELETED)
    print(
        f"\nsignificant edits found: {hits} of {len(significant)} = {hits / max(len(significant), 1):.3f} (goal 0.97)"
    )
    print(f"false alerts: {alerts} in {looks} looks at unchanged or cosmetically changed pages (goal 1 in 1,000);")
    print(f"reported more than once: {extra}")
    print(f"deletions: {right} of {len(deleted)} found, {wrong} wrong (goal: all, none)")
    print(
        f"requests for pages: {requests / max(len(rows), 1):.2f} per watched article (goal 3); {seconds:.0f} s in all"
    )


if __name__ == "__main__":
    main()
