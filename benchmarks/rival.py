"""A good short script, for comparison in ``benchmarks.polling``: ``rival.py FEEDS DATABASE``.

It has threads for the network, processes for extraction, ETags, a word list for flags, and SQLite. It has no limits, no
robots.txt, no pauses and no retries.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import feedparser
import requests
import trafilatura

WORDS = "thaad|sanction|pipeline|rail|denuclear|санкц|газопровод|железнодорож|денуклеар|제재|가스관|철도|비핵화|사드"
_local = threading.local()


def get(url: str, headers: dict[str, str] | None = None) -> requests.Response:
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    return _local.session.get(url, headers=headers, timeout=10)


def poll(url: str, etag: str | None) -> tuple[str, str | None, list]:  # type: ignore[type-arg]
    answer = get(url, {"If-None-Match": etag} if etag else None)
    if answer.status_code != 200:
        return url, etag, []
    return url, answer.headers.get("etag"), feedparser.parse(answer.content).entries


def read(page: bytes) -> tuple[str, str]:
    text = trafilatura.extract(page) or ""
    lower = text.lower()
    return text, " ".join(word for word in WORDS.split("|") if word in lower)


def main() -> None:
    conn = sqlite3.connect(sys.argv[2])
    conn.execute("CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT)")
    conn.execute("CREATE TABLE IF NOT EXISTS articles (url TEXT PRIMARY KEY, title TEXT, text TEXT, words TEXT)")
    tags = dict(conn.execute("SELECT url, etag FROM feeds"))
    known = {row[0] for row in conn.execute("SELECT url FROM articles")}
    fresh = {}
    with ThreadPoolExecutor(16) as net:
        urls = Path(sys.argv[1]).read_text().split()
        for url, etag, entries in net.map(poll, urls, (tags.get(url) for url in urls)):
            conn.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?)", (url, etag))
            fresh |= {entry.link: entry.title for entry in entries if entry.link not in known}
        if fresh:
            with ProcessPoolExecutor(2) as cpu:
                pages = net.map(lambda url: get(url).content, fresh)
                found = cpu.map(read, pages, chunksize=4)
                rows = [(url, title, *one) for (url, title), one in zip(fresh.items(), found, strict=True)]
            conn.executemany("INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?)", rows)
    conn.commit()


if __name__ == "__main__":
    main()
