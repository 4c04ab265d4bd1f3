"""What ``_passages.c`` is to Python."""

from array import array

class Space:
    """The passages in concept space, as ``passages.Space``.

    Args:
        begins: for each concept, and for nobody behind the last, where its axes begin; 32 bits each.
        axes: of all concepts, one after the other; 32 bits each.
        idf: of each axis.
        shares: passage by passage, of each axis.

    Raises:
        ValueError: these are not what they should be.
    """

    def __new__(cls, begins: array[int], axes: array[int], idf: array[float], shares: array[float], /) -> Space: ...
    def nearest(self, hits: bytes, /) -> list[tuple[int, float, list[int]]]: ...
