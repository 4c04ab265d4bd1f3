"""TLS: invalid certificates, and redirects from https to http."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import pytest

from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, Outcome, Request
from pipeline.settings.fetch import FetchSettings
from tests.world.server import FEED, Answer, Hostile

pytestmark = pytest.mark.skipif(which("openssl") is None, reason="needs openssl for a certificate")


class Downgrade(BaseHTTPRequestHandler):
    """Redirects every request to ``target``, which is plain http."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        """Log nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Downgrade)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(5)
    server.server_close()


def fetch(port: int, *ports: int, downgrade: bool = False) -> Outcome:
    allowed = tuple(f"127.0.0.1:{number}" for number in (port, *ports))
    settings = FetchSettings(
        allow_private=allowed, deadline_seconds=5, page_delay=0, feed_delay=0, allow_downgrade=downgrade
    )

    async def run() -> Outcome:
        async with Fetcher(settings) as fetcher:
            return await fetcher.get(Request(url=f"https://127.0.0.1:{port}/feed", kind="feed"))

    return asyncio.run(run())


def test_26_invalid_certificate_is_named_as_reason(secure: int) -> None:
    outcome = fetch(secure)
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind == "tls"
    assert "certificate" in outcome.reason
    assert "self" in outcome.reason


def test_24_redirect_from_https_to_http_needs_setting(
    secure: int, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with Hostile() as plain:
        plain.answers["/feed"] = Answer(body=FEED)
        Downgrade.target = plain.url("/feed")
        refused = fetch(secure, plain.port)
        assert isinstance(refused, FetchFailed)
        assert refused.kind == "redirects"
        assert "https to http" in refused.reason
        assert plain.log == []
        assert isinstance(fetch(secure, plain.port, downgrade=True), Fetched)
