"""`idvault platform`: registers the certificate keys of platforms and monitors."""

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault.processes.bootstrap import operator, overview
from idvault.processes.cli import running
from idvault_verify import return_address, small_file
from idvault_verify.attest.people import roster_member
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.error import AlreadyExistsError, InvalidError
from idvault_verify.session import ACCEPTED, Proof

app = typer.Typer(help="Platforms and monitors, and their pinned certificate keys.", no_args_is_help=True)


class Role(StrEnum):
    """The roles that are registered with the vault and not in the roster."""

    PLATFORM = "platform"
    MONITOR = "monitor"
    WEB = "web"
    MODERATOR = "moderator"
    REGISTRY = "registry"


Name = Annotated[
    str, typer.Argument(help="The name, as the certificate has it in spiffe://DOMAIN/ROLE/NAME.")
]
Certificate = Annotated[Path, typer.Option(help="The PEM file of the client certificate.")]
ForRole = Annotated[
    Role,
    typer.Option(
        help="platform: an IM backend. monitor: a program that watches the log. "
        "web: a process that serves the hosted pages. moderator: a desk; NAME is the moderator's id. "
        "registry: a program that submits a registry's notices."
    ),
]


Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--return-origin",
        help="Where the hosted pages may send a browser, such as https://chat.example; may be repeated.",
    ),
]
Title = Annotated[str, typer.Option(help="How the hosted pages call the platform, at most 60 characters.")]
Colour = Annotated[
    str,
    typer.Option(
        help="The platform's colour on the hosted pages, such as #8b5cf6. Its contrast to their light and to "
        "their dark head is at least 3 to 1."
    ),
]
Proofs = Annotated[
    list[Proof],
    typer.Option(
        help="NUMBER_MATCH: name and number, asked of a registry. HOLDER: a provider confirms them and "
        "presence. RESULT_ONLY: a provider vouches for a person without name and number. ONE_REVIEWER, "
        "TWO_REVIEWERS: so many of the platform's moderators sign that they saw a person with a passport or "
        "travel permit. May be repeated."
    ),
]
SeparatePersons = Annotated[
    bool,
    typer.Option(
        "--separate-persons", help="Accept that one human can be two persons, one by each kind of proof."
    ),
]


@app.callback()
def platforms() -> None:
    """Platforms and monitors, and their pinned certificate keys."""


