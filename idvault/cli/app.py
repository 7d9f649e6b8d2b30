"""The command line as a whole: which commands there are, `--json`, and how errors become exit codes."""

from collections.abc import Sequence
from typing import Annotated

import typer

from idvault.cli import database, doctor, mock_registry, platform, serve, witness, work
from idvault.cli import errors as outcome
from idvault.cli import key as keys
from idvault.cli.dev import command as dev
from idvault.cli.errors import CommandError, ExitCode
from idvault.cli.log import commands as log
from idvault.cli.people import role as person
from idvault.cli.people import roster

_JSON = "--json"
_HELP = """Identity verification with a privacy vault: identities sealed, statuses public.

To try it on one machine: `idvault dev`. For production, in this order: `keys init`, `db upgrade`,
`custodian init` and `auditor init` on those people's own machines, `roster propose`, `sign` and `publish`,
`platform register`, then `serve --edge platform`, `serve --edge custody` and `work`. Settings are environment
variables that begin with IDVAULT_; a missing or unsafe one stops the start and is named.

Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something needed cannot be reached, 4 refused,
5 a proof or signature does not verify."""

app = typer.Typer(
    name="idvault",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A pretty traceback prints local variables, and those may be personal.
    pretty_exceptions_enable=False,
)
app.command("dev", short_help="Run the whole vault on this machine.")(dev.dev)
app.command("serve", short_help="Serve gRPC over mutual TLS.")(serve.serve)
app.command("work", short_help="Do what no caller waits for.")(work.work)
app.command("witness", short_help="Cosign the log's checkpoints.")(witness.witness)
app.command("mock-registry", short_help="Stand in for the national registry.")(mock_registry.mock_registry)
app.command("doctor", short_help="Say whether a deployment is well, and what to do.")(doctor.doctor)
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(platform.app, name="platform")
app.add_typer(roster.app, name="roster", short_help="The signed file of people and quorums.")
app.add_typer(log.app, name="log")
app.add_typer(person.make("auditor"), name="auditor", short_help="Ask for one sealed record, and open it.")
app.add_typer(person.make("custodian"), name="custodian", short_help="Give or refuse shares of records.")


@app.callback()
def options(
    _as_json: Annotated[
        bool, typer.Option(_JSON, help="Write errors as one JSON object on stderr. May stand anywhere.")
    ] = False,
) -> None:
    """Take what every command takes; `run` has dealt with it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what goes wrong is told on stderr."""
    as_json = _JSON in arguments
    rest = [argument for argument in arguments if argument != _JSON]
    try:
        code = app(args=rest, prog_name="idvault", standalone_mode=not as_json, obj=as_json)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.CHECK_FAILED
    except KeyboardInterrupt:
        return 128 + 2
    except Exception as error:
        problem = _usage(error) or outcome.explain(error)
        outcome.tell(problem, as_json=as_json)
        return problem.code
    return code if isinstance(code, int) else ExitCode.DONE


def _usage(error: Exception) -> CommandError | None:
    """Return what the command line parser has to say, if the error is its own (its classes are private)."""
    if isinstance(error, outcome.CommandError) or not hasattr(error, "format_message"):
        return None
    return CommandError(ExitCode.WRONG_USAGE, error.format_message(), reason="USAGE")
