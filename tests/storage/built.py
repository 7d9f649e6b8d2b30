"""Finds statements that storage builds while it runs, and not when its modules are imported."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from idvault.core.db import statement
from idvault.core.db.statement import Statement
from tests.storage.stores import is_store

_MODULE = "<module>"


def noting(found: list[str]) -> Callable[..., None]:
    """Return an initialiser of Statement that adds the place of each statement that is built per call."""
    initialise = Statement.__init__

    def build(self: Statement[Any], *arguments: Any, **named: Any) -> None:
        initialise(self, *arguments, **named)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") == statement.__name__:
            frame = frame.f_back
        if frame is not None and _is_storage(frame) and not _is_imported(frame):
            found.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")

    return build


def _is_storage(frame: FrameType) -> bool:
    return is_store(str(frame.f_globals.get("__name__")))


def _is_imported(frame: FrameType | None) -> bool:
    """Tell whether a module of storage is being imported, in this frame or in one that called it."""
    while frame is not None:
        if _is_storage(frame) and frame.f_code.co_name == _MODULE:
            return True
        frame = frame.f_back
    return False
