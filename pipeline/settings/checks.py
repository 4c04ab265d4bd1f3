"""Checks of settings that depend on each other, or on more than their type and bounds. Each raises ``ConfigError``."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec.structs import replace

from pipeline.errors import ConfigError
from pipeline.settings.codes import is_address
from pipeline.settings.fetch import FetchSettings, parse_allowance, parse_proxy
from pipeline.settings.poll import PollSettings

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_CONTACT = re.compile(r"[!-~]{1,100}@[!-~]{1,100}|https?://[!-~]{1,200}")  # printable ASCII, as a header needs


def check_fetch(fetch: FetchSettings, cycle_minutes: float, file: Path) -> FetchSettings:
    """Check ``[fetch]``, and return it with the whole path of ``ca_file``."""
    if fetch.contact and (not _CONTACT.fullmatch(fetch.contact) or re.search(r"[()]", fetch.contact)):
        problem = "must be a mail address or a page with http(s)://, in ASCII without blanks and parentheses"
        raise ConfigError(file, "[fetch] › contact", f"{problem}, not {fetch.contact!r}.")
    key = "allow_private"
    try:
        for text in fetch.allow_private:
            parse_allowance(text)
        key = "proxy"
        if fetch.proxy not in ("", "none"):
            parse_proxy(fetch.proxy)
    except ValueError as error:
        raise ConfigError(file, f"[fetch] › {key}", str(error)) from None
    _order(file, ("[fetch] › page_delay in minutes", fetch.page_delay / 60, "[cycle] › minutes", cycle_minutes))
    return replace(fetch, ca_file=_ca_file(fetch.ca_file, file)) if fetch.ca_file else fetch


def _ca_file(name: str, file: Path) -> str:
    import ssl  # slow to import, and few configs need it

    path = file.parent / Path(name).expanduser()
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:  # also what ssl raises for a file without certificates
        problem = error.strerror if isinstance(error, FileNotFoundError) else "it holds no PEM certificate"
        raise ConfigError(file, "[fetch] › ca_file", f"cannot be used ({problem}).") from None
    return str(path)


def check_poll(poll: PollSettings, file: Path) -> None:
    """Check that the intervals of ``[poll]`` are in order."""
    _order(
        file,
        ("[poll] › floor_minutes", poll.floor_minutes, "ceiling_minutes", poll.ceiling_minutes),
        ("[poll] › ceiling_minutes", poll.ceiling_minutes, "quiet_minutes", poll.quiet_minutes),
    )


def _order(file: Path, *pairs: tuple[str, float, str, float]) -> None:
    """Refuse a pair whose first value is above its second."""
    for key, low, other, high in pairs:
        if low > high:
            raise ConfigError(file, key, f"must not be above {other} ({low:g} > {high:g}).")


def check_addresses(file: Path, *addresses: tuple[str, str]) -> None:
    """Check the addresses of services: pairs of a key and an address, which may be empty."""
    for key, address in addresses:
        if address and not is_address(address):
            raise ConfigError(file, key, "must be an address with http:// or https://, without a password.")


def check_variable(file: Path, key: str, name: str) -> None:
    """Check the name of an environment variable, which may be empty."""
    if name and not _VARIABLE.fullmatch(name):
        raise ConfigError(file, key, "must be the name of an environment variable such as TUMEN_MAIL.")
