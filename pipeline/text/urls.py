"""Addresses: what a feed's link points to, and the one form by which an article is known.

In: links as publishers write them. Out: an absolute http(s) address to ask (``resolve``), or its canonical form
(``canonical``), by which the same article is recognised under tracking parameters, another spelling of the host or a
fragment. The canonical form only ever leaves out what cannot tell two articles apart; scheme, path, and the order of
what stays in the query are the publisher's.
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
_UNSAFE = re.compile(r"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")  # also escapes " < > \ ^ ` { | }
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
# An address in which there is nothing to make plain, to escape or to leave out; and not every one of these.
_CLEAN = re.compile(
    r"https?://(?=[^:/]{1,253}[:/])[a-z0-9_](?:[a-z0-9_-]|\.(?!\.))*+(?<![.-])(?::[1-5][0-9]{4}|:[1-9][0-9]{3})?"
    r"/[A-Za-z0-9_.~/@:!$'()*+,;=-]*+(?:\?[A-Za-z0-9_.~/@:!$'()*+,;=&?-]++)?"
)
_PORTS = {"http": 80, "https": 443}
_DIGITS = re.compile(r"\d{3,}")
_CALENDAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")

# Names that carry the way a reader came by, never what is read. Compared in lower case.
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
# Names that say so only with such a value; `from=2` or `ref=news` may well be the article.
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
    """Make an absolute http(s) address of a link, to ask it.

    Args:
        link: as the feed gives it.
        bases: addresses to read a relative link against, best first; the first that is http(s) counts.

    Returns:
        The address without its fragment, or "" for a link that we would not follow: another scheme (``javascript:``,
        ``file:``, ``data:`` …), credentials in it, no valid host or port, or longer than ``MAX_LENGTH``.
    """
    if len(link) <= MAX_LENGTH and "&amp;" not in link and _CLEAN.fullmatch(link):
        return link
    link = _INVISIBLE.sub("", link[: MAX_LENGTH * 4]).strip()
    if not link or len(link) > MAX_LENGTH:
        return ""
    if "&amp;" in link:
        link = link.replace("&amp;", "&")
    if not _SCHEME.match(link):
        base = next((base for base in bases if base[:8].lower().startswith(("http://", "https://"))), "")
        if not base:
            return ""
        try:
            link = urljoin(base, link.replace("\\", "/"))
        except ValueError:
            return ""
    parts = _split(link)
    if parts is None:
        return ""
    address = urlunsplit((parts.scheme, parts.netloc, _escape(parts.path) or "/", _escape(parts.query), ""))
    return address if len(address) <= MAX_LENGTH else ""


def canonical(url: str) -> str:
    """The form of an address that an article is known by; "" for what ``resolve`` refuses. Idempotent."""
    if len(url) <= MAX_LENGTH and "?" not in url and "/." not in url and _CLEAN.fullmatch(url):
        return url
    parts = _split(_INVISIBLE.sub("", url))
    if parts is None:
        return ""
    path = _normal_escapes(_dotless(_escape(parts.path))) or "/"
    query = "&".join(part for part in _normal_escapes(_escape(parts.query)).split("&") if part and not _tracks(part))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    address = urlunsplit((parts.scheme, parts.netloc, path, query, _escape(fragment)))
    return address if len(address) <= MAX_LENGTH else ""


def site_of(url: str) -> str:
    """What belongs together: the registrable domain (``yna.co.kr``); for an IP address or bare name, host and port."""
    parts = _split(url)
    if parts is None:
        return ""
    host = parts.hostname or ""
    return _registrable(host) or parts.netloc


def base_of(url: str, content_location: str | None) -> str:
    """What a document's relative links are read against: its Content-Location, if it names one on its own host."""
    there = resolve(content_location, [url]) if content_location else ""
    here, named = _split(url), _split(there)
    return there if here and named and here.netloc == named.netloc else url


def same_site(a: str, b: str) -> bool:
    """Whether two addresses belong to one registrable domain (public suffix list as bundled, private part included)."""
    one, other = _split(a), _split(b)
    if one is None or other is None:
        return False
    # most pages name an address on their own host: the list, 0.1 s to load, is for the others
    return one.netloc == other.netloc or site_of(a) == site_of(b)


def accept_canonical(page_url: str, rel_canonical: str) -> str | None:
    """The address that a page calls its own, in canonical form, if that can be believed.

    Content systems often put the section or the home page there, or leave out the number that names the article; such
    an address would merge different articles. So it must lie on the same site, must not be the home page, and must
    keep one of the numbers of the page's address, if that has any.

    Returns:
        None when it is not to be believed.
    """
    page = canonical(page_url)
    address = page if rel_canonical == page_url else canonical(resolve(rel_canonical, [page_url]))
    if not address or not page or not same_site(page, address):
        return None
    if address == page:
        return address
    there, here = urlsplit(address), urlsplit(page)
    if there.path.strip("/").casefold() in {"", "index.html", "index.php", "main", "home"} and not there.query:
        return None
    numbers, kept = _numbers(here), _numbers(there)
    longest = max(numbers, key=len, default="")
    if numbers and (longest not in kept if len(longest) > 4 else not numbers & kept):
        return None
    if not numbers and not _same_last_name(here.path, there.path):
        return None
    return address


def _numbers(parts: SplitResult) -> set[str]:
    """The numbers in path and query that may name an article: years and dates do not."""
    return {number for number in _DIGITS.findall(f"{parts.path}?{parts.query}") if not _CALENDAR.fullmatch(number)}


def _same_last_name(a: str, b: str) -> bool:
    last = [path.rstrip("/").rsplit("/", 1)[-1].split(".")[0].casefold() for path in (a, b)]
    return last[0] == last[1] != ""


def _split(url: str) -> SplitResult | None:
    """Scheme, host in its plain form, path and query; None for what we would not ask."""
    url = url.strip()
    if len(url) > MAX_LENGTH or url[:8].lower().partition(":")[0] not in _PORTS:
        return None
    scheme, _, rest = url.partition(":")
    rest = rest.replace("\\", "/") if "\\" in rest.partition("?")[0] else rest
    scheme = scheme.lower()
    try:
        parts = urlsplit(f"{scheme}://{rest.lstrip('/')}")
        host, port = _plain_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not host or parts.username is not None or parts.password is not None or port == 0:
        return None
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return SplitResult(scheme, netloc, parts.path, parts.query, parts.fragment)


@functools.lru_cache(maxsize=4096)
def _plain_host(host: str) -> str:
    """Lower case, punycode, no trailing dot; "" when it is no host name."""
    host = host.lower().rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:
            return ""
    return host if len(host) <= 253 and _HOST.fullmatch(host) and ".." not in host else ""


@functools.lru_cache(maxsize=4096)
def _registrable(host: str) -> str:
    return str(_suffixes()(host).top_domain_under_public_suffix)


@functools.lru_cache(maxsize=1)
def _suffixes():  # type: ignore[no-untyped-def]
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _tracks(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name in _TRACKERS or name.startswith(_TRACKER_PREFIXES):
        return True
    return name in _MAYBE_TRACKERS and value.lower() in _CHANNELS


def _escape(text: str) -> str:
    """Percent-encode, as UTF-8, what may not stand in an address; a lone percent sign too."""
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text)
    return re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text) if "%" in text else text


def _normal_escapes(text: str) -> str:
    """Upper-case escapes, and none where none is needed."""
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
