"""Security of the desk over real HTTP: sign-in, proxies, SQL, host names, hostile characters, unknown addresses."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.review import analysts, sql_limits
from tests.review.conftest import Served, enter, serving
from tests.review.test_desk import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.review.desk_server import DeskServer

PASSWORD = "a long password"
ONE = "/tumen.json?sql=" + urllib.parse.quote("SELECT 1")


def sign_in(desk: Served, name: str, password: str = PASSWORD, **headers: str) -> tuple[int, Any]:
    client = desk.client()
    _, page, _ = desk.ask(client, "/-/tumen/login", None)
    (csrf,) = re.findall(r'name="csrf" content="([^"]+)"', page)
    form = urllib.parse.urlencode({"name": name, "password": password, "csrftoken": csrf})
    return desk.ask(client, "/-/tumen/login", form.encode(), **headers)[0], client


@pytest.fixture
def serve(archive: Path, tmp_path: Path, desk_server: DeskServer) -> Callable[..., Any]:
    """``tumen serve`` with more options."""
    return partial(serving, archive, tmp_path, server=desk_server)


def proxied(serve: Callable[..., Any], network: str) -> Any:
    return serve("--proxy-header", "X-Remote-User", "--proxy-from", network)


def test_proxy_sign_in_works_with_the_header_of_the_far_client(serve: Callable[..., Any]) -> None:
    with proxied(serve, "127.0.0.1") as desk:
        page = desk.get("/-/tumen", x_remote_user="anna", x_forwarded_for="203.0.113.5")[1]
        assert "<span>anna</span>" in page
        page = desk.get("/-/tumen", x_remote_user="Анна".encode().decode("latin-1"))[1]
        assert "<span>Анна</span>" in page


def test_header_of_the_far_client_does_not_make_a_proxy(serve: Callable[..., Any]) -> None:
    with proxied(serve, "10.0.0.5") as desk:
        page = desk.get("/-/tumen", x_remote_user="root", x_forwarded_for="10.0.0.5")[1]
        assert "Sign in to review" in page
        assert desk.get(ONE, x_remote_user="root", x_forwarded_for="10.0.0.5")[0] == 403
        assert "Sign in to review" in desk.get("/-/tumen", x_remote_user="mallory")[1]


def test_form_of_another_site_is_refused_for_an_analyst_of_the_proxy(serve: Callable[..., Any]) -> None:
    form = b"article=1&verdict=relevant&token=0123456789abcdef"
    with proxied(serve, "127.0.0.1") as desk:  # browsers send no cookie with such a form
        for path in ("verdict", "note", "filters", "zone", "saved", "brief/edit", "brief/mail", "story/1", "logout"):
            for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
                assert desk.post(f"/-/tumen/{path}", form, x_remote_user="anna", content_type=kind)[0] == 403, path
        assert desk.rows("SELECT * FROM reviews") == []


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "x:y"])
def test_choice_of_the_language_never_leads_to_another_site(desk: Served, back: str) -> None:
    client, csrf = signed_in(desk)
    form = urllib.parse.urlencode({"csrftoken": csrf, "back": back, "language": "ru"}).encode()
    assert desk.ask(client, "/-/tumen/language", form)[0] == 200  # the desk; a strange path would be a 404


def test_password_guesses_are_counted_by_the_real_peer(desk: Served) -> None:
    tries = [sign_in(desk, "anna", "guess", x_forwarded_for=f"203.0.113.{at}")[0] for at in range(6)]
    assert tries == [403] * 5 + [429]


def test_removed_analyst_loses_sql_and_an_added_name_does_not_revive_her_cookie(serve: Callable[..., Any]) -> None:
    with serve("--host", "127.0.0.2") as desk:
        accounts = analysts.path_beside(desk.database)
        analysts.put(accounts, "boris", PASSWORD)
        status, client = sign_in(desk, "boris")
        assert status == 200
        assert desk.ask(client, ONE, None)[0] == 200
        analysts.remove(accounts, "boris")
        assert desk.ask(client, ONE, None)[0] == 403
        assert "boris" not in desk.ask(client, "/tumen", None)[1]
        analysts.put(accounts, "boris", "another password")
        assert desk.ask(client, ONE, None)[0] == 403
        assert "Sign in to review" in desk.ask(client, "/-/tumen", None)[1]


def test_one_time_link_survives_a_preview(desk: Served) -> None:
    for _ in range(2):
        status, page, headers = desk.get(desk.link.removeprefix(desk.base))
        assert status == 200
        assert "works once" in page
        assert "ds_actor" not in headers.get("set-cookie", "")
    client = desk.client()
    assert "<span>anna</span>" in enter(desk, client)
    assert desk.get(desk.link.removeprefix(desk.base))[0] == 403


@pytest.mark.parametrize(
    "sql",
    [
        "select hex(randomblob(300000000))",
        "with recursive n(i) as (select 1 union all select i + 1 from n limit 900) select zeroblob(7000000) from n",
        f"select {', '.join(['hex(zeroblob(4000000))'] * 101)}",
    ],
)
def test_one_query_cannot_take_gigabytes(library: Served, sql: str) -> None:
    status, body, _ = library.get("/tumen.json?sql=" + urllib.parse.quote(sql))
    assert status == 400
    assert re.search("too big|larger than 64 MB|too many columns", json.loads(body)["error"])


def test_result_is_limited_per_statement_not_per_connection() -> None:
    conn = sqlite3.connect(":memory:")
    sql_limits.apply(conn)
    for _ in range(12):
        assert len(conn.execute("SELECT zeroblob(7000000)").fetchall()) == 1
    conn.close()


def test_no_single_function_call_takes_hours() -> None:
    conn = sqlite3.connect(":memory:")
    sql_limits.apply(conn)
    for refused in ("printf('%.*c', 2000000000, 'x')", "format('%d', 1)", "json_patch('{}', '{}')"):
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            conn.execute(f"SELECT {refused}")
    with pytest.raises(sqlite3.DatabaseError, match="pattern too complex"):
        conn.execute("SELECT hex(zeroblob(1000)) LIKE hex(zeroblob(51))").fetchall()
    for long in ("trim('x', hex(zeroblob(51)))", "replace(hex(zeroblob(1000000)), '0', '0123456789')"):
        with pytest.raises(sqlite3.DataError, match="too big"):
            conn.execute(f"SELECT {long}").fetchall()
    text = "hex(zeroblob(2000000))"  # SQLite's own instr() and replace() would compare for minutes
    row = conn.execute(
        f"SELECT instr({text}, substr({text}, 1, 2000000) || '1'), length(replace({text} || '1', substr({text}, 1,"
        f" 2000000) || '1', '')), instr('abc', 'c'), replace('a-b', '-', '+'), instr(NULL, 'a'),"
        " replace(x'6162', 'b', 1), trim('xax', 'x'), ltrim('xax', 'x'), rtrim('xax', 'x'), trim(' a '),"
        " replace('a', '', 'b')"
    ).fetchone()
    conn.close()
    assert tuple(row) == (0, 2000000, 3, "a+b", None, "a1", "a", "ax", "xa", "a", "a")


def test_page_of_another_site_can_only_link_to_the_desk(desk: Served) -> None:
    client, csrf = signed_in(desk)
    body = urllib.parse.urlencode({"zone": "Asia/Seoul", "csrftoken": csrf}).encode()
    for site in ("cross-site", "same-site"):
        navigation = {"sec_fetch_site": site, "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
        assert desk.ask(client, "/-/tumen/zone", body, **navigation)[0] == 403
        assert (
            desk.ask(client, ONE, None, sec_fetch_site=site, sec_fetch_mode="no-cors", sec_fetch_dest="image")[0] == 403
        )
        assert desk.ask(client, ONE, None, **(navigation | {"sec_fetch_dest": "iframe"}))[0] == 403
        assert desk.ask(client, "/-/tumen", None, **navigation)[0] == 200
    own = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert desk.ask(client, "/-/tumen/zone", body, **own)[0] == 200
    without = body.replace(csrf.encode(), b"")
    assert desk.ask(client, "/-/tumen/zone", without, authorization="Bearer x")[0] == 403, "as some proxies send it"


@contextmanager
def plain_datasette(archive: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "datasette", "serve", str(archive), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{base}/-/versions.json", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    yield base
    process.terminate()
    process.wait(timeout=20)


def test_plain_datasette_answers_to_loopback_names_only(archive: Path) -> None:
    with plain_datasette(archive) as base:
        desk = Served(base=base, link="", database=archive, log=archive, stop=bool)
        for path in ("/-/tumen", f"/{archive.stem}/reviews.json"):
            assert desk.get(path, host="evil.example")[0] == 421
            assert desk.get(path, host="localhost")[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/.env", "/a/b/c/d", "/-/tumen/article/-1", "/-/tumen/article/1e5", "/-/tumen/article/9999999999999999999",
     "/-/tumen/nothing", "/tumen/queue/x/y", "/nothing"],
)  # fmt: skip
def test_unknown_address_is_a_404_page(library: Served, path: str) -> None:
    status, page, _ = library.get(path)
    assert status == 404
    assert "Back to the queue" in page
    assert "Database not found" not in page


def test_unknown_address_as_json_is_json(library: Served) -> None:
    status, body, _ = library.get("/tumen/nothing.json")
    assert status == 404
    assert json.loads(body)["ok"] is False


def test_post_to_a_table_is_refused_with_a_sentence(desk: Served) -> None:
    client, csrf = signed_in(desk)
    form = urllib.parse.urlencode({"csrftoken": csrf}).encode()
    status, page, _ = desk.ask(client, "/tumen/articles", form)
    assert status == 405
    assert "only be read" in page


def test_errors_of_readers_write_one_line_each_to_the_log(serve: Callable[..., Any]) -> None:
    with serve() as desk:
        for path in ("/.env", "/nothing", "/tumen?sql=selct", "/tumen.json?sql=select+x", "/-/tumen/article/77777"):
            assert desk.get(path)[0] in (400, 404)
        desk.stop()
        log = desk.log.read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if not line.startswith("INFO") and "Sign in" not in line]
    assert len(lines) <= 2, log  # Datasette itself writes one line for SQL that fails
    assert "Traceback" not in log


def test_direction_characters_in_a_title_do_not_reach_a_page(desk: Served) -> None:
    conn = sqlite3.connect(desk.database)
    with conn:
        alone = "relevant = 1 AND verdict IS NULL AND story_id IS NULL"  # a story has one line, with another title
        number = conn.execute(f"SELECT id FROM articles WHERE {alone} ORDER BY relevance DESC LIMIT 1").fetchone()[0]
        conn.execute("UPDATE articles SET title = ? WHERE id = ?", ("Talks \u202eTUOBA\u2066 Korea", number))
        conn.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")
    conn.close()
    for path in ("/-/tumen", f"/-/tumen/article/{number}", "/tumen/review_queue",
                 f"/tumen/articles/{number}"):  # fmt: skip
        _, page, _ = desk.get(path)
        assert "Talks TUOBA Korea" in page, path
        assert "\u202e" not in page
