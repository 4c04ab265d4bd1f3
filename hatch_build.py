"""Compiles ``pipeline.flagging._scan`` into the wheel, or beside its source for an editable install.

Where that cannot be done, or ``TUMEN_PURE=1`` asks for it, the wheel is one of Python alone and works the same, slower.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

_MODULE = "pipeline.flagging._scan"
_SOURCE = "pipeline/flagging/_scan.c"  # relative to the root, where every front end builds
_FLAGS = [] if os.name == "nt" else ["-O3"]  # Microsoft's compiler has its own, and sets them itself


class CompiledMatcher(BuildHookInterface[BuilderConfig]):
    """One extension module, which may be missing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is packed; what an earlier editable install left in the tree is never packed."""
        self._scratch = TemporaryDirectory()
        command = build_ext(Distribution({"ext_modules": [Extension(_MODULE, [_SOURCE], extra_compile_args=_FLAGS)]}))
        command.build_lib = command.build_temp = self._scratch.name
        command.ensure_finalized()
        built = Path(command.get_ext_fullpath(_MODULE))  # with the suffix of this Python
        name = built.relative_to(self._scratch.name)
        in_place = self.root / name if version == "editable" else None
        try:
            if in_place:
                in_place.unlink(missing_ok=True)
            if os.environ.get("TUMEN_PURE"):
                raise RuntimeError("TUMEN_PURE is set")
            command.run()
            if in_place:
                shutil.copy(built, in_place)
        except Exception as error:  # noqa: BLE001 - compilers fail in many ways, and none stops the build
            self.app.display_warning(f"The matcher is not compiled ({error}): flagging works the same, but slower.")
        else:
            if not in_place:
                build_data["force_include"][str(built)] = str(name)
                build_data.update(infer_tag=True, pure_python=False)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clear away what was compiled; the wheel has its own copy."""
        self._scratch.cleanup()
