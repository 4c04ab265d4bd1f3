"""The authors: names from structured data, meta elements and the byline, else those that trafilatura finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, strings
from pipeline.extract.libraries import trafilatura_authors
from pipeline.extract.titles import fold

_MAX_NAME = 80
_MAX_NAMES = 12
_META = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "byl",
    "citation_author", "article:author_name", "cxenseparse:author", "dable:author",
)  # fmt: skip
_BY = re.compile(
    r"^(?:(?:(?:written|posted|reported|published|story|words|text|photos? and text|(?:view )?all posts|more posts"
    r"|post author) )?by"
    r"|(?:(?:zeige )?(?:alle )?(?:beiträge?|artikel|berichte?)|(?:ein )?(?:artikel|beitrag|interview)|verfasst"
    r"|geschrieben|text) von|von|écrit par|par|por|di|da|af|av|autor(?:in|en)?|authors?|auteurs?"
    r"|автор(?:ы|ами)?|текст|글|기자"
    r")\s*[:：]?\s+",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:\s*[,|/(–—-]\s*|\s+)(?:(?:senior |chief |staff |special |foreign |diplomatic |political )*"
    r"(?:correspondent|reporter|writer|editor|journalist|contributor|columnist)"
    r"|(?:chef)?redakteur(?:in)?|ceo|link copied|archiv anzeigen"
    r"|корреспондент|обозреватель|редактор|журналист)\b.*$",
    re.IGNORECASE,
)
_ONLY_ROLE = re.compile(
    r"(?:(?:senior|chief|staff|special|foreign|political|business|news|деловой|специальный|собственный) )*"
    r"(?:correspondent|reporter|writer|editor|journalist|contributor|корр\w*|обозреватель|редактор|журналист)\.?"
    r"|(?:about|more from|follow|published|updated|posted|share|comments?|admin|photo|фото)\b.*"
    r"|(?:user)?name|date|datum|anonymous|no author|lesedauer|archiv anzeigen",
    re.IGNORECASE,
)
_KOREAN_ROLE = re.compile(
    r"\s*(?:선임|수석|전문|인턴|객원)?(?:기자|특파원|논설위원|편집위원|논설실장|칼럼니스트|PD|앵커)(?:\s*=.*|\s.*)?$"
)
_SPLIT = re.compile(r"\s*(?:[;|·•]|,(?!\s*(?:Jr|Sr|PhD|M\.?D|II|III)\b)|\s(?:and|und|et|y|e|и|&|og|och|en)\s)\s*")
_MAIL = re.compile(r"\s*[(<\[]?[\w.+-]+@[\w.-]+[)>\]]?")
_NO_NAME = re.compile(r"https?:|www\.|^\W|\b\d|@|:", re.IGNORECASE)
_INITIALS = re.compile(r"\s*\([\w./]{1,6}\)$")
_SURELY_NAMED = re.compile(r"(?:^|\s)author(?:$|\s)|byline|author-name|author__name|tit-name")
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:author|byline|reporter|journalist|writer|contributor|autor|auteur)s?"
    r"(?:[\s_-]+(?:name|link|title|vcard|info|item))*(?:$|\s)"
    r"|(?:author|reporter|byline|writer)_{0,2}-?name|tit-name|by-?line",
    re.IGNORECASE,
)
_MAX_BYLINES = 20
_MIN_SITE = 4
_ELSEWHERE = re.compile(
    r"comment|related|teaser|card|widget|sidebar|popular|photo|credit|caption|latest|list", re.IGNORECASE
)
_AFTER_NAME = re.compile(
    r"\s*(?:[@|•→]|\b\d).*$|(?:^|\s+)(?:updated|published|posted|twitter|facebook|follow|contact|view|on|mon|tue|wed|thu"
    r"|fri|sat|sun|january|february|march|april|june|july|august|september|october|november|december)\b(?!\s+[^\W\d]+$).*$"
    r"|\s+(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?(?:\s+\d.*)?$",
    re.IGNORECASE | re.DOTALL,
)
_PROFILE = re.compile(
    r"/(?:authors?|autor(?:en|es|i|e)?|auteurs?|autrices?|reporters?|journalists?|columnists?|contributors?|writers?|staff"
    r"|profiles?|people|by|newsteam|redaktion)/[^/]",
    re.IGNORECASE,
)
_AUTHOR_LABEL = re.compile(
    r"(?:written|posted) by|verfasst von|geschrieben von|écrit par|escrito por|автор|작성자|글쓴이", re.IGNORECASE
)
_SIGNED = re.compile(
    r"^\W*(?:author|autor(?:in|en)?|auteur|texte?|автор|текст|글)\s*[:：]\s*(?P<names>[^\W\d_][^\d:@]{3,60})$",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"^\s*(?:(?:written |posted |reported |story )?by|von|par|автор(?:ы)?\s*:|текст\s*:|글\s*:?)\s+"
    r"(?P<names>[^\W\d_][^\d:@]{2,60})$|^\s*[\[(]?(?P<korean>[가-힣]{2,4}(?:[·,]\s?[가-힣]{2,4})*)\s?(?:선임|인턴|수습|객원)?"
    r"(?:기자|특파원)[\])]?(?:\s*=.*|\s+[\w.+-]+@[\w.-]+)?\s*$",
    re.IGNORECASE,
)
_NEAR_HEADING = "following::text()[string-length(.) < 90 and string-length(.) > 4][position() < 25]"


def authors(story: Node, head: Head, root: HtmlElement, url: str, site: str | None) -> tuple[str, ...]:
    """Return names in page order, without roles and addresses; empty when none is given.

    The publisher's own name is returned only where the page names no person.
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.").partition(".")[0]
    own = {key for name in (site or "", host) if len(key := fold(name)) >= _MIN_SITE}
    publisher: list[str] = []
    for claims in _claims(story, head, root):
        names = _names(claims)
        people = [name for name in names if not any(key in fold(name) or fold(name) in key for key in own)]
        if people:
            return tuple(people[:_MAX_NAMES])
        publisher = publisher or names
    return tuple(publisher[:1])


