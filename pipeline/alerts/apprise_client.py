"""Client of Apprise: sends a message, and returns a sentence without secrets if that fails."""

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


def send(target: Target, subject: str, body: str, message: str) -> str | None:
    """Send one message.

    Args:
        target: the destination.
        subject: one line.
        body: plain text.
        message: id of the message, sent as the headers ``X-Tumen-Message`` and ``Idempotency-Key`` where the service
            has headers, so that the receiver can recognise a repetition.

    Returns:
        None if the service accepted the message, else the reason.
    """
    import apprise

    try:
        service = _service(target)
    except ValueError as error:
        return str(error)
    if isinstance(getattr(service, "headers", None), dict):
        service.headers |= {"X-Tumen-Message": message, "Idempotency-Key": message}
    with _captured_log() as lines:
        try:
            accepted = service.notify(title=subject, body=body, body_format=apprise.NotifyFormat.TEXT)
        except Exception as error:  # noqa: BLE001 - Apprise's plugins raise any exception
            return _without_secrets(f"{type(error).__name__}: {error}", target)
    if accepted:
        return None
    own = [line for line in lines if "ayload" not in line and subject not in line]  # without the message's text
    reasons = [line for line in own if _REASON.search(line)] or own or ["it was not accepted"]
    return _without_secrets("; ".join(dict.fromkeys(reasons[-2:])), target)


class _ListHandler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(" ".join(record.getMessage().split()))


@contextmanager
def _captured_log() -> Iterator[list[str]]:
    """Capture the log of Apprise, which is where it gives reasons. It holds texts, so it stays out of our own log."""
    log, handler = logging.getLogger("apprise"), _ListHandler()
    before = log.level, log.propagate, log.handlers
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        level, log.propagate, log.handlers = before
        log.setLevel(level)


def check_targets(targets: Iterable[Target], file: Path) -> None:
    """Refuse addresses that Apprise does not understand. Those in unset environment variables are not checked.

    Raises:
        ConfigError: names the target.
    """
    for target in targets:
        try:
            if target.address():
                _service(target)
        except ValueError as error:
            raise ConfigError(file, f'target "{target.name}" › url', str(error)) from None


def _service(target: Target) -> Any:
    import apprise

    address = target.address()
    if not address:
        raise ValueError(f"The environment variable {target.url_env} is not set.")
    service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        raise ValueError("Apprise does not know this form of address; see Apprise's documentation for the forms.")
    return service


def _without_secrets(text: str, target: Target) -> str:
    """Replace each part of the address that may be a secret."""
    address = target.address()
    parts = urlsplit(address)
    secrets = {address, parts.password or "", *re.split(r"[/?&=#@:]", address)} - {parts.hostname, parts.scheme, ""}
    for secret in sorted(secrets | {unquote(secret) for secret in secrets}, key=len, reverse=True):
        if len(secret) >= 6:
            text = text.replace(secret, "****")
    return " ".join(text.split())[:300]
