"""Writes the config of a demo world: its sources, and leave to fetch from exactly its ports and no others."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.demo.world import World

# A JSON string with its non-ASCII characters kept is a TOML basic string too.


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def allow_private(world: World) -> tuple[str, ...]:
    """The ``host:port`` of each site, as ``[fetch] allow_private`` wants them."""
    return tuple(urlsplit(origin).netloc for origin in world.origins.values())


def feeds_toml(world: World) -> str:
    """The world's ``feeds.toml``."""
    parts = ["# Sources of the demonstration: invented papers on this machine.\n"]
    for source in world.sources():
        rows = {"name": source.name, "url": source.url, "language": source.language, "home": source.home or ""}
        rows |= {"kind": source.kind, "note": source.note}
        parts.append("[[feed]]\n" + "".join(f"{key} = {_text(value)}\n" for key, value in rows.items()))
    return "\n".join(parts)


def settings_toml(world: World) -> str:
    """The world's ``tumen.toml``: loopback allowed at its ports, and no pauses, for nobody minds here."""
    hosts = ", ".join(_text(host) for host in allow_private(world))
    return f"[fetch]\nallow_private = [{hosts}]\npage_delay = 0\nfeed_delay = 0\n"


def write_config(world: World, folder: Path) -> Path:
    """Write both files into the folder, which is made if need be; the rest is taken from the shipped config."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "feeds.toml").write_text(feeds_toml(world), encoding="utf-8")
    (folder / "tumen.toml").write_text(settings_toml(world), encoding="utf-8")
    return folder
