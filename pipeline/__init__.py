"""Tumen: watches Russia–Korea coverage, flags what matches one reference op-ed, keeps it in SQLite."""

__version__ = "1.0.0"
