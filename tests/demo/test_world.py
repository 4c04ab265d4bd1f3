from __future__ import annotations

import asyncio
import http.client
import re
import socket
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest

from pipeline.demo import World, allow_private, load_articles, running, serve, write_config
from pipeline.demo.sites import BROKEN_SITE, SITES, DemoSite
from pipeline.demo.world import FaultId
from pipeline.settings import load_settings
from pipeline.settings.sources import load_sources

NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
TOPICS = {
    "thaad",
    "duma_summit",
    "pipelines",
    "sanctions",
    "railways",
    "denuclearisation",
    "trilateral",
    "far_east",
    "japan_kurils",
    "us_russia_asia",
    "third_partner",
    "dprk_russia_military",
}
HEALTHY = [site.id for site in SITES]


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


def ask(url: str, method: str = "GET", timeout: float = 5, **headers: str) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def feed_url(world: World, site: str) -> str:
    found = next(one for one in world.sites if one.id == site)
    return world.origins[site] + found.feed_path


def links(world: World, site: DemoSite) -> list[str]:
    """The entries' addresses, read by other people's parsers."""
    answer = ask(feed_url(world, site.id))
    if site.feed_format == "json":
        found = re.findall(rb'"url": "(http[^"]+)"', answer.body)
        return [link.decode() for link in found]
    parsed = feedparser.parse(answer.body, response_headers={"content-type": answer.headers["content-type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.feed.title == site.name
    return [entry.link for entry in parsed.entries]


def first_bytes(raw: socket.socket) -> bytes:
    """What comes before the socket's patience ends, but no more than the head and two bytes."""
    got = b""
    try:
        while len(got.partition(b"\r\n\r\n")[2]) < 2 and (chunk := raw.recv(4096)):
            got += chunk
    except TimeoutError:
        pass
    return got


def visible(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# The texts


def test_each_language_has_enough_articles_on_and_off_the_subject() -> None:
    articles = [article for article in load_articles() if not article.missing]
    languages = {site.id: site.language for site in SITES}
    for language in ("en", "ru", "ko"):
        own = [article for article in articles if languages[article.site] == language]
        assert len([article for article in own if not article.later]) >= 10
        assert len([article for article in own if not article.relevant]) >= 3
        assert len({topic for article in own for topic in article.topics}) >= 9


def test_every_topic_has_an_article_and_no_article_an_unknown_topic() -> None:
    assert {topic for article in load_articles() for topic in article.topics} == TOPICS


def test_articles_have_the_length_of_news() -> None:
    for article in load_articles():
        if not article.missing:
            assert 150 <= len(article.body.split()) <= 400, article.id
            assert len(article.paragraphs) >= 4, article.id


def test_ids_and_titles_are_unique() -> None:
    articles = load_articles()
    assert len({article.id for article in articles}) == len({article.title for article in articles}) == len(articles)


# The feeds


@pytest.mark.parametrize("site", SITES, ids=HEALTHY)
def test_feeds_list_published_articles(world: World, site: DemoSite) -> None:
    found = links(world, site)
    own = [page.url for page in world.pages() if page.article.site == site.id]
    shared = [page.url for page in world.pages() if page.article.also == site.id]
    plain = [link.partition("?utm_")[0].partition("&utm_")[0] for link in found]
    assert set(own + shared) <= set(plain)
    missing = set(plain) - set(own + shared)
    assert len(missing) == (1 if site.id == "courier" else 0)
    assert all(ask(link).status == 404 for link in missing)


def test_two_articles_are_in_two_feeds_and_one_link_has_tracking(world: World) -> None:
    found = Counter(link.partition("?utm_")[0].partition("&utm_")[0] for site in SITES for link in links(world, site))
    assert sorted(found.values())[-2:] == [2, 2]
    assert sum(found.values()) - len(found) == 2
    tracked = [link for site in SITES for link in links(world, site) if "utm_source" in link]
    assert len(tracked) == 3
    assert all(ask(link).status == 200 for link in tracked)


def test_dates_are_recent_and_not_in_the_future(world: World) -> None:
    published = [page.published for page in world.pages() + world.tick(99)]
    assert max(published) < world.now
    assert min(published) > world.now - timedelta(days=3)


def test_same_time_gives_same_bytes() -> None:
    first, second = World(now=NOW), World(now=NOW)
    for site in SITES:
        host = {"host": f"{site.id}.example"}
        assert first.respond("GET", site.feed_path, host) == second.respond("GET", site.feed_path, host)


# The pages


def test_every_article_is_served_completely_in_its_encoding(world: World) -> None:
    for page in world.pages():
        answer = ask(page.url)
        assert answer.status == 200
        html = answer.body.decode(page.site.encoding)
        assert "&#" not in html.replace("&#x27;", ""), page.article.id
        text = visible(html)
        for part in (page.article.title, page.article.author, *page.article.paragraphs):
            assert part in text, page.article.id


def test_encodings_are_declared_as_real_sites_do(world: World) -> None:
    by_site = {page.site.id: ask(page.url) for page in world.pages()}
    assert by_site["vestnik"].headers["content-type"] == "text/html; charset=windows-1251"
    assert b"charset" not in by_site["vestnik"].body
    assert by_site["mureung"].headers["content-type"] == "text/html"
    assert b"charset=euc-kr" in by_site["mureung"].body
    for site in ("vestnik", "mureung"):
        with pytest.raises(UnicodeDecodeError):
            by_site[site].body.decode("utf-8")


def test_pages_have_boilerplate_with_other_titles(world: World) -> None:
    titles = {page.article.title for page in world.pages()}
    for page in world.pages():
        text = visible(ask(page.url).body.decode(page.site.encoding))
        assert len([title for title in titles - {page.article.title} if title in text]) == 3


def test_front_page_links_to_the_feed(world: World) -> None:
    for site in SITES:
        front = ask(world.origins[site.id] + "/").body.decode(site.encoding)
        assert f'rel="alternate" type="application/{"feed+json" if site.feed_format == "json" else ""}' in front
        assert f'href="{site.feed_path}"' in front


def test_robots_and_unknown_addresses(world: World) -> None:
    origin = world.origins["courier"]
    assert ask(origin + "/robots.txt").body.startswith(b"User-agent: *")
    assert ask(origin + "/nothing-here").status == 404
    assert ask(origin + "/feed.atom", "POST").status == 405
    assert ask(origin + "/feed.atom", Host="elsewhere.example").status == 421


def test_head_returns_headers_without_body(world: World) -> None:
    answer = ask(feed_url(world, "vestnik"), "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["etag"] == ask(feed_url(world, "vestnik")).headers["etag"]


# Asking again


@pytest.mark.parametrize("site", HEALTHY)
def test_validators_return_304_until_an_article_is_published(world: World, site: str) -> None:
    url = feed_url(world, site)
    first = ask(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert ask(url, If_None_Match=etag).status == 304
    assert ask(url, If_None_Match=f'"other", W/{etag}').status == 304
    assert ask(url, If_Modified_Since=modified).status == 304
    assert ask(url, If_None_Match='"other"', If_Modified_Since=modified).status == 200
    assert ask(url, If_Modified_Since="nonsense").status == 200
    assert any(page.site.id == site for page in world.tick(99)), "each site has something held back"
    assert ask(url, If_None_Match=etag).status == 200
    assert ask(url, If_Modified_Since=modified).status == 200


def test_tick_publishes_the_given_number_until_none_are_left(world: World) -> None:
    before = {page.url for page in world.pages()}
    two = world.tick(2)
    assert len(two) == 2
    assert {page.url for page in world.pages()} - before == {page.url for page in two}
    assert all(ask(page.url).status == 200 for page in two)
    rest = world.tick(99)
    assert len(rest) == len([article for article in load_articles() if article.later]) - 2
    assert ask(rest[0].url).status == 200
    assert world.tick() == ()


def test_unpublished_article_is_not_served() -> None:
    early, late = World(now=NOW), World(now=NOW)
    page = late.tick()[0]
    path = page.url.removeprefix(late.origins[page.site.id])
    assert early.respond("GET", path, {"host": f"{page.site.id}.example"}).status == 404
    assert late.respond("GET", path, {"host": f"{page.site.id}.example"}).status == 200


# What breaks


def test_broken_source_returns_500_and_is_optional(world: World) -> None:
    assert ask(feed_url(world, BROKEN_SITE.id)).status == 500
    whole = World(now=NOW, broken=False)
    assert BROKEN_SITE.name not in [source.name for source in whole.sources()]
    for site in whole.sites:
        feed = whole.respond("GET", site.feed_path, {"host": f"{site.id}.example"})
        assert feed.status == 200
        assert b"ferry-timetable" not in feed.body


@pytest.mark.parametrize(("fault", "status"), [("http500", 500), ("gone", 410), ("html_for_feed", 200)])
def test_fault_of_a_feed_starts_and_ends(world: World, fault: FaultId, status: int) -> None:
    url = feed_url(world, "dowon")
    good = ask(url)
    world.fault("dowon", fault)
    bad = ask(url, If_None_Match=good.headers["etag"])
    assert bad.status == status
    assert bad.headers["content-type"].startswith("text/html")
    assert ask(feed_url(world, "ledger")).status == 200
    world.fault("dowon", None)
    assert ask(url).body == good.body


def test_fault_of_pages_does_not_affect_the_feed(world: World) -> None:
    page = next(page for page in world.pages() if page.site.id == "ledger")
    world.fault("ledger", "gone", where="page")
    assert ask(page.url).status == 410
    assert ask(feed_url(world, "ledger")).status == 200
    with pytest.raises(KeyError):
        world.fault("nowhere", "gone")


@pytest.mark.parametrize(("fault", "patience"), [("hang", 0.4), ("drip", 5)])
def test_slow_fault_outlasts_the_client_and_does_not_delay_closing(fault: FaultId, patience: float) -> None:
    with running(World(now=datetime.now(UTC))) as world:
        world.fault("courier", fault)
        parts = urlsplit(feed_url(world, "courier"))
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=patience) as raw:
            raw.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            got = first_bytes(raw)
            assert bool(got) is (fault == "drip")
            assert ask(feed_url(world, "ledger")).status == 200
            began = time.monotonic()
    assert time.monotonic() - began < 5


# Serving


def test_log_has_every_request_with_headers(world: World) -> None:
    url = feed_url(world, "vestnik")
    ask(url, User_Agent="Tumen test")
    line = world.log[-1]
    assert (line.site, line.method, line.path, line.status) == ("vestnik", "GET", "/rss.xml", 200)
    assert line.headers["user-agent"] == "Tumen test"


def test_connection_serves_several_requests(world: World) -> None:
    connection = http.client.HTTPConnection(urlsplit(world.origins["courier"]).netloc, timeout=5)
    try:
        bodies = []
        for path in ("/feed.atom", "/robots.txt", "/nothing", "/feed.atom"):
            connection.request("GET", path)
            own = connection.sock
            bodies.append(connection.getresponse().read())
            assert connection.sock is own
    finally:
        connection.close()
    assert bodies[0] == bodies[3]


def test_given_port_is_the_first_of_consecutive_ports() -> None:
    async def origins(port: int) -> list[str]:
        world = World(now=NOW)
        serving = await serve(world, port=port)
        await serving.close()
        return list(world.origins.values())

    for first in range(24100, 24900, 20):
        try:
            found = asyncio.run(origins(first))
        except OSError:
            continue
        assert found == [f"http://127.0.0.1:{first + n}" for n in range(len(found))]
        return
    pytest.skip("no seven free ports in a row")


def test_port_in_use_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), running(World(now=NOW), port=port):
            pass


def test_written_config_matches_the_world(world: World, tmp_path: Path) -> None:
    folder = write_config(world, tmp_path / "config")
    settings = load_settings(folder)
    assert settings.sources == world.sources() == load_sources(folder / "feeds.toml")
    ports = {urlsplit(source.url).netloc for source in settings.sources}
    assert set(allow_private(world)) == ports
    assert len(ports) == len(world.sites)
