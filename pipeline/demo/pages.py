"""HTML pages of the demo: five layouts, from a clean ``<article>`` to ``<br>`` in nested tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from pipeline.demo.articles import DemoArticle
from pipeline.demo.sites import WORDS, DemoSite, Layout, Words

_MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPage:
    """An article with its URL and date."""

    article: DemoArticle
    site: DemoSite
    url: str
    published: datetime


def render_page(page: DemoPage, related: Sequence[DemoPage]) -> bytes:
    """Render a page in the encoding of its site, with boilerplate around the text."""
    return _LAYOUTS[page.site.layout](page, related).encode(page.site.encoding, "xmlcharrefreplace")


def render_front(site: DemoSite, feed_type: str, pages: Sequence[DemoPage]) -> bytes:
    """Render the front page of a site: it names the feed for discovery and links the published articles."""
    links = "".join(f'<li><a href="{escape(page.url)}">{escape(page.article.title)}</a></li>' for page in pages)
    html = (
        f'<!doctype html><html lang="{site.language}"><head><meta charset="{site.encoding}">'
        f"<title>{escape(site.name)}</title>"
        f'<link rel="alternate" type="{feed_type}" title="{escape(site.name)}" href="{site.feed_path}"></head>'
        f"<body><h1>{escape(site.name)}</h1><ul>{links}</ul><p>{escape(WORDS[site.language].footer)}</p></body></html>"
    )
    return html.encode(site.encoding, "xmlcharrefreplace")


def _paragraphs(page: DemoPage) -> str:
    return "\n".join(f"<p>{escape(text)}</p>" for text in page.article.paragraphs)


def _nav(page: DemoPage) -> str:
    items = "".join(f'<li><a href="/section/{n}">{word}</a></li>' for n, word in enumerate(_words(page).sections))
    return f"<ul>{items}</ul>"


def _related(related: Sequence[DemoPage]) -> str:
    return "".join(f'<li><a href="{escape(other.url)}">{escape(other.article.title)}</a></li>' for other in related)


def _comments(page: DemoPage) -> str:
    return "".join(
        f'<div class="comment"><b>{who}</b><p>{escape(text)}</p></div>' for who, text in _words(page).comment
    )


def _words(page: DemoPage) -> Words:
    return WORDS[page.site.language]


def _article(page: DemoPage, related: Sequence[DemoPage]) -> str:
    """Render a modern site: semantic elements, Open Graph, JSON-LD."""
    article, words, when = page.article, _words(page), page.published.astimezone(page.site.zone)
    ld = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": when.isoformat(),
        "dateModified": when.isoformat(),
        "inLanguage": page.site.language,
        "articleSection": article.section,
        "author": [{"@type": "Person", "name": article.author}],
        "publisher": {"@type": "NewsMediaOrganization", "name": page.site.name},
        "mainEntityOfPage": page.url,
        "description": article.summary,
    }
    script = json.dumps(ld, ensure_ascii=False).replace("<", r"\u003c")
    return f"""<!doctype html>
<html lang="{page.site.language}">
<head>
<meta charset="{page.site.encoding}">
<title>{escape(article.title)} | {escape(page.site.name)}</title>
<link rel="canonical" href="{escape(page.url)}">
<meta name="description" content="{escape(article.summary)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(article.title)}">
<meta property="og:site_name" content="{escape(page.site.name)}">
<meta property="article:published_time" content="{when.isoformat()}">
<script type="application/ld+json">{script}</script>
<style>body {{ font-family: serif }} nav li {{ display: inline }}</style>
</head>
<body>
<div role="dialog" class="cookie-banner">{words.cookies} <button>OK</button></div>
<header><a href="/">{escape(page.site.name)}</a><nav>{_nav(page)}</nav></header>
<main><article>
<h1>{escape(article.title)}</h1>
<p class="byline">{words.by} <a rel="author" href="/authors">{escape(article.author)}</a>,
<time datetime="{when.isoformat()}">{when:%d %B %Y, %H:%M}</time></p>
{_paragraphs(page)}
</article>
<aside class="share">{words.share}</aside>
<aside class="related"><h2>{words.related}</h2><ul>{_related(related)}</ul></aside>
<section id="comments" class="comments"><h2>{words.comments}</h2>{_comments(page)}</section>
</main>
<footer><p class="newsletter">{words.newsletter}</p><p>{words.footer}</p></footer>
<script>window.pageviews = (window.pageviews || 0) + 1</script>
</body>
</html>
"""


def _cards(page: DemoPage, related: Sequence[DemoPage]) -> str:
    """Render a site from a component library: meaningless class names, a promotion inside the text."""
    article, words, when = page.article, _words(page), page.published.astimezone(page.site.zone)
    paragraphs = [f'<p class="sc-9f31c kQpZ">{escape(text)}</p>' for text in article.paragraphs]
    paragraphs.insert(2, f'<div class="sc-promo newsletter">{escape(words.newsletter)} <button>→</button></div>')
    body = "\n".join(paragraphs)
    return f"""<!DOCTYPE html>
