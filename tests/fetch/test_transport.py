"""Odd servers, dead addresses, slow name servers, proxies and cookies, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pipeline.fetch import Fetcher
from pipeline.fetch.lookup import NameLookup
from pipeline.model import Fetched, FetchFailed, Outcome, Request
from pipeline.settings.fetch import FetchSettings
from tests.fetch.raw import Proxy, RawServer
from tests.world.server import FEED, Answer, Hostile

SETTINGS = FetchSettings(page_delay=0, feed_delay=0, connect_seconds=2, read_seconds=2, deadline_seconds=5)
LENGTH = b"Content-Length: %d\r\n" % len(FEED)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FEED), FEED)


@pytest.fixture(autouse=True)
def no_proxy_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile() as started:
        started.answers["/feed"] = Answer(body=FEED)
        yield started


def fetch(url: str, *allow: str, settings: FetchSettings = SETTINGS, addresses: tuple[str, ...] = ()) -> Outcome:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    async def run() -> Outcome:
        async with Fetcher(replace(settings, allow_private=allow), resolver=resolve) as fetcher:
            return await fetcher.get(Request(url=url, kind="feed"))

    return asyncio.run(run())


def received(answer: bytes) -> Outcome:
    with RawServer(answer) as server:
        return fetch(f"http://127.0.0.1:{server.port}/feed", f"127.0.0.1:{server.port}")


READ = {
    "blank in header name": b"HTTP/1.1 200 OK\r\nX Powered By: PHP\r\n" + LENGTH + b"\r\n" + FEED,
    "blank before colon": b"HTTP/1.1 200 OK\r\nServer : old\r\nContent-Length : %d\r\n\r\n%s" % (len(FEED), FEED),
    "line without colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n" + LENGTH + b"\r\n" + FEED,
    "header without name": b"HTTP/1.1 200 OK\r\n: x\r\n" + LENGTH + b"\r\n" + FEED,
    "name in Cyrillic": "HTTP/1.1 200 OK\r\nимя: x\r\n".encode() + LENGTH + b"\r\n" + FEED,
    "NUL and CR in value": b"HTTP/1.1 200 OK\r\nX: a\0b\rc\r\n" + LENGTH + b"\r\n" + FEED,
    "folded header": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n" + LENGTH + b"\r\n" + FEED,
    "same length twice": b"HTTP/1.1 200 OK\r\n" + LENGTH * 2 + b"\r\n" + FEED,
    "chunked twice": b"HTTP/1.1 200 OK\r\n" + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKED,
    "chunked, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED,
    "chunked and length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED,
    "encoding identity": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n" + LENGTH + b"\r\n" + FEED,
    "lines end with LF": b"HTTP/1.1 200 OK\n" + LENGTH.replace(b"\r", b"") + b"\n" + FEED,
    "no reason": b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + FEED,
    "HTTP/1.0 without length": b"HTTP/1.0 200 OK\r\n\r\n" + FEED,
    "ICY": b"ICY 200 OK\r\n" + LENGTH + b"\r\n" + FEED,
    "HTTP/2 in status line": b"HTTP/2 200 OK\r\n" + LENGTH + b"\r\n" + FEED,
    "interim responses": b"HTTP/1.1 103 Early\r\nX Y: z\r\n\r\n" * 3 + b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + FEED,
    "body longer than announced": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + FEED + b"more",
    "gzip without trailer": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FEED)[:-8],
    "gzip with half a trailer": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FEED)[:-3],
    "field of 30 KB": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 30_000 + b"\r\n" + LENGTH + b"\r\n" + FEED,
}


@pytest.mark.parametrize("name", READ)
def test_response_that_breaks_the_rules_is_read(name: str) -> None:
    outcome = received(READ[name])
    assert isinstance(outcome, Fetched), outcome
    assert outcome.body == FEED
    assert not outcome.truncated


FAILED = {
    bytes.fromhex("000000040000000000" + "00000807000000000000000000" + "00000001"): "HTTP/2",
    b"SSH-2.0-OpenSSH_9\r\n": "does not speak HTTP",
    b"HTTP/1.1 OK\r\n\r\n": "status line",
    b"HTTP/1.1 200 OK\r\nX: ": "within its headers",
    b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 5000: "headers are longer",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n": "Content-Length",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FEED)[:40]: "gzip is cut off",
}


@pytest.mark.parametrize("answer", FAILED, ids=FAILED.values())
def test_message_names_the_true_cause(answer: bytes) -> None:
    outcome = received(answer)
    assert isinstance(outcome, FetchFailed), outcome
    assert FAILED[answer] in outcome.reason


def test_117_first_of_repeated_headers_counts() -> None:
    with RawServer(
        b'HTTP/1.1 200 OK\r\nETag: "1"\r\nETag: "2"\r\nCache-Control: no-cache\r\nCache-Control: max-age=5\r\n'
        b"Last-Modified: x\r\nLast-Modified: x\r\n" + LENGTH + b"\r\n" + FEED
    ) as server:
        outcome = fetch(f"http://127.0.0.1:{server.port}/feed", f"127.0.0.1:{server.port}")
    assert isinstance(outcome, Fetched)
    assert (outcome.headers["etag"], outcome.headers["last-modified"]) == ('"1"', "x")
    assert outcome.headers["cache-control"] == "no-cache, max-age=5"


def test_133_address_that_swallows_packets_is_passed_over(server: Hostile) -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.2", server.port))
        hole.listen(0)  # once its queue is full, Linux drops further connections without an answer
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", server.port))
        began = time.monotonic()
        url, allowed = f"http://two.example:{server.port}/feed", f"two.example:{server.port}"
        outcome = fetch(url, allowed, addresses=("127.0.0.2", "127.0.0.1"))
        for filler in fillers:
            filler.close()
    assert isinstance(outcome, Fetched), outcome
    assert time.monotonic() - began < 1.5


def test_133_address_that_refuses_is_passed_over(server: Hostile) -> None:
    url, allowed = f"http://two.example:{server.port}/feed", f"two.example:{server.port}"
    assert isinstance(fetch(url, allowed, addresses=("127.0.0.3", "127.0.0.1")), Fetched)


def test_130_names_without_answer_do_not_delay_others(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    over, real = threading.Event(), socket.getaddrinfo

    def system_resolver(host: str, port: int, **given: int) -> object:
        if host.startswith("silent"):
            over.wait(20)
        return real("127.0.0.1", port, **given)

    monkeypatch.setattr(socket, "getaddrinfo", system_resolver)
    names = [*(f"silent{number}.example" for number in range(30)), "good.example"]
    allowed = tuple(f"{name}:{server.port}" for name in names)

    async def run() -> list[Outcome]:
        settings = replace(SETTINGS, allow_private=allowed, connect_seconds=0.5)
        async with Fetcher(settings, resolver=NameLookup(200)) as fetcher:
            requests = [Request(url=f"http://{name}:{server.port}/feed", kind="feed") for name in names]
            return await asyncio.gather(*map(fetcher.get, requests))

    try:
        *silent, good = asyncio.run(run())
    finally:
        over.set()
    assert isinstance(good, Fetched), good
    assert {outcome.kind for outcome in silent if isinstance(outcome, FetchFailed)} == {"dns"}


def test_53_proxy_of_environment_is_used_and_no_proxy_counts(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(server.port) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://desk:se%20cret@127.0.0.1:{proxy.port}")
        outcome = fetch("http://news.example/feed")
        assert isinstance(outcome, Fetched), outcome
        assert proxy.requests[0].startswith(b"GET http://news.example/feed HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic ZGVzazpzZSBjcmV0\r\n" in proxy.requests[0]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,other.example")
        assert isinstance(fetch(server.url("/feed"), f"127.0.0.1:{server.port}"), Fetched)
        assert len(proxy.requests) == 1


def test_53_proxy_of_setting_is_used_and_guard_checks_literal_addresses(server: Hostile) -> None:
    with Proxy(server.port) as proxy:
        settings = replace(SETTINGS, proxy=f"http://127.0.0.1:{proxy.port}")
        assert isinstance(fetch("http://news.example/feed", settings=settings), Fetched)
        for url in ("http://10.0.0.1/feed", "http://localhost/feed", "http://news.example:22/feed"):
            refused = fetch(url, settings=settings)
            assert isinstance(refused, FetchFailed)
            assert refused.kind == "forbidden_address"
        assert len(proxy.requests) == 1


def test_53_setting_none_ignores_proxy_of_environment(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    settings = replace(SETTINGS, proxy="none")
    assert isinstance(fetch(server.url("/feed"), f"127.0.0.1:{server.port}", settings=settings), Fetched)


@pytest.mark.parametrize(("refusal", "wanted"), [(b"407 Login", "status 407"), (b"403 No", "status 403")])
def test_proxy_that_refuses_a_tunnel_is_named(refusal: bytes, wanted: str) -> None:
    with Proxy(0, refuse=refusal) as proxy:
        outcome = fetch("https://news.example/feed", settings=replace(SETTINGS, proxy=f"127.0.0.1:{proxy.port}"))
    assert isinstance(outcome, FetchFailed)
    assert "the proxy 127.0.0.1" in outcome.reason
    assert wanted in outcome.reason


def test_cookie_is_sent_within_the_chain_of_redirects_only() -> None:
    class Counter(RawServer):
        async def respond(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            cookie = b"seen=1" in head
            writer.write(
                b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + FEED
                if cookie
                else b"HTTP/1.1 302 Go\r\nLocation: /feed\r\nSet-Cookie: seen=1; Path=/\r\nContent-Length: 0\r\n\r\n"
            )

    with Counter() as server:
        for _ in range(2):
            assert isinstance(fetch(f"http://127.0.0.1:{server.port}/feed", f"127.0.0.1:{server.port}"), Fetched)
        assert [b"Cookie: seen=1" in request for request in server.requests] == [False, True, False, True]


def test_loop_despite_cookies_is_named() -> None:
    answer = b"HTTP/1.1 302 Go\r\nLocation: /feed\r\nSet-Cookie: seen=1\r\nContent-Length: 0\r\n\r\n"
    with RawServer(answer) as server:
        outcome = fetch(f"http://127.0.0.1:{server.port}/feed", f"127.0.0.1:{server.port}")
    assert isinstance(outcome, FetchFailed)
    assert "cookies" in outcome.reason
    assert len(server.requests) == 2
