"""Wrong configs, generated: every key with wrong values, every file in wrong forms. Each gives one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from msgspec import inspect

from pipeline import shipped
from pipeline.cli.doctor import command as doctor
from pipeline.cycle.config_check import check_config, check_settings, oversights
from pipeline.cycle.run import run_cycle
from pipeline.daemon import Daemon
from pipeline.daemon.config_copy import copy_config
from pipeline.errors import ConfigError, NothingToWatch
from pipeline.flagging import Flagger
from pipeline.flagging.model import Head
from pipeline.model import Passage, Reference, Source
from pipeline.settings import MainFile, load_settings
from pipeline.settings.alerts import Rule, Target
from pipeline.settings.lexicon import _ConceptTable
from pipeline.settings.places import unread
from pipeline.settings.topics import SeedClause, Topic

GOOD = {
    "tumen.toml": "[cycle]\ntries = 5\n",
    "feeds.toml": '[[feed]]\nname = "A"\nurl = "https://a.example/feed"\nlanguage = "ko"\n',
    "alerts.toml": '[[target]]\nname = "duty"\nurl = "json://host.example"\n[[rule]]\nname = "All"\nto = ["duty"]\n',
    "reference.toml": '[reference]\ntitle = "T"\nauthor = "A"\npublication = "P"\npublished = "2018"\nurl = "https://a.b/"\n'
    '[[passage]]\nid = "p1"\npart = "opening"\ndigest = "d"\ntopics = ["sea"]\n',
    "model.toml": '[head.sea]\nintercept = -1.0\ncut = 0.5\nweights = { "seed in-sea" = 2.0 }\n',
    "concepts/a.toml": '[concept.harbour]\nname = "Harbour"\nkind = "place"\nen = ["harbour"]\n',
    "topics/sea.toml": '[topic.sea]\ntitle = "Sea"\npassages = ["p1"]\nseed = [{ id = "in-sea", all = ["harbour"] }]\n',
    "topics/relevance.toml": '[topic.relevance]\ntitle = "R"\nseed = [{ id = "any", all = ["harbour"] }]\n',
}
LEXICON = ("concepts/a.toml", "topics/sea.toml", "reference.toml", "model.toml")

Case = tuple[str, str, str]  # file, its text, a word that the message must have


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in GOOD.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "config"


# ------------------------------------------------------------------------------------------------ values of keys


def wrong_values(kind: inspect.Type) -> Iterator[str]:
    """TOML values that no key of this type may have."""
    yield from ("[[1]]", "{ a = 1 }", "2020-01-01")
    match kind:
        case inspect.FloatType():
            yield from ('"5"', "true", "nan", "inf", "-inf", "1e300", f"{10**400}")
            yield from ("-1", "-0.001") if kind.ge is not None and kind.ge >= 0 else ()
        case inspect.IntType():
            yield from ('"5"', "true", "1.5", "nan", f"{10**30}", f"-{10**30}")
            yield from ("-1",) if kind.ge is not None and kind.ge >= 0 else ()
        case inspect.BoolType():
            yield from ('"yes"', "1", "nan")
        case inspect.LiteralType():
            yield from ('"nope"', '""', "5")
        case inspect.StrType():
            yield from ("5", "true", "nan")
        case inspect.VarTupleType() | inspect.ListType():
            yield from (
                '"x"',
                "5",
                "[[]]",
                '["x"]' if isinstance(kind.item_type, inspect.IntType | inspect.FloatType) else "[5]",
            )
        case _:
            yield from ("5.5", "nan")


def keys(struct: type) -> Iterator[tuple[str, str]]:
    """Each key of a struct with each wrong value."""
    for field in inspect.type_info(struct).fields:  # type: ignore[attr-defined] # type_info of a struct
        kind = field.type
        if isinstance(kind, inspect.UnionType):
            kind = next(member for member in kind.types if not isinstance(member, inspect.NoneType))
        for value in wrong_values(kind):
            yield field.encode_name, value


def with_key(text: str, key: str, value: str) -> str:
    """The text with this key set in its last table."""
    kept = [line for line in text.splitlines() if not line.startswith(f"{key} = ")]
    return "\n".join([*kept, f"{key} = {value}", ""])


def cases_of_settings() -> Iterator[Case]:
    for table in MainFile.__struct_fields__:
        struct = getattr(MainFile(), table)
        if isinstance(struct, msgspec.Struct):
            for key, value in keys(type(struct)):
                yield "tumen.toml", f"[{table}]\n{key} = {value}\n", key
    for key, value in keys(Source):
        yield "feeds.toml", with_key(GOOD["feeds.toml"], key, value), key
    target, rule = GOOD["alerts.toml"].split("[[rule]]")
    for key, value in keys(Target):
        yield "alerts.toml", with_key(target, key, value), key
    for key, value in keys(Rule):
        yield "alerts.toml", with_key(f"{target}[[rule]]{rule}", key, value), key


def cases_of_the_lexicon() -> Iterator[Case]:
    for name, struct in (
        ("concepts/a.toml", _ConceptTable),
        ("topics/sea.toml", Topic),
        ("reference.toml", Passage),
        ("model.toml", Head),
    ):
        for key, value in keys(struct):
            if (name, key) not in (("topics/sea.toml", "id"), ("model.toml", "positives")):
                yield name, with_key(GOOD[name], key, value), "head.sea" if key == "weights" else key
    record, passage = GOOD["reference.toml"].split("[[passage]]")
    for key, value in keys(Reference):
        yield "reference.toml", f"{with_key(record, key, value)}[[passage]]{passage}", key
    for key, value in keys(SeedClause):
        clause = {"id": '"in-sea"', "all": '["harbour"]', key: value}
        inline = ", ".join(f"{name} = {item}" for name, item in clause.items())
        yield "topics/sea.toml", f'[topic.sea]\ntitle = "Sea"\nseed = [{{ {inline} }}]\n', key


SENSELESS: list[Case] = [
    *(("tumen.toml", f"[fetch]\ncontact = {value}\n", "contact") for value in (
        '"бюро@пример.рф"', '"a@b.example\\nX: y"', '"desk"', '"a b@c.example"', '"x@(y)"', '"   "',
    )),
    *(("tumen.toml", f'[fetch]\nallow_private = ["{value}"]\n', "allow_private") for value in (
        "", "127.0.0.1", "x:0", "x:9-8", "300.1.1.1:80",
    )),
    ("tumen.toml", "[fetch]\nextra_ports = [0]\n", "extra_ports"),
    ("tumen.toml", "[fetch]\npage_delay = 60\n[cycle]\nminutes = 0.5\n", "page_delay"),
    ("tumen.toml", "[poll]\nfloor_minutes = 400\n", "floor_minutes"),
    ("tumen.toml", "[poll]\nceiling_minutes = 2000\n", "ceiling_minutes"),
    *(("tumen.toml", f'[daemon]\n{key} = "{value}"\n', key) for key in ("cron", "housekeeping") for value in (
        "* * *", "0 0 30 2 *", "0 0 31 4 *", "61 * * * *", "never", "@daily", "* * * * * *",
    )),
    ("tumen.toml", '[daemon]\nhousekeeping = ""\n', "housekeeping"),
    *(("tumen.toml", f'[daemon]\ntimezone = "{value}"\n', "timezone") for value in (
        "Seoul", "", "../etc/passwd", "UTC+9", "Asia", "/Asia/Seoul", "a\\u0000b",
    )),
    *(("tumen.toml", f'[daemon]\nbackup_folder = "{value}"\n', "backup_folder") for value in (
        "a\\u0000b", "backups", "~/backups", " ", "/a\\nb",
    )),
    *(("tumen.toml", f'[{table}]\n{key} = "{value}"\n', key)
      for table, key in (("desk", "translate"), ("desk", "translator"), ("edits", "submit_to"), ("fetch", "proxy"))
      for value in (" ", "http://[::1", "ftp://a.example", "https://a b/", "https://a:99999/", "a\\u0000b", "http://")),
    *(("tumen.toml", f'[desk]\ntranslate = "{value}"\n', "translate") for value in ("{url}", "https://{nope}@a.example/")),
    *(("tumen.toml", f'[desk]\ntranslator_key_env = "{value}"\n', "translator_key_env") for value in ("A B", " ", "1")),
    *(("tumen.toml", f'[daemon]\n{key} = "{"x" * 100_000}"\n', key) for key in ("cron", "timezone")),
    ("tumen.toml", f'{"k" * 100_000} = 1\n', "unknown key"),
    *(("tumen.toml", f'[flagging]\nsemantic = "{value}"\n', "semantic") for value in ("x", "nano", " ")),
    ("tumen.toml", 'feeds = "mine"\n', "feeds"),
    ("tumen.toml", "feeds = true\n", "feeds"),
    ("tumen.toml", "[feetch]\n", "feetch"),
    ("tumen.toml", "[[fetch]]\n", "fetch"),
    ("tumen.toml", "fetch = 5\n", "fetch"),
    *(("feeds.toml", with_key(GOOD["feeds.toml"], "url", f'"{value}"'), "url") for value in (
        "", "ftp://a.example/", "a.example/feed", "http://", "http://[::1", "http://a.example:99999/",
        "http://a.example:0/", "https://user:password@a.example/", "https://a.example/a b", "http:///feed",
        "http://a.example:x/", "https://a.example/\\u0007",
    )),
    *(("feeds.toml", with_key(GOOD["feeds.toml"], "language", f'"{value}"'), "language") for value in (
        "", "xx", "Korean", "KO", "kor", "ko-KR", "eng",
    )),
    *(("feeds.toml", with_key(GOOD["feeds.toml"], "home", f'"{value}"'), "home") for value in (
        "", "ZZ", "kr", "KOR", "EU", "UK",
    )),
    *(("feeds.toml", with_key(GOOD["feeds.toml"], "name", value), "name") for value in (
        '""', '"  "', '"a\\u0007"', '"a\\nb"', f'"{"n" * 121}"',
    )),
    ("feeds.toml", with_key(GOOD["feeds.toml"], "timezone", '"Mars/Base"'), "timezone"),
    ("feeds.toml", with_key(GOOD["feeds.toml"], "topics", '["nope"]'), "topics"),
    *(("feeds.toml", GOOD["feeds.toml"] + GOOD["feeds.toml"].replace('"A"', '"B"').replace("https://a.example", value),
       "url") for value in ("https://a.example", "HTTPS://A.example")),
    ("feeds.toml", GOOD["feeds.toml"] + GOOD["feeds.toml"].replace('"A"', '"B"').replace("/feed", "/feed#x"), "url"),
    ("feeds.toml", GOOD["feeds.toml"] + GOOD["feeds.toml"].replace("a.example", "b.example"), "name"),
    ("feeds.toml", "[feed]\nname = 'x'\n", "feed"),
    ("feeds.toml", "[[fead]]\n", "fead"),
    *(("alerts.toml", f'desk = "{value}"\n', "desk") for value in ("desk", "ftp://a", "https://", "https://a:x/")),
    *(("alerts.toml", f'[[target]]\nname = "duty"\nurl = "{value}"\n', "duty") for value in (
        "", "jsonn://host", "mailtoo://a@b", "host", "://x", "json:", "json:// ", "mailto://",
    )),
    ("alerts.toml", '[[target]]\nname = "duty"\nurl_env = "A B"\n', "url_env"),
    ("alerts.toml", '[[target]]\nname = "duty"\nurl = "json://a"\nurl_env = "A"\n', "duty"),
    ("alerts.toml", '[[target]]\nname = " "\nurl = "json://a"\n', "target number 1 › name"),
    ("alerts.toml", '[[rule]]\nname = "r"\nto = []\n', 'rule "r" › to'),
    ("alerts.toml", '[[rule]]\nname = "r"\nto = ["nobody"]\n', "nobody"),
    *(("alerts.toml", with_key(GOOD["alerts.toml"], key, value), f'rule "All" › {key}') for key, value in (
        ("quiet", '"07:00-07:00"'), ("quiet", '"25:00-07:00"'), ("quiet", '"22-7"'), ("digest", '"* * *"'),
        ("digest", '"0 0 30 2 *"'), ("languages", '["english"]'), ("languages", '[""]'), ("topics", '["nope"]'),
        ("sources", '["Nope"]'), ("verdicts", '["good"]'), ("verdicts", "[]"), ("health", "[]"), ("min_score", "1.1"),
        ("when", '"articles"'),
    )),
]  # fmt: skip


def error_of(check: Callable[[Path], object], folder: Path, text: str) -> ConfigError:
    try:
        check(folder)
    except ConfigError as error:
        return error
    raise AssertionError(f"accepted: {text}")


def one_line(error: ConfigError, name: str, word: str) -> None:
    """Check what the operator reads: one line with the file and the key."""
    text = str(error)
    assert "\n" not in text
    assert len(text) < 1000
    assert name.rpartition("/")[2] in text.partition(": ")[0]
    assert word in text
    assert error.exit_code == 78


@pytest.mark.parametrize("part", range(4))
def test_every_wrong_value_of_a_setting_is_one_line_with_file_and_key(folder: Path, part: int) -> None:
    cases = [*cases_of_settings(), *SENSELESS]
    assert len(cases) >= 400
    assert check_settings(folder).cycle.tries == 5
    for name, text, word in cases[part::4]:
        (folder / name).write_text(text, encoding="utf-8")
        one_line(error_of(check_settings, folder, text), name, word)
        (folder / name).write_text(GOOD[name], encoding="utf-8")


def test_every_wrong_value_of_lexicon_topics_reference_and_model_is_one_line(folder: Path) -> None:
    cases = list(cases_of_the_lexicon())
    assert len(cases) >= 100
    assert Flagger.from_config(folder).flag("Harbour", "").topics
    for name, text, word in cases:
        (folder / name).write_text(text, encoding="utf-8")
        one_line(error_of(Flagger.from_config, folder, text), name, word.rstrip("_"))
        (folder / name).write_text(GOOD[name], encoding="utf-8")


def test_unknown_passage_of_a_topic_is_reported_in_the_file_of_the_topic(folder: Path) -> None:
    path = folder / "topics" / "sea.toml"
    path.write_text(GOOD["topics/sea.toml"].replace('["p1"]', '["p99"]'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"topics/sea\.toml: topic\.sea › passages: there is no passage “p99”"):
        Flagger.from_config(folder)


# ------------------------------------------------------------------------------------------------ forms of files


# What can stand in a file's place: a function that makes it, or what the file's bytes become.
PLACES: dict[str, Callable[[Path], None]] = {
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
}
CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "latin-1": lambda body: b"# \xe9\n" + body,
    "half-written": lambda body: body[: body.rindex(b"=") + 1],
    "nul bytes": lambda _: b"\0" * 4096,
    "too large": lambda body: body + b"#" * 5_000_000,
    "nested too deeply": lambda _: b"a = " + b"[" * 100_000,
}
FORMS = (*PLACES, *CONTENTS)


def spoil(path: Path, form: str) -> None:
    body = path.read_bytes()
    path.unlink()
    if form in PLACES:
        PLACES[form](path)
    else:
        path.write_bytes(CONTENTS[form](body))


CHECKS: dict[str, Callable[[Path], object]] = {
    "loader": check_config,
    "run": lambda folder: run_cycle(folder.parent / "t.db", folder, trigger="run"),
    "daemon": lambda folder: Daemon(folder.parent / "t.db", folder, check_config)._adopt(folder),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("check", CHECKS)
def test_file_in_a_wrong_form_is_one_line_that_names_it(folder: Path, form: str, check: str) -> None:
    for name in ("tumen.toml", "feeds.toml", "alerts.toml", *LEXICON):
        if check == "run" and name in LEXICON and form in CONTENTS:
            continue  # read by a worker process: the same loader, a second per case
        path = folder / name
        spoil(path, form)
        error = error_of(CHECKS[check], folder, f"{name}: {form}")
        one_line(error, name, path.name)
        assert str(path) in str(error)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        path.write_text(GOOD[name], encoding="utf-8")


@pytest.mark.parametrize("name", ["concepts", "topics"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_folder_of_topics_that_is_no_folder_is_refused(folder: Path, name: str, kind: str) -> None:
    (folder / name).rename(folder / "away")
    if kind == "file":
        (folder / name).write_text("", encoding="utf-8")
    else:
        (folder / name).symlink_to("nowhere")
    for check in CHECKS.values():
        with pytest.raises(ConfigError, match=rf"config/{name}: "):
            check(folder)


def test_doctor_and_daemon_say_the_same_of_a_wrong_file(folder: Path, tmp_path: Path) -> None:
    (folder / "tumen.toml").write_text('[daemon]\ncron = "* * *"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        CHECKS["daemon"](folder)
    done = CliRunner().invoke(doctor, ["--db", str(tmp_path / "t.db"), "--config", str(folder)], standalone_mode=False)
    assert f"config and lexicon: {caught.value}\n" in done.output
    assert done.return_value == 78


# ------------------------------------------------------------------------------------------------ which files are read


def test_missing_feeds_never_mean_the_shipped_feeds(folder: Path) -> None:
    (folder / "feeds.toml").rename(folder / "feed.toml")
    for check in CHECKS.values():
        with pytest.raises(
            ConfigError, match=r"feeds\.toml: is missing.*feed\.toml is not read; did you mean feeds\.toml"
        ):
            check(folder)
    (folder / "tumen.toml").write_text('feeds = "shipped"\n', encoding="utf-8")
    assert len(load_settings(folder).sources) > 40


@pytest.mark.parametrize("text", ["", "# nothing yet\n", GOOD["feeds.toml"] + "enabled = false\n"])
def test_config_without_an_enabled_feed_is_refused_by_all_checks(folder: Path, text: str) -> None:
    (folder / "feeds.toml").write_text(text, encoding="utf-8")
    for check in CHECKS.values():
        with pytest.raises(NothingToWatch, match=r"feeds\.toml: has no enabled \[\[feed\]\]"):
            check(folder)
    done = CliRunner().invoke(doctor, ["--config", str(folder), "--db", "none.db"], standalone_mode=False)
    assert "has no enabled [[feed]]" in done.output


def test_no_shipped_file_is_reported_as_not_read() -> None:
    assert list(unread(shipped.CONFIG)) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Feeds.toml", "feeds.toml"), ("alert.toml", "alerts.toml"), ("topic", "topics"), ("tumen.tml", "tumen.toml")],
)
def test_misspelt_file_is_named_with_the_likely_name(folder: Path, name: str, meant: str) -> None:
    (folder / name).write_text("", encoding="utf-8")
    (folder / "feeds.toml.bak").write_text("", encoding="utf-8")
    (folder / "README.md").write_text("", encoding="utf-8")
    assert list(oversights(load_settings(folder))) == [f"{folder / name} is not read; did you mean {meant}?"]


def test_daemon_copies_only_what_the_folder_has(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "feeds.toml").write_text(GOOD["feeds.toml"], encoding="utf-8")
    (tmp_path / "copy").mkdir()
    copy_config(tmp_path / "own", tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["feeds.toml"]
    with pytest.raises(ConfigError, match="is not a folder"):
        copy_config(tmp_path / "gone", tmp_path / "copy")


def test_shipped_config_passes_every_check() -> None:
    assert list(oversights(check_config(shipped.CONFIG))) == []