<html lang="{page.site.language}"><head><meta charset="{page.site.encoding}">
<title>{escape(article.title)} - {escape(page.site.name)}</title>
<meta property="og:title" content="{escape(article.title)}">
<meta property="og:site_name" content="{escape(page.site.name)}">
<meta property="og:url" content="{escape(page.url)}">
<meta name="author" content="{escape(article.author)}">
<meta property="article:published_time" content="{when.isoformat()}">
<meta property="article:section" content="{escape(article.section)}">
</head><body><div id="__root"><div class="sc-1a2b xYwV"><div class="sc-menu menu">{_nav(page)}</div></div>
<div class="sc-77d0 lMnO"><h1 class="sc-5e6f">{escape(article.title)}</h1>
<div class="sc-meta"><span>{words.by} {escape(article.author)}</span> <span>{when:%Y-%m-%d %H:%M} KST</span></div>
<div class="sc-body">
{body}
</div>
<div class="sc-share share">{words.share}</div></div>
<div class="sc-rail related"><h3>{words.related}</h3><ul>{_related(related)}</ul></div>
<div class="sc-talk comments"><h3>{words.comments}</h3>{_comments(page)}</div>
<div class="sc-foot footer">{words.footer}</div></div></body></html>
"""


def _soup(page: DemoPage, related: Sequence[DemoPage]) -> str:
    """Render a site of 2003: tables, ``<br>``, no paragraphs, no metadata; the charset is in the HTTP header."""
    article, words, when = page.article, _words(page), page.published.astimezone(page.site.zone)
    text = "<br><br>\n".join(escape(part) for part in article.paragraphs)
    date = f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M}"
    menu = "<br>".join(f'<a href="/section/{n}">{word}</a>' for n, word in enumerate(words.sections))
    return f"""<HTML><HEAD><TITLE>{escape(article.title)} :: {escape(page.site.name)}</TITLE>
<META NAME="description" CONTENT="{escape(article.summary)}"></HEAD>
<BODY BGCOLOR="#ffffff"><TABLE WIDTH="100%" BORDER=0><TR>
<TD WIDTH=160 VALIGN=top class="menu"><B>{escape(page.site.name)}</B><BR>{menu}</TD>
<TD VALIGN=top><H1>{escape(article.title)}</H1>
<I>{date}. {words.by} {escape(article.author)}</I><BR><BR>
<DIV class="text">
{text}
</DIV><BR>
<FONT SIZE=1 class="share">{words.share}</FONT>
<HR><DIV class="comments"><B>{words.comments}</B><BR>{_comments(page)}</DIV></TD>
<TD WIDTH=200 VALIGN=top class="related"><B>{words.related}</B><UL>{_related(related)}</UL></TD>
</TR><TR><TD COLSPAN=3 class="footer"><HR>{words.footer}</TD></TR></TABLE></BODY></HTML>
"""


def _board(page: DemoPage, related: Sequence[DemoPage]) -> str:
    """Render a Korean hosted newspaper: the charset is only in the meta element, the date only in a line of text."""
    article, words, when = page.article, _words(page), page.published.astimezone(page.site.zone)
    text = "<br /><br />\n".join(escape(part) for part in article.paragraphs)
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="{page.site.language}"><head>
<meta http-equiv="Content-Type" content="text/html; charset={page.site.encoding}" />
<title>{escape(article.title)} - {escape(page.site.name)}</title>
<meta property="og:title" content="{escape(article.title)}" />
<meta property="og:site_name" content="{escape(page.site.name)}" />
</head><body>
<div id="header"><a href="/">{escape(page.site.name)}</a></div>
<div id="nav">{_nav(page)}</div>
<div id="container"><div class="arti_head"><h3 class="tit">{escape(article.title)}</h3>
<ul class="info"><li>{escape(article.author)} 기자</li><li>입력 {when:%Y.%m.%d %H:%M}</li></ul></div>
<div id="articleBody">
{text}
</div>
<div class="copyright">저작권자 (c) {escape(page.site.name)} 무단전재 및 재배포 금지</div>
<div class="sns share">{words.share}</div>
<div class="related"><h4>{words.related}</h4><ul>{_related(related)}</ul></div>
<div id="reply" class="comments"><h4>{words.comments}</h4>{_comments(page)}</div></div>
<div id="footer">{words.footer}</div></body></html>
"""


def _blog(page: DemoPage, related: Sequence[DemoPage]) -> str:
    """Render a common blog theme: microdata, a sidebar, an author box."""
    article, words, when = page.article, _words(page), page.published.astimezone(page.site.zone)
    return f"""<!DOCTYPE html>
<html lang="{page.site.language}"><head><meta charset="{page.site.encoding}">
<title>{escape(article.title)} – {escape(page.site.name)}</title>
<link rel="canonical" href="{escape(page.url)}">
<meta property="og:locale" content="{page.site.language}">
<meta property="og:site_name" content="{escape(page.site.name)}">
</head><body class="single post">
<div class="site-header"><p class="site-title"><a href="/">{escape(page.site.name)}</a></p>
<nav class="main-navigation">{_nav(page)}</nav></div>
<div class="post hentry" itemscope itemtype="https://schema.org/NewsArticle">
<h1 class="entry-title" itemprop="headline">{escape(article.title)}</h1>
<div class="entry-meta"><time class="entry-date published" itemprop="datePublished"
 datetime="{when.isoformat()}">{when:%d.%m.%Y %H:%M}</time>
<span class="author vcard" itemprop="author">{escape(article.author)}</span></div>
<div class="entry-content" itemprop="articleBody">
{_paragraphs(page)}
</div>
<div class="entry-footer share">{words.share}</div></div>
<div id="secondary" class="widget-area sidebar"><div class="widget"><h2>{words.related}</h2>
<ul>{_related(related)}</ul></div><div class="widget newsletter">{words.newsletter}</div></div>
<div id="comments" class="comments-area"><h2>{words.comments}</h2>{_comments(page)}</div>
<div class="site-footer">{words.footer}</div></body></html>
"""


_LAYOUTS: dict[Layout, Callable[[DemoPage, Sequence[DemoPage]], str]] = {
    "article": _article,
    "cards": _cards,
    "soup": _soup,
    "board": _board,
    "blog": _blog,
}
