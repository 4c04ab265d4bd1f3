"""Compiles the C of ``pipeline/flagging`` into the wheel, or beside its source for an editable install.

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

_FOLDER = "pipeline/flagging"  # relative to the root, where every front end builds
_PARTS = ("_scan", "_trial", "_passages")
# Microsoft's compiler has flags of its own, and sets them itself.
_FLAGS = [] if os.name == "nt" else ["-O3", "-ffp-contract=off"]


class CompiledFlagging(BuildHookInterface[BuilderConfig]):
    """Extension modules, which are all there or none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is packed; what an earlier editable install left in the tree is never packed."""
        self._scratch = TemporaryDirectory()
        name = _FOLDER.replace("/", ".")
        modules = [Extension(f"{name}.{p}", [f"{_FOLDER}/{p}.c"], extra_compile_args=_FLAGS) for p in _PARTS]
        try:
            command = build_ext(Distribution({"ext_modules": modules}))
            command.build_lib = command.build_temp = self._scratch.name
            command.ensure_finalized()
            built = [Path(command.get_ext_fullpath(module.name)) for module in modules]  # their suffix is this Python's
            in_place = [Path(self.root, path.relative_to(self._scratch.name)) for path in built]
            if version == "editable":
                for path in in_place:
                    path.unlink(missing_ok=True)
            if os.environ.get("TUMEN_PURE"):
                raise RuntimeError("TUMEN_PURE is set")
            command.run()
            if version == "editable":
                for path, place in zip(built, in_place, strict=True):
                    shutil.copy(path, place)
        except Exception as error:  # noqa: BLE001 - compilers fail in many ways, and none stops the build
            self.app.display_warning(f"Flagging is not compiled ({error}): it works the same, but slower.")
        else:
            if version != "editable":
                build_data["force_include"] |= {str(path): str(path.relative_to(self._scratch.name)) for path in built}
                build_data.update(infer_tag=True, pure_python=False)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clear away what was compiled; the wheel has its own copy."""
        self._scratch.cleanup()
