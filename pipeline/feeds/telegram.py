"""Telegram channels, from their public preview page ``https://t.me/s/NAME``: one entry per post. Pure.

The page shows the newest posts, about 16. A post is an article of its own, with its text, unless it is mainly a link:
then the linked page is the article. Views and dates are not part of the text, so only an edit makes a revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from pipeline.feeds.entries import MAX_CONTENT, Context, link_of, make_entry
from pipeline.feeds.problems import NO_PREVIEW, POST
from pipeline.model import ParsedEntry, ParsedFeed
from pipeline.text.charset import decode
from pipeline.text.html import clean, paragraphs
from pipeline.text.sentences import headline_of
from pipeline.text.urls import resolve

_MOST_BESIDE_LINK = 300  # characters of a post that only introduces its link
_ADDRESS = re.compile(r"https?://\S+|\b(?:[\w-]+\.)+[a-z]{2,6}/\S*", re.IGNORECASE)
_OWN_HOSTS = frozenset({"t.me", "telegram.me", "telegram.org", "telegra.ph"})
_EDITED = re.compile(r"\b(?:edited|изменено)\b", re.IGNORECASE)


def parse_channel(body: bytes, url: str, content_type: str | None, *, now: datetime) -> ParsedFeed:
    """Read the preview page of a channel; arguments as for ``listing.parse_list``."""
    decoded = decode(body, content_type)
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = document_fromstring(decoded.text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return ParsedFeed(title="", entries=(), problem="The answer is empty.")
    context = Context(bases=(url,), zone=UTC, now=now)
    posts = [post for post in root.iter("div") if post.get("data-post") and not _has(post, "service_message")]
    header = next(_all(root, "tgme_channel_info_header_title"), None)
    return ParsedFeed(
        title=_text(header),
        entries=tuple(entry for post in posts if (entry := _entry(post, context))),
        problem=None if posts or header is not None else NO_PREVIEW,
        format="telegram",
        encoding=decoded.encoding,
        site_url=url,
    )


def _entry(post: HtmlElement, context: Context) -> ParsedEntry | None:
    """Return the entry of a post; None for a post without text and link, such as a lone picture."""
    own = f"https://t.me/{post.get('data-post', '')}"
    body = next((one for one in _all(post, "tgme_widget_message_text") if not _is_quoted(one)), None)
    markup = "" if body is None else tostring(body, encoding="unicode", with_tail=False)
    text = paragraphs(markup, MAX_CONTENT)
    preview = next(_all(post, "tgme_widget_message_link_preview"), None)
    page = _page(body, preview, text)
    title = headline_of(clean(_ADDRESS.sub("", text))) if page else ""
    title = title or ("" if text else _text(next(_all(post, "link_preview_title"), None)))
    if not text and not (page and title):
        return None
    time = next((one.get("datetime") for one in post.iter("time") if one.get("datetime")), "") or ""
    meta = _text(next(_all(post, "tgme_widget_message_meta"), None))
    author = next(_all(post, "tgme_widget_message_forwarded_from_name"), None)
    if author is None:
        author = next(_all(post, "tgme_widget_message_from_author"), None)
    return make_entry(
        identifier=own,
        link=link_of(page or own, context.bases),
        title=title,
        summary=text if page else "",
        content="" if page else text,
        content_source=POST,
        raw_date=time,
        date=context.date(time),
        authors=[_text(author)],
        tags=["edited"] if _EDITED.search(meta) else [],
    )


def _page(body: HtmlElement | None, preview: HtmlElement | None, text: str) -> str:
    """Return the page that a post introduces, "" for a post that stands for itself."""
    if len(clean(_ADDRESS.sub("", text))) > _MOST_BESIDE_LINK:
        return ""
    anchors = [] if body is None else list(body.iter("a"))
    anchors += [] if preview is None else [preview]
    pages = dict.fromkeys(address for anchor in anchors if _is_page(address := resolve(anchor.get("href") or "")))
    return next(iter(pages)) if len(pages) == 1 else ""


def _is_page(address: str) -> bool:
    """Return whether an address is that of an article elsewhere: not of Telegram, and no front page."""
    parts = urlsplit(address)
    return (parts.hostname or "t.me").removeprefix("www.") not in _OWN_HOSTS and len(parts.path) > 1


def _all(element: HtmlElement, name: str) -> Iterator[HtmlElement]:
    return (below for below in element.iter() if _has(below, name))


def _is_quoted(text: HtmlElement) -> bool:
    """Return whether a text is that of another post, which the post answers."""
    return any(_has(above, "tgme_widget_message_reply") for above in text.iterancestors())


def _has(element: HtmlElement, name: str) -> bool:
    return isinstance(element.tag, str) and name in (element.get("class") or "").split()


def _text(element: HtmlElement | None) -> str:
    return "" if element is None else clean(element.text_content())
