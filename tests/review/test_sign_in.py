"""Sign-in, host names and filters of the desk, through Datasette in this process."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from pipeline.review import analysts, filters, signing
from pipeline.store import open_store

PASSWORD = "a long password"


@pytest.fixture
def desk(tmp_path: Path) -> Datasette:
    """A desk over an empty database, with the analyst Anna, where nobody has tried to sign in yet."""
    signing._failures.clear()  # of the process, and the tests share it
    path = tmp_path / "tumen.db"
    open_store(path).close()
    analysts.put(analysts.path_beside(path), "anna", PASSWORD)
    return Datasette([str(path)])


async def sign_in(desk: Datasette, name: str, password: str, **headers: str) -> Any:
    page = await desk.client.get("/-/tumen/login")
    (token,) = re.findall(r'name="csrf" content="([^"]+)"', page.text)
    return await desk.client.post(
        "/-/tumen/login",
        data={"name": name, "password": password, "csrftoken": token},
        cookies=dict(page.cookies),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def attempts(desk: Datasette, *passwords: str) -> list[int]:
    """Return the status of each attempt of Anna's to sign in."""

    async def run() -> list[int]:
        return [(await sign_in(desk, "anna", password)).status_code for password in passwords]

    return asyncio.run(run())


def test_right_password_forgives_the_slips_before_it(desk: Datasette) -> None:
    assert attempts(desk, *["slip"] * 4, PASSWORD, "slip", PASSWORD) == [403] * 4 + [303, 403, 303]


def test_sixth_attempt_in_a_minute_is_refused_even_with_the_right_password(desk: Datasette) -> None:
    assert attempts(desk, PASSWORD, *["slip"] * 5, PASSWORD) == [303, *[403] * 5, 429]


@pytest.mark.parametrize(("headers", "secure"), [({"x_forwarded_proto": "https"}, True), ({}, False)])
def test_cookie_is_for_https_only_behind_a_proxy_that_speaks_it(
    desk: Datasette, headers: dict[str, str], secure: bool
) -> None:
    answer = asyncio.run(sign_in(desk, "anna", PASSWORD, **headers))
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith("ds_actor=")]
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert ("secure" in parts) is secure
    assert {"httponly", "samesite=lax"} <= parts


@pytest.mark.parametrize("change", ["removed", "new password", "none"])
def test_cookie_of_an_account_that_changed_gives_no_verdict(desk: Datasette, change: str) -> None:
    accounts = analysts.path_beside(Path(desk.databases["tumen"].path))

    async def run() -> tuple[str, int]:
        cookie = (await sign_in(desk, "anna", PASSWORD)).cookies["ds_actor"]
        if change == "removed":
            analysts.remove(accounts, "anna")
        elif change == "new password":
            analysts.put(accounts, "anna", "another password")
        page = await desk.client.get("/-/tumen", cookies={"ds_actor": cookie})
        (token,) = re.findall(r'name="csrf" content="([^"]+)"', page.text)
        answer = await desk.client.post(
            "/-/tumen/verdict",
            data={
                "article": "1",
                "verdict": "relevant",
                "token": "a-token-of-ours",
                "revision": "1",
                "csrftoken": token,
            },
            cookies={"ds_actor": cookie} | dict(page.cookies),
        )
        return page.text, answer.status_code

    page, status = asyncio.run(run())
    assert ("Sign in to review" in page) is (change != "none")
    assert status == (404 if change == "none" else 403), "there is no article 1"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:8001", 200), ("Localhost", 200), ("127.0.0.1:80", 200), ("[::1]:8001", 200),
        ("127.9.9.9", 200), ("evil.example", 421), ("localhost.evil.example", 421), ("192.168.1.1", 421), ("", 421),
    ],
)  # fmt: skip
def test_desk_on_this_machine_answers_to_its_own_names(desk: Datasette, host: str, status: int) -> None:
    answer = asyncio.run(desk.client.get("/-/tumen/login", headers={"host": host}))
    assert answer.status_code == status


CHOSEN = {
    "queue": "flagged", "sort": "newest", "topic": "gas", "language": "ko", "source": "3", "days": "7",
    "verdict": "relevant", "new": "1",
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_every_filter_stays_in_the_address(name: str) -> None:
    query = filters.query({name: CHOSEN[name], "other": "x"})
    assert query == f"?{name}={CHOSEN[name]}"
    assert filters.parse_query(query) == {name: CHOSEN[name]}
    assert filters.query(CHOSEN, **{name: ""}) == filters.to_query(CHOSEN | {name: ""})
    assert f"{name}=" not in filters.query(CHOSEN, **{name: ""})


def test_address_without_filters_has_no_query() -> None:
    assert filters.query({}) == filters.query({"queue": "main", "sort": "age"}) == ""
