"""What ``_scan.c`` is to Python."""

from collections.abc import Callable, Sequence

Rule = tuple[int, int, bool, bool, bool, int, str | None]
"""Left and right (``surfaces.Beside``), plural, in Korean only, cancels, number of the concept, cased literal."""

class Trie:
    """The lexicon as one trie.

    Args:
        spellings: folded, NUL for each free ending; sorted, each once.
        resolve: from the number of a spelling to its rules; asked when a text first has it.
        fold: what each character of the first plane folds to, 16 bits each.
        kinds: of which kinds it is; of the first four kinds it is what it folds to.
        names: for each concept's number whether it is a name.

    Raises:
        ValueError: these are not what they should be.
    """

    def __new__(
        cls,
        spellings: list[str],
        resolve: Callable[[int], Sequence[Rule]],
        fold: bytes,
        kinds: bytes,
        names: bytes,
        /,
    ) -> Trie: ...
    def hits(self, text: str, mapped: bool = False, /) -> bytes | None:
        """Find all hits, sorted by place.

        Args:
            text: any string.
            mapped: characters that join others or stand for nothing have been dealt with.

        Returns:
            Packed as in ``hits``; None where such a character stands in the text.
        """
