"""gzip is undone alike by the quick library and by the one that is always there."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator

import pytest

from pipeline.fetch import decompress as decode
from pipeline.fetch.decompress import TooLarge, Undecodable

TEXT = bytes(range(256)) * 40
WHOLE = gzip.compress(TEXT)
BODIES = [
    ("whole", WHOLE),
    ("two members", WHOLE + gzip.compress(b"more")),
    ("cut", WHOLE[:-20]),
    ("cut in the head", WHOLE[:6]),
    ("another checksum", WHOLE[:-8] + bytes(8)),
    ("broken in the midst", WHOLE[:60] + b"\xff" * 40 + WHOLE[100:]),
    ("followed by zeros", WHOLE + bytes(30)),
    ("followed by junk", WHOLE + b"<html>"),
    ("a bomb", gzip.compress(bytes(20_000_000))),
    ("empty", gzip.compress(b"")),
]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the quick library has no wheels."""
    decode._inflater.cache_clear()
    monkeypatch.setitem(sys.modules, "isal", None)
    yield
    decode._inflater.cache_clear()


def told(body: bytes, *, partial: bool) -> object:
    try:
        return decode.decode(body, "gzip", 100_000, partial=partial)
    except (TooLarge, Undecodable) as error:
        return type(error), str(error)


QUICK = {(name, partial): told(body, partial=partial) for name, body in BODIES for partial in (False, True)}


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(("name", "body"), BODIES, ids=[name for name, _ in BODIES])
def test_gzip_is_undone_alike(name: str, body: bytes, partial: bool) -> None:
    assert told(body, partial=partial) == QUICK[name, partial]


def test_what_it_says() -> None:
    assert QUICK["whole", False] == QUICK["followed by zeros", False] == TEXT
    assert QUICK["two members", False] == TEXT + b"more"
    assert QUICK["another checksum", False] == (Undecodable, "its gzip is broken")
    assert QUICK["cut", False] == (Undecodable, "its gzip is cut off")
    assert TEXT.startswith(QUICK["cut", True])  # type: ignore[arg-type]
    assert QUICK["a bomb", True] == (TooLarge, "")
