"""TLS: contexts for connections, and what a person can do about a failed handshake.

Every certificate is verified. ``tls = "legacy"`` of a source allows old protocol versions and ciphers at its domain.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection

from pipeline.fetch.host_limiter import domain_of
from pipeline.settings.fetch import FetchSettings

_OLD_SERVER = (
    *("HANDSHAKE_FAILURE", "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "WRONG_SSL_VERSION", "DH_KEY_TOO_SMALL"),
    *("LEGACY_RENEGOTIATION", "INSUFFICIENT_SECURITY", "WRONG_SIGNATURE_TYPE", "BAD_ECPOINT", "INTERNAL_ERROR"),
    *("NO_CIPHERS", "WRONG_CIPHER", "LEGACY_SIGALG", "NO_SUITABLE", "UNSUPPORTED_SIGNATURE"),
)
_WEAK_CERTIFICATE = (66, 67, 68)  # OpenSSL: key of the server or of the authority too small, digest too weak
_UNKNOWN_AUTHORITY = (18, 19, 20, 21)  # OpenSSL: self-signed, or no known authority signed it


class TlsContexts:
    """TLS contexts of one run, made at their first use.

    Args:
        settings: ``[fetch]`` of the config; ``ca_file`` adds certificate authorities to those of the system.
        legacy: domains that may use old protocol versions and ciphers.
    """

    def __init__(self, settings: FetchSettings, legacy: Collection[str]) -> None:
        self._ca_file = settings.ca_file
        self._legacy = frozenset(legacy)
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def is_legacy(self, host: str) -> bool:
        """Return whether a source allows old TLS for this host."""
        return domain_of(host) in self._legacy

    def context(self, host: str) -> ssl.SSLContext:
        """Return the context for a host.

        Raises:
            OSError: ``ca_file`` cannot be read.
        """
        legacy = self.is_legacy(host)
        if legacy not in self._contexts:
            self._contexts[legacy] = _context(self._ca_file, legacy=legacy)
        return self._contexts[legacy]


def _context(ca_file: str, *, legacy: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    # Servers without RFC 5746 are read, as browsers do: the attack that it prevents needs a client with credentials.
    context.options |= 0x4  # OP_LEGACY_SERVER_CONNECT; Python 3.11 has no name for it
    if legacy:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def advice(error: OSError, *, legacy: bool) -> str:
    """Return a sentence on what a person can do about a failed connection, with a blank before it, or ""."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return " If you trust the authority that signed it, name its certificate in [fetch] ca_file."
        return _LEGACY if error.verify_code in _WEAK_CERTIFICATE and not legacy else ""
    if not isinstance(error, ssl.SSLError):
        return ""
    reason = error.reason or ""
    if "NO_APPLICATION_PROTOCOL" in reason:
        return " The server needs HTTP/2, which Tumen does not speak."
    old = not legacy and any(mark in reason for mark in _OLD_SERVER)
    return _LEGACY if old else ""


_LEGACY = ' If the server is old, set tls = "legacy" for this source in feeds.toml.'
