"""The verbs about evidence: `export` of auditors and custodians, `evidence` of auditors."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from idvault_people import local_time
from idvault_people.commands.disclosure import display, tables
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import (
    MemberFolder,
    MemberOptions,
    as_json,
    explained,
    now,
    open_folder,
    refuse_existing,
)
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure import export as exports
from idvault_people.disclosure.export import CourtFiles
from idvault_people.member import MemberClient
from idvault_verify import durable_file
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.offline import witness_policy
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence.file import EvidenceError, ProofFile
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy

File = Annotated[Path, typer.Argument(metavar="FILE", help="The evidence kept by `open`, or sealed for you.")]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--evidence", metavar="FILE", help="Check and show evidence instead: yours, or exported for you."
    ),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to; it is created if missing.")]
Reader = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="NAME", help="Encrypt for this auditor or custodian of the roster, without a page."
    ),
]


Zone = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The time zone of the page's times, such as Asia/Shanghai; without it that of this machine.",
    ),
]


def export(context: typer.Context, file: File, out: Out, reader: Reader = None, zone: Zone = "") -> None:
    """Export evidence for a court: a page that prints well, and the proof file that anybody can check.

    The proof file is not encrypted: whoever has it can read the identity. With --for the command writes one
    file that only that member of the roster can open, with `export` as well. The command checks the evidence
    first, needs no connection, and never overwrites a file.
    """
    given: MemberOptions = context.obj
    try:
        court_zone = local_time.zone_named(zone)
    except ValueError as error:
        raise wrong_usage(str(error), field="--zone") from error
    with open_folder(_role(context), given) as member:
        proof = evidences.read(file, identity=member.identity)
        proved = evidence_check.check(proof, policy=_policy(member), published=member.pinned.versions)
        if reader:
            written = _for_reader(proof, out, reader, member)
        else:
            log_key = member.pinned.log_key
            files = exports.for_court(proof, proved, log_key=log_key, exported_at=now(), zone=court_zone)
            written = _for_court(files, out)
    if as_json(context):
        display.tell({"disclosure_id": proved.terms.disclosure_id, "files": [str(path) for path in written]})
        return
    for path in written:
        typer.echo(f"file: {path}")
    typer.echo(f"must be destroyed after {proved.destroy_after}, with all copies", err=True)
    typer.echo(f"export: {proved.terms.disclosure_id} written")


def show_kept(context: typer.Context, client: MemberClient, path: Path, disclosure_id: str) -> None:
    """Check and show evidence that the member kept, or that a colleague exported for the member."""
    found = evidences.read(path, identity=client.identity)
    if found.terms.disclosure_id != disclosure_id:
        raise EvidenceError("OTHER_DISCLOSURE", f"{path.name} is evidence of another disclosure")
    proved = client.verify_evidence(found)
    if as_json(context):
        display.tell(display.proved(proved, found))
        return
    tables.show_proved(proved)
    typer.echo(f"evidence: {disclosure_id} verified")


def kept(
    context: typer.Context,
    destroy_overdue: Annotated[
        bool, typer.Option("--destroy-overdue", help="Destroy the files whose day has passed.")
    ] = False,
) -> None:
    """List the evidence in your identity folder, and the day after which each file must be destroyed.

    It needs neither keys nor a connection. Copies elsewhere must be destroyed by hand.
    """
    given: MemberOptions = context.obj
    today, overdue = now().date(), 0
    with explained(NextStep(_role(context), given.folder())):
        found = evidences.kept(given.folder())
    for path, outside in found:
        is_overdue = today > outside.destroy_after
        overdue += is_overdue
        if is_overdue and destroy_overdue:
            durable_file.destroy(path)
        _tell_kept(context, path, outside.disclosure_id, outside.destroy_after, is_overdue=is_overdue)
    if not as_json(context):
        typer.echo(f"evidence: {len(found)} kept, {overdue} overdue{', destroyed' * destroy_overdue}")


def _tell_kept(
    context: typer.Context, path: Path, disclosure_id: str, destroy_after: date, *, is_overdue: bool
) -> None:
    if as_json(context):
        display.tell({
            "file": str(path),
            "disclosure_id": disclosure_id,
            "destroy_after": destroy_after.isoformat(),
            "overdue": is_overdue,
        })  # fmt: skip
        return
    typer.echo(f"{path}: destroy after {destroy_after}{' (overdue)' * is_overdue}", err=True)


def _role(context: typer.Context) -> str:
    parent = context.parent
    return str(parent.info_name) if parent is not None else ""


def _policy(member: MemberFolder) -> Policy:
    return witness_policy.of_log(member.pinned.log_key, *member.pinned.more_keys)


def _for_court(files: CourtFiles, out: Path) -> list[Path]:
    proof_path, page_path = out / files.proof_name, out / files.page_name
    refuse_existing(proof_path, page_path)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable_file.create(proof_path, files.proof)
    durable_file.create(page_path, files.page)
    return [page_path, proof_path]


def _for_reader(proof: ProofFile, out: Path, name: str, member: MemberFolder) -> list[Path]:
    reader = _reader(name, member)
    path = out / f"{proof.terms.disclosure_id}.{reader.name}.json"
    refuse_existing(path)
    try:
        sealed = evidences.sealed(proof, reader=reader)
    except EvidenceError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason=error.reason, field="--for") from error
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable_file.create(path, sealed)
    return [path]


def _reader(name: str, member: MemberFolder) -> RosterMember:
    try:
        found = member.pinned.versions[-1].member(name)
    except RosterError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="NOT_IN_ROSTER", field="--for") from error
    return found
