"""Evidence on the identity of entries: which keys a feed's history proves trustworthy, and what they say. Pure.

``trust_in`` finds out which keys tell the items of a feed apart; ``strength`` then compares two entries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.feeds.identity import title_key
from pipeline.model import KeyedEntry, KnownEntry
from pipeline.text.urls import canonical, fragment_of, is_home, spelling_free

BY_GUID, BY_LINK, BY_WORDS = 3, 2, 1  # how strong the evidence is

_CLOSE = timedelta(days=2)
_COMPARED = 8  # entries with the same key that are compared; a feed may give one key to thousands
_ALIKE = 0.5  # share of words that an edited title keeps
_WORD, _NUMBER = re.compile(r"\w+"), re.compile(r"\d+")
_LABELS = frozenset({"rss", "feed", "top", "comments", "respond"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An entry of the document or of the history, with keys in the form in which they are compared."""

    link: str
    spelling: tuple[str, str]  # the link as resolved and, of an entry of the document, as written
    fragment: str
    guid: str
    title: str
    text: str
    digest: str
    in_feed: bool
    shared: bool
    at: datetime | None
    counted: bool  # the GUID is the link with a number as fragment, which counts the versions of one item


@dataclass(slots=True)
class Trust:
    """Which keys tell the items of this feed apart.

    Attributes:
        guids: GUIDs are stable in this feed.
        vague_guids: GUIDs that different items of the document have.
        shared_links: links of several items of the document.
        idle_fragments: fragments that say nothing about the item, such as a tracking label on each link.
    """

    guids: bool = True
    vague_guids: set[str] = field(default_factory=set)
    shared_links: set[str] = field(default_factory=set)
    idle_fragments: set[str] = field(default_factory=set)


def keys_of(entry: KeyedEntry) -> Keys:
    """Return the keys of an entry of the document."""
    return Keys(
        link=spelling_free(entry.link),
        spelling=(entry.entry.url, entry.entry.written),
        fragment=entry.entry.fragment,
        guid=_guid_key(entry.guid),
        title=title_key(entry.entry.title),
        text=entry.text_digest,
        digest=entry.digest,
        in_feed=True,
        shared=False,
        at=entry.entry.published,
        counted=_counts_versions(entry.guid, entry.link),
    )


def keys_of_known(known: KnownEntry) -> Keys:
    """Return the keys of a stored entry. Of an entry without a GUID the store has the address or a digest as GUID."""
    link = canonical(known.url.partition("#")[0])
    return Keys(
        link=spelling_free(link),
        spelling=(known.url.partition("#")[0], ""),
        fragment=fragment_of(known.url),
        guid=_guid_key(known.guid) if known.guid != known.url and not known.guid.startswith("hash:") else "",
        title=title_key(known.title),
        text=known.text_digest,
        digest=known.digest,
        in_feed=known.in_feed,
        shared=known.shared or "#" in known.identity,
        at=known.at,
        counted=_counts_versions(known.guid, link),
    )


def _guid_key(guid: str) -> str:
    """Return a GUID in the form in which it is compared: an address without scheme and ``www.``."""
    return spelling_free(guid) if guid[:4].lower() == "http" and "://" in guid else guid


def _counts_versions(guid: str, link: str) -> bool:
    address, _, fragment = guid.partition("#")
    return fragment.isdigit() and bool(link) and spelling_free(canonical(address)) == spelling_free(link)


def trust_in(keys: Sequence[Keys], stored: Sequence[Keys]) -> Trust:
    """Find out from document and history which keys tell the items of this feed apart."""
    trust = Trust()
    for guid, group in _by(keys, lambda one: one.guid).items():
        if any(not _agree(group[0], other) for other in group[1:]):
            trust.vague_guids.add(guid)
    trust.guids = _guids_are_stable([one for one in keys if guid_of(one, trust)], stored)
    by_link = _by(keys, lambda one: one.link)
    several = {link for link, group in by_link.items() if len({one.fragment for one in group}) > 1}
    for fragment, group in _by(keys, lambda one: one.fragment).items():
        links = {one.link for one in group}
        if _is_tracking(fragment) or (len(links) > 1 and not several & links):
            trust.idle_fragments.add(fragment)
    for link, group in by_link.items():
        earlier = group[:_COMPARED]
        if any(_told_apart(one, other, trust) for place, one in enumerate(group) for other in earlier[:place]):
            trust.shared_links.add(link)
    return trust


