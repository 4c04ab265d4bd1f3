"""Histories of invented feeds, with the items that an analyst would count in them.

Each feed has one way to give links, GUIDs and fragments, and may correct, move and list its items again. The model of
an analyst knows which piece each entry is; ``play`` polls the feed and compares what would be stored.
Run the module for many histories: ``python -m tests.feeds.histories 10000``.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipeline.feeds.entries import link_of, make_entry
from pipeline.model import KnownEntry, ParsedEntry, ParsedFeed
from pipeline.text.dates import ParsedDate
from tests.feeds.build import NOW, fetched, poll, remember, state

PLACES = str.split("Сеул Москва Пусан Владивосток Вонсан Хабаровск Раджин Находка Инчхон Сахалин Якутск Омск")
ACTS = str.split("обсудили подписали отложили отменили начали построили закрыли открыли проверили купили продали")
THINGS = str.split("газопровод мост порт дорогу визы санкции учения кредит завод флот кабель границу радар квоты суд")
SITE = "https://news.example"


@dataclass(slots=True)
class Piece:
    """One article in the publisher's system."""

    number: int
    title: str
    text: str
    link: str
    guid: str
    version: int = 0


@dataclass(slots=True)
class Publisher:
    """A feed with its habits.

    Attributes:
        link, guid: make the link and the GUID of a piece from the number of the poll and the place in the document.
        titled: entries have titles.
        stable: link and GUID together change so little that an edit of title and text can be recognised.
    """

    name: str
    link: Callable[[Piece, int, int], str]
    guid: Callable[[Piece, int, int], str]
    titled: bool = True
    stable: bool = True
    pieces: list[Piece] = field(default_factory=list)


def _own(piece: Piece, _poll: int, _place: int) -> str:
    return piece.link


def _guid(piece: Piece, _poll: int, _place: int) -> str:
    return piece.guid


PUBLISHERS: dict[str, tuple[Callable[[Piece, int, int], str], Callable[[Piece, int, int], str], bool, bool]] = {
    # name: link, guid, titled, stable
    "link and GUID": (_own, _guid, True, True),
    "link only": (_own, lambda *_: "", True, True),
    "GUID is the link": (_own, _own, True, True),
    "one link, GUIDs": (lambda *_: f"{SITE}/notices/", _guid, True, False),
    "home page, GUIDs": (lambda *_: f"{SITE}/", _guid, True, False),
    "home page, permalink as GUID": (lambda *_: f"{SITE}/", _own, True, True),
    "no link, GUIDs": (lambda *_: "N/A", _guid, True, False),
    "no link, no GUID": (lambda *_: "", lambda *_: "", True, False),
    "live blog": (lambda piece, *_: f"{SITE}/live/7#post-{piece.number}", lambda *_: "", True, False),
    "hash routes": (lambda piece, *_: f"{SITE}/#/news/{piece.number}", _guid, True, True),
    "click token": (lambda piece, poll, _: f"{SITE}/go/{piece.number}?k=t{poll}x", _guid, True, False),
    "http, then https": (lambda piece, poll, _: piece.link if poll % 2 else piece.link.replace("https", "http"), _guid,
                         True, True),
    "www comes and goes": (lambda piece, poll, _: piece.link if poll % 2 else piece.link.replace("://", "://www."),
                           lambda *_: "", True, True),
    "one GUID for all": (_own, lambda *_: "N/A", True, True),
    "counted GUIDs": (_own, lambda _piece, _poll, place: str(place + 1), True, True),
    "new GUIDs at each poll": (_own, lambda piece, poll, _: f"{piece.number}-{poll * 7919}", True, True),
    "tracking fragment": (lambda piece, poll, _: f"{piece.link}#xtor=RSS-{poll}", _guid, True, True),
    "version as fragment of the GUID": (_own, lambda piece, *_: f"{piece.link}#{piece.version}", True, True),
    "no titles": (_own, _guid, False, True),
}  # fmt: skip


def _new_piece(publisher: Publisher, rng: random.Random) -> Piece:
    number = len(publisher.pieces) + rng.choice((101, 1001))  # never the same twice within one feed
    number = number if all(piece.number != number for piece in publisher.pieces) else 5000 + len(publisher.pieces)
    title = f"{rng.choice(PLACES)} и {rng.choice(PLACES)} {rng.choice(ACTS)} {rng.choice(THINGS)}"
    if rng.random() < 0.3:
        title = f"Сообщение {number}: {title}"
    return Piece(number, title, _words(rng, number), f"{SITE}/2026/{number}/{rng.randrange(10**6)}", f"n-{number}")


