"""Translation of titles by a LibreTranslate-like service on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from pipeline.services import translator
from pipeline.settings import DeskSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Service(BaseHTTPRequestHandler):
    asked: list[dict[str, object]] = []  # noqa: RUF012 - one list for the test

    def do_GET(self) -> None:
        self._answer({"info": {"version": "1.6.2"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append(body)
        self._answer({"translatedText": [f"<{title}>" for title in body["q"]][: 1 if body["source"] == "ko" else None]})

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    _Service.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_titles_are_translated_and_the_version_is_known(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a-key")
    service = translator.from_settings(DeskSettings(translator=address, translator_key_env="KEY"))
    assert service is not None
    assert service.version() == "LibreTranslate 1.6.2 at 127.0.0.1"
    assert service.translate(["Газ", "Труба"], "ru") == ["<Газ>", "<Труба>"]
    assert _Service.asked == [
        {"q": ["Газ", "Труба"], "source": "ru", "target": "en", "format": "text", "api_key": "a-key"}
    ]


def test_wrong_answer_or_missing_service_is_one_sentence(address: str) -> None:
    with pytest.raises(translator.TranslationFailed, match="one translation per title"):
        translator.LibreTranslate(address).translate(["가", "나"], "ko")
    with pytest.raises(translator.TranslationFailed, match="cannot be reached"):
        translator.LibreTranslate("http://127.0.0.1:9").translate(["x"], "ru")


def test_no_translator_is_configured_by_default() -> None:
    assert translator.from_settings(DeskSettings()) is None