def _by(keys: Iterable[Keys], key: Callable[[Keys], str]) -> dict[str, list[Keys]]:
    """Return the entries that have a key, by its value."""
    groups: dict[str, list[Keys]] = defaultdict(list)
    for one in keys:
        if value := key(one):
            groups[value].append(one)
    return groups


def _guids_are_stable(keys: Sequence[Keys], stored: Sequence[Keys]) -> bool:
    """Return False if most of the GUIDs that can be checked changed, or moved to another item, since the last poll."""
    own = [other for other in stored if other.in_feed and other.guid]
    by_guid, by_words = _by(own, lambda one: one.guid), _by(own, lambda one: f"{one.digest} {one.link}")
    kept = moved = 0
    for one in keys:
        earlier = by_guid.get(one.guid, ())[:_COMPARED]
        if any(_agree(one, other) or other.link == one.link for other in earlier):
            kept += 1
        elif earlier or f"{one.digest} {one.link}" in by_words:
            moved += 1
    return moved == 0 or moved < kept


def _told_apart(one: Keys, other: Keys, trust: Trust) -> bool:
    """Return whether two entries of a document that share a link are different items."""
    if _keys_differ(one, other, trust):
        return not (one.digest == other.digest or (one.title == other.title and not (one.text and other.text)))
    if (one.counted and other.counted) or not _spelled_alike(one, other):
        return False
    return not (_agree(one, other) or _alike(one.title, other.title))


def strength(one: Keys, other: Keys, trust: Trust) -> int:
    """Return how sure it is that two entries are one item; 0: they are not."""
    if guid_of(one, trust) and guid_of(one, trust) == guid_of(other, trust):
        if _agree(one, other) or _alike(one.title, other.title):
            return BY_GUID
        if one.link != other.link:
            return 0
    if one.link and one.link == other.link:
        return BY_LINK if _same_by_link(one, other, trust) else 0
    if one.digest != other.digest or not other.in_feed:
        return 0
    if not one.link or not other.link:
        return BY_LINK if one.link == other.link else BY_WORDS
    close = one.at is None or other.at is None or abs(one.at - other.at) <= _CLOSE
    return BY_WORDS if one.text and close else 0


def _same_by_link(one: Keys, other: Keys, trust: Trust) -> bool:
    same_words = one.digest == other.digest or (one.title == other.title and not (one.text and other.text))
    if same_words or is_home(f"http://{one.link}"):
        return same_words
    shared = one.link in trust.shared_links or one.shared or other.shared
    if _keys_differ(one, other, trust):  # some systems make a new GUID at each change of an item
        return not shared and _agree(one, other) and one.fragment == other.fragment and one.at == other.at
    return not shared or (bool(one.title) and one.title == other.title)


def _keys_differ(one: Keys, other: Keys, trust: Trust) -> bool:
    """Return whether GUIDs or fragments say that two entries with the same link are different items."""
    fragments = [key.fragment for key in (one, other) if key.fragment not in trust.idle_fragments]
    if len(fragments) == 2 and fragments[0] != fragments[1]:
        return True
    guids = [guid_of(key, trust) for key in (one, other)]
    if not (one.in_feed and other.in_feed and _spelled_alike(one, other)) or (one.counted and other.counted):
        return False
    return all(guids) and guids[0] != guids[1]


def _spelled_alike(one: Keys, other: Keys) -> bool:
    """Return whether the feed writes two links in one way, as it does with the address of a list."""
    (url, written), (other_url, other_written) = one.spelling, other.spelling
    return url == other_url and (not written or not other_written or written == other_written)


def guid_of(keys: Keys, trust: Trust) -> str:
    """Return the GUID if it is believed, else ""."""
    return keys.guid if trust.guids and keys.guid not in trust.vague_guids else ""


def _agree(one: Keys, other: Keys) -> bool:
    """Return whether titles or texts are equal."""
    return bool(
        one.digest == other.digest or (one.title and one.title == other.title) or (one.text and one.text == other.text)
    )


def _alike(title: str, other: str) -> bool:
    """Return whether one title is an edited form of the other. Titles with different numbers are not."""
    words, others = set(_WORD.findall(title.casefold())), set(_WORD.findall(other.casefold()))
    if _NUMBER.findall(title) != _NUMBER.findall(other):
        return False
    return len(words & others) >= _ALIKE * max(len(words), len(others), 1)


def _is_tracking(fragment: str) -> bool:
    return not fragment or "=" in fragment or fragment.lower() in _LABELS
