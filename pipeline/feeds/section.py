"""Section pages: the links of a page that lead to articles. Pure.

A page shows no dates and repeats links for weeks, so a link is new when no earlier poll has shown it. A site that
changes the form of its addresses is reported as a problem: without it the source would only fall silent.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.feeds.entries import MAX_TITLE, link_of, make_entry
from pipeline.feeds.identity import title_key
from pipeline.feeds.link_patterns import ENOUGH, PageLink, learn, matches
from pipeline.feeds.listing import MAX_ENTRIES, document_of, packed, page_key, unpacked
from pipeline.model import ListDocument, ParsedEntry, Seen
from pipeline.text.charset import Decoded, decode
from pipeline.text.html import clean
from pipeline.text.keys import key_of
from pipeline.text.urls import canonical, resolve, same_host

_MAX_LINKS = 5000
_OUTSIDE = frozenset({"nav", "footer", "script", "style", "template"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "strong"})
_TITLE_CLASS = re.compile(r"title|headline|subject|heading|tit\b", re.IGNORECASE)
_AROUND = 3  # elements around a link that tell the lists of a page apart
_SHORT_TITLE = 8  # shorter texts are those of buttons: "more", "photo", "댓글 3"


def parse_section(body: bytes, url: str, content_type: str | None, *, seen: Seen) -> ListDocument:
    """Read a section page; arguments as for ``listing.parse_list``."""
    decoded = decode(body, content_type)
    links = list(page_links(decoded.text, url))
    pattern, learned, problem = _choose(links, seen)
    if problem:
        return ListDocument(document=document_of([], kind="section", encoding=decoded.encoding, problem=problem))
    known = unpacked(seen.known)
    replaced = bool(learned and seen.pattern)
    articles = [link for link in links if matches(pattern, link.url)]
    new = [link for link in articles if page_key(link.url) not in known]
    if replaced:  # the same articles have new addresses now
        new = [link for link in new if _title_number(link) not in known]
    keys = {page_key(link.url) for link in links} | {_title_number(link) for link in articles if link.title}
    return _result([] if seen.learn else new, decoded, packed(sorted(keys - known)), learned)


def _result(new: list[PageLink], decoded: Decoded, keys: bytes, learned: str) -> ListDocument:
    entries = [_entry(link) for link in new[:MAX_ENTRIES]]
    document = document_of(entries, kind="section", encoding=decoded.encoding)
    return ListDocument(document=document, keys=keys, pattern=learned)


def _choose(links: list[PageLink], seen: Seen) -> tuple[str, str, str | None]:
    """Return the pattern to use, the pattern to keep if it was learned now, and the problem."""
    fitting = sum(matches(seen.pattern, link.url) for link in links) if seen.pattern else 0
    if seen.given and fitting:
        return seen.pattern, "", None
    pattern, support = learn(links)
    others = sum(matches(pattern, link.url) for link in links) if pattern else 0
    if seen.pattern and fitting and (not pattern or fitting * 4 >= others):
        return seen.pattern, "", None
    if seen.pattern and (seen.given or not seen.replace or not pattern):
        instead = f" Its headlines now look like {pattern}." if pattern else " No headlines were recognised."
        return "", "", f"The page has no links that fit the pattern of its articles, {seen.pattern}.{instead}"
    if not pattern:
        problem = f"No links to articles were recognised among the {len(links)} links; set pattern in feeds.toml."
        return "", "", problem
    return pattern, pattern if support >= ENOUGH or seen.pattern else "", None


def page_links(page: str, url: str) -> Iterator[PageLink]:
    """Yield the links of a page to its own host, each once, with the best text that leads there."""
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # an empty page
        return
    base = next((resolve(one.get("href", ""), [url]) for one in root.iter("base")), "") or url
    own = canonical(url)
    found: dict[str, PageLink] = {}
    for anchor in list(root.iter("a"))[:_MAX_LINKS]:
        href = anchor.get("href", "").strip()
        if not href or href.startswith("#") or any(above.tag in _OUTSIDE for above in anchor.iterancestors()):
            continue
        address = resolve(href, [base])
        if address and same_host(canonical(address), own) and canonical(address) != own:
            link = PageLink(address, _title(anchor), _place(anchor))
            found[address] = _better(found.get(address, link), link)
    yield from found.values()


def _title(anchor: HtmlElement) -> str:
    """Return the text of a link: of its heading if it wraps a whole teaser."""
    whole = _text(anchor) or clean(anchor.get("title") or "")
    marked = (one for one in anchor.iterdescendants() if one.tag in _HEADINGS or _TITLE_CLASS.search(_class(one)))
    return next((text for one in marked if len(text := _text(one)) >= _SHORT_TITLE), whole)[:MAX_TITLE]


def _text(element: HtmlElement) -> str:
    return clean(" ".join(element.itertext()))


def _class(element: HtmlElement) -> str:
    return element.get("class") or ""


def _place(anchor: HtmlElement) -> str:
    """Return the names and classes of a link and of the elements around it."""
    around = itertools.islice(anchor.iterancestors(), _AROUND)
    return ">".join(f"{one.tag!s}.{_class(one)}" for one in (anchor, *around))


def _better(first: PageLink, second: PageLink) -> PageLink:
    """Return the better of two links to one page: the first with a text that is no button, usually the headline."""
    return first if len(first.title) >= _SHORT_TITLE or len(first.title) >= len(second.title) else second


def _title_number(link: PageLink) -> int:
    return key_of(f"title {title_key(link.title)}")


def _entry(link: PageLink) -> ParsedEntry:
    return make_entry(identifier=link.url, link=link_of(link.url, ()), title=link.title)
