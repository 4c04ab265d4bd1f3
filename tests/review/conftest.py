"""Fixtures: a desk served by ``tumen serve``, with the articles of the demo and two hostile ones."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from pipeline.text.words import index_terms

HOSTILE_TITLE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\"> Duma & Seoul"
HOSTILE_TEXT = "Russia </p></article><script>document.title = 'owned'</script> <b>Korea\n\n<mark onclick=1>사드</mark>"


@dataclass
class Served:
    """A desk running as a process."""

    base: str
    link: str
    database: Path
    process: subprocess.Popen[str]

    def client(self) -> urllib.request.OpenerDirector:
        """Return a client with its own cookies, not signed in."""
        return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        return self.ask(self.client(), path, None, **headers)

    def post(self, path: str, data: bytes, **headers: str) -> tuple[int, str, dict[str, str]]:
        return self.ask(self.client(), path, data, **headers)

    def ask(
        self, client: urllib.request.OpenerDirector, path: str, data: bytes | None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with client.open(urllib.request.Request(self.base + path, data=data, headers=named), timeout=30) as answer:
                return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.headers.items()}
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), {k.lower(): v for k, v in error.headers.items()}

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        conn = sqlite3.connect(self.database)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()


def enter(desk: Served, client: urllib.request.OpenerDirector) -> str:
    """Sign in by the one-time link and return the page after it."""
    _, page, _ = desk.ask(client, desk.link.removeprefix(desk.base), None)
    fields = dict(re.findall(r'<input type="hidden" name="(csrftoken|key)" value="([^"]+)"', page))
    status, page, _ = desk.ask(client, "/-/tumen/enter", urllib.parse.urlencode(fields).encode())
    assert status == 200
    return page


def open_desk(desk: Served, page: Any) -> None:
    """Sign in by the one-time link in a browser."""
    page.goto(desk.link)
    page.click("main button.primary")
    page.wait_for_url(f"{desk.base}/-/tumen")


def cookies(client: urllib.request.OpenerDirector) -> CookieJar:
    """Return the cookies of a client."""
    handlers: list[object] = vars(client)["handlers"]
    return next(one.cookiejar for one in handlers if isinstance(one, urllib.request.HTTPCookieProcessor))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the demo, plus an article with hostile title and text."""
    path = tmp_path_factory.mktemp("archive") / "tumen.db"
    demo = [sys.executable, "-m", "pipeline", "demo", "--no-verdicts", "--db", str(path)]
    subprocess.run(demo, check=True, capture_output=True, timeout=120)
    conn = sqlite3.connect(path)
    with conn:
        for title, text, language, url in (
            (HOSTILE_TITLE, HOSTILE_TEXT, "en", "javascript:alert(1)"),
            (
                "В Госдуме спросили о трубе",
                "Газопровод через КНДР обсудят осенью.",
                "ru",
                "https://vestnik.invalid/duma",
            ),
        ):
            conn.execute(
                "INSERT INTO articles (title, text, search_terms, relevance, relevant, topics, feed_id, language,"
                " sorted_at, url, published_url, method, content_hash, first_seen_at, fetched_at)"
                " SELECT :title, :text, :terms, 0.5, 1, '[]', feed_id, :language, sorted_at, :url, :url, 'trafilatura',"
                " 'x', first_seen_at, fetched_at FROM articles WHERE id = 1",
                {"title": title, "text": text, "terms": index_terms(title, text), "language": language, "url": url},
            )
    conn.close()
    return path


@contextmanager
def serving(archive: Path, folder: Path, *words: str, env: dict[str, str] | None = None) -> Iterator[Served]:
    database = folder / "tumen.db"
    source, target = sqlite3.connect(archive), sqlite3.connect(database)
    source.backup(target)
    source.close()
    target.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "serve", "--db", database, "--port", "0", "--analyst", "anna", *words],
        stderr=subprocess.PIPE,
        env=env,
        text=True,
    )
    assert process.stderr is not None
    link = ""
    while not link and (line := process.stderr.readline()):
        link = (re.findall(r"http\S+key=\S+", line) or [""])[0]
    base = link.split("/-/")[0]
    for _ in range(600):  # a minute: the start is slow beside other tests
        try:
            urllib.request.urlopen(f"{base}/-/tumen/login", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    yield Served(base=base, link=link, database=database, process=process)
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def desk(archive: Path, tmp_path: Path) -> Iterator[Served]:
    """A desk for one test, to write to."""
    with serving(archive, tmp_path) as served:
        yield served


@pytest.fixture(scope="session")
def library(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A read-only desk, shared by all tests."""
    with serving(archive, tmp_path_factory.mktemp("library")) as served:
        yield served


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
