"""`idvault-verify check-evidence`: what an auditor's proof file proves, checked with public keys alone."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.log import (
    EpochsFile,
    LogKeys,
    PublicKey,
    Quorum,
    RosterFile,
    Witness,
    breaks_of,
    changes_of,
    policy_of,
)
from idvault_verify.commands.output import AsJson, read, reporting, show_limited, show_valid
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.file import MOST_BYTES, EvidenceError

_UNWITNESSED = "no witness cosigned this checkpoint: the log may be a copy that only you are shown"
_NOT_COMPARED = (
    "the names and keys of auditor, custodians and witnesses are those of the roster in this file, which "
    "anyone could have made: give the published roster with --roster, or compare its hash"
)


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The proof file written by `idvault-people auditor export`."),
    ],
    public_key: PublicKey,
    roster: RosterFile = None,
    log_keys: LogKeys = None,
    witness: Witness = None,
    quorum: Quorum = None,
    epochs_file: EpochsFile = None,
    development: Annotated[
        bool, typer.Option("--development", help="Accept a development roster, which proves nothing.")
    ] = False,
    json_option: AsJson = False,
) -> None:
    """Check offline that a record held this identity, was sealed and opened, and who asked and approved.

    The identity is decrypted from the record, whose digest the log holds. No private key is needed. With
    --roster, auditor and custodians must be those of the published roster, and the last line is "check:
    valid". Without it the roster in the file is taken as it is: the last line is "check: valid as far as its
    own roster says", with exit code 6. Without --witness, the witnesses of the roster are demanded. Otherwise
    the last line is "check: REASON" with exit code 5.
    """
    with reporting(context, json_option) as as_json:
        changes = changes_of(log_keys)
        policy = policy_of(public_key, witness or [], quorum, changes=changes)
        try:
            published = roster_chain.load_all(roster) if roster is not None else ()
        except RosterError as error:
            raise EvidenceError("OTHER_ROSTER", f"the published roster: {error}") from error
        found = proof_file.parse(read(file, limit=MOST_BYTES))
        breaks = breaks_of(epochs_file, public_key, published, changes)
        proved = evidence_check.check(found, policy=policy, published=published, breaks=breaks)
        if proved.is_development and not development:
            raise EvidenceError("DEVELOPMENT_ROSTER", "the roster is for development: see --development")
        if not as_json and not proved.cosigned_by:
            typer.echo(_UNWITNESSED, err=True)
        if not proved.is_published:
            if not as_json:
                typer.echo(_NOT_COMPARED, err=True)
            show_limited(
                summary.of(proved),
                field="valid_by_own_roster",
                text="its own roster says",
                as_json=as_json,
            )
        show_valid(summary.of(proved), as_json=as_json)
