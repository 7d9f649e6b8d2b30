"""`idvault-people roster`: proposes, signs and verifies the roster, and hands it to a vault."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault_people.commands import membership, passphrase, roster_server, witness_options
from idvault_people.commands.roster_server import CaOption, ServerNameOption, ServerOption
from idvault_verify import durable_file, small_file
from idvault_verify.attest import certificate, reading
from idvault_verify.attest.people import roster, roster_chain, roster_member, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

_READABLE = 0o644
app = typer.Typer(
    help="The signed file that names auditors, custodians, operators and quorums.", no_args_is_help=True
)
File = Annotated[Path, typer.Argument(help="The roster file.")]
After = Annotated[
    Path | None,
    typer.Option(
        help="The previous version, which you have verified; without it, all earlier versions must be beside "
        "FILE."
    ),
]
People = Annotated[
    list[Path] | None,
    typer.Option(
        "--person",
        metavar="FILE",
        help="A member's public file, as written by `auditor init`; may be repeated.",
    ),
]
Certificates = Annotated[
    list[Path] | None,
    typer.Option(
        "--certificate",
        metavar="FILE",
        help="A member's TLS certificate, whose key is pinned; may be repeated.",
    ),
]
Remove = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Leave out a member of the previous version.")
]
Quorums = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME:M:CUSTODIAN,…",
        help="A quorum: its name, how many custodians must act together, and its custodians in order.",
    ),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="VKEY",
        help="A witness of the log, by the public key that `idvault witness` prints; may be repeated. "
        "Together they replace the witnesses of the previous version.",
    ),
]
WitnessQuorum = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="K",
        help="How many witnesses must cosign; more than half of them, which is the default.",
    ),
]
LogKey = Annotated[
    str | None,
    typer.Option(
        metavar="VKEY",
        help="The log's public key: no witness may have its key or a name under its name. Default: the one "
        "that --identity is connected to.",
    ),
]
Own = Annotated[Path | None, typer.Option(help="Your identity folder, for --server.")]
Development = Annotated[
    bool,
    typer.Option(
        "--development",
        help="Allow a quorum that is too small for production; the roster remains a development roster.",
    ),
]


@app.callback()
def rosters() -> None:
    """The signed file that names auditors, custodians, operators and quorums."""


@app.command(short_help="Print the members and quorums of a roster.")
def show(file: File, after: After = None) -> None:
    """Print the members and quorums of a roster; exit code 5 with the reason if it is not valid yet.

    Compare the fingerprints with those that each member's `init` printed, before you sign.
    """
    found = _read(file)
    for each in found.people:
        typer.echo(f"{each.role:<10} {each.name:<20} {each.organisation}")
        for line in membership.fingerprints(each):
            typer.echo(f"  {line}")
    for quorum in found.quorums:
        names = ", ".join(custodian.name for custodian in quorum.custodians)
        typer.echo(f"quorum     {quorum.name:<20} {quorum.threshold} of {names}; id {quorum.id}")
    for line in witness_options.lines(found.witness):
        typer.echo(line)
    signers = ", ".join(signature.name for signature in found.signatures) or "nobody"
    typer.echo(f"signed by  {signers}")
    typer.echo(f"digest     {found.digest()}")
    _verify(file, found, after)
    typer.echo(found.summary())


@app.command(short_help="Write or file the next version, unsigned.")
def propose(  # noqa: PLR0917 - typer makes an option of each
    file: File,
    member_file: People = None,
    certificate_file: Certificates = None,
    remove: Remove = None,
    quorum: Quorums = None,
    witness: Witnesses = None,
    witness_quorum: WitnessQuorum = None,
    log_key: LogKey = None,
    after: After = None,
    development: Development = False,
    identity: Own = None,
    server: ServerOption = None,
    ca: CaOption = None,
    server_name: ServerNameOption = "",
) -> None:
    """Write a roster without signatures: the first version, or the one after --after.

    Members, quorums and witnesses of the previous version stay; naming one again replaces it. Send the file
    to the custodians, who read it with `show` and sign it with `sign`. With --server the proposal goes to
    the vault too: the custodians can fetch it there, and the last required signature puts it in force.
    """
    vault = roster_server.chosen(server, identity=identity, ca=ca, server_name=server_name)
    before = _read(after) if after else None
    found = _next(
        before,
        remove or [],
        _people(member_file or [], certificate_file or []),
        quorum or [],
        witness_options.policy(before, witness or [], witness_quorum),
        development,
    )
    found.check_in_force()
    witness_options.check_apart(found, log_key=log_key, identity=identity)
    _write(file, found)
    if vault is not None:
        vault.propose(found)
    typer.echo(f"roster: version {found.version} proposed, not signed yet")


@app.command()
def sign(  # noqa: PLR0917 - typer makes an option of each
    file: File,
    identity: Annotated[Path, typer.Option(help="Your identity folder.")],
    passphrase_file: passphrase.PassphraseFile = None,
    log_key: LogKey = None,
    server: ServerOption = None,
    ca: CaOption = None,
    server_name: ServerNameOption = "",
) -> None:
    """Add your signature as a custodian to a roster file. Read it with `show` first.

    With --server the vault gets the signature too; the last required signature puts the roster in force.
    """
    from idvault_people.opens import identity as identities  # noqa: PLC0415 - only `sign` needs it

    unsigned = _read(file)
    unsigned.check_in_force()
    witness_options.check_apart(unsigned, log_key=log_key, identity=identity)
    with passphrase.identity_errors():
        own = identities.load(identity, passphrase=passphrase.read(passphrase_file))
    found = roster_signature.sign(unsigned, name=own.name, signer=own.sign)
    _write(file, found)
    vault = roster_server.chosen(server, identity=identity, ca=ca, server_name=server_name)
    adopted = vault is not None and vault.sign(found, own.name).adopted
    typer.echo(f"roster: version {found.version} signed by {own.name}{', in force' if adopted else ''}")


@app.command()
def verify(file: File, after: After = None) -> None:
    """Check a roster and the custodians' signatures.

    The first version needs the signatures of all its custodians. A later version needs those of M custodians
    of each quorum of the previous version.
    """
    found = _read(file)
    _verify(file, found, after)
    typer.echo(found.summary())


@app.command(short_help="Hand a signed roster to a vault.")
def submit(
    file: File,
    identity: Annotated[Path, typer.Option(help="Your identity folder.")],
    server: Annotated[str, typer.Option(metavar="HOST:PORT", help="The vault's custody edge.")],
    ca: CaOption = None,
    server_name: ServerNameOption = "",
) -> None:
    """Hand a signed roster to a vault, which puts it in force; exit code 5 if signatures are missing.

    `idvault roster publish` on the vault's own machine does the same for the first version.
    """
    vault = roster_server.needed(server, identity=identity, ca=ca, server_name=server_name)
    _hand_in(_read(file), vault)


@app.command(short_help="Fetch a roster from a vault.")
def fetch(  # noqa: PLR0917 - typer makes an option of each
    file: File,
    identity: Annotated[Path, typer.Option(help="Your identity folder.")],
    server: Annotated[str, typer.Option(metavar="HOST:PORT", help="The vault's custody edge.")],
    proposal: Annotated[
        bool, typer.Option("--proposal", help="Fetch the newest proposal, not the version in force.")
    ] = False,
    ca: CaOption = None,
    server_name: ServerNameOption = "",
) -> None:
    """Fetch a roster from a vault to FILE, with earlier versions beside it.

    Run `verify` before you rely on it. Read a proposal with `show` before you sign it.
    """
    vault = roster_server.needed(server, identity=identity, ca=ca, server_name=server_name)
    newest = vault.get(0)
    if proposal and not newest.proposals:
        raise CommandError(ExitCode.REFUSED, "there is no proposal", reason="REQUEST_NOT_FOUND")
    found = roster.parse(newest.proposals[0].file if proposal else newest.file)
    roster_chain.check_length(found.version)
    former: Roster | None = None
    for version in range(1, found.version):
        # Verified one by one: the vault may serve what it likes, and as much of it.
        (former,) = roster_chain.verified((roster.parse(vault.get(version).file),), previous=former)
        _write(roster_chain.former_path(file, version=version), former)
    _write(file, found)
    typer.echo(f"roster: version {found.version} fetched, {found.digest()}")


def _hand_in(found: Roster, vault: roster_server.RosterServer) -> None:
    if not vault.propose(found).adopted:
        raise CommandError(
            ExitCode.UNVERIFIED,
            "proposed, but not enough custodians have signed yet",
            reason="ROSTER_INVALID",
        )
    typer.echo(found.summary())


def _verify(file: Path, found: Roster, after: Path | None) -> None:
    """Raise RosterError unless a roster has the signatures it needs."""
    if after is None and found.version > 1:
        roster_chain.load(file)
    else:
        roster_signature.verify(found, previous=_read(after) if after else None)


def _next(  # noqa: PLR0917 - the parts of one roster
    before: Roster | None,
    remove: list[str],
    named: dict[str, dict[str, Any]],
    quorum: list[str],
    witness: WitnessPolicy | None,
    development: bool,
) -> Roster:
    """Return the version that follows, or the first one, without signatures."""
    people = {each.name: each.to_json() for each in before.people} if before else {}
    quorums = {each.name: each.to_json() for each in before.quorums} if before else {}
    for name in remove:
        if people.pop(name, None) is None:
            raise RosterError(f"{name!a} is not a member of the previous version")
    people |= named
    quorums |= {each["name"]: each for each in map(_quorum, quorum)}
    document = {
        "version": before.version + 1 if before else 1,
        "development": development,
        "people": list(people.values()),
        "quorums": list(quorums.values()),
        "witness": witness.to_json() if witness else {},
        "signatures": [],
    }
    return roster.parse(json.dumps(document, ensure_ascii=False).encode())


def _read(path: Path) -> Roster:
    return roster.parse(small_file.read(path))


def _write(path: Path, found: Roster) -> None:
    # It holds public keys only, and processes of several users read it.
    durable_file.replace(path, found.to_bytes(), mode=_READABLE)


def _people(files: list[Path], certificates: list[Path]) -> dict[str, dict[str, Any]]:
    """Return the members of public files by name, each with the key of the certificate that names it."""
    with passphrase.identity_errors():
        claims = [certificate.read(small_file.read(path)) for path in certificates]
    pins = {(claim.role, claim.name): claim.spki for claim in claims}
    people = {}
    for path in files:
        fields = reading.document(small_file.read(path))
        pin = pins.get((str(fields.get("role")), str(fields.get("name"))))
        found = roster_member.parse({**fields, "spki": pin} if pin else fields, path.name)
        people[found.name] = found.to_json()
    return people


def _quorum(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    threshold, _, custodians = rest.partition(":")
    if not threshold.isdecimal() or not custodians:
        raise wrong_usage("a quorum is NAME:M:CUSTODIAN,CUSTODIAN,…", field="--quorum")
    return {"name": name, "threshold": int(threshold), "custodians": custodians.split(",")}
