"""News sites on loopback, for ``benchmarks.polling``; also ``python -m benchmarks.loopback``.

In: numbers of sites, feeds and entries. Out: one process with a port per site, and one for its control:

    /feeds             addresses of the feeds, one per line
    /tick?count=40     publishes so many new entries, spread over the feeds
    /fault?sites=10    the first ten sites hang (even ones) or drip a byte per second; 0 heals them
    /count             JSON: requests, conditional, not_modified, pages, robots; resets them

Every sentence is invented. A feed has an ETag. A page has about 50 KB, is sent as gzip, and a twentieth of it is the
article.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
from collections import Counter
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

_SUBJECTS = {
    "en": "The ministry|A port authority|The railway operator|Two lawmakers|A trade delegation|The envoy|Seoul|Moscow",
    "ru": "Министерство|Портовая служба|Железная дорога|Депутаты|Делегация|Посланник|Сеул|Москва",
    "ko": "외교부는|항만공사는|철도공사는|두 의원은|무역 대표단은|특사는|서울은|모스크바는",
}
_VERBS = {
    "en": "put off|signed|discussed|reviewed|welcomed|questioned|published|withdrew",
    "ru": "отложила|подписало|обсудили|пересмотрело|приветствовала|опубликовало|отозвало|поддержала",
    "ko": "미뤘다|서명했다|논의했다|검토했다|환영했다|공개했다|철회했다|지지했다",
}
_OBJECTS = {
    "en": "the gas pipeline plan|a fisheries quota|talks on sanctions against Pyongyang|the rail link|a school budget|"
    "the THAAD battery|a wheat contract|the harbour extension|a film festival|the denuclearisation timetable",
    "ru": "план газопровода|квоту на рыбу|переговоры о санкциях против Пхеньяна|железнодорожную ветку|школьный бюджет|"
    "вопрос о ПРО THAAD|контракт на пшеницу|расширение гавани|кинофестиваль|график денуклеаризации",
    "ko": "가스관 계획을|어획 할당량을|대북 제재 협상을|철도 연결을|학교 예산을|사드 포대 문제를|밀 계약을|항만 확장을|"
    "영화제를|비핵화 일정을",
}
_LANGUAGES = ("en", "ru", "ko")
_ATTR = '<li class="n{0}"><a href="/section/{0}" data-track="menu-{0}">{1}</a></li>\n'


def sentences(seed: int, language: str, count: int) -> list[str]:
    """Return invented news."""
    rng = random.Random(seed)
    parts = [table[language].split("|") for table in (_SUBJECTS, _VERBS, _OBJECTS)]
    result = []
    for number in range(count):
        words = [rng.choice(part) for part in parts]
        order = (0, 2, 1) if language == "ko" else (0, 1, 2)
        result.append(" ".join(words[i] for i in order) + (f" ({seed % 97}.{number})." if number % 3 else "."))
    return result


class World:
    """Sites, their feeds and published entries."""

    def __init__(self, *, port: int, sites: int, feeds: int, entries: int, full_text: bool) -> None:
        self.port, self.sites, self.feeds, self.entries, self.full_text = port, sites, feeds, entries, full_text
        self.published = [entries] * (sites * feeds)
        self.faulty = 0
        self.next_to_publish = 0
        self.counts: Counter[str] = Counter()

    def tick(self, count: int) -> None:
        for _ in range(count):
            self.published[self.next_to_publish % len(self.published)] += 1
            self.next_to_publish += 7  # no divisor of usual numbers of feeds, so that new entries spread over the sites

    def feed(self, number: int) -> bytes:
        site, language = number % self.sites, _LANGUAGES[number % self.sites % 3]
        last, items = self.published[number], []
        for entry in range(last, last - self.entries, -1):
            lines = sentences(number * 100_003 + entry, language, 30)
            body = f"<content:encoded><![CDATA[<p>{'</p><p>'.join(lines * 3)}</p>]]></content:encoded>"
            items.append(
                f"<item><title>{lines[0]} {number}-{entry}</title><link>http://127.0.0.1:{self.port + 1 + site}"
                f"/{number}/{entry}.html</link><guid>{number}-{entry}</guid>"
                f"<pubDate>Mon, 23 Nov 2026 {entry % 24:02}:{number % 60:02}:00 +0000</pubDate>"
                f"<description>{lines[1]}</description>{body if self.full_text else ''}</item>"
            )
        head = '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        return f"{head}<channel><title>Feed {number}</title>{''.join(items)}</channel></rss>".encode()

    def page(self, number: int, entry: int) -> bytes:
        language = _LANGUAGES[number % self.sites % 3]
        lines = sentences(number * 100_003 + entry, language, 30)
        text = "".join(f"<p>{' '.join(lines[at : at + 4])}</p>\n" for at in range(0, 28, 4))
        return (
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{lines[0]} {number}-{entry}'
            f"</title></head><body>{_frame(language)}<article><h1>{lines[0]} {number}-{entry}</h1>{text}</article>"
            f"{_frame(language)}</body></html>"
        ).encode()


@lru_cache
def _frame(language: str) -> str:
    """Return the page around an article: menus, teasers, a script."""
    menu = "".join(_ATTR.format(n, " ".join(s.split()[:3])) for n, s in enumerate(sentences(5, language, 120)))
    teasers = "".join(
        f'<div class="card"><h3><a href="/t/{s[:3]}">{s}</a></h3></div>' for s in sentences(6, language, 60)
    )
    script = "<script>var page = {" + ",".join(f'"k{n}":"{n * 7919}"' for n in range(400)) + "};</script>"
    return f"<nav><ul>{menu}</ul></nav><aside>{teasers}</aside>{script}"


async def _serve(world: World) -> None:
    def handler(site: int):  # type: ignore[no-untyped-def]
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while head := await reader.readuntil(b"\r\n\r\n"):
                    await _answer(world, site, head.decode("latin-1"), writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        return handle

    for site in range(-1, world.sites):
        await asyncio.start_server(handler(site), "127.0.0.1", world.port + 1 + site, backlog=1000)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def _answer(world: World, site: int, head: str, writer: asyncio.StreamWriter) -> None:
    path = head.split(" ", 2)[1]
    if site < 0:
        body, extra, status = _control(world, path).encode(), "", "200 OK"
    else:
        if site < world.faulty:
            await _misbehave(site, writer)
        body, extra, status = _resource(world, path, head)
    writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def _misbehave(site: int, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 600:
        await asyncio.sleep(1)
        if site % 2:
            writer.write(bytes([byte]))
            await writer.drain()


def _resource(world: World, path: str, head: str) -> tuple[bytes, str, str]:
    world.counts["requests"] += 1
    if path == "/robots.txt":
        world.counts["robots"] += 1
        return b"User-agent: *\nDisallow: /private/\n", "", "200 OK"
    if path.startswith("/feed/"):
        number = int(path[6:])
        tag = f'"{world.published[number]}"'
        world.counts["conditional"] += "if-none-match" in head.lower()
        if f"{tag}\r\n" in head:
            world.counts["not_modified"] += 1
            return b"", f"ETag: {tag}\r\n", "304 Not Modified"
        return world.feed(number), f"ETag: {tag}\r\nContent-Type: application/rss+xml\r\n", "200 OK"
    world.counts["pages"] += 1
    number, entry = path.strip("/").removesuffix(".html").split("/")
    body = gzip.compress(world.page(int(number), int(entry)), 1)
    return body, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n", "200 OK"


def _control(world: World, path: str) -> str:
    parts = urlsplit(path)
    query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
    if parts.path == "/tick":
        world.tick(query["count"])
    elif parts.path == "/fault":
        world.faulty = query["sites"]
    elif parts.path == "/count":
        counts, world.counts = json.dumps(world.counts), Counter()
        return counts
    elif parts.path == "/feeds":
        return "\n".join(
            f"http://127.0.0.1:{world.port + 1 + number % world.sites}/feed/{number}"
            for number in range(len(world.published))
        )
    return "done"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, usual in (("port", 24000), ("sites", 50), ("feeds", 2), ("entries", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--full-text", action="store_true")
    asyncio.run(_serve(World(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
