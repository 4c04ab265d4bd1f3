"""A loopback world of invented news for ``tumen demo`` and the tests: no network, no publisher's text.

``with running(World(now=datetime.now(UTC))) as world:`` serves it; ``write_config(world, folder)`` makes the config
folder with which a cycle reads it.
"""

from __future__ import annotations

from pipeline.demo.articles import DemoArticle, load_articles
from pipeline.demo.config import allow_private, feeds_toml, settings_toml, write_config
from pipeline.demo.pages import DemoPage
from pipeline.demo.server import Serving, running, serve
from pipeline.demo.world import Asked, Response, World

__all__ = [
    "Asked",
    "DemoArticle",
    "DemoPage",
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
