"""A program that runs the vault's commands with the settings of a process, as an operator's script does."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from idvault_verify import durable_file

_MODE = 0o700


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Write the program for this Python; its settings replace those of whoever runs it."""
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items()))
    text = f'#!/bin/sh\n{exports}\nexec {shlex.quote(sys.executable)} -m idvault.processes.cli "$@"\n'
    durable_file.replace(path, text.encode(), mode=_MODE)
