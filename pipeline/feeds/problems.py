"""Problems of a document that the decision about its feed must tell apart."""

CUT_SHORT = "The document ends in the middle; what came before was read."
