"""Addresses: the absolute form of a link (``resolve``) and the canonical form of an article's address (``canonical``).

The canonical form identifies an article despite tracking parameters, another spelling of the host or a fragment. It
leaves out only parts that cannot distinguish two articles; scheme, path and the order of the query stay as they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

MAX_LENGTH = 2048

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b\ufeff]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_AMPERSAND = re.compile(r"&(?:amp;)*(?:amp|#0*38|#[xX]0*26);")  # also escaped more than once
_UNSAFE = re.compile(r"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")  # also escapes " < > \ ^ ` { | }
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_PORTS = {"http": 80, "https": 443}

# Parameters that name the way to the page, never the page. Compared in lower case.
_TRACKER_PREFIXES = ("utm_", "at_custom", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "ns_mchannel", "ns_campaign")
_TRACKERS = frozenset(
    str.split("""
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid ymclid _openstat openstat twclid ttclid igshid igsh
    li_fat_id srsltid wickedid rb_clickid s_cid epik dicbo cvid _ga _gl _ke _hsenc _hsmi __hstc __hssc __hsfp
    hsctatracking mkt_tok vero_id vero_conv oly_anon_id oly_enc_id mc_cid mc_eid ml_subscriber ml_subscriber_hash
    at_medium at_campaign at_link_id at_link_type at_link_origin at_format at_ptr_name at_bbc_team ns_source
    ns_linkname ns_fee xtor cmpid ocid ncid smid smtyp sr_share feedtype feedname guccounter guce_referrer
    guce_referrer_sig soc_src soc_trk rcmd_alg rcmd_id tpcc wt_mc wt.mc_id spm fb_action_ids fb_action_types
    fb_source fb_ref campaign_id ved ei_share fbc gaa_at gaa_n gaa_ts gaa_sig
    """)
)
# Parameters that do so only with one of the values below; `from=2` or `ref=news` may name the article.
_MAYBE_TRACKERS = frozenset(
    {"from", "ref", "referer", "referrer", "source", "src", "via", "partner", "emc", "input", "rss"}
)
_CHANNELS = frozenset(
    str.split("""
    rss rss2 rss_feed rssfeed feed feeds feedburner atom rss.xml twitter tw facebook fb telegram tg vk vkontakte ok
    odnoklassniki kakao kakaotalk kakaostory naver daum band line newsletter email mail yandex yxnews yanews
    google googlenews rambler share social
    """)
)


def resolve(link: str, bases: Iterable[str] = ()) -> str:
    """Return the absolute http(s) address of a link.

    Args:
        link: the link as written.
        bases: base addresses for a relative link, best first; the first http(s) address counts.

    Returns:
        The address without its fragment; "" for a link that must not be requested: another scheme (``javascript:``,
        ``file:``, ``data:`` …), credentials, no valid host or port, or longer than ``MAX_LENGTH``.
    """
    link = _INVISIBLE.sub("", link[: MAX_LENGTH * 4]).strip()
    if not link or len(link) > MAX_LENGTH:
        return ""
    if "&" in link:
        link = _AMPERSAND.sub("&", link)
    if not _SCHEME.match(link):
        base = next((base for base in bases if base[:8].lower().startswith(("http://", "https://"))), "")
        if not base:
            return ""
        try:
            link = urljoin(base, _forward(link))
        except ValueError:
            return ""
    parts = split(link)
    if parts is None:
        return ""
    address = urlunsplit((parts.scheme, parts.netloc, _escape(parts.path) or "/", _escape(parts.query), ""))
    return address if len(address) <= MAX_LENGTH else ""


def canonical(url: str) -> str:
    """Return the canonical form of an address; "" where ``resolve`` gives "". Idempotent."""
    parts = split(_INVISIBLE.sub("", url))
    if parts is None:
        return ""
    path = _normal_escapes(_dotless(_escape(parts.path))) or "/"
    query = "&".join(part for part in _normal_escapes(_escape(parts.query)).split("&") if part and not _tracks(part))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    address = urlunsplit((parts.scheme, parts.netloc, path, query, _escape(fragment)))
    return address if len(address) <= MAX_LENGTH else ""


def spellings(url: str) -> tuple[str, ...]:
    """Return a canonical address with http and https, each with and without ``www.``."""
    rest = spelling_free(url)
    return tuple(f"{scheme}://{www}{rest}" for scheme in ("http", "https") for www in ("", "www.")) if rest else ()


def spelling_free(url: str) -> str:
    """Return a canonical address without scheme and ``www.``, in which sites change over time."""
    return url.partition("://")[2].removeprefix("www.")


def same_host(one: str, other: str) -> bool:
    """Return whether two canonical addresses have the same host, with or without ``www.``."""
    return spelling_free(one).partition("/")[0] == spelling_free(other).partition("/")[0]


def is_home(url: str) -> bool:
    """Return whether an address is the home page of its site."""
    return spelling_free(url).partition("/")[2] == ""


def fragment_of(link: str) -> str:
    """Return the fragment of a link as written, "" when it has none."""
    return _escape(_AMPERSAND.sub("&", _INVISIBLE.sub("", link[:MAX_LENGTH]).strip()).partition("#")[2])


def with_fragment(url: str, fragment: str) -> str:
    """Return an address with a fragment, if there is one."""
    return f"{url}#{fragment}" if fragment else url


def base_of(url: str, content_location: str | None) -> str:
    """Return the base of a document's relative links: its Content-Location on the same host, else its address."""
    location = resolve(content_location, [url]) if content_location else ""
    parts, location_parts = split(url), split(location)
    return location if parts and location_parts and parts.netloc == location_parts.netloc else url


