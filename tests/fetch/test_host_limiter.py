"""Pauses between requests to a host, Retry-After, and limits of decompression."""

from __future__ import annotations

import asyncio
import gzip
import selectors
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
from pipeline.model import HostState, RequestKind
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


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("Tue, 24 Nov 2026 10:00:00 GMT", timedelta(hours=1)),
        ("Tue, 24 Nov 2026 10:00:00 -0000", timedelta(hours=1)),
        ("Tue, 24 Nov 2026 10:00:00", timedelta(hours=1)),
        ("Tue, 24 Nov 2026 19:00:00 +0900", timedelta(hours=1)),
        ("Tue, 24 Nov 2026 09:00:00 GMT", timedelta(minutes=10)),
        ("0", timedelta()),
        (" 90 ", timedelta(seconds=90)),
        ("1.5", timedelta(minutes=10)),
        ("1234567890123", timedelta(minutes=10)),
        ("", None),
    ],
)
def test_29_retry_after_is_seconds_or_date_in_any_zone(value: str, wait: timedelta | None) -> None:
    assert retry_after({"retry-after": value}, FetchSettings(), NOW) == wait
    assert retry_after({}, FetchSettings(), NOW) is None


class _Leap(selectors.SelectSelector):
    """A selector that does not wait: it adds the wait to ``elapsed``."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.elapsed += timeout or 0.0
        return super().select(None if timeout is None else 0)


class _LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once while all its tasks sleep."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.elapsed


def starts(settings: FetchSettings, *requests: tuple[str, RequestKind, float | None, float]) -> list[float]:
    """Return when each of these requests starts: site, kind, pause, and seconds that the request takes."""

    async def request(limiter: HostLimiter, site: str, kind: RequestKind, pause: float | None, seconds: float) -> float:
        async with limiter.slot(site, kind, pause):
            start = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)
        return round(start, 3)

    async def run() -> list[float]:
        limiter = HostLimiter(settings, lambda _: None, lambda _: None, lambda: NOW)
        return await asyncio.gather(*(request(limiter, *given) for given in requests))

    with asyncio.Runner(loop_factory=_LeapingLoop) as runner:
        return runner.run(run())


def test_33_feeds_of_one_domain_start_apart_whatever_their_hosts() -> None:
    hosts = ("rss.news.co.kr", "www.news.co.kr", "en.news.co.kr", "rss.other.co.kr", "rss.news.co.kr")
    feeds: list[tuple[str, RequestKind, float | None, float]] = [(host, "feed", None, 1) for host in hosts]
    assert starts(FetchSettings(feed_delay=3), *feeds) == [0, 3, 6, 0, 9]


@pytest.mark.parametrize(
    ("pause", "seconds", "expected"),
    [
        (None, 0, [0, 5, 10]),
        (None, 2, [0, 5, 10]),  # the pause is from start to start
        (None, 7, [0, 7, 14]),
        (20, 2, [0, 20, 40]),  # Crawl-delay
        (0, 2, [0, 2, 4]),
    ],
)
def test_33_pages_of_a_host_start_apart_and_one_at_a_time(
    pause: float | None, seconds: float, expected: list[float]
) -> None:
    page: tuple[str, RequestKind, float | None, float] = ("news.example", "page", pause, seconds)
    other: tuple[str, RequestKind, float | None, float] = ("other.example", "page", pause, seconds)
    assert starts(FetchSettings(page_delay=5), page, page, page, other) == [*expected, 0]


def test_33_feed_waits_for_the_pause_after_a_page_and_causes_none() -> None:
    settings = FetchSettings(page_delay=5, feed_delay=0)
    requests: list[tuple[str, RequestKind, float | None, float]] = [
        ("news.example", kind, None, 1) for kind in ("page", "feed", "page")
    ]
    assert starts(settings, *requests) == [0, 5, 6]


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


class Host:
    """A limiter with its stored states and a clock that stands still."""

    def __init__(self, *states: HostState) -> None:
        self.stored = {state.site: state for state in states}
        self.now = NOW
        self.limiter = self.next_run()

    def next_run(self) -> HostLimiter:
        settings = FetchSettings(retry_after_seconds=600, max_retry_after_seconds=7200)
        return HostLimiter(settings, self.stored.get, self._store, lambda: self.now)

    def _store(self, state: HostState) -> None:
        self.stored[state.site] = state


def test_29_host_that_asked_to_wait_is_left_alone_also_in_the_next_run() -> None:
    host = Host(HostState(site="a.example", robots_status=200))
    host.limiter.back_off("a.example", timedelta(hours=1))
    for limiter in (host.limiter, host.next_run()):
        assert limiter.backing_off("a.example") == timedelta(hours=1)
        assert limiter.backing_off("b.example") is None
        assert limiter.state("a.example").robots_status == 200  # the rest of the state is kept
    host.now += timedelta(minutes=59)
    assert host.limiter.backing_off("a.example") == timedelta(minutes=1)
    host.now += timedelta(minutes=1)
    assert host.limiter.backing_off("a.example") is None


@pytest.mark.parametrize(("hours", "wait"), [(2, timedelta(hours=2)), (2.1, None), (-1, None)])
def test_29_wait_that_was_stored_while_the_clock_was_wrong_does_not_count(hours: float, wait: timedelta | None) -> None:
    host = Host(HostState(site="a.example", barred_until=NOW + timedelta(hours=hours)))
    assert host.limiter.backing_off("a.example") == wait


def test_28_host_that_timed_out_is_left_alone_for_this_kind_of_request_and_this_run() -> None:
    host = Host()
    host.limiter.mark_unresponsive("a.example", "page")
    assert host.limiter.is_unresponsive("a.example", "page")
    assert not host.limiter.is_unresponsive("a.example", "feed")
    assert not host.limiter.is_unresponsive("b.example", "page")
    assert not host.next_run().is_unresponsive("a.example", "page")
    assert host.limiter.state("c.example") == HostState(site="c.example")
