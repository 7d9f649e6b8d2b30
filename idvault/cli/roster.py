"""`idvault roster`: proposes, signs, verifies and publishes who is who."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault import config, process
from idvault.attest import certificate, person, reading, roster, roster_chain, roster_signature
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.cli import secret
from idvault.cli.outcome import Code, CommandError
from idvault.config import Process

app = typer.Typer(
    help="The signed file that names auditors, custodians, operators and quorums.", no_args_is_help=True
)
File = Annotated[Path, typer.Argument(help="The roster file.")]
After = Annotated[
    Path | None,
    typer.Option(
        help="The version before, which you have verified; without it all former ones must lie beside FILE."
    ),
]
People = Annotated[
    list[Path] | None,
    typer.Option(
        "--person",
        metavar="FILE",
        help="A person's public file, as `auditor init` wrote it; may be repeated.",
    ),
]
Certificates = Annotated[
    list[Path] | None,
    typer.Option(
        "--certificate",
        metavar="FILE",
        help="The TLS certificate of such a person, whose key is to be pinned; may be repeated.",
    ),
]
Remove = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Leave a person of the version before out.")
]
Quorums = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME:M:CUSTODIAN,…",
        help="A quorum: its name, how many must act together, and its custodians in order.",
    ),
]
Development = Annotated[
    bool,
    typer.Option("--development", help="Allow what only development may have; such a roster stays one."),
]


@app.callback()
def rosters() -> None:
    """The signed file that names auditors, custodians, operators and quorums."""


@app.command()
def show(file: File, after: After = None) -> None:
    """Print who and what a roster names, and whether it is valid yet (exit code 5: not yet, and why)."""
    found = _read(file)
    for each in found.people:
        typer.echo(f"{each.role:<10} {each.name:<20} {each.organisation}")
    for quorum in found.quorums:
        names = ", ".join(custodian.name for custodian in quorum.custodians)
        typer.echo(f"quorum     {quorum.name:<20} {quorum.threshold} of {names}; id {quorum.id}")
    signers = ", ".join(signature.name for signature in found.signatures) or "nobody"
    typer.echo(f"signed by  {signers}")
    typer.echo(f"digest     {found.digest()}")
    _verify(file, found, after)
    typer.echo(_summary(found))


@app.command()
def propose(  # noqa: PLR0917 - typer makes an option of each
    file: File,
    person_file: People = None,
    certificate_file: Certificates = None,
    remove: Remove = None,
    quorum: Quorums = None,
    after: After = None,
    development: Development = False,
) -> None:
    """Write a roster without signatures: the first version, or the one after --after.

    A person or quorum of the version before stays unless it is named anew. Send the file to the custodians:
    each reads it with `show` and signs it with `sign`.
    """
    before = _read(after) if after else None
    people = {each.name: each.to_json() for each in before.people} if before else {}
    quorums = {each.name: each.to_json() for each in before.quorums} if before else {}
    for name in remove or []:
        if people.pop(name, None) is None:
            raise RosterError(f"{name!a} is not among the people of the version before")
    people |= _people(person_file or [], certificate_file or [])
    quorums |= {each["name"]: each for each in map(_quorum, quorum or [])}
    document = {
        "version": before.version + 1 if before else 1,
        "development": development,
        "people": list(people.values()),
        "quorums": list(quorums.values()),
        "witness": before.witness.to_json() if before and before.witness else {},
        "signatures": [],
    }
    found = roster.parse(json.dumps(document, ensure_ascii=False).encode())
    _write(file, found)
    typer.echo(f"roster: version {found.version} proposed, not signed yet")


@app.command()
def sign(
    file: File,
    identity: Annotated[Path, typer.Option(help="Your identity folder.")],
    passphrase_file: secret.PassphraseFile = None,
) -> None:
    """Add your signature as a custodian to a roster file. Read it with `show` before."""
    from idvault.custody import identity as identities  # noqa: PLC0415 - only who signs needs it

    with secret.identity_errors():
        own = identities.load(identity, passphrase=secret.passphrase(passphrase_file))
    found = roster_signature.sign(_read(file), name=own.name, signer=own.sign)
    _write(file, found)
    typer.echo(f"roster: version {found.version} signed by {own.name}")


@app.command()
def verify(file: File, after: After = None) -> None:
    """Check a roster and the custodians' signatures.

    The first version needs those of all its custodians, a later one those of M custodians of each quorum of
    the version before.
    """
    found = _read(file)
    _verify(file, found, after)
    typer.echo(_summary(found))


@app.command()
def publish(file: File) -> None:
    """Verify a roster against the published one and put it in its place, IDVAULT_ROSTER.

    The processes take it up at their next start. Former versions stay beside it, as roster.1.json and so on.
    """
    place = config.load(Process.ROSTER).roster
    found = _read(file)
    before = roster_chain.load(place) if place.exists() else None
    if before is None or before.digest() != found.digest():
        roster_signature.verify(found, previous=before)
        if before is not None:
            _write(roster_chain.former_path(place, version=before.version), before)
        _write(place, found)
    typer.echo(_summary(found))


def _verify(file: Path, found: Roster, after: Path | None) -> None:
    """Raise RosterError unless a roster is signed as it must be."""
    if after is None and found.version > 1:
        roster_chain.load(file)
    else:
        roster_signature.verify(found, previous=_read(after) if after else None)


def _summary(found: Roster) -> str:
    return f"roster: version {found.version}, {len(found.quorums)} quorums, {len(found.people)} people, valid"


def _read(path: Path) -> Roster:
    return roster.parse(path.read_bytes())


def _write(path: Path, found: Roster) -> None:
    process.write_private(path, found.to_bytes().decode())


def _people(files: list[Path], certificates: list[Path]) -> dict[str, dict[str, Any]]:
    """Return the people of public files by name, each with the key of a certificate that names it."""
    with secret.identity_errors():
        claims = [certificate.read(path.read_bytes()) for path in certificates]
    pins = {(claim.role, claim.name): claim.spki for claim in claims}
    people = {}
    for path in files:
        fields = reading.document(path.read_bytes())
        pin = pins.get((str(fields.get("role")), str(fields.get("name"))))
        found = person.parse({**fields, "spki": pin} if pin else fields, path.name)
        people[found.name] = found.to_json()
    return people


def _quorum(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    threshold, _, custodians = rest.partition(":")
    if not threshold.isdecimal() or not custodians:
        raise CommandError(
            Code.WRONG_USAGE, "a quorum is NAME:M:CUSTODIAN,CUSTODIAN,…", reason="USAGE", field="--quorum"
        )
    return {"name": name, "threshold": int(threshold), "custodians": custodians.split(",")}