def _claims(story: Node, head: Head, root: HtmlElement) -> Iterator[list[str]]:
    """Groups of claims, the best first."""
    yield strings(story.get("author"))
    yield strings(story.get("creator"))
    for name in _META:
        yield head.metas.get(name, [])
    if _AUTHOR_LABEL.fullmatch(head.first("twitter:label1")):
        yield [head.first("twitter:data1")]
    yield from islice(_bylines(root, _SURELY_NAMED), 1)
    yield list(_lines(root))[:2]
    yield [trafilatura_authors(root)]  # costs as much as trafilatura's text, so it is asked late
    yield from _bylines(root, _NAMED)
    yield from islice(_profile_links(root), 1)
    yield from islice(_signatures(root), 1)


def _bylines(root: HtmlElement, classes: re.Pattern[str]) -> Iterator[list[str]]:
    """Claims of elements that are marked as the author's, outside comments, teasers and photo credits."""
    for element in islice(_marked(root, classes), _MAX_BYLINES):
        if _is_elsewhere(element):
            continue
        names = element.xpath('.//*[@itemprop="name"] | .//*[@rel="author"]') or [element]
        yield [line for name in names if 2 < len(line := _byline(name)) < _MAX_NAME]


def _marked(root: HtmlElement, classes: re.Pattern[str]) -> Iterator[HtmlElement]:
    for element in root.iter():
        if "author" in (element.get("rel"), element.get("itemprop")) or _suggests(classes, element.get("class", "")):
            yield element


@lru_cache(maxsize=20_000)  # the classes of a page repeat, and those of a site's pages
def _suggests(pattern: re.Pattern[str], classes: str) -> bool:
    return pattern.search(classes) is not None


def _byline(element: HtmlElement) -> str:
    """Return the beginning of a byline, up to a date, an account or a call."""
    pieces: list[str] = []
    for piece in element.itertext():
        line = " ".join(piece.split())
        if line:
            pieces.append(_AFTER_NAME.sub("", line))
            if pieces[-1] != line or len(pieces) > 4:
                break
    return " ".join(piece for piece in pieces if piece)


def _is_elsewhere(element: HtmlElement) -> bool:
    for around in (element, *element.iterancestors()):
        if around.tag in ("article", "main", "body", "header"):
            return False
        if around.tag in ("aside", "footer", "figure", "figcaption") or _ELSEWHERE.search(around.get("class", "")):
            return True
    return False


def _lines(root: HtmlElement) -> Iterator[str]:
    """Lines below the heading that say who wrote the article."""
    heading = next(root.iter("h1"), None)
    for line in heading.xpath(_NEAR_HEADING) if heading is not None else ():
        if match := _LINE.match(" ".join(line.split())):
            yield match["names"] or match["korean"]


def _profile_links(root: HtmlElement) -> Iterator[list[str]]:
    """Links to the page of an author, outside comments and teasers."""
    links = (link for link in root.iter("a") if _PROFILE.search(link.get("href", "")))
    for link in islice(links, _MAX_BYLINES):
        name = " ".join(link.text_content().split())
        if 4 < len(name) < _MAX_NAME and not _is_elsewhere(link):
            yield [name]


def _signatures(root: HtmlElement) -> Iterator[list[str]]:
    """Names behind a label and a colon, anywhere on the page."""
    label = ""
    for piece in root.itertext():
        if not label and ":" not in piece and "：" not in piece:
            continue
        line = " ".join(piece[:_MAX_NAME].split())
        if match := _SIGNED.match(f"{label}{line}"):
            yield [match["names"]]
        if line:
            label = f"{line} " if line.endswith((":", "：")) else ""


def _names(claims: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for claim in claims:
        for part in _SPLIT.split(" ".join(unescape(claim).split())):
            if _ONLY_ROLE.fullmatch(part):
                continue
            name = _KOREAN_ROLE.sub("", _ROLE.sub("", _BY.sub("", _INITIALS.sub("", _MAIL.sub("", part))))).strip(
                " ,.|-–—/"
            )
            if 1 < len(name) <= _MAX_NAME and not _NO_NAME.search(name):
                names.setdefault(name)
    return list(names)