def split(url: str) -> SplitResult | None:
    """Return scheme, normalised host, path, query and fragment; None for an address that must not be requested."""
    url = url.strip()
    if len(url) > MAX_LENGTH or url[:8].lower().partition(":")[0] not in _PORTS:
        return None
    scheme, _, rest = url.partition(":")
    scheme = scheme.lower()
    try:
        parts = urlsplit(f"{scheme}://{_forward(rest).lstrip('/')}")
        host, port = _normal_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not host or parts.username is not None or parts.password is not None or port == 0:
        return None
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return SplitResult(scheme, netloc, parts.path, parts.query, parts.fragment)


@functools.lru_cache(maxsize=4096)
def _normal_host(host: str) -> str:
    """Return a host in lower case and punycode, without a trailing dot; "" for an invalid host."""
    host = host.lower().rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:
            return ""
    return host if len(host) <= 253 and _HOST.fullmatch(host) and ".." not in host else ""


def _forward(link: str) -> str:
    """Write backslashes before the query as slashes, as browsers read them (WHATWG URL standard)."""
    path, mark, query = link.partition("?")
    return path.replace("\\", "/") + mark + query


def _tracks(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name in _TRACKERS or name.startswith(_TRACKER_PREFIXES):
        return True
    return name in _MAYBE_TRACKERS and value.lower() in _CHANNELS


def _escape(text: str) -> str:
    """Percent-encode the characters that are not allowed in an address, and a lone percent sign."""
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text)
    return re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text) if "%" in text else text


def _normal_escapes(text: str) -> str:
    """Write percent-escapes in upper case, and resolve those that are not needed."""
    return _ESCAPE.sub(_unescape, text) if "%" in text else text


def _unescape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _dotless(path: str) -> str:
    """Remove ``.`` and ``..`` segments (RFC 3986, 5.2.4)."""
    if "/." not in _normal_escapes(path):
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    plain = [_normal_escapes(segment) for segment in segments]
    for segment, name in zip(segments, plain, strict=True):
        if name == "..":
            if kept:
                kept.pop()
        elif name != ".":
            kept.append(segment)
    if plain and plain[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
