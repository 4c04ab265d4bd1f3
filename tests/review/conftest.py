"""Fixtures: desks served by ``tumen serve``, with the articles of the demo and two hostile ones, and a browser."""

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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from pipeline.text.words import index_terms
from tests.review.desk_server import DeskServer

HOSTILE_TITLE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\"> Duma & Seoul"
HOSTILE_TEXT = "Russia </p></article><script>document.title = 'owned'</script> <b>Korea\n\n<mark onclick=1>사드</mark>"


@dataclass
class Served:
    """A desk running as a process. ``stop`` ends it."""

    base: str
    link: str
    database: Path
    log: Path
    stop: Callable[[], object]

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


@pytest.fixture(scope="session")
def desk_server() -> Iterator[DeskServer]:
    """The process that desks are forked from."""
    server = DeskServer()
    yield server
    server.close()


@contextmanager
def serving(
    archive: Path, folder: Path, *words: str, server: DeskServer | None = None, env: dict[str, str] | None = None
) -> Iterator[Served]:
    """Serve a copy of the archive: by a fork of a server, or, without one, by the command itself."""
    database, log = folder / "tumen.db", folder / "serve.log"
    copy_database(archive, database)
    arguments = ["--db", str(database), "--port", "0", "--analyst", "anna", *words]
    with _forked(server, arguments, log) if server else _started(arguments, log, env) as stop:
        link = _first_link(log)
        base = link.split("/-/")[0]
        _wait_until_up(f"{base}/-/tumen/login")
        yield Served(base=base, link=link, database=database, log=log, stop=stop)


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@contextmanager
def _forked(server: DeskServer, arguments: list[str], log: Path) -> Iterator[Callable[[], object]]:
    pid = server.start(arguments, log)
    with ExitStack() as once:
        once.callback(server.end, pid)
        yield once.close


@contextmanager
def _started(arguments: list[str], log: Path, env: dict[str, str] | None) -> Iterator[Callable[[], object]]:
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen([sys.executable, "-m", "pipeline", "serve", *arguments], stderr=file, env=env)
    with ExitStack() as once:
        once.callback(process.wait, timeout=60)
        once.callback(process.terminate)
        yield once.close


def _first_link(log: Path) -> str:
    """Return the sign-in link that a desk prints when it starts."""
    for _ in range(3000):
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        if found := re.search(r"http\S+key=\S+\n", text):
            return found[0].strip()
        time.sleep(0.02)
    raise AssertionError(f"the desk printed no link: {text}")


def _wait_until_up(address: str) -> None:
    for _ in range(3000):  # a minute: the start is slow beside other tests
        try:
            urllib.request.urlopen(address, timeout=30).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{address} did not answer")


@pytest.fixture
def desk(archive: Path, tmp_path: Path, desk_server: DeskServer) -> Iterator[Served]:
    """A desk for one test, to write to."""
    with serving(archive, tmp_path, server=desk_server) as served:
        yield served


@pytest.fixture(scope="session")
def library(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A read-only desk, started as people start it, and shared by all tests."""
    with serving(archive, tmp_path_factory.mktemp("library")) as served:
        yield served


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")  # while Playwright runs, asyncio.run() fails in this thread
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync"
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=flags.split())
        yield started
        started.close()


@pytest.fixture
def browser(_chromium: Any) -> Iterator[Any]:
    """Chromium without cookies or pages of other tests."""
    yield _chromium
    for context in _chromium.contexts:
        context.close()
