"""The part of docs/reference.md about commands: every command with its arguments and options, as lists."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import typer

from idvault.processes.cli import app as service
from idvault_client.commands import app as client
from idvault_people.commands.app import PROGRAM as PEOPLE
from idvault_verify.commands import app as verify
from tools.support.generate.reference.table import escaped

_KINDS = {str: "TEXT", int: "N", float: "NUMBER", Path: "PATH"}


def commands() -> str:
    """Return the sections of all programs; the service's with those of idvault-dev."""
    parts = []
    ours = {name: place for name, place in service.installed().items() if place.startswith("idvault_dev.")}
    programs = {
        "idvault": service.program(ours).app(),
        "idvault-client": client.app,
        "idvault-people": PEOPLE.app(),
        "idvault-verify": verify.app,
    }
    for name, app in programs.items():
        parts.append(f"## {name}\n")
        for path, command in _walk([name], typer.main.get_command(app)):
            parts.append(_section(path, command))
    return "\n".join(parts)


def _walk(path: list[str], command: Any) -> Iterator[tuple[list[str], Any]]:
    yield path, command
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        found = command.get_command(None, name)
        if not found.hidden:
            yield from _walk([*path, name], found)


def _section(path: list[str], command: Any) -> str:
    """Return the heading of a command, its help, and a list of what may follow."""
    given = [each for each in command.params if not each.hidden]
    arguments = " ".join(_argument(each) for each in given if each.param_type_name == "argument")
    head = f"### {' '.join(path)}" if len(path) > 1 else f"### {path[0]} (options before a command)"
    usage = f"`{' '.join([*path, arguments]).strip()}`"
    help_text = "\n\n".join(escaped(" ".join(part.split())) for part in (command.help or "").split("\n\n"))
    items = [f"- {_spelled(each)}{_default(each)}: {_meaning(each)}" for each in given]
    parts = [head, *([usage] if arguments else []), help_text]
    return "\n\n".join([*parts, *(["\n".join(items)] if items else [])]) + "\n"


def _argument(given: Any) -> str:
    name = given.metavar or given.name.upper()
    shown = f"{name}…" if given.nargs == -1 else name
    return shown if given.required else f"[{shown}]"


def _spelled(given: Any) -> str:
    if given.param_type_name == "argument":
        return f"`{_argument(given)}`"
    value = "" if given.is_flag else f" {given.metavar or _kind(given)}"
    return "`" + ", ".join([*given.opts, *given.secondary_opts]) + value.replace("|", "/") + "`"


def _kind(given: Any) -> str:
    found = given.type_descriptor.annotation
    while get_origin(found) is not None:
        found = get_args(found)[0]
    if isinstance(found, type) and issubclass(found, Enum):
        return "/".join(str(each.value) for each in found)
    return _KINDS.get(found, "TEXT")


def _default(given: Any) -> str:
    value = given.default
    is_flag = given.param_type_name == "option" and given.is_flag
    if given.required or is_flag or value is None or value == "" or callable(value):
        return ""
    return f" (default `{value.value if isinstance(value, Enum) else value}`)"


def _meaning(given: Any) -> str:
    is_argument = given.param_type_name == "argument"
    # In a sentence, not as a path.
    notes = [_kind(given).replace("/", ", ")] if is_argument and "/" in _kind(given) else []
    notes += ["required"] if given.required and not is_argument else []
    notes += [f"at least {given.min}"] if given.min is not None else []
    notes += [f"at most {given.max}"] if given.max is not None else []
    notes += ["may be repeated"] if given.multiple and "repeated" not in (given.help or "") else []
    text = escaped(" ".join((given.help or "").split()))
    return f"{text} ({', '.join(notes)})" if notes else text
