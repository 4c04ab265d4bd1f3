"""Who wrote it: a list of names out of structured data, meta elements and the byline."""

from __future__ import annotations

import re
from html import unescape

from lxml.html import HtmlElement

from pipeline.extract.head import Head
from pipeline.extract.json_ld import Node, strings

_MAX_NAME = 80
_MAX_NAMES = 12
_BY = re.compile(
    r"^(?:(?:written |posted |reported |published |story |words |text )?by|von|par|por|di|da|af|av|autor(?:in)?"
    r"|authors?|автор(?:ы|ами)?|текст|글|기자)\s*[:：]?\s+",
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
    r"(?:correspondent|reporter|writer|editor|journalist|contributor|корр\w*|обозреватель|редактор|журналист)\.?",
    re.IGNORECASE,
)
_KOREAN_ROLE = re.compile(
    r"\s*(?:선임|수석|전문|인턴|객원)?(?:기자|특파원|논설위원|편집위원|논설실장|칼럼니스트|PD|앵커)(?:\s*=.*|\s.*)?$"
)
_SPLIT = re.compile(r"\s*(?:[;|·•]|,(?!\s*(?:Jr|Sr|PhD|M\.?D|II|III)\b)|\s(?:and|und|et|y|e|и|&|og|och|en)\s)\s*")
_MAIL = re.compile(r"\s*[(<\[]?[\w.+-]+@[\w.-]+[)>\]]?")
_NO_NAME = re.compile(r"https?:|www\.|^\W|\d|@|:", re.IGNORECASE)
_INITIALS = re.compile(r"\s*\([\w./]{1,6}\)$")
_BYLINE = (
    './/*[@rel="author" or @itemprop="author" or contains(concat(" ", @class, " "), " author ")'
    ' or contains(@class, "byline") or contains(@class, "author-name") or contains(@class, "author__name")]'
)


def authors(article: Node, head: Head, root: HtmlElement, site: str | None) -> tuple[str, ...]:
    """Names in the order of the page, without roles, addresses and the site's own name; empty when none is given."""
    claims = strings(article.get("author")) or strings(article.get("creator"))
    claims = (
        claims or head.metas.get("author") or head.metas.get("article:author") or head.metas.get("dc.creator") or []
    )
    names = _names(claims, site)
    if not names:
        names = _names(_bylines(root), site)
    return tuple(names[:_MAX_NAMES])


def _bylines(root: HtmlElement) -> list[str]:
    found = []
    for element in root.xpath(_BYLINE):
        name = element.find('.//*[@itemprop="name"]')
        text = " ".join(" ".join((name if name is not None else element).itertext()).split())
        if 2 < len(text) < _MAX_NAME:
            found.append(text)
            if len(found) >= 3:
                break
    return found[:1]


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