def _words(rng: random.Random, number: int) -> str:
    words = " ".join(rng.choice((rng.choice(PLACES), rng.choice(ACTS), rng.choice(THINGS))) for _ in range(20))
    return f"{words}, {number}."


def _edit(publisher: Publisher, piece: Piece, rng: random.Random) -> None:
    """Change what an analyst would still call the same piece in this feed."""
    piece.version += 1
    what = rng.choice(("title", "text", "link"))
    if what == "title" and publisher.titled:
        piece.title += rng.choice((" сегодня", " в среду", ": подробности"))
    elif what == "text":
        piece.text += " " + rng.choice(("Добавлено.", "Уточнено.", "Исправлено."))
    elif publisher.guid is _guid and publisher.link is _own:
        piece.link = f"{piece.link}-{piece.version}"


def _entry(publisher: Publisher, piece: Piece, number: int, place: int) -> ParsedEntry:
    at = NOW - timedelta(hours=1) + timedelta(minutes=piece.number % 50)
    return make_entry(
        identifier=publisher.guid(piece, number, place),
        link=link_of(publisher.link(piece, number, place), (SITE,)),
        title=piece.title if publisher.titled else "",
        summary=piece.text,
        date=ParsedDate(at, assumed=False),
    )


def play(seed: int) -> tuple[str, int, int, int]:
    """Play one history; return the publisher's name, the pieces published, those stored, and the articles stored.

    A piece counts as stored if exactly one row began with it and no other piece's words came into that row.
    """
    rng = random.Random(seed)
    name = rng.choice(list(PUBLISHERS))
    link, guid, titled, stable = PUBLISHERS[name]
    publisher = Publisher(name, link, guid, titled, stable)
    rows: dict[int, set[int]] = {}
    known: list[KnownEntry] = []
    feed = state()
    shown: list[Piece] = []
    seen: set[int] = set()
    for number in range(1, rng.randint(3, 8)):
        for piece in shown:
            if rng.random() < 0.15 and publisher.stable:
                _edit(publisher, piece, rng)
        fresh = [_new_piece_in(publisher, rng) for _ in range(rng.choice((0, 1, 1, 2, 5)))]
        shown = (fresh + shown)[: rng.randint(2, 12)]
        if rng.random() < 0.2:
            rng.shuffle(shown)
        listed = [*shown, *rng.sample(shown, k=min(1, len(shown)))] if rng.random() < 0.1 else shown
        entries = {place: _entry(publisher, piece, number, place) for place, piece in enumerate(listed)}
        owners = {(entry.title, entry.summary): listed[place].number for place, entry in entries.items()}
        seen |= {piece.number for piece in shown}
        document = ParsedFeed(title="", entries=tuple(entries.values()), format="rss20")
        update = poll(feed, fetched(b"%d" % number), document, known)
        before = len(known)
        known = remember(update, known)
        identities = {entry.identity: entry.id for entry in known}
        for intent in update.entries:
            rows.setdefault(identities[intent.identity], set()).add(owners[intent.entry.title, intent.entry.summary])
        assert len(known) >= before
        feed = replace(update.state)
    alone = [pieces for pieces in rows.values() if len(pieces) == 1]
    right = {one for pieces in alone for one in pieces if sum(one in other for other in rows.values()) == 1}
    return name, len(seen), len(right & seen), len(rows)


def _new_piece_in(publisher: Publisher, rng: random.Random) -> Piece:
    piece = _new_piece(publisher, rng)
    publisher.pieces.append(piece)
    return piece


def main() -> None:
    """Play many histories; print precision and recall for each publisher."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histories", type=int, nargs="?", default=10_000)
    started, totals = time.monotonic(), {name: [0, 0, 0, 0] for name in PUBLISHERS}
    wrong: dict[str, list[int]] = {}
    histories = parser.parse_args().histories
    for seed in range(histories):
        name, pieces, right, rows = play(seed)
        for place, count in enumerate((1, pieces, right, rows)):
            totals[name][place] += count
        if (pieces, pieces) != (right, rows):
            wrong.setdefault(name, []).append(seed)
    for name, (played, pieces, right, rows) in totals.items():
        print(f"{name:<34}{played:>6}{pieces:>8}{right / max(rows, 1):>9.4f}{right / max(pieces, 1):>9.4f}"
              f"  {wrong.get(name, [])[:5]}")  # fmt: skip
    pieces, right, rows = (sum(total[place] for total in totals.values()) for place in (1, 2, 3))
    print(f"{histories} histories, {pieces} pieces, precision {right / rows:.5f}, recall {right / pieces:.5f},"
          f" {time.monotonic() - started:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
