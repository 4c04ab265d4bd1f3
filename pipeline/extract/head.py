"""Meta elements, link elements and the title of a page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

_MAX_CONTENT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The page's statements for machines.

    Attributes:
        metas: content by lower-case ``property``, ``name`` or ``itemprop``; all values, in the order of the page.
        title: the title element.
        canonical: absolute address, or None.
        language: the ``lang`` of the root element.
        data: sources of structured data (JSON-LD).
    """

    metas: dict[str, list[str]]
    title: str
    canonical: str | None
    language: str
    data: list[str]

    def first(self, *names: str) -> str:
        """Return the first content among these names, "" if there is none."""
        return next((values[0] for name in names if (values := self.metas.get(name))), "")


def read_head(root: HtmlElement, url: str) -> Head:
    """Read the meta elements of the whole page: many sites put some into the body."""
    found: dict[str, list[HtmlElement]] = {"meta": [], "link": [], "title": [], "script": []}
    for element in root.iter(*found):
        found[str(element.tag)].append(element)
    metas: dict[str, list[str]] = {}
    for meta in found["meta"]:
        content = (meta.get("content") or meta.get("value") or "").strip()
        if not content or len(content) > _MAX_CONTENT:
            continue
        for key in ("property", "name", "itemprop", "http-equiv"):
            if name := meta.get(key):
                metas.setdefault(name.strip().lower(), []).append(content)
    titles = (" ".join(title.text_content().split()) for title in found["title"] if not _in_drawing(title))
    return Head(
        metas=metas,
        title=next((title for title in titles if title), ""),
        canonical=_canonical(found["link"], metas, url),
        language=(
            root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang") or ""
        ).strip(),
        data=[script.text for script in found["script"] if script.text and _is_data(script)],
    )


def _is_data(script: HtmlElement) -> bool:
    return "ld+json" in (script.get("type") or "").lower()


def _in_drawing(title: HtmlElement) -> bool:
    return any(parent.tag == "svg" for parent in title.iterancestors())


def _canonical(links: list[HtmlElement], metas: dict[str, list[str]], url: str) -> str | None:
    named = [link.get("href") or "" for link in links if "canonical" in (link.get("rel") or "").lower().split()]
    for address in named + metas.get("og:url", []):
        try:
            absolute = urljoin(url, address.strip())
            parts = urlsplit(absolute)
        except ValueError:
            continue
        if address.strip() and parts.scheme in ("http", "https") and parts.hostname:
            return absolute
    return None
