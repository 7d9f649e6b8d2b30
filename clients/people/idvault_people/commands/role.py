"""`idvault-people auditor`, `custodian`, `operator` and `authority`: the commands of a role."""

from typing import Annotated

import typer

from idvault_people.commands import (
    authority,
    connect,
    console,
    init,
    naming,
    new_passphrase,
    operator_console,
    passphrase,
    second_factor,
)
from idvault_people.commands.disclosure import auditor, custodian
from idvault_people.commands.init import Identity
from idvault_people.commands.session import MemberOptions

_WHAT = {
    "auditor": "An auditor requests the disclosure of one sealed record.",
    "custodian": "A custodian holds one share of the key of each sealed record.",
    "authority": "An authority's officer signs orders and joint operations, and reads no identity.",
    "operator": "An operator proposes versions of the roster, and names first moderators.",
}
OneTimeCode = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="A code of your second factor; without it the command asks at the terminal."
    ),
]


def make(role: str) -> typer.Typer:
    """Return the commands of a role."""
    app = typer.Typer(help=f"{_WHAT[role]} Run these commands on your own machine.", no_args_is_help=True)

    @app.callback()
    def options(
        context: typer.Context,
        identity: Identity = None,
        code: OneTimeCode = None,
        passphrase_file: passphrase.PassphraseFile = None,
    ) -> None:
        context.obj = MemberOptions(identity=identity, passphrase_file=passphrase_file, code=code)

    options.__doc__ = f"{_WHAT[role]} Run these commands on your own machine."

    app.command("init", short_help="Create your keys, and the public file for the roster.")(init.of(role))
    app.command("connect", short_help="Pin the vault, its log key and its roster.")(connect.connect)
    app.command("passphrase", short_help="Encrypt your keys under a new passphrase.")(new_passphrase.change)
    app.command("second-factor", short_help="Enrol an authenticator app.")(second_factor.second_factor)
    if role == "operator":
        app.command("console", short_help="Work with pages in your browser.")(operator_console.console)
        app.command("name-moderator", short_help="Name a platform's first moderators.")(naming.name_moderator)
    elif role == "authority":
        _add_console(app)
        authority.add(app)
    else:
        _add_disclosures(app, role)
    return app


def _add_disclosures(app: typer.Typer, role: str) -> None:
    """Add what only those do who take part in disclosures."""
    _add_console(app)
    if role == "auditor":
        auditor.add(app)
    else:
        custodian.add(app)


def _add_console(app: typer.Typer) -> None:
    app.command("console", short_help="Work with pages in your browser.")(console.console)


auditor_app = make("auditor")
custodian_app = make("custodian")
operator_app = make("operator")
authority_app = make("authority")
