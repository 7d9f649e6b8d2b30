"""The whole command line: the list of commands, `--json`, and how errors become exit codes.

A command's module is imported only when the command runs. `idvault --help` imports none of them, and a
service never loads the packages of the people's commands.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from idvault.core import process
from idvault.processes.cli import errors
from idvault.processes.cli.errors import CommandError, ExitCode

_JSON = "--json"
# A package that the extra [server] installs and no other.
_OF_THE_SERVICE = "prometheus_client"
_HELP = """Identity verification with a privacy vault: identities sealed, statuses public.

To try it on one machine: `idvault dev`. For production, in this order: `keys init`, `db upgrade`,
`custodian init` and `auditor init` on those people's own machines, `roster propose`, `sign` and `publish`,
`platform register`, then `serve --edge platform`, `serve --edge custody` and `work`. Settings are environment
variables that begin with IDVAULT_; a process does not start with a missing or unsafe one, and names it.

Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something required cannot be reached, 4 refused,
5 a proof or signature does not verify."""
# A pretty traceback prints local variables, which may hold personal data.
_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
# Command name: "module:attribute" of the command, and its line in the help.
_COMMANDS = {
    "dev": ("dev.command:dev", "Run the whole vault on this machine."),
    "serve": ("serve:serve", "Serve gRPC over mutual TLS."),
    "work": ("work:work", "Settle waiting claims, expire accounts, publish the log."),
    "web": ("web:web", "Serve the hosted pages to people."),
    "witness": ("witness:witness", "Cosign the log's checkpoints."),
    "mock-registry": ("mock_registry:mock_registry", "Stand in for the national registry."),
    "check-config": ("check_config:check_config", "Say what a process would refuse, without starting it."),
    "doctor": ("doctor:doctor", "Check whether a deployment is healthy."),
    "db": ("database:app", "The schema of both databases."),
    "backup": ("backup:backup", "Copy both SQLite databases while the service runs."),
    "backup-ended": ("backup:backup_ended", "Note that PostgreSQL's own tools have made a backup."),
    "restore": ("restore.command:restore", "Say what a restored pair lacks, and go on without it."),
    "keys": ("key.commands:app", "The key files of the service's processes."),
    "platform": ("platform:app", "Platforms, monitors and web processes, and their pinned keys."),
    "roster": ("people.roster:app", "The signed file of roster members and quorums."),
    "log": ("log.commands:app", "The transparency log: verify it offline, export it."),
    "epoch": ("log.epoch:app", "The statements by which the log goes on after a loss: read and sign them."),
    "retention": ("retention:retention", "What is kept, for how long and why."),
    "report": ("report:report", "The transparency report: what the vault did on some days."),
    "auditor": ("people.role:auditor_app", "Request one sealed record, and open it."),
    "operator": ("people.role:operator_app", "Create the keys of who proposes rosters."),
    "custodian": ("people.role:custodian_app", "Approve or deny disclosures; drill and hand over shares."),
}


class _Commands(TyperGroup):
    """The commands by name; each is imported only when it runs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None for an unknown name."""
        return _command(cmd_name) if cmd_name in _COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@cache
def _command(name: str) -> Any:
    # Some of the service's commands would come as far as their settings, and name those first.
    if errors.extra_of(name) == "server" and find_spec(_OF_THE_SERVICE) is None:
        raise ModuleNotFoundError(name=_OF_THE_SERVICE)
    module, _, attribute = _COMMANDS[name][0].partition(":")
    with process.without_collector():
        found = getattr(import_module(f"idvault.processes.cli.{module}"), attribute)
    parent = typer.Typer(**_PLAIN)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name)
    else:
        parent.command(name)(found)
    return typer.main.get_group(parent).commands[name]


app = typer.Typer(
    name="idvault",
    cls=_Commands,
    help=_HELP,
    no_args_is_help=True,
    **_PLAIN,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"idvault {version('idvault')}")
        raise typer.Exit


@app.callback()
def options(
    _as_json: Annotated[
        bool,
        typer.Option(_JSON, help="Write errors as one JSON object on stderr. Can be given anywhere."),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Accept the options before a command; `run` has already read --json."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors go to stderr."""
    as_json = _JSON in arguments
    rest = [argument for argument in arguments if argument != _JSON]
    try:
        code = app(args=rest, prog_name="idvault", standalone_mode=not as_json, obj=as_json)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.CHECK_FAILED
    except KeyboardInterrupt:
        return 128 + 2
    except Exception as error:
        problem = _usage(error) or errors.explain(error)
        errors.tell(problem, as_json=as_json)
        return problem.code
    return code if isinstance(code, int) else ExitCode.DONE


def _usage(error: Exception) -> CommandError | None:
    """Return the command line parser's own error, recognised by a method because its classes are private."""
    if isinstance(error, CommandError) or not hasattr(error, "format_message"):
        return None
    return CommandError(ExitCode.WRONG_USAGE, error.format_message(), reason="USAGE")
