"""`idvault-people auditor init` and the other roles': creates a member's keys, and says what comes next."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.commands import membership, passphrase
from idvault_people.commands.session import MemberOptions
from idvault_people.opens import identity as identities
from idvault_people.opens import tls_key
from idvault_verify import durable_file, small_file
from idvault_verify.attest import certificate as certificates
from idvault_verify.attest.certificate import NAME
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

Identity = Annotated[Path | None, typer.Option(help="Your identity folder, on your own machine.")]
Name = Annotated[str, typer.Option(help="Your name in the roster: lower-case letters, digits, hyphens.")]
Organization = Annotated[str, typer.Option(help="Your organisation.")]
CertificateFile = Annotated[
    Path | None, typer.Option(help="Your TLS certificate (PEM); without it, certificate.pem in the folder.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(help="The private key of --certificate (PEM); without it, key.pem in the folder."),
]
TrustDomain = Annotated[
    str | None,
    typer.Option(
        metavar="DOMAIN",
        help="Create the TLS key too: key.pem, and request.pem for the authority to certify.",
    ),
]


def of(role: str) -> Callable[..., None]:
    """Return the command `init` of a role."""

    def init(  # noqa: PLR0917 - typer makes an option of each
        context: typer.Context,
        name: Name,
        organization: Organization,
        identity: Identity = None,
        certificate: CertificateFile = None,
        key: KeyFile = None,
        trust_domain: TrustDomain = None,
        passphrase_file: passphrase.PassphraseFile = None,
    ) -> None:
        """Create your keys, encrypted under a passphrase, and the public file for the roster.

        The private keys never leave the folder. Send public.json to the operator, who runs `roster
        propose`. The roster also pins the key of your TLS certificate, which names spiffe://DOMAIN/ROLE/NAME.
        Create that key with --trust-domain, pass your own with --certificate and --key, or let the operator
        pass the certificate to `roster propose`. The command prints the fingerprints of your keys: read them
        to the custodians, who compare them with those of the proposed roster before they sign it.
        """
        given: MemberOptions = context.obj
        folder = _new(identity or given.identity, name)
        with passphrase.identity_errors():
            _take(certificate, folder / identities.CERTIFICATE, partial(_check_claim, role=role, name=name))
            _take(key, folder / identities.TLS_KEY, certificates.key_pin)
            if trust_domain is not None:
                tls_key.create(folder, role=role, name=name, trust_domain=trust_domain, random=os.urandom)
            tls_key.check_files(folder)
            identities.create(
                folder,
                name=name,
                role=role,
                organisation=organization,
                passphrase=passphrase.choose(passphrase_file or given.passphrase_file),
                random=os.urandom,
            )
            _tell(folder)

    return init


def _new(folder: Path | None, name: str) -> Path:
    """Return the folder; raises CommandError before the command asks for a passphrase."""
    if folder is None:
        raise wrong_usage("--identity is missing", field="--identity")
    if not NAME.fullmatch(name):
        raise wrong_usage("a name has lower-case letters, digits and hyphens only", field="--name")
    if (folder / identities.KEYS).exists():
        text = f"{folder} holds keys already"
        raise CommandError(ExitCode.REFUSED, text, reason="EXISTS", field="--identity")
    return folder


def _take(given: Path | None, place: Path, check: Callable[[bytes], object]) -> None:
    if given is None:
        return
    content = small_file.read(given)
    check(content)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if given.resolve() != place.resolve():
        durable_file.replace(place, content)


def _check_claim(pem: bytes, *, role: str, name: str) -> None:
    found = certificates.read(pem)
    if (found.role, found.name) != (role, name):
        text = f"the certificate is for {found.role} {found.name}, not for {role} {name}"
        raise CommandError(ExitCode.REFUSED, text, reason="OTHER_CERTIFICATE", field="--certificate")


def _tell(folder: Path) -> None:
    made = identities.public_entry(folder)
    for line in membership.after_init(folder, made):
        typer.echo(line, err=True)
    typer.echo(f"public file: {folder / identities.PUBLIC}")
    for line in membership.fingerprints(made):
        typer.echo(line)
    typer.echo(f"{made.role}: {made.name} initialised")
