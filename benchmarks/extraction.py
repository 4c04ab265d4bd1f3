"""Score and time article extraction on pages with known text, beside other extractors in the same run.

usage: extraction.py FOLDER … [--only PREFIX] [--rivals all|none|NAME,…] [--processes N] [--flat PAGES]

FOLDER holds ``truth.jsonl`` and ``ID.html.gz`` files. A line of the truth has ``id``, ``url``, ``group`` and what is
known: ``text``, ``must`` / ``mustnot`` (phrases that the text has to hold, must not hold), ``title``, ``published``,
``author`` or ``authors``.

The text is scored with 4-gram shingles of words (characters in Chinese and Japanese runs): precision and recall are
means over pages, F1 is their harmonic mean, as in https://github.com/scrapinghub/article-extraction-benchmark. Worst:
the mean F1 of the worst twentieth of the pages. Titles and authors: F1 of words. Dates: same day / none / wrong by
more than a day. Times are CPU milliseconds per page of this process; the extractors take turns page by page.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an extractor returns for a page."""

    text: str = ""
    title: str = ""
    published: str = ""
    authors: str = ""


Extractor = Callable[[bytes, str], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and what is known about it; empty values are unknown."""

    id: str
    group: str
    url: str
    html: bytes
    shingles: Counter[tuple[str, ...]]
    must: list[str]
    mustnot: list[str]
    title: str
    published: date | None
    authors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well one result fits one page; None where the truth is unknown."""

    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    must: float | None = None
    mustnot: float | None = None
    title: float | None = None
    date: tuple[bool, bool, bool] | None = None
    authors: float | None = None
    empty: bool = False
    ms: float = 0.0


@dataclass(slots=True)
class Table:
    """All scores of one extractor."""

    name: str
    scores: list[Score] = field(default_factory=list)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """4-grams of words; a shorter text is one gram."""
    tokens = TOKEN.findall(text)
    return Counter(tuple(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3))) if tokens else Counter()


def load(folder: Path, only: str = "") -> list[Page]:
    """The pages of a folder."""
    truths = (json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines())
    return [_page(folder, truth) for truth in truths if truth["id"].startswith(only)]


def _page(folder: Path, truth: dict[str, Any]) -> Page:
    names = truth.get("authors") or truth.get("author") or ""
    return Page(
        id=truth["id"],
        group=truth.get("group", ""),
        url=truth["url"],
        html=gzip.decompress((folder / f"{truth['id']}.html.gz").read_bytes()),
        shingles=shingles(truth.get("text") or ""),
        must=[" ".join(phrase.split()) for phrase in truth.get("must") or ()],
        mustnot=[" ".join(phrase.split()) for phrase in truth.get("mustnot") or ()],
        title=truth.get("title") or "",
        published=_day(truth.get("published") or ""),
        authors=names if isinstance(names, str) else " ".join(names),
    )


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def score_text(page: Page, text: str) -> Score:
    """Score the text alone."""
    precision = recall = f1 = must = mustnot = None
    if page.shingles:
        got = shingles(text)
        hits = (page.shingles & got).total()
        precision, recall = hits / got.total() if got else 0.0, hits / page.shingles.total()
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    if page.must:
        line = " ".join(text.split())
        must = statistics.mean(phrase in line for phrase in page.must)
        mustnot = statistics.mean(phrase in line for phrase in page.mustnot) if page.mustnot else 0.0
    return Score(precision=precision, recall=recall, f1=f1, must=must, mustnot=mustnot, empty=not text)


def score(page: Page, found: Found, ms: float) -> Score:
    """Score one result."""
    text = score_text(page, found.text)
    got = _day(found.published)
    return Score(
        precision=text.precision, recall=text.recall, f1=text.f1, must=text.must, mustnot=text.mustnot,
        title=_overlap(Counter(_words(found.title)), Counter(_words(page.title))) if page.title else None,
        date=_date_score(got, page.published) if page.published else None,
        authors=_overlap(Counter({*_words(found.authors)}), Counter({*_words(page.authors)})) if page.authors else None,
        empty=text.empty, ms=ms,
    )  # fmt: skip


