"""The database: the only package that knows SQL. Functions of a connection, one module per subject.

``schema`` opens and migrates, and ``lock`` allows one cycle at a time. ``values`` converts between columns and the
dataclasses of ``pipeline.model`` that the other modules read and write.
"""

from pipeline.store.lock import cycle_lock
from pipeline.store.schema import (
    SCHEMA_VERSION,
    explain,
    open_beside,
    open_readonly,
    open_store,
    plain_error,
    plain_errors,
    transaction,
    unusable,
)

__all__ = [
    "SCHEMA_VERSION",
    "cycle_lock",
    "explain",
    "open_beside",
    "open_readonly",
    "open_store",
    "plain_error",
    "plain_errors",
    "transaction",
    "unusable",
]
