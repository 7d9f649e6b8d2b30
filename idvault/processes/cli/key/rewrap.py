"""`idvault keys rewrap`: seals stored values again under the version in use of each key."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TaskID

from idvault.core import config
from idvault.core.config import Process
from idvault.key.acts.rewrap import RewrapProgress
from idvault.processes.bootstrap.key import rewrap as key_rewrap
from idvault.processes.bootstrap.key.rewrap import Rewrapped
from idvault.processes.cli import running
from idvault_verify.commands.errors import ExitCode

_Tell = Callable[[str, RewrapProgress], None]


class Rewrappable(StrEnum):
    """The purposes under whose keys something is stored."""

    INDEX = "index"
    REQUEST = "request"
    MODERATION_TEXT = "moderation-text"
    TIP_OFF = "tip-off"
    CASE_TEXT = "case-text"
    SECOND_FACTOR = "second-factor"
    PERSON_REQUEST = "person-request"


def rewrap(
    context: typer.Context,
    purpose: Annotated[
        Rewrappable | None, typer.Argument(help="One purpose; all of the file without it.")
    ] = None,
) -> None:
    """Re-seal what is stored under former versions, and destroy each version that nothing needs any more.

    Run it as the user of the process, with its settings, while it serves. Repeat it after an interruption: it
    continues. A version is destroyed in the file of IDVAULT_KEYS only, and ten minutes after its successor
    came into use at the earliest; run it on every machine that has a copy. Requests and reports end by
    themselves; what is left is said. The exit code is 1 if something could not be opened.
    """
    settings = config.load(Process.REWRAP)
    with _bar(context) as tell:
        done = asyncio.run(
            key_rewrap.rewrap(
                settings, purpose=purpose and purpose.value, now=running.real_clock(), tell=tell
            )
        )
    for one in done:
        typer.echo(json.dumps(_fields(one)) if context.obj else _text(one))
    damaged = sum(one.progress.damaged for one in done)
    if not context.obj:
        count = sum(one.progress.done for one in done)
        destroyed = sum(len(one.ended.destroyed) for one in done)
        typer.echo(f"rewrap: {count} sealed anew, {damaged} not opened, {destroyed} keys destroyed")
    if damaged:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@contextmanager
def _bar(context: typer.Context) -> Iterator[_Tell]:
    """Show progress on stderr: a bar for each purpose."""
    if context.obj:
        yield lambda _name, _progress: None
        return
    with Bar(console=Console(file=sys.stderr)) as bar:
        shown: dict[str, TaskID] = {}

        def tell(name: str, progress: RewrapProgress) -> None:
            if name not in shown:
                shown[name] = bar.add_task(name, total=None)
            total = progress.done + progress.left
            bar.update(shown[name], total=total, completed=progress.done)

        yield tell


def _fields(one: Rewrapped) -> dict[str, object]:
    return {
        "purpose": one.purpose,
        "sealed_anew": one.progress.done,
        "left": one.progress.left,
        "not_opened": one.progress.damaged,
        "kept": {str(version): count for version, count in one.ended.kept.items()},
        "over": list(one.ended.over),
        "destroyed": list(one.ended.destroyed),
    }


def _text(one: Rewrapped) -> str:
    lines = [f"{one.purpose}: {one.progress.done} sealed anew, {one.progress.left} left"]
    for version, count in one.ended.kept.items():
        why = f"{count} are under it" if count else _without_any(one)
        lines.append(f"  version {version} is kept: {why}")
    lines += [f"  version {version} is destroyed in this file" for version in one.ended.destroyed]
    return "\n".join(lines)


def _without_any(one: Rewrapped) -> str:
    if one.ended.is_settled:
        return "it is needed for ever"
    return "its successor is in use for less than ten minutes"
