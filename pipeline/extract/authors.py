"""The authors: names from structured data, meta elements and the byline, else those that trafilatura finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, strings
from pipeline.extract.trafilatura_adapter import author_names

_MAX_NAME = 80
_MAX_NAMES = 12
_META = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "byl",
    "citation_author", "article:author_name", "cxenseparse:author", "dable:author",
)  # fmt: skip
_BY = re.compile(
    r"^(?:(?:written |posted |reported |published |story |words |text |photos? and text )?by|von|par|por|di|da|af|av"
    r"|autor(?:in)?|authors?|автор(?:ы|ами)?|текст|글|기자)\s*[:：]?\s+",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:\s*[,|/(–—-]\s*|\s+)(?:(?:senior |chief |staff |special |foreign |diplomatic |political )*"
    r"(?:correspondent|reporter|writer|editor|journalist|contributor)"
    r"|корреспондент|обозреватель|редактор|журналист)\b.*$",
    re.IGNORECASE,
)
_ONLY_ROLE = re.compile(
    r"(?:(?:senior|chief|staff|special|foreign|political|business|news|деловой|специальный|собственный) )*"
    r"(?:correspondent|reporter|writer|editor|journalist|contributor|корр\w*|обозреватель|редактор|журналист)\.?"
    r"|(?:about|more from|view all posts|follow|published|updated|posted|share|comments?|admin|photo|фото)\b.*",
    re.IGNORECASE,
)
_KOREAN_ROLE = re.compile(
    r"\s*(?:선임|수석|전문|인턴|객원)?(?:기자|특파원|논설위원|편집위원|논설실장|칼럼니스트|PD|앵커)(?:\s*=.*|\s.*)?$"
)
_SPLIT = re.compile(r"\s*(?:[;|·•]|,(?!\s*(?:Jr|Sr|PhD|M\.?D|II|III)\b)|\s(?:and|und|et|y|e|и|&|og|och|en)\s)\s*")
_MAIL = re.compile(r"\s*[(<\[]?[\w.+-]+@[\w.-]+[)>\]]?")
_NO_NAME = re.compile(r"https?:|www\.|^\W|\d|@|:", re.IGNORECASE)
_INITIALS = re.compile(r"\s*\([\w./]{1,6}\)$")
_SURELY_NAMED = (
    './/*[@rel="author" or @itemprop="author" or re:test(@class, '
    '"(?:^|\\s)author(?:$|\\s)|byline|author-name|author__name|tit-name")]'
)
_NAMED = (
    './/*[@rel="author" or @itemprop="author" or re:test(@class, "'
    r"(?:^|[\s_-])(?:author|byline|reporter|journalist|writer|contributor|autor|auteur)s?"
    r"(?:[\s_-]+(?:name|link|title|vcard|info|item))*(?:$|\s)|(?:author|reporter|byline|writer)_{0,2}-?name|tit-name|by-?line"
    '", "i")]'
)
_EXSLT = {"re": "http://exslt.org/regular-expressions"}
_ELSEWHERE = re.compile(
    r"comment|related|teaser|card|widget|sidebar|popular|photo|credit|caption|latest|list", re.IGNORECASE
)
_AFTER_NAME = re.compile(
    r"\s*(?:[@\d|•]|\b(?:updated|published|posted|twitter|facebook|follow|contact|view|on|mon|tue|wed|thu|fri|sat|sun"
    r"|january|february|march|april|june|july|august|september|october|november|december|dec)\b(?!\s+[^\W\d]+$)).*$",
    re.IGNORECASE | re.DOTALL,
)
_LINE = re.compile(
    r"^\s*(?:(?:written |posted |reported |story )?by|von|par|автор(?:ы)?\s*:|текст\s*:|글\s*:?)\s+"
    r"(?P<names>[^\W\d_][^\d:@]{2,60})$|^\s*[\[(]?(?P<korean>[가-힣]{2,4}(?:[·,]\s?[가-힣]{2,4})*)\s?(?:선임|인턴|수습|객원)?"
    r"(?:기자|특파원)[\])]?(?:\s*=.*|\s+[\w.+-]+@[\w.-]+)?\s*$",
    re.IGNORECASE,
)
_NEAR_HEADING = "following::text()[string-length(.) < 90 and string-length(.) > 4][position() < 25]"


def authors(story: Node, head: Head, root: HtmlElement, url: str, site: str | None) -> tuple[str, ...]:
    """Return names in page order, without roles, addresses and the site's own name; empty when none is given."""
    for claims in _claims(story, head, root, url):
        if names := _names(claims, site):
            return tuple(names[:_MAX_NAMES])
    return ()


def _claims(story: Node, head: Head, root: HtmlElement, url: str) -> Iterator[list[str]]:
    """Groups of claims, the best first."""
    yield strings(story.get("author"))
    yield strings(story.get("creator"))
    for name in _META:
        yield head.metas.get(name, [])
    yield from list(_bylines(root, _SURELY_NAMED))[:1]
    yield [author_names(root, url)]
    yield from _bylines(root, _NAMED)
    yield list(_lines(root))[:2]


def _bylines(root: HtmlElement, path: str) -> Iterator[list[str]]:
    """Claims of elements that are marked as the author's, outside comments, teasers and photo credits."""
    for element in root.xpath(path, namespaces=_EXSLT)[:20]:
        if _is_elsewhere(element):
            continue
        names = element.xpath('.//*[@itemprop="name"] | .//*[@rel="author"]') or [element]
        yield [line for name in names if 2 < len(line := _byline(name)) < _MAX_NAME]


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


def _names(claims: list[str], site: str | None) -> list[str]:
    names: dict[str, None] = {}
    for claim in claims:
        for part in _SPLIT.split(" ".join(unescape(claim).split())):
            if _ONLY_ROLE.fullmatch(part):
                continue
            name = _KOREAN_ROLE.sub("", _ROLE.sub("", _BY.sub("", _INITIALS.sub("", _MAIL.sub("", part))))).strip(
                " ,.|-–—/"
            )
            if 1 < len(name) <= _MAX_NAME and not _NO_NAME.search(name) and name.casefold() != (site or "").casefold():
                names.setdefault(name)
    return list(names)
