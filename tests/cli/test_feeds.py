"""``tumen feeds`` and the feeds in ``tumen status``, over real sockets and files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import BadValue, ConfigError
from pipeline.model import Source
from pipeline.services.discover import addresses
from pipeline.settings import addition
from pipeline.settings.sources import load_sources
from tests.command import tumen
from tests.world.listing_site import index, section, urlset
from tests.world.server import FEED, Answer, Hostile

COMMENT = "# Watched since May; ask Ada before you change it.\n"
KOREAN = FEED.replace(b"One", "남북 철도 연결 논의".encode()).replace(b"<title>T", b"<title>Harbour &quot;Daily&quot;")


@pytest.fixture
def site() -> Iterator[Hostile]:
    with Hostile() as server:
        page = '<html><head><link rel="alternate" type="application/rss+xml" href="/ko.xml"></head></html>'
        server.answers["/"] = Answer(body=page.encode(), headers={"Content-Type": "text/html"})
        server.answers["/bare"] = Answer(body=b"<html><body>Hello</body></html>", headers={"Content-Type": "text/html"})
        server.answers["/ko.xml"] = Answer(body=KOREAN)
        server.answers["/other.xml"] = Answer(body=FEED)
        yield server


@pytest.fixture
def config(site: Hostile, tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tumen.toml").write_text(f'[fetch]\nfeed_delay = 0\nallow_private = ["127.0.0.1:{site.port}"]\n')
    (folder / "feeds.toml").write_text(
        f'{COMMENT}[[feed]]\nname = "Other"\nurl = "{site.url("/other.xml")}"\nlanguage = "en"  # mostly', "utf-8"
    )
    return folder


def test_add_finds_the_feed_of_a_page_and_keeps_the_rest_of_the_file(site: Hostile, config: Path) -> None:
    before = (config / "feeds.toml").read_text("utf-8")
    done = tumen("feeds", "add", f"127.0.0.1:{site.port}", "--config", config)
    assert done.returncode == 0, done.stderr
    assert site.url("/ko.xml") in done.stdout
    assert (config / "feeds.toml").read_text("utf-8").startswith(before)
    added = load_sources(config / "feeds.toml")[1]
    assert (added.name, added.url, added.language) == ('Harbour "Daily"', site.url("/ko.xml"), "ko")


def test_add_uses_given_name_home_and_kind(site: Hostile, config: Path) -> None:
    tumen("feeds", "add", site.url("/ko.xml"), "--config", config, "--name", "Мост", "--home", "KR", "--kind", "agency")
    added = load_sources(config / "feeds.toml")[1]
    assert (added.name, added.home, added.kind) == ("Мост", "KR", "agency")


def test_add_refuses_a_watched_feed(site: Hostile, config: Path) -> None:
    before = (config / "feeds.toml").read_bytes()
    done = tumen("feeds", "add", site.url("/other.xml#top"), "--config", config)
    assert done.returncode == 1
    assert "already watched, as “Other”" in done.stderr
    assert (config / "feeds.toml").read_bytes() == before


def test_add_reports_a_site_without_feeds(site: Hostile, config: Path) -> None:
    done = tumen("feeds", "add", site.url("/bare"), "--config", config)
    assert done.returncode == 66
    assert "names no feed" in done.stderr
    assert "/feed/" in site.paths()


def test_add_with_a_wrong_option_changes_nothing(site: Hostile, config: Path) -> None:
    before = (config / "feeds.toml").read_bytes()
    done = tumen("feeds", "add", site.url("/ko.xml"), "--config", config, "--home", "Korea")
    assert done.returncode == 78
    assert "must be a country code" in done.stderr
    assert (config / "feeds.toml").read_bytes() == before
    assert [path.name for path in config.iterdir() if "feeds" in path.name] == ["feeds.toml"]


def test_import_adds_each_feed_of_an_opml_file_once(site: Hostile, config: Path, tmp_path: Path) -> None:
    lines = [
        f'<outline text="Other" language="ru-RU" category="agency" xmlUrl="{site.url("/{n}.xml")}"/>' for n in range(3)
    ]
    lines = [line.replace("{n}", str(n)) for n, line in enumerate(lines)]
    old = f'<outline text="x" xmlUrl="{site.url("/other.xml")}"/>'
    (tmp_path / "list.opml").write_text(f"<opml><body>{''.join(lines)}{old}</body></opml>")
    assert tumen("feeds", "import", tmp_path / "list.opml", "--config", config, "--dry-run").returncode == 0
    assert len(load_sources(config / "feeds.toml")) == 1
    assert tumen("feeds", "import", tmp_path / "list.opml", "--config", config, "--off").returncode == 0
    added = load_sources(config / "feeds.toml")[1:]
    assert [one.name for one in added] == ["Other (2)", "Other (3)", "Other (4)"]
    assert {(one.language, one.kind, one.enabled) for one in added} == {("ru", "agency", False)}
    again = tumen("feeds", "import", tmp_path / "list.opml", "--config", config)
    assert again.returncode == 1
    assert again.stderr.count("already watched") == 4
    assert site.paths() == []


def test_exported_opml_can_be_imported(site: Hostile, config: Path, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(tumen("feeds", "export", "--config", config).stdout)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "feeds.toml").write_text("")
    assert tumen("feeds", "import", tmp_path / "list.opml", "--config", empty).returncode == 0
    assert [one.url for one in load_sources(empty / "feeds.toml")] == [site.url("/other.xml")]


def test_import_refuses_hostile_xml(config: Path, tmp_path: Path) -> None:
    bomb = '<!DOCTYPE opml [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml><body><outline text="&c;"/></body></opml>'
    (tmp_path / "bomb.opml").write_text(bomb)
    done = tumen("feeds", "import", tmp_path / "bomb.opml", "--config", config)
    assert done.returncode == 78
    assert "entity bomb" in done.stderr


def test_new_feeds_file_has_the_shipped_feeds_only_on_request(tmp_path: Path) -> None:
    path = addition.own_file(tmp_path)
    added = [Source(name="A", url="https://a.example/rss", language="ko", topics=("thaad",))]
    addition.append(path, added)
    assert load_sources(path) == tuple(added)
    path.unlink()
    addition.append(path, added, with_shipped=True)
    assert load_sources(path)[-1].topics == ("thaad",)
    assert len(load_sources(path)) > 30


def test_feeds_file_of_an_installed_package_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.shipped.CHECKOUT", None)
    with pytest.raises(BadValue, match="--config"):
        addition.own_file(None)


def test_invalid_feeds_file_is_named_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text("[[feed]]\n")
    with pytest.raises(ConfigError, match=r"feeds\.toml: feed number 1"):
        addition.append(path, [Source(name="A", url="https://a.example/rss", language="ko")])
    assert path.read_text() == "[[feed]]\n"


def test_check_reports_robots_rules_for_an_entry(site: Hostile, config: Path) -> None:
    page = site.url("/news/1")
    site.answers["/other.xml"] = Answer(body=FEED.replace(b"http://a.example/1", page.encode()))
    site.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /news/\n")
    done = tumen("feeds", "check", "--config", config)
    assert done.returncode == 0
    assert "disallows this address" in done.stdout
    assert "/news/1" not in site.paths()
    site.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /private/\n")
    assert "pages allowed by robots.txt" in tumen("feeds", "check", "--config", config).stdout


def test_check_applies_the_limits_of_a_run(site: Hostile, config: Path) -> None:
    item = f"<item><title>One</title><link>{site.url('/1')}</link><description>{'<a>x</a>' * 200}</description></item>"
    body = f"<rss><channel><title>T</title>{2_000 * item}</channel></rss>"  # five seconds' work
    site.answers["/other.xml"] = Answer(body=body.encode())
    path = config / "tumen.toml"
    path.write_text(f"{path.read_text()}[extract]\nseconds = 1\n")
    done = tumen("feeds", "check", "--config", config)
    assert done.returncode == 1
    assert "could not be read: it took longer than 1 seconds" in done.stdout


def test_import_counts_skipped_feeds(site: Hostile, config: Path, tmp_path: Path) -> None:
    lines = "".join(f'<outline text="{n}" xmlUrl="{site.url(f"/{n}.xml")}"/>' for n in range(12))
    (tmp_path / "list.opml").write_text(f"<opml><body>{lines}</body></opml>")
    tumen("feeds", "import", tmp_path / "list.opml", "--config", config)
    again = tumen("feeds", "import", tmp_path / "list.opml", "--config", config)
    assert len(again.stderr.splitlines()) == 6
    assert "and 7 more that are already watched" in again.stderr


def test_status_lists_when_each_feed_is_due(config: Path, tmp_path: Path) -> None:
    database = tmp_path / "tumen.db"
    tumen("run", "--db", database, "--config", config)
    plan = json.loads(tumen("status", "--feeds", "--json", "--db", database).stdout)["plan"]
    assert [feed["name"] for feed in plan] == ["Other"]
    assert plan[0]["next_due"] > plan[0]["last_polled"]
    assert plan[0]["next_due"] in tumen("status", "--feeds", "--db", database).stdout


def test_help_keeps_line_breaks_of_exit_codes() -> None:
    for command in (("run",), ("feeds", "add")):
        output = tumen(*command, "--help").stdout
        assert "\n    0   " in output
        assert "\\b" not in output


def test_help_of_a_group_shows_its_commands_in_whole_sentences() -> None:
    for group in ("feeds", "topics", "reference", "alerts"):
        assert "..." not in tumen(group, "--help").stdout.partition("Commands:")[2]


# ------------------------------------------------------------------------------------------------ without a feed


def test_add_finds_the_sitemaps_of_robots_txt(site: Hostile, config: Path) -> None:
    site.answers["/maps"] = Answer(body=b"<html><body>Hello</body></html>", headers={"Content-Type": "text/html"})
    lines = f"User-agent: *\nDisallow: /x\nSitemap: {site.url('/pages.xml')}\nsitemap: /index-news.xml\n"
    site.answers["/robots.txt"] = Answer(body=lines.encode(), headers={"Content-Type": "text/plain"})
    site.answers["/pages.xml"] = Answer(body=urlset([(site.url("/a/1"), ""), (site.url("/a/2"), "")]).encode())
    site.answers["/index-news.xml"] = Answer(body=index([(site.url("/pages.xml"), "")]).encode())
    done = tumen("feeds", "add", site.url("/maps"), "--config", config, "--all")
    assert done.returncode == 0, done.stderr
    added = load_sources(config / "feeds.toml")[1:]
    assert [(one.url, one.via) for one in added] == [
        (site.url("/index-news.xml"), "sitemap"),
        (site.url("/pages.xml"), "sitemap"),
    ]
    checked = tumen("feeds", "check", added[0].name, added[1].name, "--config", config)
    assert checked.returncode == 0, checked.stdout
    assert "An index of 1 sitemaps" in checked.stdout
    assert checked.stdout.count("   2 entries") == 2


def test_add_takes_a_page_that_lists_articles_as_a_section(site: Hostile, config: Path) -> None:
    page = section([(f"/story/{n}", f"Ministers speak about the railway, part {n}") for n in range(12)])
    site.answers["/world/"] = Answer(body=page.encode(), headers={"Content-Type": "text/html"})
    done = tumen("feeds", "add", site.url("/world/"), "--config", config)
    assert done.returncode == 0, done.stderr
    added = load_sources(config / "feeds.toml")[1]
    assert (added.url, added.via, added.language) == (site.url("/world/"), "section", "en")
    checked = tumen("feeds", "check", added.name, "--config", config)
    assert "  12 entries" in checked.stdout


@pytest.mark.parametrize("typed", ["t.me/harbour", "https://t.me/s/harbour", "telegram.me/harbour/"])
def test_channel_is_looked_up_at_its_preview_page(typed: str) -> None:
    assert addresses(typed) == ("https://t.me/s/harbour",)


def test_pattern_is_refused_without_a_section_and_when_it_is_no_expression(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    for more, problem in (('pattern = "/a"', "applies only"), ('via = "section"\npattern = "("', "not a regular")):
        path.write_text(f'[[feed]]\nname = "A"\nurl = "https://a.example/"\nlanguage = "en"\n{more}\n')
        with pytest.raises(ConfigError, match=problem):
            load_sources(path)
