"""`idvault auditor` and `idvault custodian`: the commands of a role, and `init`, which creates its keys."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from idvault.attest import certificate
from idvault.cli.disclosure import auditor, custodian
from idvault.cli.errors import CommandError, ExitCode, wrong_usage
from idvault.cli.people import connect, passphrase, second_factor
from idvault.cli.people.session import MemberOptions
from idvault.custody import identity

_WHAT = {
    "auditor": "An auditor requests the disclosure of one sealed record.",
    "custodian": "A custodian holds one share of the key of each sealed record.",
}
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
Identity = Annotated[Path | None, typer.Option(help="Your identity folder, on your own machine.")]
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

    app.command("init", short_help="Create your keys, and the public file for the roster.")(_init(role))
    app.command("connect", short_help="Pin the vault, its log key and its roster.")(connect.connect)
    app.command("second-factor", short_help="Enrol an authenticator app.")(second_factor.second_factor)
    if role == "auditor":
        auditor.add(app)
    else:
        custodian.add(app)
    return app


def _init(role: str) -> Callable[..., None]:
    def init(  # noqa: PLR0917 - typer makes an option of each
        context: typer.Context,
        name: Annotated[
            str, typer.Option(help="Your name in the roster: lower-case letters, digits, hyphens.")
        ],
        organization: Annotated[str, typer.Option(help="Your organisation.")],
        identity: Identity = None,
        certificate: Annotated[
            Path | None,
            typer.Option(help="Your TLS certificate (PEM); without it, certificate.pem in the folder."),
        ] = None,
        passphrase_file: passphrase.PassphraseFile = None,
    ) -> None:
        """Create your keys, encrypted under a passphrase, and the public file for the roster.

        The private keys never leave the folder. Send public.json to the operator, who runs `idvault roster
        propose`. The roster also pins the key of your TLS certificate, which names spiffe://DOMAIN/ROLE/NAME.
        Pass the certificate here, or let the operator pass it to `roster propose`.
        """
        given: MemberOptions = context.obj
        folder = _needed(identity or given.identity)
        _check_name(name)
        with passphrase.identity_errors():
            if certificate is not None:
                _take_certificate(certificate, folder, role=role, name=name)
            _create(
                folder,
                role=role,
                name=name,
                organization=organization,
                passphrase_file=passphrase_file or given.passphrase_file,
            )

    return init


def _needed(folder: Path | None) -> Path:
    if folder is None:
        raise wrong_usage("--identity is missing", field="--identity")
    return folder


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise wrong_usage("a name has lower-case letters, digits and hyphens only", field="--name")


def _take_certificate(pem: Path, folder: Path, *, role: str, name: str) -> None:
    claim = certificate.read(pem.read_bytes())
    if (claim.role, claim.name) != (role, name):
        text = f"the certificate is for {claim.role} {claim.name}, not for {role} {name}"
        raise CommandError(ExitCode.REFUSED, text, reason="OTHER_CERTIFICATE", field="--certificate")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / identity.CERTIFICATE
    if pem.resolve() != place.resolve():
        shutil.copyfile(pem, place)


def _create(folder: Path, *, role: str, name: str, organization: str, passphrase_file: Path | None) -> None:
    # Checked before the command asks for a passphrase.
    if (folder / identity.KEYS).exists():
        raise CommandError(
            ExitCode.REFUSED, f"{folder} holds keys already", reason="EXISTS", field="--identity"
        )
    made = identity.create(
        folder,
        name=name,
        role=role,
        organisation=organization,
        passphrase=passphrase.choose(passphrase_file),
        random=os.urandom,
    )
    typer.echo(f"public file: {folder / identity.PUBLIC}")
    typer.echo(f"{role}: {made.name} initialised")


auditor_app = make("auditor")
custodian_app = make("custodian")