def _date_score(got: date | None, wanted: date) -> tuple[bool, bool, bool]:
    return got == wanted, got is None, got is not None and abs((got - wanted).days) > 1


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def summary(scores: Sequence[Score]) -> str:
    """Precision / recall / F1, the worst twentieth, and phrases, as far as they are known."""
    cells = []
    if known := [s for s in scores if s.f1 is not None]:
        precision, recall = (statistics.mean(getattr(s, name) for s in known) for name in ("precision", "recall"))
        worst = sorted(s.f1 or 0.0 for s in known)[: max(1, len(known) // 20)]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        cells.append(f"{precision:.3f} / {recall:.3f} / **{f1:.3f}**, worst {statistics.mean(worst):.2f}")
    if known := [s for s in scores if s.must is not None]:
        must, mustnot = (statistics.mean(getattr(s, name) for s in known) for name in ("must", "mustnot"))
        cells.append(f"must {must:.3f}, must not {mustnot:.3f}")
    return "; ".join(cells)


def _mean(values: Iterable[float | bool | None]) -> str:
    known = [float(value) for value in values if value is not None]
    return f"{statistics.mean(known):.3f}" if known else "–"


def line(table: Table) -> str:
    """A row of the printed table."""
    dates = [score.date for score in table.scores if score.date is not None]
    times = [score.ms for score in table.scores]
    cells = [
        table.name,
        summary(table.scores),
        _mean(score.title for score in table.scores),
        " / ".join(_mean(column) for column in zip(*dates, strict=True)) or "–",
        _mean(score.authors for score in table.scores),
        str(sum(score.empty for score in table.scores)),
        f"{statistics.mean(times):.1f} ({statistics.median(times):.1f})",
    ]
    return "| " + " | ".join(cells) + " |"


def ours(html: bytes, url: str) -> Found:
    """Tumen's extraction, with everything that it reads."""
    from pipeline.extract import extract

    found = extract(html, url)
    return Found(
        text=found.text,
        title=found.title or "",
        published=str(found.published or ""),
        authors=" ".join(found.authors),
    )


def trafilatura_defaults(page: Page) -> str:
    """The text that trafilatura finds without any option."""
    import trafilatura

    document = trafilatura.bare_extraction(page.html, url=page.url)
    return str(getattr(document, "text", None) or "")


def rivals() -> dict[str, Extractor]:
    """Extractors to compare with."""
    import trafilatura
    from lxml import html as lxml_html
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    def with_options(**options: Any) -> Extractor:
        def run(html: bytes, url: str) -> Found:
            document = trafilatura.bare_extraction(html, url=url, with_metadata=True, **options)
            names = ("text", "title", "date", "author")
            text, title, published, authors = (str(getattr(document, name, None) or "") for name in names)
            return Found(text=text, title=title, published=published, authors=authors)

        return run

    def resilient(html: bytes, _: str) -> Found:
        return Found(text=extract_plain_text(bytes_to_str(html, detect_encoding(html)), main_content=True))

    def parse_only(html: bytes, _: str) -> Found:
        if html.strip():
            lxml_html.document_fromstring(html)
        return Found()

    return {
        "trafilatura defaults": with_options(),
        "trafilatura fast": with_options(fast=True, include_comments=False),
        "resiliparse": resilient,
        "lxml parsing": parse_only,
    }


def compare(pages: list[Page], extractors: dict[str, Extractor]) -> list[Table]:
    """Run every extractor on every page, in turns."""
    tables = [Table(name) for name in extractors]
    for run in extractors.values():
        run(pages[0].html, pages[0].url)  # imports and first calls are not measured
    for page in pages:
        for table, run in zip(tables, extractors.values(), strict=True):
            start = time.process_time()
            try:
                found = run(page.html, page.url)
            except Exception as problem:  # noqa: BLE001  a crash is a failure of the extractor, counted as empty
                print(f"{table.name} crashed on {page.id}: {problem!r}"[:160], file=sys.stderr)
                found = Found()
            table.scores.append(score(page, found, 1000 * (time.process_time() - start)))
    return tables


def print_tables(tables: list[Table]) -> None:
    print(f"\n{len(tables[0].scores)} pages")
    print("| extractor | text: P / R / F1 | title | day: same / none / wrong | authors | empty | ms, mean (median) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for table in tables:
        print(line(table))
    means = {table.name: statistics.mean(score.ms for score in table.scores) for table in tables}
    if base := means.get("trafilatura defaults"):
        print(f"\nCPU: {means['Tumen'] / base:.2f} × trafilatura's defaults with metadata.")


async def print_processes(pages: list[Page], most: int) -> None:
    """Pages per second through the workers, with one process and with more."""
    from pipeline.extract import extract
    from pipeline.processing.pool import Workers

    print("\n| processes | pages per second | × one |\n| --- | --- | --- |")
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
    """Memory of this process while it reads ``count`` pages, the same ones again and again."""
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
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", default="", help="pages whose id begins so")
    parser.add_argument("--rivals", default="all", help="all, none, or names separated by commas")
    parser.add_argument("--processes", type=int, default=0, help="also through 1 to N worker processes")
    parser.add_argument("--flat", type=int, default=0, help="memory over so many pages, and nothing else")
    options = parser.parse_args()
    extractors: dict[str, Extractor] = {"Tumen": ours}
    if options.rivals != "none":
        names = options.rivals.split(",")
        extractors |= {k: run for k, run in rivals().items() if options.rivals == "all" or k in names}
    for folder in options.folders:
        pages = load(folder, options.only)
        if options.flat:
            print_flat(pages, options.flat)
            continue
        print_tables(compare(pages, extractors))
        if options.processes:
            asyncio.run(print_processes(pages, options.processes))


if __name__ == "__main__":
    main()
