"""Comparison of Tumen and plain feedparser on every file of a folder of feeds.

    python benchmarks/feeds_corpus.py FOLDER

Files ``truth.json`` below the folder (a list of ``file``, ``content_type``, ``source_tz``, ``title``,
``published_utc``) give the expected title and date of the first entry. Exit status 1 when a file raises, is slow, or
gives fewer entries than with feedparser.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
import warnings
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import feedparser

from pipeline.feeds import parse

SLOW_SECONDS = 2.0
NOT_FEEDS = {".tsv", ".md"}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("-v", "--verbose", action="store_true", help="name every file that differs")
    arguments = options.parse_args()
    folder: Path = arguments.folder
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in NOT_FEEDS and p.name != "truth.json")
    parse(b"<rss/>", "https://example.org/")  # load the parsers before the measurement
    ours_seconds = theirs_seconds = 0.0
    counts: Counter[str] = Counter()
    bad = 0
    for path in files:
        body = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.process_time()
            theirs = len(feedparser.parse(io.BytesIO(body)).entries)
            middle = time.process_time()
            try:
                feed = parse(body, "https://example.org/feed.xml")
            except Exception as error:  # noqa: BLE001 - any exception is a finding
                print(f"RAISED  {path.relative_to(folder)}: {error!r}")
                bad += 1
                continue
            end = time.process_time()
        if body:
            theirs_seconds += middle - start
            ours_seconds += end - middle
        counts["entries, feedparser"] += theirs
        counts["entries, Tumen"] += len(feed.entries)
        counts["entries without address"] += sum(not entry.url for entry in feed.entries)
        counts["entries without date"] += sum(entry.published is None for entry in feed.entries)
        counts["dates not believed"] += sum(bool(e.published_raw) and e.published is None for e in feed.entries)
        counts["files with a problem"] += feed.problem is not None
        counts["files with more entries than feedparser"] += len(feed.entries) > theirs
        if end - middle > SLOW_SECONDS:
            print(f"SLOW    {path.relative_to(folder)}: {end - middle:.1f} s")
            bad += 1
        if len(feed.entries) < theirs:
            print(f"FEWER   {path.relative_to(folder)}: {len(feed.entries)} of {theirs} ({feed.problem})")
            bad += 1
        elif arguments.verbose and feed.problem and theirs:
            print(f"problem {path.relative_to(folder)}: {feed.problem}")
    print(f"{'files':45}{len(files):>10,}")
    for name, count in counts.items():
        print(f"{name:45}{count:>10,}")
    print(f"{'ms a file, feedparser (CPU)':45}{1000 * theirs_seconds / max(len(files), 1):>10.2f}")
    print(f"{'ms a file, Tumen (CPU)':45}{1000 * ours_seconds / max(len(files), 1):>10.2f}")
    for truth in folder.rglob("truth.json"):
        bad += check_truth(truth)
    return 1 if bad else 0


def check_truth(truth: Path) -> int:
    """Compare first titles and dates with the expected ones; return the number of wrong values."""
    rows = json.loads(truth.read_text("utf-8"))
    titles = dates = 0
    for row in rows:
        feed = parse(
            (truth.parent / row["file"]).read_bytes(),
            "https://news.example/rss",
            row["content_type"] or None,
            timezone=row["source_tz"] or None,
            now=datetime(2026, 11, 24, tzinfo=UTC),
        )
        entry = feed.entries[0] if feed.entries else None
        due = datetime.fromisoformat(row["published_utc"]) if row["published_utc"] else None
        title_good, date_good = (
            entry is not None and entry.title == row["title"],
            entry is not None and entry.published == due,
        )
        titles += title_good
        dates += date_good
        if not (title_good and date_good):
            print(f"WRONG   {row['file']}: {entry and (entry.title, entry.published, entry.published_raw)}")
    print(f"{'titles right, ' + truth.parent.name:45}{titles:>7,}/{len(rows)}")
    print(f"{'dates right, ' + truth.parent.name:45}{dates:>7,}/{len(rows)}")
    return 2 * len(rows) - titles - dates


if __name__ == "__main__":
    sys.exit(main())
