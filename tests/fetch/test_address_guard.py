"""Which addresses are requested. Resolver and dial are recorders: nothing leaves this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch import Fetcher, Guard, Refused
from pipeline.fetch.address_guard import is_public
from pipeline.fetch.decompress import TooLarge, Undecodable, decompress
from pipeline.model import FetchFailed, Outcome, Request
from pipeline.settings.fetch import FetchSettings


class Recorder:
    """Records the addresses that would be connected to."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []

    async def __call__(self, addresses: Sequence[str], port: int) -> socket.socket:
        self.connected += [(address, port) for address in addresses]
        raise ConnectionRefusedError("recorded")


def fetch(url: str, *addresses: list[str], allow: tuple[str, ...] = ()) -> tuple[Outcome, Recorder, list[str]]:
    """Fetch ``url``; its name resolves to these addresses, one list per resolution."""
    recorder, resolved, queue = Recorder(), [], list(addresses)

    async def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return queue.pop(0)

    async def run() -> Outcome:
        async with Fetcher(FetchSettings(allow_private=allow), resolver=resolve, dial=recorder) as fetcher:
            return await fetcher.get(Request(url=url, kind="feed"))

    return asyncio.run(run()), recorder, resolved


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "::1", "::", "fe80::1", "fc00::1"),
    *("2606:4700::1%eth0", "fe80::1%1"),  # an address of one interface of this machine
    *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "fec0::1", "ff02::1"),
]
PUBLIC = ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]


@pytest.mark.parametrize("address", PRIVATE)
def test_49_a_name_that_leads_to_a_private_address_is_not_connected_to(address: str) -> None:
    outcome, recorder, _ = fetch("http://news.example/feed", [address])
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind == "forbidden_address"
    assert recorder.connected == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
        *("[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "foo.localhost"),
        *("localhost.", "127.0.0.1.", "１２７.０.０.１", "169.254.169.254"),
    ],
)
def test_50_no_spelling_of_a_private_address_is_resolved_or_connected_to(host: str) -> None:
    outcome, recorder, resolved = fetch(f"http://{host}/")
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind in {"forbidden_address", "bad_url"}
    assert recorder.connected == []
    assert resolved == []


def test_51_one_private_address_among_public_ones_is_refused() -> None:
    outcome, recorder, _ = fetch("http://news.example/", ["93.184.216.34", "10.0.0.1"])
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind == "forbidden_address"
    assert recorder.connected == []


def test_52_the_address_that_was_checked_is_connected_to_and_the_name_is_resolved_once() -> None:
    outcome, recorder, resolved = fetch("http://news.example/", ["93.184.216.34"], ["127.0.0.1"])
    assert isinstance(outcome, FetchFailed)
    assert recorder.connected == [("93.184.216.34", 80)]
    assert resolved == ["news.example"]


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "data:text/plain,x", "//a.example/"),
        *("http://a@93.184.216.34/", "http://a.example:22/", "http://", "http:///x", "javascript:alert(1)", ""),
        *("http://a.example/\r\nX: y", "http://a.example:99999/", "http://[::1/", "http://a b/"),
    ],
)
def test_53_other_schemes_users_and_ports_are_refused(url: str) -> None:
    outcome, recorder, resolved = fetch(url, ["93.184.216.34"])
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind in {"bad_url", "forbidden_address"}
    assert recorder.connected == []
    assert resolved == []


def test_54_allowed_network_opens_only_its_ports() -> None:
    allow = ("10.0.0.0/8:8000-8010",)
    assert fetch("http://intra.example:8005/", ["10.1.1.1"], allow=allow)[1].connected == [("10.1.1.1", 8005)]
    assert fetch("http://intra.example/", ["10.1.1.1"], allow=allow)[1].connected == []
    assert fetch("http://intra.example:8005/", ["127.0.0.1"], allow=allow)[1].connected == []
    assert fetch("http://intra.example:8005/", ["93.184.216.34"], allow=allow)[1].connected == []


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    guard = Guard(FetchSettings())
    for url in (text, f"http://{text}", f"https://a.example/{text}"):
        try:
            target = guard.target(url)
        except Refused:
            continue
        assert target.url.isascii()
        assert target.scheme in {"http", "https"}


@given(st.binary(max_size=300), st.sampled_from(["gzip", "br", "zstd", "deflate", "gzip, br", "x", ""]))
def test_any_bytes_are_decompressed_within_limit_or_refused(body: bytes, encoding: str) -> None:
    try:
        decoded = decompress(body, encoding, 10_000)
    except (TooLarge, Undecodable):
        decoded = b""
    assert len(decoded) <= 10_000


@pytest.mark.parametrize(("addresses", "expected"), [(PRIVATE, False), (PUBLIC, True)])
def test_address_is_public_by_the_ipv4_address_in_it(addresses: list[str], expected: bool) -> None:
    assert {address: is_public(ipaddress.ip_address(address)) for address in addresses} == dict.fromkeys(
        addresses, expected
    )
