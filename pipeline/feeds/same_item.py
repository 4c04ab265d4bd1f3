"""Identity of entries: decides which entries of a document are one item, and which items are already stored. Pure.

Neither links nor GUIDs can be believed as such: some feeds give all entries one link, others number their GUIDs or
change links at each poll. The document and the feed's history show which keys tell the items of this feed apart:

* Two entries with the same GUID are one item if title or text agree.
* Two entries with the same link are one item, unless GUIDs or fragments differ. Then title and text must agree, as for
  links that several items share, and for home pages.
* A stored item with another link and another GUID is the same if title and text agree and the dates are close.
* GUIDs that change between polls, or that move from item to item, are ignored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.feeds.evidence import BY_WORDS, Keys, Trust, guid_of, keys_of, keys_of_known, strength, trust_in
from pipeline.model import EntryKeys, KeyedEntry, KeyedFeed, KnownEntry
from pipeline.text.urls import is_home, spellings


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a document.

    Attributes:
        identity: the key of its row, existing or new.
        known: the stored entry, None for a new item.
    """

    entry: KeyedEntry
    identity: str
    known: KnownEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The items of a document.

    Attributes:
        repeated: entries that list an item once more.
        apart: items that share their link with another item.
    """

    items: tuple[Item, ...]
    repeated: int
    apart: int


def look_up_of(document: KeyedFeed, feed: str) -> EntryKeys:
    """Return what to look up for a document of the source ``feed``."""
    entries = document.entries
    return EntryKeys(
        identities=tuple(dict.fromkeys(one for entry in entries for one in _possible_identities(entry, feed))),
        guids=tuple(dict.fromkeys(one for entry in entries if entry.guid for one in _guid_spellings(entry.guid))),
        digests=tuple(dict.fromkeys(entry.digest for entry in entries)),
    )


def same_item(document: KeyedFeed, history: Sequence[KnownEntry], feed: str) -> Items:
    """Decide which entries are one item, and which items are stored already.

    Args:
        document: the document with its keys.
        history: the stored entries that ``look_up_of`` names.
        feed: the name of the source.
    """
    keys = [keys_of(entry) for entry in document.entries]
    stored = [keys_of_known(known) for known in history]
    trust = trust_in(keys, stored)
    places = _without_repeats(keys, trust)
    matched = _matched(keys, places, stored, trust)
    taken = {known.identity for known in history}
    items = []
    for place in places:
        entry, known = document.entries[place], history[matched[place]] if place in matched else None
        identity = known.identity if known else _new_identity(entry, keys[place], feed, trust, taken)
        if known is None and identity in taken:  # the same words under the same keys: nothing tells the items apart
            known = next((one for one in history if one.identity == identity), None)
            if known is None:
                continue
        taken.add(identity)
        items.append(Item(entry=entry, identity=identity, known=known))
    links = Counter(keys[place].link for place in places)
    apart = sum(count for link, count in links.items() if link and count > 1)
    return Items(items=tuple(items), repeated=len(keys) - len(items), apart=apart)


def _without_repeats(keys: Sequence[Keys], trust: Trust) -> list[int]:
    """Return the places of the entries without those that list an item once more."""
    places: list[int] = []
    index = _Index(keys, trust)
    for place, one in enumerate(keys):
        if not any(strength(one, keys[earlier], trust) > BY_WORDS for earlier in index.candidates(one)):
            places.append(place)
            index.add(place)
    return places


def _matched(keys: Sequence[Keys], places: Sequence[int], stored: Sequence[Keys], trust: Trust) -> dict[int, int]:
    """Return for each entry that is stored the place of its item in the history, strongest evidence first."""
    index = _Index(stored, trust)
    for number in range(len(stored)):
        index.add(number)
    pairs = [
        (-strength(keys[place], stored[number], trust), stored[number].digest != keys[place].digest, number, place)
        for place in places
        for number in index.candidates(keys[place])
    ]
    matched: dict[int, int] = {}
    used: set[int] = set()
    for weakness, _, number, place in sorted(pairs):
        if weakness and place not in matched and number not in used:
            matched[place] = number
            used.add(number)
    return matched


def _guid_spellings(guid: str) -> tuple[str, ...]:
    return (guid, *spellings(guid)) if guid[:4].lower() == "http" and "://" in guid else (guid,)


def _possible_identities(entry: KeyedEntry, feed: str) -> Iterator[str]:
    if not entry.link:
        yield from _identities(entry, feed)
        return
    yield from spellings(entry.link)
    yield from list(_identities(entry, feed))[1:]


def _identities(entry: KeyedEntry, feed: str) -> list[str]:
    """Return the keys that a new row may get: the link first, then with more that tells items apart."""
    if not entry.link:
        return [f"{feed}#{entry.entry.id}", f"{feed}#{entry.digest}"]
    more = (entry.entry.fragment, entry.guid.replace(" ", "%20"), entry.digest)
    return [entry.link, *(f"{entry.link}#{one}" for one in more if one)]


def _new_identity(entry: KeyedEntry, keys: Keys, feed: str, trust: Trust, taken: set[str]) -> str:
    """Return the first key that no other item has. An item that shares its page gets a key with a fragment."""
    identities = _identities(entry, feed)
    shares = keys.link in trust.shared_links or is_home(entry.link) or keys.fragment[:1] in ("/", "!")
    if entry.link and shares:
        identities = identities[1:]
    return next((one for one in identities if one not in taken), identities[-1])


@dataclass(slots=True)
class _Index:
    """Places of entries by each key that is believed. A key of very many entries would make each compare with all."""

    keys: Sequence[Keys]
    trust: Trust
    places: dict[tuple[str, ...], list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: int) -> None:
        """Add an entry."""
        for name in self._names(self.keys[place]):
            self.places[name].append(place)

    def candidates(self, one: Keys) -> Iterable[int]:
        """Return the places of the entries that share a key with this one."""
        return dict.fromkeys(place for name in self._names(one) for place in self.places.get(name, ()))

    def _names(self, one: Keys) -> Iterator[tuple[str, ...]]:
        if guid := guid_of(one, self.trust):
            yield "guid", guid
        if one.link:
            yield "link and title", one.link, one.title
        if one.link and not one.shared and one.link not in self.trust.shared_links:
            yield "link", one.link
        yield "digest", one.digest
