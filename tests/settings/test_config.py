"""Settings: every mistake in a config file is reported with the file, the key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import asdict

from pipeline import shipped
from pipeline.errors import ConfigError
from pipeline.settings import MainFile, load_settings
from pipeline.settings.fetch import parse_allowance
from pipeline.settings.reader import convert
from pipeline.settings.reference import load_reference
from pipeline.settings.sources import KINDS, load_sources

GOOD = '[[feed]]\nname = "A"\nurl = "https://a.example/feed"\nlanguage = "ko"\nhome = "KR"\n'


def write(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_config_is_valid_and_covers_three_languages() -> None:
    settings = load_settings()
    enabled = [source for source in settings.sources if source.enabled]
    assert len(settings.sources) >= 45
    assert len(enabled) >= 30
    assert {source.language for source in enabled} >= {"en", "ru", "ko"}
    assert all(source.kind in KINDS for source in settings.sources)
    assert all(source.home for source in enabled)


def test_shipped_settings_file_shows_the_defaults() -> None:
    import tomllib

    text = (shipped.CONFIG / "tumen.toml").read_text(encoding="utf-8")
    shown = tomllib.loads("\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines()))
    settings = load_settings()
    for table, values in shown.items():
        if not isinstance(values, dict):
            continue
        part = getattr(settings, table)
        for key, value in values.items():
            assert key in part.__struct_fields__, (table, key)
            default = getattr(part, key)
            assert (list(default) if isinstance(default, tuple) else default) == value, (table, key)


def test_folder_may_hold_only_what_differs(tmp_path: Path) -> None:
    write(tmp_path, "feeds.toml", GOOD)
    settings = load_settings(tmp_path)
    assert [source.name for source in settings.sources] == ["A"]
    assert settings.cycle.tries == 6


@pytest.mark.parametrize(
    ("change", "key"),
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
def test_each_key_of_a_feed_is_checked(tmp_path: Path, change: str, key: str) -> None:
    text = GOOD.replace(change, 'language = "Korean"') if change in GOOD else GOOD + change
    if key == "name":
        text = GOOD.replace('name = "A"', "name = 3")
    with pytest.raises(ConfigError) as caught:
        load_sources(write(tmp_path, "feeds.toml", text))
    assert key in caught.value.key
    assert str(caught.value).startswith(str(tmp_path / "feeds.toml"))


@pytest.mark.parametrize("key", ["name", "url"])
def test_two_feeds_with_one_name_or_address_are_refused(tmp_path: Path, key: str) -> None:
    second = GOOD.replace('"A"', '"B"') if key == "url" else GOOD.replace("a.example", "b.example")
    with pytest.raises(ConfigError, match=f"› {key}: is also that of feed"):
        load_sources(write(tmp_path, "feeds.toml", GOOD + second))


@pytest.mark.parametrize("text", ["feed = 3", "[feed]\nname = 'x'", "[[fead]]\n", "[[feed]]\n= 3"])
def test_file_without_feed_tables_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"feeds\.toml"):
        load_sources(write(tmp_path, "feeds.toml", text))


def test_error_for_text_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(GOOD.encode() + '[[feed]]\nname = "Вести"\n'.encode("cp1251"))
    with pytest.raises(ConfigError, match="line 7: is not UTF-8"):
        load_sources(path)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_one_line_error(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "feeds.toml"
    path.write_bytes(body)
    try:
        load_sources(path)
    except ConfigError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


def test_passages_must_be_numbered_in_order(tmp_path: Path) -> None:
    text = (shipped.CONFIG / "reference.toml").read_text(encoding="utf-8").replace('id = "p3"', 'id = "p9"')
    with pytest.raises(ConfigError, match="must be p3"):
        load_reference(write(tmp_path, "reference.toml", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[cycle]\ntries = 0\n", "[cycle] › tries: must be from 1 to 100, not 0."),
        ("[poll]\njitter = nan\n", "[poll] › jitter: must be from 0 to 0.9, not nan."),
        ("[fetch]\npage_delay = -1\n", "[fetch] › page_delay: must be from 0 to 3,600, not -1."),
        ("[fetch]\npage_delay = inf\n", "[fetch] › page_delay: must be from 0 to 3,600, not inf."),
        ("[fetch]\nconcurrency = 1e3\n", "[fetch] › concurrency: must be a whole number, not a number."),
        (
            "[fetch]\nextra_ports = [81, 70000]\n",
            "[fetch] › extra_ports (number 2): must be from 1 to 65,535, not 70000.",
        ),
        (f"[extract]\nseconds = {10**400}\n", "[extract] › seconds: must be from 0.5 to 3,600, not that."),
        (f"[extract]\nseconds = {'1' * 5000}\n", "is not TOML: Exceeds the limit"),
        ("[daemon]\ncron = 5\n", "[daemon] › cron: must be text in quotes, not a whole number."),
        ("[fetch]\npage_dely = 1\n", "[fetch] › page_dely: unknown key; did you mean “page_delay”?"),
        ("[feetch]\npage_delay = 1\n", "feetch: unknown key; did you mean “fetch”?"),
        ("[archive]\nx = 1\n", "[archive] › x: unknown key; known are days, pages."),
        ("poll = 5\n", "poll: must be a table, not a whole number."),
    ],
)
def test_bad_value_is_refused_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "tumen.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert message in str(caught.value)
    assert "tumen.toml" in str(caught.value)


def test_unknown_keys_of_nested_tables_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "feeds.toml", GOOD)
    write(tmp_path, "alerts.toml", '[[target]]\nname = "duty"\nurl = "json://h"\n[[target]]\nnme = "b"\n')
    with pytest.raises(ConfigError, match=r"target number 2 › nme: unknown key; did you mean “name”\?"):
        load_settings(tmp_path)


def test_choice_outside_the_list_is_refused_with_the_list(tmp_path: Path) -> None:
    write(tmp_path, "feeds.toml", GOOD)
    write(tmp_path, "alerts.toml", '[[rule]]\nname = "a"\nto = ["duty"]\nwhen = "allways"\n')
    with pytest.raises(ConfigError, match="must be one of article, edited, feed, verdict, not 'allways'"):
        load_settings(tmp_path)


def test_defaults_are_within_their_bounds() -> None:
    tables = {name: table for name, table in asdict(MainFile()).items() if isinstance(table, Struct)}
    defaults = {name: asdict(table) for name, table in tables.items()}
    assert convert(defaults, MainFile, file=Path("tumen.toml")) == MainFile()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("127.0.0.1:80", 80, 80),
        ("10.0.0.0/8:8000-8010", 8000, 8010),
        ("[::1]:8080", 8080, 8080),
        ("intra.example:443", 443, 443),
    ],
)
def test_allowance_with_ports_is_read(text: str, first: int, last: int) -> None:
    allowance = parse_allowance(text)
    assert (allowance.first_port, allowance.last_port) == (first, last)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:9-8", "300.1.1.1:80", ":80", "", "a b:80", "x:99999"]
)
def test_bad_allowance_is_refused_with_its_key(tmp_path: Path, text: str) -> None:
    write(tmp_path, "tumen.toml", f'[fetch]\nallow_private = ["{text}"]\n')
    with pytest.raises(ConfigError, match=r"\[fetch\] › allow_private"):
        load_settings(tmp_path)


@pytest.mark.parametrize("url", ["https://desk:secret@a.example/rss", "http://desk@a.example", "https://desk:secret@"])
def test_54_password_in_an_address_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sources(write(tmp_path, "feeds.toml", GOOD.replace("https://a.example/feed", url)))
    assert caught.value.exit_code == 78
    assert "secret" not in str(caught.value)
    assert "› url" in str(caught.value)


def test_at_sign_in_the_path_of_an_address_is_no_password(tmp_path: Path) -> None:
    [source] = load_sources(
        write(tmp_path, "feeds.toml", GOOD.replace("https://a.example/feed", "https://a.example/@desk"))
    )
    assert source.url == "https://a.example/@desk"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('proxy = "socks5://desk:secret@a.example"', "proxy"),
        ('ca_file = "missing.pem"', "ca_file"),
        ('ca_file = "feeds.toml"', "ca_file"),
    ],
)
def test_proxy_and_file_of_authorities_are_checked(tmp_path: Path, line: str, key: str) -> None:
    write(tmp_path, "feeds.toml", GOOD)
    write(tmp_path, "tumen.toml", f"[fetch]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert caught.value.key == f"[fetch] › {key}"
    assert "secret" not in str(caught.value)
