"""Pauses between requests to a host, Retry-After, and limits of decompression."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch.decompress import TooLarge, Undecodable, decompress
from pipeline.fetch.host_limiter import HostLimiter, domain_of, retry_after
from pipeline.settings.fetch import FetchSettings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@given(
    st.one_of(st.text(max_size=60), st.integers().map(str), st.datetimes().map(lambda at: f"{at:%a, %d %b %Y %T} GMT"))
)
def test_29_any_retry_after_is_wait_within_limit(value: str) -> None:
    settings = FetchSettings()
    wait = retry_after({"retry-after": value}, settings, NOW)
    if wait is None:
        assert not value.strip()
    else:
        assert timedelta() <= wait <= timedelta(seconds=settings.max_retry_after_seconds)


@given(st.integers(1, 100_000))
def test_29_valid_seconds_and_dates_are_exact(seconds: int) -> None:
    settings = FetchSettings()
    at = NOW + timedelta(seconds=seconds)
    for value in (str(seconds), f"{at:%a, %d %b %Y %H:%M:%S} GMT"):
        assert retry_after({"retry-after": value}, settings, NOW) == timedelta(seconds=seconds)


def test_33_feeds_of_one_domain_start_apart_whatever_their_hosts() -> None:
    starts: dict[str, list[float]] = {"a": [], "b": []}

    async def request(limiter: HostLimiter, site: str, group: str) -> None:
        async with limiter.slot(site, "feed"):
            starts[group].append(asyncio.get_running_loop().time())

    async def run() -> float:
        limiter = HostLimiter(FetchSettings(feed_delay=0.1), lambda _: None, lambda _: None, lambda: NOW)
        start = asyncio.get_running_loop().time()
        hosts = [("rss.news.co.kr", "a"), ("www.news.co.kr", "a"), ("en.news.co.kr", "a"), ("rss.other.co.kr", "b")]
        await asyncio.gather(*(request(limiter, site, group) for site, group in hosts))
        return start

    start = asyncio.run(run())
    assert min(later - earlier for earlier, later in itertools.pairwise(sorted(starts["a"]))) > 0.09
    assert starts["b"][0] - start < 0.09


@pytest.mark.parametrize(
    ("site", "domain"),
    [
        ("rss.yna.example.co.kr", "example.co.kr"),
        ("news.example.ru", "example.ru"),
        ("a.example.msk.ru", "example.msk.ru"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("127.0.0.1", "127.0.0.1"),
        ("example.com", "example.com"),
    ],
)
def test_33_domain_is_guessed_from_shape_of_name(site: str, domain: str) -> None:
    assert domain_of(site) == domain


@pytest.mark.parametrize("name", ["br", "zstd", "deflate", "gzip, br"])
def test_43_bomb_in_any_encoding_stops_at_limit(name: str) -> None:
    plain = b" " * 50_000_000
    pack: dict[str, Callable[[], bytes]] = {
        "br": partial(brotli.compress, plain, quality=1),
        "zstd": partial(zstd.compress, plain),
        "deflate": partial(zlib.compress, plain, 1),
        "gzip, br": lambda: brotli.compress(gzip.compress(plain, 1), quality=1),
    }
    packed = pack[name]()
    assert len(packed) < 300_000
    with pytest.raises(TooLarge):
        decompress(packed, name, 1_000_000)


def test_43_zstd_frame_with_window_of_128_mib_is_refused() -> None:
    wide = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    with pytest.raises(Undecodable):
        decompress(wide.compress(b"<rss/>" * 5_000) + wide.flush(), "zstd", 1_000_000)
