"""robots.txt: how long a stored response counts, and what its rules say about a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.fetch.robots import MAX_BYTES, Permission, is_fresh, permission
from pipeline.model import HostState

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = "https://n.example/private/1"


@pytest.mark.parametrize(
    ("status", "age", "fresh"),
    [
        (200, timedelta(), True),
        (200, 24 * HOUR - timedelta(seconds=1), True),
        (200, 24 * HOUR, False),
        (404, 2 * HOUR, True),
        (499, 2 * HOUR, True),
        (500, 2 * HOUR, False),
        (500, HOUR - timedelta(seconds=1), True),
        (0, 2 * HOUR, False),  # no response
        (200, -HOUR, False),  # the clock was set back
    ],
)
def test_stored_response_counts_for_a_day_and_a_failure_for_an_hour(status: int, age: timedelta, fresh: bool) -> None:
    assert is_fresh(HostState(site="n.example", robots_at=NOW - age, robots_status=status), NOW) is fresh


def test_host_that_was_never_asked_is_asked() -> None:
    assert not is_fresh(HostState(site="n.example", robots_status=200), NOW)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"", Permission(allowed=True)),
        (404, b"", Permission(allowed=True)),
        (499, b"", Permission(allowed=True)),
        (500, b"", None),
        (0, b"", None),
        (500, b"User-agent: *\nDisallow: /other\n", Permission(allowed=True)),  # an earlier copy
        (500, b"User-agent: *\nDisallow: /private\n", Permission(allowed=False)),
        (200, b"User-agent: *\nDisallow: /\n\nUser-agent: Tumen\nDisallow: /other\n", Permission(allowed=True)),
        (200, b"User-agent: *\nCrawl-delay: 4.5\n", Permission(allowed=True, delay=4.5)),
        (200, b"User-agent: *\nCrawl-delay: 86400\n", Permission(allowed=True, delay=30.0)),
        (200, b"User-agent: *\nCrawl-delay: soon\n", Permission(allowed=True)),
        (200, "\ufeffUser-agent: *\nDisallow: /private".encode(), Permission(allowed=False)),
        (200, b"\xff\xfe<html>no rules</html>", Permission(allowed=True)),
    ],
)
def test_rules_say_whether_a_page_may_be_fetched(status: int, body: bytes, expected: Permission | None) -> None:
    assert permission(HostState(site="n.example", robots_status=status, robots_body=body), PAGE) == expected


def test_rule_that_is_cut_at_the_size_limit_does_not_count() -> None:
    rules = b"User-agent: *\nDisallow: /private/secret"
    padding = b"#" * (MAX_BYTES - len(rules) + len(b"/secret") - 1) + b"\n"
    cut = (padding + rules)[:MAX_BYTES]
    assert cut.endswith(b"Disallow: /private")
    assert permission(HostState(site="n.example", robots_status=200, robots_body=cut), PAGE) == Permission(allowed=True)
