"""Lists of feeds as OPML 2.0 (opml.org/spec2), the form in which feed readers exchange them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from pipeline.errors import ConfigError
from pipeline.feeds.xmltext import open_document, repair_references
from pipeline.model import Source
from pipeline.text.charset import decode
from pipeline.text.html import one_line
from pipeline.text.urls import resolve

MAX_BYTES = 8 * 1024 * 1024
MAX_FEEDS = 10_000
_MAX_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in an OPML list.

    Attributes:
        name: unique within the list.
        url: the address of the feed.
        site_url: the address of the site, "" when not given.
        folder: the headings above the feed, outermost first.
        language: as given, else None.
        category: as given, else "".
        home, timezone, interval: our own attributes ``tumen:home``, ``tumen:timezone`` and ``tumen:interval``; "" if
            not given.
    """

    name: str
    url: str
    site_url: str = ""
    folder: tuple[str, ...] = ()
    language: str | None = None
    category: str = ""
    home: str = ""
    timezone: str = ""
    interval: str = ""


def read_opml(body: bytes, file: Path) -> tuple[Outline, ...]:
    """Read the feeds of an OPML list in its order, each address once.

    Args:
        body: the content of the file.
        file: its path, for errors.

    Raises:
        ConfigError: the file is too large, is not OPML, or names no feed.
    """
    if len(body) > MAX_BYTES:
        raise ConfigError(file, "", f"is {len(body):,} bytes long; an OPML file may have {MAX_BYTES:,} at most.")
    document = open_document(decode(body).text)
    if document.refused or document.root.lower() != "opml":
        reason = document.problem or (f"its root element is <{document.root}>" if document.root else "it is not XML")
        raise ConfigError(file, "", f"is not OPML: {reason}")
    parser = etree.XMLParser(recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(repair_references(document).encode("utf-8", "replace"), parser)
    outlines: dict[str, Outline] = {}
    names: dict[str, int] = {}
    for element in root.iter() if root is not None else ():
        outline = _outline(element, names) if isinstance(element.tag, str) else None
        if outline and outline.url not in outlines and len(outlines) < MAX_FEEDS:
            outlines[outline.url] = outline
    if not outlines:
        raise ConfigError(file, "", "names no feed: no outline has an xmlUrl that begins with http(s)://.")
    return tuple(outlines.values())


def _outline(element: etree._Element, names: dict[str, int]) -> Outline | None:
    given = {str(name).rpartition("}")[2].lower(): str(value) for name, value in element.attrib.items()}
    url = resolve(given.get("xmlurl", ""))
    if not url:
        return None
    name = one_line(given.get("title") or given.get("text") or "", _MAX_NAME) or url[:_MAX_NAME]
    return Outline(
        name=_unique(name, names),
        url=url,
        site_url=resolve(given.get("htmlurl", "")),
        folder=_folder(element),
        language=given.get("language", "")[:35].strip().lower() or None,
        category=one_line(given.get("category", ""), _MAX_NAME),
        home=given.get("home", "").strip(),
        timezone=given.get("timezone", "").strip(),
        interval=given.get("interval", "").strip(),
    )


def _unique(name: str, names: dict[str, int]) -> str:
    """Return the name, with a number after it if the list has it already; ``names`` counts them."""
    unique = name
    while unique in names:
        names[name] = names.get(name, 1) + 1
        unique = f"{name[: _MAX_NAME - 8]} ({names[name]})"
    names[unique] = 1
    return unique


def _folder(element: etree._Element) -> tuple[str, ...]:
    above = (parent.get("title") or parent.get("text") or "" for parent in element.iterancestors("outline"))
    return tuple(reversed([one_line(name, _MAX_NAME) for name in above if name][:10]))


def write_opml(sources: Iterable[Source], title: str, now: datetime) -> bytes:
    """Write sources as an OPML list (UTF-8).

    Args:
        sources: the sources, in the order of the list.
        title: the title of the list.
        now: the date of the list.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0" xmlns:tumen="urn:tumen">',
        f"  <head><title>{escape(title)}</title><dateCreated>{format_datetime(now)}</dateCreated></head>",
        "  <body>",
    ]
    for source in sources:
        name, url = quoteattr(source.name), quoteattr(source.url)
        kind, language = quoteattr(source.kind), quoteattr(source.language)
        own = {"home": source.home, "timezone": source.timezone, "interval": source.interval_minutes}
        more = "".join(f" tumen:{key}={quoteattr(str(value))}" for key, value in own.items() if value is not None)
        lines.append(
            f'    <outline type="rss" text={name} title={name} xmlUrl={url} language={language} category={kind}{more}/>'
        )
    return ("\n".join([*lines, "  </body>", "</opml>"]) + "\n").encode("utf-8", "replace")
