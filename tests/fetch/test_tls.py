"""TLS: invalid certificates, other authorities, old servers, proxies, and redirects from https to http."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import pytest
from msgspec.structs import replace

from pipeline.fetch import Fetcher
from pipeline.model import Fetched, FetchFailed, Outcome, Request, Source
from pipeline.settings.fetch import FetchSettings
from tests.fetch.raw import Proxy
from tests.world.server import FEED, Answer, Hostile

pytestmark = pytest.mark.skipif(which("openssl") is None, reason="needs openssl for a certificate")


class Feed(BaseHTTPRequestHandler):
    """Serves a feed."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(FEED)))
        self.end_headers()
        self.wfile.write(FEED)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        """Log nothing."""


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
    return make_certificate(tmp_path_factory.mktemp("tls"), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def make_certificate(folder: Path, *key_options: str) -> tuple[Path, Path]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", *key_options, "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:news.example", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[int]:
    with serve(certificate) as port:
        yield port


@contextmanager
def serve(
    certificate: tuple[Path, Path],
    handler: type[BaseHTTPRequestHandler] = Downgrade,
    *,
    ciphers: str = "",
    protocols: tuple[str, ...] = (),
) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        context.set_ciphers(ciphers)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if protocols:
        context.set_alpn_protocols(list(protocols))
    context.load_cert_chain(certificate[1], certificate[0])
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a failed handshake is expected
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


def fetch_with(url: str, settings: FetchSettings, *sources: Source) -> Outcome:
    async def run() -> Outcome:
        async with Fetcher(settings, sources=sources) as fetcher:
            return await fetcher.get(Request(url=url, kind="feed"))

    return asyncio.run(run())


def test_authority_of_ca_file_is_trusted_and_message_names_the_setting(certificate: tuple[Path, Path]) -> None:
    with serve(certificate, Feed) as port:
        url, settings = f"https://127.0.0.1:{port}/feed", FetchSettings(allow_private=(f"127.0.0.1:{port}",))
        refused = fetch_with(url, settings)
        assert isinstance(refused, FetchFailed)
        assert "[fetch] ca_file" in refused.reason
        trusting = replace(settings, ca_file=str(certificate[1]))
        assert isinstance(fetch_with(url, trusting), Fetched)


@pytest.mark.parametrize("kind", ["old cipher", "weak key"])
def test_old_server_needs_setting_of_its_source_and_message_names_it(kind: str, tmp_path: Path) -> None:
    bits, ciphers = (2048, "AES128-SHA") if kind == "old cipher" else (1024, "DEFAULT:@SECLEVEL=0")
    certificate = make_certificate(tmp_path, "-newkey", f"rsa:{bits}")
    with serve(certificate, Feed, ciphers=ciphers) as port:
        url = f"https://127.0.0.1:{port}/feed"
        settings = FetchSettings(allow_private=(f"127.0.0.1:{port}",), ca_file=str(certificate[1]))
        source = Source(name="Old", url=url, language="ru")
        refused = fetch_with(url, settings, source)
        assert isinstance(refused, FetchFailed)
        assert refused.kind == "tls"
        assert 'tls = "legacy"' in refused.reason
        assert isinstance(fetch_with(url, settings, replace(source, tls="legacy")), Fetched)


def test_certificate_is_checked_with_legacy_tls_too(certificate: tuple[Path, Path]) -> None:
    with serve(certificate, Feed) as port:
        url, settings = f"https://127.0.0.1:{port}/feed", FetchSettings(allow_private=(f"127.0.0.1:{port}",))
        outcome = fetch_with(url, settings, Source(name="Old", url=url, language="ru", tls="legacy"))
        assert isinstance(outcome, FetchFailed)
        assert outcome.kind == "tls"


def test_proxy_tunnels_https_and_certificate_of_target_is_checked(certificate: tuple[Path, Path]) -> None:
    with serve(certificate, Feed) as port, Proxy(port) as proxy:
        settings = FetchSettings(proxy=f"http://127.0.0.1:{proxy.port}", ca_file=str(certificate[1]))
        outcome = fetch_with("https://news.example/feed", settings)
        assert isinstance(outcome, Fetched), outcome
        assert outcome.body == FEED
        assert proxy.requests[0].startswith(b"CONNECT news.example:443 HTTP/1.1\r\n")
        other = fetch_with("https://other.example/feed", settings)
        assert isinstance(other, FetchFailed)
        assert other.kind == "tls"