@app.command()
def register(
    name: Name,
    certificate: Certificate,
    *,
    role: ForRole = Role.PLATFORM,
    return_origin: Origins = None,
    title: Title = "",
    colour: Colour = "",
) -> None:
    """Allow the holder of a certificate's key to call as NAME, and write a log entry.

    A name may have several keys, so that keys can be replaced. A repeat changes nothing; a revoked key stays
    revoked. Of return origins, title and colour, what is not given stays as it is; `present` replaces all.
    """
    if (return_origin or title or colour) and role is not Role.PLATFORM:
        raise wrong_usage("only a platform has a title, a colour and return origins", field="--return-origin")
    return_address.check_colour(colour)
    from idvault.core import config  # noqa: PLC0415 - `--help` and the people's commands need no service

    settings = config.load(config.Process.PLATFORMS)
    pem = small_file.read(certificate)
    registering = operator.register_platform(
        settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
    )
    try:
        asyncio.run(registering)
    except AlreadyExistsError as error:
        text = (
            "this key was revoked or belongs to another name, or the name another role: see `platform list`"
        )
        raise CommandError(ExitCode.REFUSED, text, reason=error.reason) from error
    if return_origin or title or colour:
        former = asyncio.run(operator.pages_of(settings, name))
        origins = return_origin or [*former.origins]
        _present(settings, name, origins, title or former.title, colour or former.colour)
    typer.echo(f"platform: {name} registered")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List platforms, monitors and web processes with their keys, also the revoked ones.

    The fingerprint of a key is that of `openssl x509 -pubkey`: the start of the SHA-256 of its public key.
    """
    found = asyncio.run(operator.list_platforms(config.load(config.Process.PLATFORMS)))
    if context.find_root().obj:
        for each in found:
            typer.echo(json.dumps(overview.described(each)))
        return
    for each in found:
        since = f"since {each.registered_at:%Y-%m-%d %H:%M} UTC"
        if each.revoked_at:
            since += f", revoked {each.revoked_at:%Y-%m-%d %H:%M} UTC"
        of = f" of {each.relying_party}" if each.relying_party else ""
        typer.echo(f"{each.role:<10} {each.name}{of}\n  key {roster_member.grouped(each.spki)}\n  {since}")
        if each.proofs != ACCEPTED:
            typer.echo(f"  accepts {', '.join(sorted(each.proofs))}")
    valid = sum(each.revoked_at is None for each in found)
    typer.echo(f"platforms: {len({each.name for each in found})} names, {valid} of {len(found)} keys valid")


@app.command()
def present(name: Name, return_origin: Origins = None, title: Title = "", colour: Colour = "") -> None:
    """Replace how the hosted pages show NAME, and where they may send a browser; write a log entry.

    What is not given is removed. Without --return-origin the platform can make no sessions. Open sessions
    keep their address.
    """
    _present(config.load(config.Process.PLATFORMS), name, return_origin, title, colour)
    typer.echo(f"platform: {name} presented")


@app.command()
def accept(name: Name, proof: Proofs, separate_persons: SeparatePersons = False) -> None:
    """Replace which proofs of a person NAME accepts, and write a log entry; without, NUMBER_MATCH and HOLDER.

    NUMBER_MATCH and HOLDER know a person by number, RESULT_ONLY by a provider's id, reviewers by a document:
    whoever is closed under one kind can come back under another. So several kinds need --separate-persons. A
    platform demands one reviewer or two. Edges heed it a second later; the sessions of
    the last 15 minutes go on.
    """
    settings = config.load(config.Process.PLATFORMS)
    accepting = operator.accept_proofs(
        settings, name=name, proofs=proof, separate_persons=separate_persons, now=running.real_clock()
    )
    try:
        asyncio.run(accepting)
    except InvalidError as error:
        raise wrong_usage(
            "these kinds of proof know one human as several persons: add --separate-persons to accept that; "
            "ONE_REVIEWER and TWO_REVIEWERS never go together",
            field="--proof",
        ) from error
    typer.echo(f"platform: {name} accepts {', '.join(sorted(set(proof)))}")


Month = Annotated[str, typer.Option(help="YYYY-MM; without, the present month.")]
Csv = Annotated[bool, typer.Option("--csv", help="One line for each figure: platform,month,what,number.")]


@app.command()
def usage(context: typer.Context, month: Month = "", csv: Csv = False) -> None:
    """Print what each platform used in a month: calls, claims by outcome, charged checks, what is stored.

    Months are those of IDVAULT_TIME_ZONE. A process stores what it has counted every ten seconds, and loses
    what it has not stored if it is killed.
    """
    from idvault.processes.bootstrap import usage as used  # noqa: PLC0415 - the other commands need no counts

    settings = config.load(config.Process.PLATFORMS)
    chosen = month or used.this_month(settings, running.real_clock().real)
    try:
        found = asyncio.run(used.usage_of_month(settings, chosen))
    except InvalidError as error:
        raise wrong_usage("--month must be YYYY-MM", field="--month") from error
    if csv:
        typer.echo("platform,month,what,number")
    for each in found:
        if context.find_root().obj:
            row = {"platform": each.relying_party, "month": each.month, "usage": dict(each.figures)}
            typer.echo(json.dumps(row))
            continue
        for what, number in each.figures.items():
            line = f"{each.relying_party},{each.month},{what},{number}"
            typer.echo(line if csv else line.replace(",", "  "))
    if not csv and not context.find_root().obj:
        typer.echo(f"platforms: {len(found)} used the vault in {chosen}")


def _present(
    settings: "config.Settings", name: str, origins: list[str] | None, title: str, colour: str
) -> None:
    now, given = running.real_clock(), tuple(origins or ())
    asyncio.run(
        operator.present_platform(settings, name=name, title=title, origins=given, colour=colour, now=now)
    )


@app.command()
def revoke(name: Name, certificate: Certificate, role: ForRole = Role.PLATFORM) -> None:
    """Revoke a certificate's key of NAME: new calls are refused within seconds."""
    settings = config.load(config.Process.PLATFORMS)
    pem = small_file.read(certificate)
    asyncio.run(
        operator.revoke_platform(
            settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
        )
    )
    typer.echo(f"platform: {name} revoked")
