"""Judging the flags on labelled items."""
