"""Download of WARC files from a loopback server: in parts, resumed, whole, patient with a busy server."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.backfill import download as downloads
from pipeline.errors import BadValue, Unavailable
from pipeline.settings.fetch import FetchSettings

BODY = b"\x1f\x8b\x08" + bytes(range(256)) * 1_000


class Store(ThreadingHTTPServer):
    """A server of one file. ``statuses``: what the next requests get instead of the file."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str] = []
        self.statuses: list[int] = []
        self.body = BODY
        self.etag = '"one"'
        self.parts = True
        self.shift = 0  # bytes by which the server misses the part that was asked for
        self.excess = b""  # sent after the last byte of the file

    def url(self, name: str = "a.warc.gz") -> str:
        return f"http://127.0.0.1:{self.server_port}/crawl/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Store
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            self.send_error(404)
            return
        self.server.ranges.append(self.headers.get("Range", ""))
        if self.server.statuses and (status := self.server.statuses.pop(0)):
            self.send_error(status)
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        assert found
        body = self.server.body
        start = int(found[1]) + self.server.shift
        part = body[start : int(found[2]) + 1] if self.server.parts else body
        part += self.server.excess if int(found[2]) >= len(body) - 1 else b""
        self.send_response(206 if self.server.parts else 200)
        self.send_header("ETag", self.server.etag)
        self.send_header("Content-Length", str(len(part)))
        if self.server.parts:
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(body)}")
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(downloads, "_PART", 100_000)
    with Store() as started:
        thread = threading.Thread(target=started.serve_forever, args=(0.01,))
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def fetch(server: Store, folder: Path, *names: str) -> tuple[downloads.Downloaded, list[float]]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    settings = FetchSettings(allow_private=(f"127.0.0.1:{server.server_port}",))
    urls = [server.url(name) for name in names or ("a.warc.gz",)]
    return downloads.download(urls, folder, settings, sleep=sleep), waits


def test_file_comes_in_parts_and_is_the_same(server: Store, tmp_path: Path) -> None:
    report, waits = fetch(server, tmp_path)
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY
    assert (report.files, report.size, waits) == (1, len(BODY), [])
    assert server.ranges == ["bytes=0-99999", "bytes=100000-199999", "bytes=200000-299999"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]
    assert fetch(server, tmp_path)[0].present == 1
    assert len(server.ranges) == 3


def test_busy_server_is_asked_again_later_each_time(server: Store, tmp_path: Path) -> None:
    server.statuses = [503, 503, 0, 500]
    _, waits = fetch(server, tmp_path)
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY
    assert waits == [5, 10, 5]


def test_server_that_asks_for_patience_gets_it(server: Store, tmp_path: Path) -> None:
    server.statuses = [408]  # a timeout of the server, not a refusal
    _, waits = fetch(server, tmp_path)
    assert waits == [5]
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY


def test_part_that_was_not_asked_for_is_refused(server: Store, tmp_path: Path) -> None:
    server.shift = 1
    with pytest.raises(Unavailable, match="another part"):
        fetch(server, tmp_path)


def test_bytes_beyond_the_end_are_left_out(server: Store, tmp_path: Path) -> None:
    server.excess = b"more"
    fetch(server, tmp_path)
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY


def test_stopped_download_goes_on_where_it_was(server: Store, tmp_path: Path) -> None:
    server.statuses = [0, *[500] * 8]
    with pytest.raises(Unavailable, match="status 500"):
        fetch(server, tmp_path)
    assert not (tmp_path / "a.warc.gz").exists()
    server.ranges.clear()
    fetch(server, tmp_path)
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY
    assert server.ranges[0] == "bytes=100000-199999"


def test_another_file_at_the_address_is_not_mixed_with_the_first(server: Store, tmp_path: Path) -> None:
    server.statuses = [0, *[500] * 8]
    with pytest.raises(Unavailable):
        fetch(server, tmp_path)
    server.body, server.etag = BODY[::-1], '"two"'
    fetch(server, tmp_path)
    assert (tmp_path / "a.warc.gz").read_bytes() == BODY[::-1]


def test_missing_file_is_named_and_the_others_come(server: Store, tmp_path: Path) -> None:
    server.statuses = [404]
    report, waits = fetch(server, tmp_path, "gone.warc.gz", "a.warc.gz")
    assert report.files == 1
    assert report.problems == (f"{server.url('gone.warc.gz')}: The address was not found (status 404).",)
    assert waits == []


def test_server_without_parts_is_named(server: Store, tmp_path: Path) -> None:
    server.parts = False
    with pytest.raises(Unavailable, match="too large"):
        fetch(server, tmp_path)


def test_paths_of_a_list_are_taken_from_the_archive_and_names_are_unique() -> None:
    path = "crawl-data/CC-NEWS/2018/06/CC-NEWS-20180621101530-00021.warc.gz"
    assert downloads.addresses([path, path]) == [f"https://data.commoncrawl.org/{path}"]
    with pytest.raises(BadValue, match="same file name"):
        downloads.addresses(["https://a.example/1/x.warc.gz", "https://a.example/2/x.warc.gz"])
