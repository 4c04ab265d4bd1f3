"""Invented news sites on loopback for ``tumen demo`` and the tests: no network, no publisher's text.

``with running(World(now=datetime.now(UTC))) as world:`` serves them; ``write_config(world, folder)`` writes a config
folder for a cycle over them.
"""

from __future__ import annotations

from pipeline.demo.articles import DemoArticle, load_articles
from pipeline.demo.config import allow_private, feeds_toml, settings_toml, write_config
from pipeline.demo.pages import DemoPage
from pipeline.demo.server import Serving, running, serve
from pipeline.demo.world import LoggedRequest, Response, World

__all__ = [
    "DemoArticle",
    "DemoPage",
    "LoggedRequest",
    "Response",
    "Serving",
    "World",
    "allow_private",
    "feeds_toml",
    "load_articles",
    "running",
    "serve",
    "settings_toml",
    "write_config",
]
