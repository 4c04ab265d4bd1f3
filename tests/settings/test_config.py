"""Every mistake in the config folder is told with file, key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.settings.fetch import parse_allowance
from pipeline.settings.reference import load_reference
from pipeline.settings.sources import KINDS, load_sources

GOOD = '[[feed]]\nname = "A"\nurl = "https://a.example/feed"\nlanguage = "ko"\nhome = "KR"\n'


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_config_is_sound_and_broad() -> None:
    settings = load_settings()
    enabled = [source for source in settings.sources if source.enabled]
    assert len(settings.sources) >= 45
    assert len(enabled) >= 30
    assert {source.language for source in enabled} >= {"en", "ru", "ko"}
    assert all(source.home and source.kind in KINDS for source in settings.sources)


def test_the_shipped_settings_file_shows_the_defaults() -> None:
    import tomllib
    from dataclasses import fields

    text = (shipped.CONFIG / "tumen.toml").read_text(encoding="utf-8")
    shown = tomllib.loads("\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines()))
    settings = load_settings()
    for table, values in shown.items():
        if not isinstance(values, dict):
            continue
        part = getattr(settings, table)
        known = {field.name for field in fields(part)}
        for key, value in values.items():
            assert key in known, (table, key)
            default = getattr(part, key)
            assert (list(default) if isinstance(default, tuple) else default) == value, (table, key)


def test_a_folder_may_hold_only_what_differs(tmp_path: Path) -> None:
    written(tmp_path, "feeds.toml", GOOD)
    settings = load_settings(tmp_path)
    assert [source.name for source in settings.sources] == ["A"]
    assert settings.cycle.tries == 6


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('language = "ko"', "language"),
        ("name = 3\n", "name"),
        ('kind = "blog"\n', "kind"),
        ('timezone = "Mars/Base"\n', "timezone"),
        ("interval_minutes = 0\n", "interval_minutes"),
        ('colour = "red"\n', "colour"),
        ('topics = "thaad"\n', "topics"),
    ],
)
def test_each_key_of_a_feed_is_checked(tmp_path: Path, change: str, told: str) -> None:
    text = GOOD.replace(change, 'language = "Korean"') if change in GOOD else GOOD + change
    if told == "name":
        text = GOOD.replace('name = "A"', "name = 3")
    with pytest.raises(ConfigError) as caught:
        load_sources(written(tmp_path, "feeds.toml", text))
    assert told in caught.value.key
    assert str(caught.value).startswith(str(tmp_path / "feeds.toml"))


@pytest.mark.parametrize("key", ["name", "url"])
def test_two_feeds_of_one_name_or_address_are_refused(tmp_path: Path, key: str) -> None:
    second = GOOD.replace('"A"', '"B"') if key == "url" else GOOD.replace("a.example", "b.example")
    with pytest.raises(ConfigError, match=f"› {key}: is also that of feed"):
        load_sources(written(tmp_path, "feeds.toml", GOOD + second))


@pytest.mark.parametrize("text", ["feed = 3", "[feed]\nname = 'x'", "[[fead]]\n", "[[feed]]\n= 3"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"feeds\.toml"):
        load_sources(written(tmp_path, "feeds.toml", text))


def test_what_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(GOOD.encode() + '[[feed]]\nname = "Вести"\n'.encode("cp1251"))
    with pytest.raises(ConfigError, match="line 7: is not UTF-8"):
        load_sources(path)


@given(st.binary(max_size=400))
def test_no_bytes_make_a_traceback(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "feeds.toml"
    path.write_bytes(body)
    try:
        load_sources(path)
    except ConfigError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told


def test_passages_are_numbered_in_order(tmp_path: Path) -> None:
    text = (shipped.CONFIG / "reference.toml").read_text(encoding="utf-8").replace('id = "p3"', 'id = "p9"')
    with pytest.raises(ConfigError, match="must be p3"):
        load_reference(written(tmp_path, "reference.toml", text))


def test_a_number_nobody_can_mean_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "tumen.toml", "[cycle]\ntries = 0\n")
    with pytest.raises(ConfigError, match=r"\[cycle\] › tries: must be 1 or more"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("127.0.0.1:80", 80, 80),
        ("10.0.0.0/8:8000-8010", 8000, 8010),
        ("[::1]:8080", 8080, 8080),
        ("intra.example:443", 443, 443),
    ],
)
def test_what_may_be_allowed(text: str, first: int, last: int) -> None:
    allowance = parse_allowance(text)
    assert (allowance.first_port, allowance.last_port) == (first, last)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:9-8", "300.1.1.1:80", ":80", "", "a b:80", "x:99999"]
)
def test_what_may_not_be_allowed_is_told_in_the_config(tmp_path: Path, text: str) -> None:
    written(tmp_path, "tumen.toml", f'[fetch]\nallow_private = ["{text}"]\n')
    with pytest.raises(ConfigError, match=r"\[fetch\] › allow_private"):
        load_settings(tmp_path)
