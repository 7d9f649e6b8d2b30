"""A program that runs the vault's commands with the settings of a process, as an operator's script does."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from idvault_verify import durable_file

_MODE = 0o700


def write(path: Path, settings: Mapping[str, str], *, clock_file: Path | None = None) -> None:
    """Write the program for this Python; its settings replace those of whoever runs it.

    clock_file: of the process, for the commands that compare its times with now.
    """
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items()))
    clock = ""
    if clock_file is not None:
        passed = f'set -- "$@" --clock-file {shlex.quote(str(clock_file))}'
        clock = f'case " $* " in *" overview "*|*" doctor "*) {passed};; esac\n'
    text = f'#!/bin/sh\n{exports}\n{clock}exec {shlex.quote(sys.executable)} -m idvault.processes.cli "$@"\n'
    durable_file.replace(path, text.encode(), mode=_MODE)
