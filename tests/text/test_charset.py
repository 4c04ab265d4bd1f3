"""Charsets: labelled rightly, wrongly and not at all."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds import parse
from pipeline.text.charset import codec_of, decode, detect
from tests.feeds.build import KOREAN, NOW, RUSSIAN, URL, item, rss

RARE = "똠방각하 펲시 뷁"  # syllables that cp949 has and EUC-KR has not


def title_of(body: bytes, content_type: str | None = None) -> str:
    return parse(body, URL, content_type, now=NOW).entries[0].title


def document(title: str, label: str = "") -> str:
    head = f'<?xml version="1.0" encoding="{label}"?>\n' if label else ""
    return rss(item(title=title), channel="<title>News</title>", head=head)


@pytest.mark.parametrize(
    ("text", "codec", "label", "header"),
    [
        (KOREAN, "euc-kr", "euc-kr", None),
        (KOREAN, "cp949", "EUC-KR", None),
        (RARE, "cp949", "euc-kr", None),
        (RARE, "cp949", "ks_c_5601-1987", None),
        (RARE, "cp949", "windows-949", None),
        (RARE, "cp949", "x-windows-949", None),
        (KOREAN, "cp949", "", "text/xml; charset=euc-kr"),
        (KOREAN, "cp949", "", 'text/xml; charset="ks_c_5601-1987"'),
        (KOREAN, "cp949", "", "text/xml"),
        (KOREAN, "cp949", "utf-8", "text/xml; charset=utf-8"),
        (KOREAN, "cp949", "iso-8859-1", None),
        (KOREAN, "utf-8", "euc-kr", "text/xml; charset=euc-kr"),
        (KOREAN, "utf-16", "utf-16", None),
        (KOREAN, "utf-16-le", "utf-16", None),
        (KOREAN, "utf-16-be", "", None),
        (KOREAN, "utf-32", "utf-32", None),
        (KOREAN, "utf-8-sig", "euc-kr", None),
        (KOREAN, "iso2022_kr", "iso-2022-kr", None),
        (RUSSIAN, "cp1251", "windows-1251", None),
        (RUSSIAN, "cp1251", "windows-1251", "text/xml; charset=utf-8"),
        (RUSSIAN, "cp1251", "CP1251", "text/xml; charset=iso-8859-1"),
        (RUSSIAN, "cp1251", "utf-8", None),
        (RUSSIAN, "cp1251", "", None),
        (RUSSIAN, "cp1251", "", "text/xml; charset=ISO-8859-1"),
        (RUSSIAN, "koi8-r", "koi8-r", None),
        (RUSSIAN, "koi8-r", "", None),
        (RUSSIAN, "cp866", "", None),
        (RUSSIAN, "utf-8", "windows-1251", None),
        (RUSSIAN, "utf-8", "us-ascii", "text/xml"),
        ("東京で会談", "shift_jis", "shift_jis", None),
        ("東京で会談", "euc_jp", "euc-jp", None),
        ("东北振兴会议", "gb18030", "gb2312", None),
        ("Réunion à Genève", "cp1252", "iso-8859-1", None),
        ("Réunion à Genève", "cp1252", "", "text/xml; charset=us-ascii"),
    ],
)
def test_feed_title_is_read_whatever_its_charset_label(text: str, codec: str, label: str, header: str | None) -> None:
    assert title_of(document(text, label).encode(codec), header) == f"{text} 1"


def test_wrong_label_is_reported_as_a_problem() -> None:
    assert parse(document(KOREAN, "utf-8").encode("cp949"), URL, now=NOW).problem
    assert parse(document(KOREAN, "euc-kr").encode("cp949"), URL, now=NOW).problem is None
    assert parse(document(KOREAN, "euc-kr").encode(), URL, now=NOW).problem is None


@pytest.mark.parametrize("text", [KOREAN, RUSSIAN])
def test_utf8_cut_inside_a_character_stays_utf8(text: str) -> None:
    body = rss(item(title=text), item(2, title=text)).encode()
    cut = body.rindex(text.encode()[-3:]) + 2
    for end in (cut, cut - 1, cut + 1):
        decoded = decode(body[:end])
        assert decoded.encoding == "utf-8"
        assert text in decoded.text


def test_few_broken_characters_spoil_only_themselves() -> None:
    body = rss(*(item(n, title=KOREAN) for n in range(9))).encode()
    broken = body.replace("철도".encode(), "철도".encode()[:-1], 1)
    parsed = parse(broken, URL, now=NOW)
    assert [entry.title for entry in parsed.entries[1:]] == [f"{KOREAN} {n}" for n in range(1, 9)]
    cp949 = document(RARE * 20, "euc-kr").encode("cp949")
    assert decode(cp949[: cp949.index("뷁".encode("cp949")) + 1]).encoding == "cp949"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("euc-kr", "cp949"), (" KS_C_5601-1987 ", "cp949"), ("gb2312", "gb18030"), ("latin1", "cp1252"),
        ("us-ascii", "cp1252"), ("utf8", "utf-8"), ("koi8", "koi8_r"), ("iso-8859-5", "iso8859-5"),
        ("windows-1253", "cp1253"), ("x-windows-949", "cp949"), ("windows1251", "cp1251"), ("koi8r", "koi8_r"),
        ("ansi", "cp1252"), ("x-mac-cyrillic", "mac_cyrillic"), ("ms949", "cp949"), ("iso_8859-5", "iso8859-5"),
        ("windows-31j", "cp932"), ("big5", "big5hkscs"), ("ks_c_5601", "cp949"),
        ("utf-7", None), ("rot13", None), ("idna", None), ("zip", None), ("", None),
        ("unicode_escape", None), ("no-such", None), ("hex", None), ("utf-16", None),
    ],
)  # fmt: skip
def test_labels_mean_what_browsers_read(label: str, codec: str | None) -> None:
    assert codec_of(label) == codec


def test_russian_and_korean_are_detected_in_each_charset() -> None:
    assert detect(KOREAN.encode("cp949")) == "cp949"
    assert detect(RUSSIAN.encode("cp1251")) == "cp1251"
    assert detect(RUSSIAN.encode("koi8-r")) == "koi8_r"
    assert detect(RUSSIAN.encode("cp866")) == "cp866"


def test_control_characters_are_removed() -> None:
    assert decode(b"<rss>\x00\x08a\x0b</rss>").text == "<rss>a</rss>"


@pytest.mark.parametrize(
    ("sample", "charset"),
    [
        ("Совет порта решил открыть линию", "cp1251"),
        ("Совет порта решил открыть линию", "koi8_r"),
        ("항만 위원회는 노선을 다시 열기로 했다", "cp949"),
        ("港湾委員会は航路を再開することを決めた。", "cp932"),
        ("港湾委員会は航路を再開することを決めた。", "euc_jp"),
        ("Le café est fermé à Noël", "cp1252"),
        ("Eleições: oposição não aceita decisão", "cp1252"),
    ],
)
def test_charset_is_detected_by_its_letters(sample: str, charset: str) -> None:
    assert detect((sample * 5).encode(charset)) == charset


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/xml; charset=euc-kr", "x/y;charset=windows-1251", "charset=\xff"]),
)
def test_any_bytes_become_text(body: bytes, header: str | None) -> None:
    decoded = decode(body, header)
    codecs.lookup(decoded.encoding)
    assert len(decoded.text) <= len(body)


@given(st.text(st.characters(codec="cp949", min_codepoint=32), min_size=1, max_size=80))
def test_declared_cp949_round_trips(text: str) -> None:
    plain = f"{KOREAN} {text}".replace("<", "").replace("&", "").replace("]]>", "")
    body = f'<?xml version="1.0" encoding="euc-kr"?><t>{plain}</t>'.encode("cp949")
    assert plain in decode(body).text
