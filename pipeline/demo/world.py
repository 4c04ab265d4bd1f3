"""A small world of news sites: returns a response to a request, publishes more articles, and simulates faults.

The world opens no socket and reads no clock; ``pipeline.demo.server`` serves it on loopback.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal
from urllib.parse import urlencode, urlsplit

from pipeline.demo.articles import DemoArticle, load_articles
from pipeline.demo.pages import DemoPage, render_front, render_page
from pipeline.demo.sites import BROKEN_SITE, SITES, DemoSite
from pipeline.demo.syndication import FEED_TYPES, FeedItem, render_feed
from pipeline.model import Source

FaultId = Literal["http500", "gone", "html_for_feed", "hang", "drip"]
Where = Literal["feed", "page"]

_TRACKING = "utm_source=rss&utm_medium=feed&utm_campaign=morning"
_ROBOTS = b"User-agent: *\nDisallow: /search\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The response of a site.

    Attributes:
        headers: lower-case names; the server adds length and date.
        pace: ``hang`` never responds, ``drip`` sends the body byte by byte.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    pace: Literal["prompt", "hang", "drip"] = "prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One entry of the request log. Header names are in lower case."""

    at: datetime
    site: str
    method: str
    path: str
    status: int
    headers: Mapping[str, str]


class World:
    """Six newspapers with their articles, and one site that is always broken.

    Attributes:
        now: the time from which the ages of articles are counted.
        sites: the newspapers, and the broken site if enabled.
        origins: ``http://host:port`` by site id; placeholder hosts until the world is served.
        log: every request that the server received, in order.
    """

    def __init__(self, *, now: datetime, broken: bool = True) -> None:
        """Create the world.

        Args:
            now: an aware datetime; every article is older.
            broken: add a source whose feed returns 500 and an entry whose page returns 404.
        """
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self.sites = (*SITES, BROKEN_SITE) if broken else SITES
        self.origins = {site.id: f"http://{site.id}.example" for site in self.sites}
        self.log: list[LoggedRequest] = []
        self._articles = tuple(article for article in load_articles() if broken or not article.missing)
        self._numbers = {article.id: 1001 + 7 * n for n, article in enumerate(self._articles)}
        held = sorted((article for article in self._articles if article.later), key=lambda article: -article.hours)
        self._held = tuple(article.id for article in held)
        self._ticks = 0
        self._faults: dict[tuple[str, Where], FaultId] = {}
        if broken:
            self.fault(BROKEN_SITE.id, "http500")

    # Content

    def sources(self) -> tuple[Source, ...]:
        """Return one source per site, as in ``feeds.toml``."""
        return tuple(
            Source(
                name=site.name,
                url=self.origins[site.id] + site.feed_path,
                language=site.language,
                home=site.home,
                kind=site.kind,
                note="Invented for the demonstration.",
            )
            for site in self.sites
        )

    def pages(self) -> tuple[DemoPage, ...]:
        """Return every published article that has a page: a cycle should store each of them once."""
        return tuple(self._page(article) for article in self._published() if not article.missing)

    def tick(self, n: int = 1) -> tuple[DemoPage, ...]:
        """Publish the next ``n`` unpublished articles (fewer if they run out) and return their pages."""
        start = self._ticks
        self._ticks = min(start + n, len(self._held))
        fresh = self._held[start : self._ticks]
        return tuple(page for page in self.pages() if page.article.id in fresh)

    def fault(self, site: str, fault: FaultId | None, *, where: Where = "feed") -> None:
        """Break the feed or the pages of a site, or repair them with ``None``.

        Raises:
            KeyError: the site does not exist.
        """
        if site not in self.origins:
            raise KeyError(site)
        if fault is None:
            self._faults.pop((site, where), None)
        else:
            self._faults[site, where] = fault

    def bind(self, origins: Mapping[str, str]) -> None:
        """Set the addresses at which the sites are served."""
        self.origins = dict(origins)

    # Responses

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Return the response to one request. Does not change the world.

        Args:
            method: GET or HEAD; others get 405.
            path: path with query.
            headers: lower-case names; ``host`` selects the site.
        """
        site = self._site(headers.get("host", ""))
        if site is None:
            return Response(status=421, headers={"content-type": "text/plain"}, body=b"No site of this world.\n")
        if method not in ("GET", "HEAD"):
            return Response(status=405, headers={"allow": "GET, HEAD"})
        path = _without_tracking(path)
        if path == site.feed_path:
            response = self._faulty(site, "feed") or self._feed(site)
        elif (page := self._find(site, path)) is not None:
            response = self._faulty(site, "page") or self._html(page)
        else:
            response = self._other(site, path)
        response = _conditional(response, headers)
        return replace(response, body=b"") if method == "HEAD" else response

    def _faulty(self, site: DemoSite, where: Where) -> Response | None:
        html = {"content-type": "text/html; charset=utf-8"}
        match self._faults.get((site.id, where)):
            case "http500":
                return Response(status=500, headers=html, body=b"<h1>Internal Server Error</h1>")
            case "gone":
                return Response(status=410, headers=html, body=b"<h1>Gone</h1>")
            case "html_for_feed":
                return Response(status=200, headers=html, body=b"<!doctype html><title>Moved</title><p>No feed here.")
            case "hang":
                return Response(status=200, pace="hang")
            case "drip":
                return (
                    replace(self._feed(site), pace="drip")
                    if where == "feed"
                    else Response(status=200, headers=html, body=b"<p>slow</p>" * 1000, pace="drip")
                )
            case _:
                return None

    def _feed(self, site: DemoSite) -> Response:
        updated = self._updated()
        body = render_feed(site, self.origins[site.id], self._items(site), updated)
        charset = "" if site.layout == "board" else f"; charset={site.encoding}"
        return _validated(200, FEED_TYPES[site.feed_format] + charset, body, updated)

    def _html(self, page: DemoPage) -> Response:
        # the Korean hosted newspaper states the charset only in its meta element, as real ones do
        charset = "" if page.site.layout == "board" else f"; charset={page.site.encoding}"
        return _validated(200, f"text/html{charset}", render_page(page, self._related(page)), page.published)

    def _other(self, site: DemoSite, path: str) -> Response:
        if path == "/robots.txt":
            return Response(status=200, headers={"content-type": "text/plain"}, body=_ROBOTS)
        if path == "/" and site is not BROKEN_SITE:
            pages = [item.page for item in self._items(site)]
            body = render_front(site, FEED_TYPES[site.feed_format], pages)
            return Response(status=200, headers={"content-type": f"text/html; charset={site.encoding}"}, body=body)
        return Response(
            status=404,
            headers={"content-type": "text/html; charset=utf-8"},
            body=b"<!doctype html><title>404</title><h1>Not found</h1>",
        )

    # Lookup

    def _published(self) -> list[DemoArticle]:
        out = set(self._held[: self._ticks])
        return [article for article in self._articles if not article.later or article.id in out]

    def _updated(self) -> datetime:
        """Return the time of the feeds' last change: in the past, and later with each tick."""
        return self.now - timedelta(minutes=10) + timedelta(seconds=30 * self._ticks)

    def _page(self, article: DemoArticle) -> DemoPage:
        site = next(site for site in SITES if site.id == article.site)
        published = (self.now - timedelta(hours=article.hours)).replace(second=0)
        path = site.address.format(
            id=article.id, number=self._numbers[article.id], date=published.astimezone(site.zone)
        )
        return DemoPage(article=article, site=site, url=self.origins[site.id] + path, published=published)

    def _items(self, site: DemoSite) -> list[FeedItem]:
        """Return the entries of the site's feed, newest first."""
        items = []
        for article in self._published():
            if site.id not in (article.site, article.also):
                continue
            page = self._page(article)
            tracked = article.tracked if site.id == article.site else True
            link = page.url + ("&" if "?" in page.url else "?") + _TRACKING if tracked else page.url
            items.append(FeedItem(page=page, link=link, id=f"{site.id}-{self._numbers[article.id]}"))
        return sorted(items, key=lambda item: item.page.published, reverse=True)

    def _related(self, page: DemoPage) -> list[DemoPage]:
        """Return three other articles of the site, the same for every request."""
        own = [article for article in self._articles if article.site == page.site.id and not article.later]
        others = [article for article in own if article.id != page.article.id and not article.missing]
        at = len(page.article.id) % max(1, len(others))
        return [self._page(article) for article in (others[at:] + others[:at])[:3]]

    def _find(self, site: DemoSite, path: str) -> DemoPage | None:
        own = (self._page(article) for article in self._published() if article.site == site.id and not article.missing)
        return next((page for page in own if page.url == self.origins[site.id] + path), None)

    def _site(self, host: str) -> DemoSite | None:
        return next((site for site in self.sites if self.origins[site.id] == f"http://{host}"), None)


def _without_tracking(path: str) -> str:
    parts = urlsplit(path)
    kept = [(key, value) for key, _, value in (p.partition("=") for p in parts.query.split("&")) if key]
    kept = [(key, value) for key, value in kept if not key.startswith("utm_")]
    return parts.path + (f"?{urlencode(kept)}" if kept else "")


def _validated(status: int, content_type: str, body: bytes, modified: datetime) -> Response:
    headers = {
        "content-type": content_type,
        "etag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        "last-modified": format_datetime(modified.astimezone(UTC), usegmt=True),
    }
    return Response(status=status, headers=headers, body=body)


def _conditional(response: Response, headers: Mapping[str, str]) -> Response:
    """Return 304 if the validators match. An ETag takes precedence over a date (RFC 9110, 13.2.2)."""
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if response.status != 200 or response.pace != "prompt" or etag is None or modified is None:
        return response
    if (tags := headers.get("if-none-match")) is not None:
        current = tags.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    else:
        current = _not_since(headers.get("if-modified-since"), modified)
    return Response(status=304, headers={"etag": etag, "last-modified": modified}) if current else response


def _not_since(since: str | None, modified: str) -> bool:
    if since is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
