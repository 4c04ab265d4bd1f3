"""Paths of the shipped config and migrations: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_WHEEL = _PACKAGE / "_shipped"
ROOT = _WHEEL if _WHEEL.is_dir() else _PACKAGE.parent
CHECKOUT = None if _WHEEL.is_dir() else _PACKAGE.parent
CONFIG = ROOT / "config"
MIGRATIONS = ROOT / "db" / "migrations.py"
