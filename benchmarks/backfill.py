"""Backfill from web archives: ``python -m benchmarks.backfill FOLDER [PART …] [--pages DIR]``.

FOLDER receives eight made WARC files of 250 pages of 250 KB, of which 10 % pass the byte test, and the ten damaged
ones. ``--pages DIR`` fills the files with the pages (``*.html.gz``) of a folder instead, and measures the byte test on
them as they are.

    speed    one process: pages per second of CPU time on reading, test, extraction and flagging; the share of each; the
             same without the test
    workers  wall time of 1 and 2 workers, pool and Dask, in turns; results compared for 1, 2 and 4 workers
    recall   relevant articles of the repository's labelled items, in four encodings, that the test loses; pass rate
    damage   records read of the ten damaged files, by Tumen, fastwarc and warcio
    kill     kill -9 of a worker, of the Dask scheduler and of the command: nothing lost, nothing doubled
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator

from pipeline import shipped
from pipeline.backfill import task
from pipeline.backfill.jobs import Job, Period
from pipeline.backfill.page_test import PageTest
from pipeline.backfill.warc import Counts, read_pages
from tests.backfill import made
from tests.backfill.test_page_test import ENCODINGS, page, relevant_items

_FILES = 8
_PAGES = 250
_SIZE = 250_000
_SHARE = 0.1
_LIMIT = 5_000_000
_MARKUP = (
    '<div class="{0} {1}" data-context=\'{{"{2}": "' + "{0}-{1}-{2}-{3}." * 20 + '"}}\'><a href="/{3}/{0}"></a></div>'
)
_META = (  # almost every news page has these; without them extraction searches the whole page for a date
    b'<meta property="article:published_time" content="2018-06-30T05:00:00Z"><meta name="author" content="Ada Penrose">'
)
_WORDS = [
    "county",
    "fair",
    "cattle",
    "parade",
    "band",
    "harvest",
    "school",
    "bridge",
    "mayor",
    "river",
    "market",
    "council",
    "road",
    "winter",
    "garden",
    "museum",
]


def make(folder: Path, pages: Path | None) -> list[Path]:
    """Write the eight files, unless they are there."""
    paths = [folder / "made" / f"made-{number}.warc.gz" for number in range(_FILES)]
    if all(path.exists() for path in paths):
        return paths
    rng = random.Random(25)
    passing, others = _corpus(pages) if pages else _demo(rng)
    for number, path in enumerate(paths):
        captures = []
        for place in range(_PAGES):
            source = passing if place < _PAGES * _SHARE else others
            capture = source[(number * _PAGES + place) % len(source)]
            captures.append(replace(capture, url=f"https://news{number}.example/a/{place}-{rng.randrange(10**9)}"))
        rng.shuffle(captures)
        made.write(path, captures)
    return paths


def _demo(rng: random.Random) -> tuple[list[made.Capture], list[made.Capture]]:
    """Pages of the demo that pass, and pages that do not, each made as large as a real one by scripts and markup."""
    test = PageTest.from_config(shipped.CONFIG)
    captures = [capture for capture in made.demo_pages() if test.passes(capture.body)]
    neutral = [
        replace(
            capture,
            body=made_page(rng, "".join(f"<p>{_sentence(rng)} {_sentence(rng)}</p>" for _ in range(12))),
            content_type="text/html; charset=utf-8",
        )
        for capture in captures
    ]
    return [replace(capture, body=_padded(rng, capture.body)) for capture in captures], neutral


def _sentence(rng: random.Random) -> str:
    return f"The {' and the '.join(rng.choices(_WORDS, k=12))} were in the news on day {rng.randrange(900)}."


def made_page(rng: random.Random, body: str) -> bytes:
    """A page of usual size."""
    return _padded(rng, f"<html><head><title>Fair</title></head><body><article>{body}</article></body></html>".encode())


def _padded(rng: random.Random, body: bytes) -> bytes:
    """Add scripts (60 %) and markup (40 %), as the news pages of a corpus have them, up to the usual size."""
    head, _, rest = body.partition(b"</head>")
    missing = max(0, _SIZE - len(body))
    script = _filler(rng, int(missing * 0.6), "var {0}=function({1}){{return {2}.{0}({1}&&{3})}};")
    markup = _filler(rng, int(missing * 0.4), _MARKUP)
    tail = rest.rfind(b"</body>")
    tail = tail if tail >= 0 else len(rest)
    return head + _META + b"<script>" + script + b"</script></head>" + rest[:tail] + markup + rest[tail:]


def _filler(rng: random.Random, size: int, form: str) -> bytes:
    words = [f"{rng.choice('abcdefghijklm')}{rng.randrange(10**6):x}" for _ in range(400)]
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(form.format(*rng.choices(words, k=4)))
        length += len(parts[-1])
    return "".join(parts).encode()


def _corpus(folder: Path) -> tuple[list[made.Capture], list[made.Capture]]:
    test = PageTest.from_config(shipped.CONFIG)
    bodies = [gzip.decompress(path.read_bytes()) for path in sorted(folder.rglob("*.html.gz"))]
    captures = [made.Capture("", body, made.NOW) for body in bodies if 50_000 < len(body) < 1_000_000]
    passing = [capture for capture in captures if test.passes(capture.body)]
    others = [capture for capture in captures if not test.passes(capture.body)]
    print(f"{len(captures)} pages of {folder}: {len(passing) / len(captures):.1%} pass the test")
    return passing, others


def job(path: Path, results: Path) -> Job:
    results.mkdir(parents=True, exist_ok=True)
    return Job(
        path=path,
        size=path.stat().st_size,
        result=results / f"{path.name}.sqlite",
        folder=shipped.CONFIG,
        period=Period(),
        sites={},
        max_bytes=_LIMIT,
        page_seconds=20.0,
    )


def _timed(name: str, pages: int, function: Callable[[], object]) -> float:
    """Print and return the CPU milliseconds per page of a function, the least of two runs."""
    best = float("inf")
    for _ in range(2):
        began = time.process_time()
        function()
        best = min(best, time.process_time() - began)
    each = best / pages * 1000
    print(f"{name:<34}{each:7.2f} ms a page {1000 / each:8.0f} pages/s a core")
    return each


def speed(folder: Path, paths: list[Path]) -> None:
    task.preload(str(shipped.CONFIG))
    paths = paths[:2]
    test = PageTest.from_config(shipped.CONFIG)
    bodies = [each.body for path in paths for each in read_pages(path, Counts(), max_bytes=_LIMIT)]
    pages = len(bodies)
    size, passing = sum(map(len, bodies)) / pages / 1000, sum(map(test.passes, bodies)) / pages
    print(f"{pages} pages, {size:.0f} KB each, {passing:.1%} pass")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        results = Path(scratch)
        _timed("reading", pages, lambda: [list(read_pages(path, Counts(), max_bytes=_LIMIT)) for path in paths])
        _timed("byte test", pages, lambda: [test.passes(body) for body in bodies])
        whole = _timed("whole task", pages, lambda: [task.process_file(job(path, results)) for path in paths])
        original = PageTest.passes
        PageTest.passes = lambda *_, **__: True  # type: ignore[method-assign]
        try:
            first = job(paths[0], results)
            without = _timed("whole task without the test", pages // len(paths), lambda: task.process_file(first))
        finally:
            PageTest.passes = original  # type: ignore[method-assign]
        print(f"with the test {without / whole:.1f} times as fast")


def workers(folder: Path, paths: list[Path]) -> None:
    seconds: dict[str, float] = {}
    contents = {}
    for name, words in (
        ("pool, 1 worker", ["--workers", "1"]),
        ("pool, 2 workers", ["--workers", "2"]),
        ("Dask, 1 worker", ["--workers", "1", "--cluster", "local"]),
        ("Dask, 2 workers", ["--workers", "2", "--cluster", "local"]),
        ("pool, 4 workers", ["--workers", "4"]),
    ):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            began = time.monotonic()
            subprocess.run(command(Path(scratch), paths[0].parent, *words), check=True, stdout=subprocess.DEVNULL)
            seconds[name] = time.monotonic() - began
            contents[name] = kept(Path(scratch))
        print(f"{name:<18}{seconds[name]:7.1f} s  {len(contents[name])} articles")
    for engine in ("pool", "Dask"):
        ratio = seconds[f"{engine}, 1 worker"] / seconds[f"{engine}, 2 workers"]
        print(f"{engine}: 2 workers {ratio:.2f} times as fast as 1")
    print("results equal:", len({tuple(each) for each in contents.values()}) == 1)


def command(scratch: Path, files: Path, *words: str) -> list[str]:
    database = ["--db", str(scratch / "t.db"), "--results", str(scratch / "results")]
    return [sys.executable, "-m", "pipeline", "backfill", str(files), *database, *words]


def kept(scratch: Path) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for path in sorted((scratch / "results").glob("*.sqlite")):
        conn = sqlite3.connect(path)
        rows += [(path.name, *row) for row in conn.execute("SELECT position, url, kept, flagged FROM articles")]
        conn.close()
    return rows


def recall(_: Path, pages: Path | None) -> None:
    test = PageTest.from_config(shipped.CONFIG)
    items = relevant_items()
    for name, encode in ENCODINGS.items():
        lost = sum(not test.passes(encode(page(title, text)), home=home) for title, text, home in items)
        unknown = sum(not test.passes(encode(page(title, text))) for title, text, _ in items)
        print(f"{name:<24}{lost} of {len(items)} relevant articles lost; {unknown} if the site's country is not known")
    if pages:
        _corpus(pages)


def damage(folder: Path) -> None:
    captures = made.demo_pages()
    whole = made.members(captures)
    print(f"{len(captures)} records each\n{'damage':<40}{'undamaged':>10}{'Tumen':>7}{'fastwarc':>10}{'warcio':>8}")
    for name, (change, lost) in made.DAMAGES.items():
        path = folder / "damaged.warc.gz"
        path.write_bytes(change(whole))
        own = sum(each.is_intact() for each in read_pages(path, Counts(), max_bytes=_LIMIT))
        print(f"{name:<40}{len(captures) - lost:>10}{own:>7}{_fastwarc(path):>10}{_warcio(path):>8}")


def _fastwarc(path: Path) -> int:
    with path.open("rb") as file:
        records = FastIterator(file, record_types=WarcRecordType.response, verify_digests=True)
        return _count(records, lambda record: record.reader.read())


def _warcio(path: Path) -> int:
    with path.open("rb") as file:
        return _count(ArchiveIterator(file), lambda record: record.content_stream().read())


def _count(records: Iterable[Any], read: Callable[[Any], object]) -> int:
    """Return how many records a reader gives before it fails."""
    found = 0
    with suppress(Exception):  # each library has errors of its own, and of the modules below it
        for record in records:
            read(record)
            found += 1
    return found


def kill(folder: Path, paths: list[Path]) -> None:
    files = paths[0].parent
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        subprocess.run(command(Path(scratch), files, "--workers", "2"), check=True, stdout=subprocess.DEVNULL)
        expected = kept(Path(scratch))
    for name, victim, words in (
        ("a worker of the pool", _worker, ["--workers", "2"]),
        ("the command", lambda process: process, ["--workers", "2"]),
        ("the command with Dask", lambda process: process, ["--cluster", "scheduler"]),
        ("a worker of Dask", _worker, ["--cluster", "scheduler"]),
        ("the scheduler of Dask", None, ["--cluster", "scheduler"]),
    ):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            outcome = _kill(Path(scratch), files, victim, words)
            print(f"kill -9 of {name:<24} {outcome}; results equal: {kept(Path(scratch)) == expected}")


def _kill(scratch: Path, files: Path, victim: Callable[[int], int] | None, words: list[str]) -> str:
    cluster: list[subprocess.Popen[bytes]] = []
    if "scheduler" in words:
        cluster = start_cluster()
        words = ["--cluster", "tcp://127.0.0.1:23786"]
    try:
        with subprocess.Popen(
            command(scratch, files, *words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as run:
            _wait_for(lambda: run.poll() is not None or any((scratch / "results").glob("*.sqlite")))
            if victim is None:
                os.kill(cluster[0].pid, signal.SIGKILL)
            elif victim is _worker and cluster:
                os.kill(_worker(cluster[1].pid), signal.SIGKILL)
            else:
                os.kill(victim(run.pid), signal.SIGKILL)
            error = run.communicate(timeout=300)[1].decode().strip().splitlines()
            first = f"exit {run.returncode}"
            if error:
                first += f", {len(error)} lines, the last: {error[-1][:120]}"
        if run.returncode == 0:
            return first
        if victim is None:
            stop(cluster)
            cluster = start_cluster()
        again = subprocess.run(command(scratch, files, *words), check=False, capture_output=True)
        return f"{first}; again: exit {again.returncode}"
    finally:
        stop(cluster)


def start_cluster() -> list[subprocess.Popen[bytes]]:
    """Start a Dask scheduler and two workers on loopback."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    address = "tcp://127.0.0.1:23786"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen([*dask, "--host", "127.0.0.1", "--port", "23786", "--no-dashboard"], **quiet)  # type: ignore[call-overload]
    time.sleep(2)
    dask = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--no-dashboard"]
    worker = subprocess.Popen([*dask, "--nworkers", "2", "--nthreads", "1"], **quiet)  # type: ignore[call-overload]
    time.sleep(4)
    return [scheduler, worker]


def stop(cluster: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(cluster):
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _worker(parent: int) -> int:
    """Return the process below a process that has used most CPU time."""
    found: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(path.parent.name)] = int(fields[11]) + int(fields[12])
        if not _is_below(int(path.parent.name), parent):
            del found[int(path.parent.name)]
    return max(found, key=lambda process: found[process])


def _is_below(process: int, parent: int) -> bool:
    while process > 1:
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
        if process == parent:
            return True
    return False


def _wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", nargs="*", default=["speed", "recall", "damage", "workers", "kill"])
    parser.add_argument("--pages", type=Path, default=None)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    paths = make(given.folder, given.pages)
    for part in given.parts:
        print(f"\n== {part}", flush=True)
        if part == "recall":
            recall(given.folder, given.pages)
        elif part == "damage":
            damage(given.folder)
        else:
            {"speed": speed, "workers": workers, "kill": kill}[part](given.folder, paths)


if __name__ == "__main__":
    main()
