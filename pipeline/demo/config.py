"""Config of a demo world: its sources, and permission to fetch from its ports only."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.demo.world import World


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # such a JSON string is also a TOML basic string


def allow_private(world: World) -> tuple[str, ...]:
    """Return the ``host:port`` of each site, in the form of ``[fetch] allow_private``."""
    return tuple(urlsplit(origin).netloc for origin in world.origins.values())


def feeds_toml(world: World) -> str:
    """Return the ``feeds.toml`` of the world."""
    parts = ["# Sources of the demonstration: invented newspapers on this machine.\n"]
    for source in world.sources():
        rows = {"name": source.name, "url": source.url, "language": source.language, "home": source.home or ""}
        rows |= {"kind": source.kind, "note": source.note}
        parts.append("[[feed]]\n" + "".join(f"{key} = {_quoted(value)}\n" for key, value in rows.items()))
    return "\n".join(parts)


def settings_toml(world: World) -> str:
    """Return the ``tumen.toml`` of the world: its loopback ports are allowed, and requests have no delays."""
    hosts = ", ".join(_quoted(host) for host in allow_private(world))
    return f'[fetch]\nallow_private = [{hosts}]\npage_delay = 0\nfeed_delay = 0\nproxy = "none"\n'


def write_config(world: World, folder: Path) -> Path:
    """Write both files into a folder, creating it if necessary. Everything else comes from the shipped config."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "feeds.toml").write_text(feeds_toml(world), encoding="utf-8")
    (folder / "tumen.toml").write_text(settings_toml(world), encoding="utf-8")
    return folder
