"""The database: the only package that knows SQL. Functions of a connection, grouped by subject.

``schema`` opens and migrates, ``lock`` keeps cycles apart; ``feeds``, ``entries``, ``articles``, ``flags``, ``runs``,
``hosts`` and ``reference`` read and write values of ``pipeline.model``.
"""

from pipeline.store.lock import cycle_lock
from pipeline.store.schema import (
    SCHEMA_VERSION,
    open_beside,
    open_readonly,
    open_store,
    plain_errors,
    transaction,
    unusable,
    why,
)

__all__ = [
    "SCHEMA_VERSION",
    "cycle_lock",
    "open_beside",
    "open_readonly",
    "open_store",
    "plain_errors",
    "transaction",
    "unusable",
    "why",
]
