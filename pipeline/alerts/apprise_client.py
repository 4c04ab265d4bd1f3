"""Delivers a message through Apprise, and says in a sentence what went wrong, without the address's secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import ConfigError
from pipeline.settings.alerts import Target

_REASON = re.compile(r"(?i)exception|error|failed|refused|denied|could not|unable")


def speak(target: Target, subject: str, body: str, message: str) -> str | None:
    """Send one message.

    Args:
        target: where to.
        subject: one line.
        body: plain text.
        message: goes along as ``X-Tumen-Message`` and ``Idempotency-Key`` where the service has headers, so that a
            repetition can be told.

    Returns:
        None when it was taken, else why not.
    """
    import apprise

    try:
        service = _service(target)
    except ValueError as error:
        return str(error)
    if isinstance(getattr(service, "headers", None), dict):
        service.headers |= {"X-Tumen-Message": message, "Idempotency-Key": message}
    with _listening() as heard:
        try:
            taken = service.notify(title=subject, body=body, body_format=apprise.NotifyFormat.TEXT)
        except Exception as error:  # noqa: BLE001 - a plugin of the library may raise what it likes
            return _without_secrets(f"{type(error).__name__}: {error}", target)
    if taken:
        return None
    said = [line for line in heard if "ayload" not in line and subject not in line]
    telling = [line for line in said if _REASON.search(line)] or said or ["it was not taken"]
    return _without_secrets("; ".join(dict.fromkeys(telling[-2:])), target)


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(" ".join(record.getMessage().split()))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What Apprise logs, which is where it gives its reasons; none of it reaches our own log, for it holds texts."""
    log, ear = logging.getLogger("apprise"), _Ear()
    before = log.level, log.propagate, log.handlers
    log.handlers, log.propagate = [ear], False
    log.setLevel(logging.DEBUG)
    try:
        yield ear.heard
    finally:
        level, log.propagate, log.handlers = before
        log.setLevel(level)


def check_targets(targets: Iterable[Target], file: Path) -> None:
    """Refuse an address that Apprise cannot make anything of.

    Raises:
        ConfigError: names the target.
    """
    for target in targets:
        try:
            _service(target)
        except ValueError as error:
            raise ConfigError(file, f'target "{target.name}"', str(error)) from None


def _service(target: Target) -> Any:
    import apprise

    address = target.address()
    if not address:
        raise ValueError(f"The environment variable {target.url_env} is not set.")
    service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        raise ValueError("Its address is none that Apprise knows; see the forms in Apprise's documentation.")
    return service


def _without_secrets(text: str, target: Target) -> str:
    """Take out each part of the address that could be a secret."""
    address = target.address()
    parts = urlsplit(address)
    secrets = {address, parts.password or "", *re.split(r"[/?&=#@:]", address)} - {parts.hostname, parts.scheme, ""}
    for secret in sorted(secrets | {unquote(secret) for secret in secrets}, key=len, reverse=True):
        if len(secret) >= 6:
            text = text.replace(secret, "****")
    return " ".join(text.split())[:300]
