"""The fetcher over real sockets. Numbers in test names are those of ``docs/scenarios.md``."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from backports import zstd
from msgspec.structs import replace

from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, HostState, NotModified, Outcome, Request, RequestKind, Validators
from pipeline.settings.fetch import FetchSettings
from tests.world.server import FEED, Answer, Hostile


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile() as started:
        started.answers["/feed"] = Answer(body=FEED)
        started.answers["/robots.txt"] = Answer(status=404)
        yield started


def settings(server: Hostile) -> FetchSettings:
    return FetchSettings(
        allow_private=(f"127.0.0.1:{server.port}",),
        page_delay=0,
        feed_delay=0,
        connect_seconds=1,
        read_seconds=1,
        deadline_seconds=1,
        max_feed_bytes=1_000_000,
        max_page_bytes=1_000_000,
    )


def fetch(server: Hostile, *paths: str, kind: RequestKind = "feed", known: Validators | None = None) -> list[Outcome]:
    return fetch_with(settings(server), *(Request(url=server.url(p), kind=kind, validators=known) for p in paths))


def fetch_with(chosen: FetchSettings, *requests: Request) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with Fetcher(chosen) as fetcher:
            return [await fetcher.get(request) for request in requests]

    return asyncio.run(run())


def failed(outcome: Outcome) -> FetchFailed:
    assert isinstance(outcome, FetchFailed), outcome
    return outcome


def fetched(outcome: Outcome) -> Fetched:
    assert isinstance(outcome, Fetched), outcome
    return outcome


def test_01_validators_are_sent_back_unchanged(server: Hostile) -> None:
    server.answers["/feed"] = Answer(status=304)
    known = Validators(url=server.url("/feed"), etag='W/"x:y--gzip"', last_modified="Mon, 23 Nov 2026 10:00:00 +0300")
    assert isinstance(fetch(server, "/feed", known=known)[0], NotModified)
    assert server.log[0].headers["if-none-match"] == 'W/"x:y--gzip"'
    assert server.log[0].headers["if-modified-since"] == "Mon, 23 Nov 2026 10:00:00 +0300"


def test_07_connection_is_usable_after_304(server: Hostile) -> None:
    server.answers["/same"] = Answer(status=304, headers={"Content-Length": "100"})
    first, second = fetch(server, "/same", "/feed")
    assert isinstance(first, NotModified)
    assert fetched(second).body == FEED


def test_07_body_after_304_does_not_mix_with_next_response(server: Hostile) -> None:
    first, second = fetch(server, "/304-with-body", "/feed")
    assert isinstance(first, NotModified)
    assert fetched(second).body == FEED


def test_20_only_permanent_redirects_are_reported(server: Hostile) -> None:
    server.answers["/old"] = Answer(status=301, headers={"Location": "/feed"})
    server.answers["/now"] = Answer(status=302, headers={"Location": "/feed"})
    old, now = fetch(server, "/old", "/now")
    assert fetched(old).moved_to == fetched(old).url == server.url("/feed")
    assert fetched(now).moved_to is None


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [((302, 301), None), ((301, 302), "/1"), ((308, 301), "/feed"), ((307, 308), None), ((301, 303, 301), "/1")],
)
def test_20_move_ends_at_the_first_redirect_that_is_not_permanent(
    server: Hostile, statuses: tuple[int, ...], moved_to: str | None
) -> None:
    for number, status in enumerate(statuses):
        target = f"/{number + 1}" if number + 1 < len(statuses) else "/feed"
        server.answers[f"/{number}"] = Answer(status=status, headers={"Location": target})
    response = fetched(fetch(server, "/0")[0])
    assert response.url == server.url("/feed")
    assert response.moved_to == (moved_to and server.url(moved_to))


def test_22_validators_do_not_follow_a_redirect(server: Hostile) -> None:
    server.answers["/old"] = Answer(status=302, headers={"Location": "/feed"})
    fetch(server, "/old", known=Validators(url=server.url("/old"), etag='"a"'))
    assert "if-none-match" in server.log[0].headers
    assert "if-none-match" not in server.log[1].headers


def test_23_redirect_loops_and_long_chains_end(server: Hostile) -> None:
    server.answers["/loop"] = Answer(status=302, headers={"Location": "/loop"})
    for number in range(10):
        server.answers[f"/chain{number}"] = Answer(status=302, headers={"Location": f"/chain{number + 1}"})
    loop, chain = fetch(server, "/loop", "/chain0")
    assert failed(loop).kind == failed(chain).kind == "redirects"
    assert len(server.log) <= 1 + 6


def test_20_location_is_read_as_browsers_do(server: Hostile) -> None:
    server.answers["/feed"] = Answer(status=302, headers={"Location": " /the new/\xd0\xbb\xd0\xb5?a=b c#top "})
    server.answers["/the%20new/%D0%BB%D0%B5?a=b%20c"] = Answer(body=FEED)
    assert fetched(fetch(server, "/feed")[0]).body == FEED


def test_28_host_gets_no_request_during_retry_after(server: Hostile) -> None:
    server.answers["/busy"] = Answer(status=429, headers={"Retry-After": "7200"})
    busy, other = fetch(server, "/busy", "/feed")
    assert (failed(busy).kind, failed(other).kind) == ("rate_limited", "deferred")
    for outcome in (busy, other):
        wait = failed(outcome).retry_after
        assert wait is not None
        assert 7190 <= wait.total_seconds() <= 7200
    assert server.paths() == ["/busy"]


def test_19_wait_that_a_wrong_clock_stored_does_not_count(server: Hostile) -> None:
    barred = HostState(site=f"127.0.0.1:{server.port}", barred_until=datetime.now(UTC) + timedelta(days=365))

    async def run() -> Outcome:
        async with Fetcher(settings(server), remember={barred.site: barred}.get) as fetcher:
            return await fetcher.get(Request(url=server.url("/feed"), kind="feed"))

    assert fetched(asyncio.run(run())).body == FEED


def test_28_retry_after_survives_the_process(server: Hostile) -> None:
    server.answers["/busy"] = Answer(status=503, headers={"Retry-After": "3600"})
    stored: dict[str, HostState] = {}

    async def run(path: str) -> Outcome:
        keep = lambda state: stored.update({state.site: state})  # noqa: E731
        async with Fetcher(settings(server), remember=stored.get, store=keep) as fetcher:
            return await fetcher.get(Request(url=server.url(path), kind="feed"))

    assert failed(asyncio.run(run("/busy"))).kind == "rate_limited"
    assert failed(asyncio.run(run("/feed"))).kind == "deferred"


def test_30_429_without_retry_after_stops_host_for_default_wait(server: Hostile) -> None:
    server.answers["/busy"] = Answer(status=429)
    busy, other = fetch(server, "/busy", "/feed")
    assert failed(busy).kind == "rate_limited"
    assert failed(busy).retry_after is None
    wait = failed(other).retry_after
    assert failed(other).kind == "deferred"
    assert wait is not None
    assert 590 <= wait.total_seconds() <= 600


@pytest.mark.parametrize("value", ["soon", "-5", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_29_invalid_retry_after_is_ten_minutes(server: Hostile, value: str) -> None:
    server.answers["/busy"] = Answer(status=429, headers={"Retry-After": value})
    wait = failed(fetch(server, "/busy")[0]).retry_after
    assert wait is not None
    assert wait.total_seconds() == 600


def test_29_retry_after_is_at_most_two_days(server: Hostile) -> None:
    server.answers["/busy"] = Answer(status=429, headers={"Retry-After": "1000000000"})
    wait = failed(fetch(server, "/busy")[0]).retry_after
    assert wait is not None
    assert wait.days == 2


def test_31_retry_after_of_other_error_applies_to_its_address_only(server: Hostile) -> None:
    server.answers["/broken"] = Answer(status=502, headers={"Retry-After": "120"})
    broken, other = fetch(server, "/broken", "/feed")
    assert failed(broken).kind == "status"
    assert fetched(other).body == FEED


WALLS = {
    "Cloudflare challenge": Answer(status=403, headers={"cf-mitigated": "challenge"}, body=b"<html>"),
    "Cloudflare 1020": Answer(status=403, headers={"Server": "cloudflare"}, body=b"error code: 1020"),
    "Cloudflare block page": Answer(status=403, body=b'<div id="cf-error-details">Sorry, you have been blocked</div>'),
    "compressed block page": Answer(
        status=403, headers={"Content-Encoding": "gzip"}, body=gzip.compress(b'<div class="cf-error-details">')
    ),
    "captcha of a hoster": Answer(status=202, headers={"sg-captcha": "challenge"}, body=b"<html></html>"),
    "captcha of a hoster without header": Answer(
        status=202, body=b'<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F">'
    ),
    "captcha page": Answer(status=405, body=b"<title>Captcha</title>"),
    "Cloudflare 1010 without its server name": Answer(
        status=403, headers={"CF-RAY": "8f1-ICN"}, body=b"error code: 1010"
    ),
    "proof of work": Answer(body=b'<html><script id="anubis_challenge" type="application/json">{}</script></html>'),
}


@pytest.mark.parametrize("name", WALLS)
@pytest.mark.parametrize("kind", ["feed", "page"])
def test_32_bot_wall_is_recognised(server: Hostile, name: str, kind: RequestKind) -> None:
    server.answers["/wall"] = WALLS[name]
    assert failed(fetch(server, "/wall", kind=kind)[0]).kind == "blocked"


def test_32_limit_of_requests_is_no_bot_wall(server: Hostile) -> None:
    server.answers["/busy"] = Answer(
        status=429, headers={"Retry-After": "60"}, body=b'<div id="cf-error-details">You are being rate limited</div>'
    )
    assert failed(fetch(server, "/busy")[0]).kind == "rate_limited"


def test_server_that_needs_another_version_of_http_is_named(server: Hostile) -> None:
    server.answers["/new"] = Answer(status=505)
    assert "HTTP/2" in failed(fetch(server, "/new")[0]).reason


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<p>Sites use Anubis, whose markup has id=&quot;anubis_challenge&quot;.</p>"),
        Answer(headers={"Server": "cloudflare"}, body=b"<script src=/cdn-cgi/challenge-platform/jsd.js></script>"),
        Answer(body=b"<p>Error code: 1020 means that you have been blocked.</p>", headers={"Server": "cloudflare"}),
    ],
)
def test_32_page_about_bot_walls_is_a_page(server: Hostile, answer: Answer) -> None:
    server.answers["/page"] = answer
    assert fetched(fetch(server, "/page", kind="page")[0]).body == answer.body


def test_33_one_request_at_a_time_with_pause_between(server: Hostile) -> None:
    for number in range(4):
        server.answers[f"/f{number}"] = Answer(body=FEED, wait=0.05)
    chosen = replace(settings(server), feed_delay=0.15)

    async def run() -> None:
        async with Fetcher(chosen) as fetcher:
            await asyncio.gather(*(fetcher.get(Request(url=server.url(f"/f{n}"), kind="feed")) for n in range(4)))

    asyncio.run(run())
    assert server.max_at_once == 1
    times = sorted(request.at for request in server.log)
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.12


def test_37_38_39_request_names_its_client_and_sends_no_cookies(server: Hostile) -> None:
    server.answers["/set"] = Answer(body=FEED, headers={"Set-Cookie": "a=b"})
    chosen = replace(settings(server), contact="desk@example.org")
    fetch_with(chosen, *(Request(url=server.url(path), kind="feed") for path in ("/set", "/feed?b=2&a=1#part")))
    second = server.log[1]
    assert second.path == "/feed?b=2&a=1"
    assert second.headers["user-agent"].startswith("Tumen/")
    assert "desk@example.org" in second.headers["user-agent"]
    assert "application/rss+xml" in second.headers["accept"]
    assert not {"cookie", "referer", "authorization"} & second.headers.keys()


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("gzip", gzip.compress(FEED)),
        ("br", brotli.compress(FEED)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED)[2:-4]),
        ("gzip, br", brotli.compress(gzip.compress(FEED))),
        ("zstd", zstd.compress(FEED)),
        ("", gzip.compress(FEED)),
        ("gzip", FEED),
        ("br", FEED),
        ("utf-8", FEED),  # a charset in the wrong header
    ],
)
def test_40_every_encoding_gives_same_body_despite_wrong_headers(server: Hostile, value: str, body: bytes) -> None:
    server.answers["/coded"] = Answer(body=body, headers={"Content-Encoding": value} if value else {})
    assert fetched(fetch(server, "/coded")[0]).body == FEED


def redirected(server: Hostile, chosen: FetchSettings, wait: float) -> Outcome:
    """Fetch a page that redirects to another one; the server waits before each response."""
    server.answers["/from"] = Answer(status=302, headers={"Location": "/to"}, wait=wait)
    server.answers["/to"] = Answer(body=b"<p>text", wait=wait)
    return fetch_with(chosen, Request(url=server.url("/from"), kind="page"))[0]


def test_41_pause_between_requests_does_not_count_against_the_deadline(server: Hostile) -> None:
    chosen = replace(settings(server), page_delay=0.8, deadline_seconds=0.7)
    assert fetched(redirected(server, chosen, 0)).seconds < 0.7


def test_41_deadline_holds_for_all_redirects_together(server: Hostile) -> None:
    assert failed(redirected(server, replace(settings(server), deadline_seconds=0.35), 0.2)).kind == "timeout"


@pytest.mark.parametrize("path", ["/hang", "/slow-headers", "/drip"])
def test_41_deadline_holds_and_unresponsive_host_is_skipped(server: Hostile, path: str) -> None:
    start = time.monotonic()
    slow, other = fetch(server, path, "/feed")
    assert time.monotonic() - start < 3
    assert failed(slow).kind == "timeout"
    assert failed(other).kind == "deferred"


@pytest.mark.parametrize("path", ["/huge-length", "/endless", "/gzip-bomb"])
def test_42_43_size_of_page_is_limited(server: Hostile, path: str) -> None:
    patient = replace(settings(server), deadline_seconds=20, read_seconds=20)  # the size ends it, not the time
    assert failed(fetch_with(patient, Request(url=server.url(path), kind="page"))[0]).kind == "too_large"


@pytest.mark.parametrize("path", ["/endless", "/gzip-bomb"])
def test_42_43_start_of_feed_above_limit_is_read(server: Hostile, path: str) -> None:
    patient = replace(settings(server), deadline_seconds=20, read_seconds=20)
    response = fetched(fetch_with(patient, Request(url=server.url(path), kind="feed"))[0])
    assert response.truncated
    assert response.over_limit == len(response.body) == 1_000_000


def test_only_the_start_of_an_error_page_is_read(server: Hostile) -> None:
    server.answers["/feed"] = Answer(status=404, body=b"x" * 20_000_000)
    patient = replace(settings(server), deadline_seconds=20, read_seconds=20)
    assert failed(fetch_with(patient, Request(url=server.url("/feed"), kind="feed"))[0]).wire_bytes < 3_000_000


def test_42_limit_of_a_source_overrides_setting(server: Hostile) -> None:
    request = Request(url=server.url("/feed"), kind="feed", max_bytes=30)
    response = fetched(fetch_with(settings(server), request)[0])
    assert (response.body, response.over_limit) == (FEED[:30], 30)


@pytest.mark.parametrize("path", ["/long-length", "/chunk"])
def test_44_truncated_body_is_returned_and_marked(server: Hostile, path: str) -> None:
    response = fetched(fetch(server, path)[0])
    assert response.truncated
    assert response.body == FEED


@pytest.mark.parametrize("path", ["/reset", "/closed", "/not-http", "/headers"])
def test_26_broken_connection_is_an_outcome(server: Hostile, path: str) -> None:
    broken, other = fetch(server, path, "/feed")
    assert failed(broken).kind in {"broken", "connect"}
    assert fetched(other).body == FEED


def test_65_robots_txt_is_read_once_and_applies_to_pages_only(server: Hostile) -> None:
    server.answers["/robots.txt"] = Answer(body=b"User-agent: Tumen\nDisallow: /private\n")
    server.answers["/private/1"] = server.answers["/open"] = Answer(body=b"<p>text")
    private, open_ = fetch(server, "/private/1", "/open", kind="page")
    assert failed(private).kind == "robots"
    assert fetched(open_).body == b"<p>text"
    assert server.paths().count("/robots.txt") == 1
    assert "/private/1" not in server.paths()
    assert isinstance(fetch(server, "/private/1", kind="feed")[0], Fetched)


@pytest.mark.parametrize("status", [429, 503])
def test_65_retry_after_of_robots_txt_holds_for_host(server: Hostile, status: int) -> None:
    server.answers["/robots.txt"] = Answer(status=status, headers={"Retry-After": "7200"})
    server.answers["/open"] = Answer(body=b"<p>text")
    page, feed = fetch_with(
        settings(server),
        Request(url=server.url("/open"), kind="page"),
        Request(url=server.url("/feed"), kind="feed"),
    )
    assert failed(page).kind == failed(feed).kind == "deferred"
    assert server.paths() == ["/robots.txt"]
    wait = failed(page).retry_after
    assert wait is not None
    assert 7190 <= wait.total_seconds() <= 7200


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /private\n",
        b"User-agent: *\nDisallow: /private\n" + b"Allow: /" * 200_000,
    ],
    ids=["byte order mark", "1.6 MB"],
)
def test_65_robots_txt_with_bom_or_of_any_size_counts(server: Hostile, body: bytes) -> None:
    server.answers["/robots.txt"] = Answer(body=body)
    server.answers["/private/1"] = Answer(body=b"<p>text")
    assert failed(fetch(server, "/private/1", kind="page")[0]).kind == "robots"


def test_65_pages_wait_while_robots_txt_is_unavailable(server: Hostile) -> None:
    server.answers["/robots.txt"] = Answer(status=500)
    server.answers["/open"] = Answer(body=b"<p>text")
    assert failed(fetch(server, "/open", kind="page")[0]).kind == "deferred"
    assert "/open" not in server.paths()


def test_65_last_good_robots_txt_counts_while_it_is_unavailable(server: Hostile) -> None:
    server.answers["/robots.txt"] = Answer(status=500)
    server.answers["/private/1"] = server.answers["/open"] = Answer(body=b"<p>text")
    old = HostState(
        site=f"127.0.0.1:{server.port}",
        robots_at=datetime.now(UTC) - timedelta(days=2),
        robots_status=200,
        robots_body=b"User-agent: *\nDisallow: /private\n",
    )

    async def run() -> list[Outcome]:
        async with Fetcher(settings(server), remember={old.site: old}.get) as fetcher:
            return [await fetcher.get(Request(url=server.url(path), kind="page")) for path in ("/open", "/private/1")]

    open_, private = asyncio.run(run())
    assert fetched(open_).body == b"<p>text"
    assert failed(private).kind == "robots"
    assert server.paths() == ["/robots.txt", "/open"]


@pytest.mark.parametrize("location", ["/rules.txt", "rules.txt", "//{host}/rules.txt", "http://{host}/rules.txt"])
def test_65_robots_txt_is_read_behind_a_redirect(server: Hostile, location: str) -> None:
    target = location.format(host=f"127.0.0.1:{server.port}")
    server.answers["/robots.txt"] = Answer(status=301, headers={"Location": target})
    server.answers["/rules.txt"] = Answer(body=b"User-agent: *\nDisallow: /private\n")
    server.answers["/private/1"] = Answer(body=b"<p>text")
    assert failed(fetch(server, "/private/1", kind="page")[0]).kind == "robots"


def test_65_retry_after_that_comes_while_robots_txt_waits_is_kept(server: Hostile) -> None:
    server.answers["/busy"] = Answer(status=429, headers={"Retry-After": "7200"}, wait=0.1)
    server.answers["/open"] = Answer(body=b"<p>text")

    async def run() -> list[Outcome]:
        async with Fetcher(settings(server)) as fetcher:
            kinds: list[tuple[str, RequestKind]] = [("/busy", "feed"), ("/open", "page")]
            return await asyncio.gather(
                *(fetcher.get(Request(url=server.url(path), kind=kind)) for path, kind in kinds)
            )

    busy, page = asyncio.run(run())
    assert (failed(busy).kind, failed(page).kind) == ("rate_limited", "deferred")
    assert "/open" not in server.paths()


@pytest.mark.parametrize(("delay", "setting"), [(0.4, 0.05), (0.05, 0.4)], ids=["longer", "shorter"])
def test_33_longer_one_of_crawl_delay_and_setting_is_kept(server: Hostile, delay: float, setting: float) -> None:
    server.answers["/robots.txt"] = Answer(body=f"User-agent: *\nCrawl-delay: {delay}\n".encode())
    server.answers["/1"] = server.answers["/2"] = Answer(body=b"<p>text")
    pages = [Request(url=server.url(path), kind="page") for path in ("/1", "/2")]
    fetch_with(replace(settings(server), page_delay=setting), *pages)
    first, second = (request.at for request in server.log if request.path != "/robots.txt")
    assert second - first > 0.2


def test_54_only_allowed_ports_of_loopback_are_requested(server: Hostile) -> None:
    with Hostile() as canary:
        server.answers["/away"] = Answer(status=302, headers={"Location": canary.url("/feed")})
        direct = fetch_with(settings(server), Request(url=canary.url("/feed"), kind="page"))[0]
        redirected = fetch(server, "/away")[0]
        assert failed(direct).kind == failed(redirected).kind == "forbidden_address"
        assert canary.log == []
