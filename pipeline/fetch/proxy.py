"""Proxies: which one a request goes through. Pure, except that it reads the environment's variables.

``[fetch] proxy`` names one for all requests; without it ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``ALL_PROXY`` count.
``NO_PROXY`` names hosts without a proxy in both cases. A proxy resolves the names, so that the address guard can check
names and literal addresses only.
"""

from __future__ import annotations

import os

from pipeline.fetch.address_guard import Target
from pipeline.settings.fetch import Proxy, parse_proxy


def proxy_for(target: Target, setting: str) -> Proxy | None:
    """Return the proxy for a target.

    Args:
        target: the address.
        setting: ``[fetch] proxy``: an address, "" for the environment's variables, or "none".

    Raises:
        ValueError: the address of the proxy is not valid; the text has no password.
    """
    if setting == "none" or not (setting or any(name.lower().endswith("_proxy") for name in os.environ)):
        return None
    # The standard library's rules for these variables; nothing is requested with this module.
    from urllib.request import getproxies_environment, proxy_bypass  # noqa: TID251

    variables = getproxies_environment()
    address = setting or variables.get(target.scheme) or variables.get("all") or ""
    if not address or proxy_bypass(f"{target.host}:{target.port}", variables):
        return None
    return parse_proxy(address)
