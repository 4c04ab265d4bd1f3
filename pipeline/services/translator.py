"""Translation of titles by a service of the operator. Off without ``[desk] translator``; only titles are sent.

``Translator`` is the protocol; ``LibreTranslate`` speaks the API of LibreTranslate, which other services copy.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from pipeline.errors import TumenError
from pipeline.settings import DeskSettings

_SECONDS = 20.0
_MOST_BYTES = 1_000_000


class TranslationFailed(TumenError):
    """The service did not translate; the message says why."""


class Translator(Protocol):
    """Translates titles into English."""

    def version(self) -> str:
        """Return name and version of the service, to be stored with each translation."""

    def translate(self, titles: Sequence[str], language: str) -> list[str]:
        """Return one translation per title.

        Raises:
            TranslationFailed: the service did not answer as expected.
        """


class LibreTranslate:
    """A LibreTranslate-like service at an address."""

    def __init__(self, address: str, key: str = "") -> None:
        self._parts = urlsplit(address)
        self._key = key

    def version(self) -> str:
        """Return the version that the service states, and its host."""
        try:
            stated = str(self._ask("GET", "/spec", None)["info"]["version"])
        except (TranslationFailed, KeyError, TypeError):
            stated = "of unknown version"
        return f"LibreTranslate {stated[:40]} at {self._parts.hostname}"

    def translate(self, titles: Sequence[str], language: str) -> list[str]:
        """Send one request with all titles."""
        body = {"q": list(titles), "source": language, "target": "en", "format": "text"}
        found = self._ask("POST", "/translate", body | ({"api_key": self._key} if self._key else {}))
        texts = found.get("translatedText") if isinstance(found, dict) else None
        if not isinstance(texts, list) or len(texts) != len(titles):
            raise TranslationFailed("The translator returned something else than one translation per title.")
        return [" ".join(str(text).split()) for text in texts]

    def _ask(self, method: str, path: str, body: object) -> Any:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        conn = kind(self._parts.hostname or "", self._parts.port, timeout=_SECONDS)
        sent = None if body is None else json.dumps(body).encode()
        try:
            conn.request(method, f"{self._parts.path.rstrip('/')}{path}", sent, {"content-type": "application/json"})
            answer = conn.getresponse()
            text = answer.read(_MOST_BYTES)
            if answer.status != 200:
                raise TranslationFailed(f"The translator answered with status {answer.status}.")
            return json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TranslationFailed(f"The translator cannot be reached ({error}).") from None
        finally:
            conn.close()


def from_settings(settings: DeskSettings) -> Translator | None:
    """Return the configured translator, or None."""
    if not settings.translator:
        return None
    key = os.environ.get(settings.translator_key_env, "") if settings.translator_key_env else ""
    return LibreTranslate(settings.translator, key)
