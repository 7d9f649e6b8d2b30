"""A program of many commands: each is imported only when it runs, and every error has an exit code.

`--help` imports no command, so a service never loads the packages of the others' commands.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from idvault_verify.commands import moved
from idvault_verify.commands.errors import CommandError, ExitCode, explain, tell
from idvault_verify.commands.errors import moved as moved_error

_JSON = "--json"
# A pretty traceback prints local variables, which may hold personal data.
_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


@dataclass(frozen=True, slots=True)
class Command:
    """A command. line: of the help. places: "module:attribute" of it, or of each part of one group."""

    line: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """A program. name: as one types it, and of its package.

    moved: how one types a command that another package has, by what one would type after this program's
    name: "auditor", or "roster sign" of a group.
    loading: what surrounds the import of a command.
    """

    name: str
    help: str
    commands: Mapping[str, Command]
    moved: Mapping[str, str] = field(default_factory=dict)
    explain: Callable[[Exception], CommandError] = explain
    loading: Callable[[], AbstractContextManager[object]] = nullcontext

    def app(self) -> typer.Typer:
        """Return the program, with --json and --version before a command."""
        made = typer.Typer(name=self.name, cls=_group(self), help=self.help, no_args_is_help=True, **_PLAIN)

        def print_version(asked: bool) -> None:
            if asked:
                typer.echo(f"{self.name} {version(self.name)}")
                raise typer.Exit

        @made.callback(help=self.help)
        def options(
            _as_json: Annotated[
                bool,
                typer.Option(_JSON, help="Write errors as one JSON object on stderr. Can be given anywhere."),
            ] = False,
            _version: Annotated[
                bool,
                typer.Option(
                    "--version", is_eager=True, callback=print_version, help="Print the version and exit."
                ),
            ] = False,
        ) -> None:
            """Accept the options before a command; `run` has already read --json."""

        return made

    def run(self, arguments: Sequence[str]) -> int:
        """Run one command and return its exit code; errors go to stderr."""
        as_json = _JSON in arguments
        rest = [argument for argument in arguments if argument != _JSON]
        try:
            code = self.app()(args=rest, prog_name=self.name, standalone_mode=not as_json, obj=as_json)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else ExitCode.CHECK_FAILED
        except KeyboardInterrupt:
            return 128 + 2
        except Exception as error:
            problem = self.explain(error)
            tell(problem, program=self.name, as_json=as_json)
            return problem.code
        return code if isinstance(code, int) else ExitCode.DONE

    def load(self, name: str) -> Any:
        """Import a command."""
        command = self.commands[name]
        with self.loading():
            found = [_at(place) for place in command.places]
        parent = typer.Typer(**_PLAIN)
        if isinstance(found[0], typer.Typer):
            group = _together(found)
            of_group = {typed: now for typed, now in self.moved.items() if typed.startswith(f"{name} ")}
            moved.add(group, of_group, program=self.name)
            parent.add_typer(group, name=name)
        else:
            parent.command(name)(found[0])
        return typer.main.get_group(parent).commands[name]


def _group(program: Commands) -> type[TyperGroup]:
    loaded: dict[str, Any] = {}

    class Lazy(TyperGroup):
        """The commands by name; each is imported only when it runs."""

        def list_commands(self, ctx: Any) -> list[str]:
            return list(program.commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name in program.moved:
                raise moved_error(cmd_name, now=program.moved[cmd_name])
            if cmd_name in program.commands and cmd_name not in loaded:
                loaded[cmd_name] = program.load(cmd_name)
            return loaded.get(cmd_name)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, each.line) for name, each in program.commands.items()])

    return Lazy


def _at(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def _together(parts: Sequence[typer.Typer]) -> typer.Typer:
    """Return one group with the commands of several, under the help of the first."""
    first = parts[0]
    both = typer.Typer(help=first.info.help, no_args_is_help=True)
    both.registered_callback = first.registered_callback
    both.registered_commands = [command for part in parts for command in part.registered_commands]
    both.registered_groups = [group for part in parts for group in part.registered_groups]
    return both
