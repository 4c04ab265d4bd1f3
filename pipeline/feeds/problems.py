"""Problems of a document that ``decide`` must recognise."""

CUT_SHORT = "The document is incomplete; the entries before the end were read."
