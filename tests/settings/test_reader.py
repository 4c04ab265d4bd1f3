"""TOML is read as ``tomllib`` reads it."""

from __future__ import annotations

import tomllib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import shipped
from pipeline.settings import reader

_PIECES = (
    *("a = [", "b.c = [", "d = ", "[t]\n", "[[u]]\n", "e = { f = [", "]", "]\n", "] }\n", "\n", "\r\n", ", ", ",", " "),
    *('"x"', '"я # y"', '"\\u0041"', '"tab\t"', "'z'", '"""', "'''", '["', '"', "# no\n", "1", "2.5", "0E-007", "  "),
    *('g = ["x", "y"]\n', 'h = [\n  "x",\n  "a = [1]",\n]\n', 'i.j = ["x"]\r\n', 'k = ["x",]\n', "l = []\n"),
)


def told(read: object, text: str) -> object:
    try:
        return read(text)  # type: ignore[operator]
    except tomllib.TOMLDecodeError as error:
        return str(error)


@settings(max_examples=1000, deadline=None)
@example('a = """\nk = ["x"]\n"""\n')
@example("a = '''\nk = [\"x\"]\n'''\n")
@example('d = 0E-000\nk = ["x"]\n')
@example('k = ["a\x01b"]\n')
@example('k = ["a"]\nk = ["b"]\n')
@example('\n\nk = [\n"a",\n"b"]\nl = \n')
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_lists_read_at_once_are_the_lists_of_tomllib(text: str) -> None:
    assert told(reader.read, text) == told(tomllib.loads, text)


def test_the_shipped_files_are_read_as_tomllib_reads_them() -> None:
    for path in shipped.CONFIG.rglob("*.toml"):
        assert reader.load(path) == tomllib.loads(path.read_text(encoding="utf-8"))
