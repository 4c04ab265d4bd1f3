"""Machine translations of the titles in a list, made in the background and shown at the next visit.

In: the lines on the screen. Out: rows of ``title_translations``. One request at a time; a pause after a failure.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.review import configured, guard
from pipeline.services import translator as service
from pipeline.store import translations
from pipeline.store.queue import Waiting

_log = logging.getLogger(__name__)
_MOST = 25  # titles of one request
_PAUSE_SECONDS = 300
_not_before = 0.0
_tasks: set[asyncio.Task[None]] = set()  # asyncio keeps only weak references


def request(datasette: Any, lines: Sequence[Waiting], known: dict[int, translations.Translation]) -> None:
    """Start to translate the titles that have no translation yet, if a translator is configured."""
    settings = configured.settings()
    translator = service.from_settings(settings.desk) if settings is not None else None
    missing = [line for line in lines if line.language not in (None, "en") and line.id not in known and line.title]
    if translator is None or not missing or _tasks or time.monotonic() < _not_before:
        return
    task = asyncio.create_task(_translate(datasette, translator, missing[:_MOST]))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _translate(datasette: Any, translator: service.Translator, lines: Sequence[Waiting]) -> None:
    global _not_before  # noqa: PLW0603 - state of this process
    try:
        made = await asyncio.to_thread(_made, translator, lines)
    except service.TranslationFailed as error:
        _not_before = time.monotonic() + _PAUSE_SECONDS
        _log.warning("%s Next attempt in %d minutes.", error, _PAUSE_SECONDS // 60)
        return
    now = datetime.now(UTC)
    await guard.write(datasette, lambda conn: translations.put(conn, made, now))


def _made(translator: service.Translator, lines: Sequence[Waiting]) -> list[translations.Translation]:
    version = translator.version()
    made = []
    for language in sorted({line.language or "" for line in lines}):
        own = [line for line in lines if line.language == language]
        texts = translator.translate([line.title for line in own], language)
        made += [
            translations.Translation(article=line.id, title=line.title, translation=text, translator=version)
            for line, text in zip(own, texts, strict=True)
        ]
    return made
