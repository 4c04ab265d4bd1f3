"""Weights of the block model and of the choice among texts: fitted by ``benchmarks/fit_extraction.py``."""

BLOCK_WEIGHTS: dict[str, float] = {}
CHOICE_WEIGHTS: dict[str, float] = {}
