"""Score and time article extraction on pages with known text: ours beside its rivals, in one run.

usage: extraction.py FOLDER [--only PREFIX] [--rivals all|none|NAME,…] [--shares] [--processes N] [--flat PAGES]

FOLDER holds ``truth.jsonl`` (one object a page: ``id``, ``group``, ``url``, ``title``, ``text``, ``published``) and
``ID.html.gz`` files. The text is scored with 4-gram shingles of words (characters in Chinese and Japanese runs):
precision and recall are means over pages, F1 is their harmonic mean (the way of the article-extraction benchmark,
https://github.com/scrapinghub/article-extraction-benchmark). Titles: F1 of words. Dates: the same day. Times are CPU
milliseconds a page of this process; extractors take turns page by page, so that a busy machine slows all alike.

Rivals that are not installed are left out: readability-lxml, resiliparse.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib
import json
import re
import resource
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")
ASIA = frozenset(("kr", "ru", "jp", "cn", "tw", "hk", "ua", "vn"))
Found = tuple[str, str | None, str | None]
Extractor = Callable[[bytes, str], Found]


@dataclass(frozen=True, slots=True)
class Page:
    """A page and what is known of it."""

    id: str
    group: str
    url: str
    html: bytes
    title: str | None
    published: str | None
    shingles: Counter[tuple[str, ...]]


@dataclass(slots=True)
class Row:
    """How one extractor did on one page."""

    page: Page
    precision: float
    recall: float
    title: float | None
    day: bool | None
    empty: bool
    ms: float


@dataclass(slots=True)
class Table:
    """All rows of one extractor."""

    name: str
    rows: list[Row] = field(default_factory=list)

    def f1(self, wanted: Callable[[Page], bool]) -> str:
        rows = [row for row in self.rows if wanted(row.page)]
        if not rows:
            return "–"
        precision = statistics.mean(row.precision for row in rows)
        recall = statistics.mean(row.recall for row in rows)
        return f"{2 * precision * recall / (precision + recall):.3f}" if precision + recall else "0.000"

    def line(self) -> str:
        titles = [row.title for row in self.rows if row.title is not None]
        days = [row.day for row in self.rows if row.day is not None]
        times = [row.ms for row in self.rows]
        cells = [
            self.name,
            self.f1(lambda _: True),
            self.f1(lambda page: page.group == "aeb"),
            self.f1(lambda page: page.group != "aeb"),
            self.f1(lambda page: page.group in ASIA),
            f"{statistics.mean(titles):.3f}" if titles and any(titles) else "–",
            f"{statistics.mean(days):.3f}" if days and any(days) else "–",
            str(sum(row.empty for row in self.rows)),
            f"{statistics.mean(times):.1f} ({statistics.median(times):.1f})",
        ]
        return "| " + " | ".join(cells) + " |"


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """4-grams of words; a shorter text is one gram."""
    tokens = TOKEN.findall(text)
    return Counter(tuple(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3))) if tokens else Counter()


def load(folder: Path, only: str = "") -> list[Page]:
    """The pages of a folder."""
    pages = []
    for line in (folder / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        if truth["id"].startswith(only):
            html = gzip.decompress((folder / f"{truth['id']}.html.gz").read_bytes())
            pages.append(
                Page(
                    truth["id"], truth["group"], truth["url"], html, truth["title"], truth["published"],
                    shingles(truth["text"]),
                )
            )  # fmt: skip
    return pages


def judge(page: Page, found: Found, ms: float) -> Row:
    """Score one result."""
    text, title, day = found
    got = shingles(text)
    hits = (page.shingles & got).total()
    words = Counter(_words(title or ""))
    wanted = Counter(_words(page.title or ""))
    shared = (words & wanted).total()
    iso = bool(re.match(r"\d{4}-\d\d-\d\d", page.published or ""))
    return Row(
        page=page,
        precision=hits / got.total() if got else float(not page.shingles),
        recall=hits / page.shingles.total() if page.shingles else 1.0,
        title=(2 * shared / (words.total() + wanted.total()) if shared else 0.0) if page.title else None,
        day=(day or "")[:10] == (page.published or "")[:10] if iso else None,
        empty=not got,
        ms=ms,
    )


def _words(text: str) -> list[str]:
    return [token.lower() for token in TOKEN.findall(text)]


def ours(html: bytes, url: str) -> Found:
    """The cascade, metadata included."""
    from pipeline.extract import extract

    found = extract(html, url)
    return found.text, found.title, str(found.published or "")


def rivals() -> dict[str, Extractor]:
    """Those that can be imported."""
    import trafilatura
    from lxml import html as lxml_html

    def with_options(*, metadata: bool, **options: Any) -> Extractor:
        def run(html: bytes, url: str) -> Found:
            document = trafilatura.bare_extraction(html, url=url, with_metadata=metadata, **options)
            if document is None:
                return "", None, None
            return str(document.text or ""), document.title, document.date  # type: ignore[union-attr]

        return run

    def parse_only(html: bytes, _: str) -> Found:
        if html.strip():
            lxml_html.document_fromstring(html)
        return "", None, None

    found: dict[str, Extractor] = {
        "trafilatura, defaults": with_options(metadata=True),
        "… fast, no comments": with_options(metadata=True, fast=True, include_comments=False),
        "… precision, no comments": with_options(metadata=True, favor_precision=True, include_comments=False),
        "lxml parse only (the floor)": parse_only,
    }
    if (readability := _try_import("readability")) is not None:

        def readable(html: bytes, _: str) -> Found:
            document = readability.Document(html)
            summary = lxml_html.fromstring(document.summary() or "<p></p>")
            return summary.text_content(), document.short_title(), None

        found["readability-lxml"] = readable
    if (plain := _try_import("resiliparse.extract.html2text")) is not None:
        encoding = importlib.import_module("resiliparse.parse.encoding")

        def resilient(html: bytes, _: str) -> Found:
            text = encoding.bytes_to_str(html, encoding.detect_encoding(html))
            return plain.extract_plain_text(text, main_content=True), None, None

        found["resiliparse main_content"] = resilient
    return found


def _try_import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def compare(pages: list[Page], extractors: dict[str, Extractor]) -> list[Table]:
    """Every extractor on every page, in turns."""
    tables = [Table(name) for name in extractors]
    for run in extractors.values():
        run(pages[0].html, pages[0].url)  # imports and first calls are nobody's time
    for page in pages:
        for table, run in zip(tables, extractors.values(), strict=True):
            start = time.process_time()
            try:
                found = run(page.html, page.url)
            except Exception as problem:  # noqa: BLE001  a crash is a failure of the extractor, counted as empty
                print(f"{table.name} crashed on {page.id}: {problem!r}"[:160], file=sys.stderr)
                found = ("", None, None)
            table.rows.append(judge(page, found, 1000 * (time.process_time() - start)))
    return tables


def print_tables(tables: list[Table]) -> None:
    print(f"{len(tables[0].rows)} pages")
    print("| extractor | F1 all | F1 aeb | F1 news | F1 Asia | title | date | empty | ms a page, mean (median) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for table in tables:
        print(table.line())
    means = {table.name: statistics.mean(row.ms for row in table.rows) for table in tables}
    base = means.get("trafilatura, defaults")
    if base:
        print(f"\nTumen takes {means['Tumen'] / base:.2f} of the time of trafilatura's defaults.")


def print_shares(pages: list[Page]) -> None:
    """Where our own time goes, by stage (CPU, without the profiler)."""
    totals: defaultdict[str, float] = defaultdict(float)
    for stage, seconds in (step for page in pages for step in stages(page)):
        totals[stage] += seconds
    whole = sum(totals.values())
    print("\n| stage | ms a page | share |\n| --- | --- | --- |")
    for stage, seconds in totals.items():
        print(f"| {stage} | {1000 * seconds / len(pages):.2f} | {seconds / whole:.0%} |")


def stages(page: Page) -> Iterator[tuple[str, float]]:
    """The steps of ``pipeline.extract.cascade.read`` one by one, each with its CPU seconds."""
    from pipeline.extract import (
        blocks,
        body,
        bounds,
        cascade,
        dates,
        decode,
        evidence,
        head,
        linked,
        people,
        titles,
        tree,
    )
    from pipeline.extract import language as languages
    from pipeline.extract import view as views

    clock = time.process_time
    start = clock()
    bounds.refusal(page.html)
    source = decode.to_utf8(page.html, None)
    yield "bounds and decoding", -start + (start := clock())
    root = tree.parse(source)
    if root is None:
        return
    yield "parsing", -start + (start := clock())
    top = head.read_head(root, page.url)
    story = linked.article(linked.nodes(top.data), top.first("og:title"), top.title)
    tree.strip_unseen(root)
    site = cascade.site_name(top, story)
    title = titles.title(story, top, root, page.url, site)
    dates.published(story, top, root, page.url, source)
    people.authors(story, top, root, site)
    yield "title, date, authors and the rest of the record", -start + (start := clock())
    tree.strip_chrome(root)
    tree.strip_inline(root)
    main = root.find("body")
    view = views.measure(*blocks.cut(main if main is not None else root))
    views.take_link_lists(view)
    yield "blocks", -start + (start := clock())
    voted = body.main_text(root)
    yield "trafilatura", -start + (start := clock())
    evidence.collect(view, views.fold(voted), evidence.Claims(title=title or "", site=site or ""))
    yield "evidence", -start + (start := clock())
    languages.detect(voted, top.language)
    yield "language", -start + (start := clock())


async def print_processes(pages: list[Page], most: int) -> None:
    """Pages a second through the workers, with one process and with more."""
    from pipeline.extract import extract
    from pipeline.processing.pool import Workers

    print("\n| processes | pages a second | × one |\n| --- | --- | --- |")
    first = 0.0
    for processes in range(1, most + 1):
        async with Workers(processes, 60, 800) as workers:
            await asyncio.gather(*(workers.run(extract, page.html, page.url) for page in pages[: 4 * processes]))
            start = time.perf_counter()
            await asyncio.gather(*(workers.run(extract, page.html, page.url) for page in pages))
            rate = len(pages) / (time.perf_counter() - start)
        first = first or rate
        print(f"| {processes} | {rate:.0f} | {rate / first:.2f} |")


def print_flat(pages: list[Page], count: int) -> None:
    """Peak memory of this process while it reads ``count`` pages, again and again the same ones."""
    from pipeline.extract import extract

    print("\n| pages | peak memory, MiB | now, MiB |\n| --- | --- | --- |")
    for n in range(1, count + 1):
        page = pages[n % len(pages)]
        extract(page.html, page.url)
        if n % max(1, count // 10) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"| {n} | {peak:.0f} | {_now():.0f} |", flush=True)


def _now() -> float:
    """Resident memory in MiB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024 / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages whose id begins so")
    parser.add_argument("--rivals", default="all", help="all, none, or names parted by commas")
    parser.add_argument("--shares", action="store_true", help="where our own time goes")
    parser.add_argument("--processes", type=int, default=0, help="also through 1 to N worker processes")
    parser.add_argument("--flat", type=int, default=0, help="memory over so many pages, and nothing else")
    options = parser.parse_args()
    pages = load(options.folder, options.only)
    if options.flat:
        print_flat(pages, options.flat)
        return
    extractors: dict[str, Extractor] = {"Tumen": ours}
    if options.rivals != "none":
        names = options.rivals.split(",")
        extractors |= {k: run for k, run in rivals().items() if options.rivals == "all" or k in names}
    print_tables(compare(pages, extractors))
    if options.shares:
        print_shares(pages)
    if options.processes:
        asyncio.run(print_processes(pages, options.processes))


if __name__ == "__main__":
    main()
