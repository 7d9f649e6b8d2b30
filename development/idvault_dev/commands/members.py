"""Connects development's roster members to the running vault, and enrols their second factors."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idvault_client.errors import Unavailable, VaultError
from idvault_dev import totp
from idvault_dev.layout import PASSPHRASE
from idvault_people import identity_folder, second_factor
from idvault_people.custody_edge import CustodyCalls
from idvault_people.opens import identity as identities
from idvault_verify import durable_file
from idvault_verify.attest.people import roster_chain
from idvault_verify.error import Reason

_TRIES = 3


def connect(ready: Mapping[str, Any], names: Iterable[str]) -> None:
    """Pin the vault of a ready file in the identity folders of these members."""
    versions = roster_chain.load_all(Path(ready["roster"]))
    for name in names:
        folder = Path(ready["identities"][name])
        # A member may have pinned versions that the file does not have yet; they stay.
        is_pinned = (folder / identity_folder.CONNECTION).exists()
        newer = identity_folder.load(folder).versions[len(versions) :] if is_pinned else ()
        identity_folder.pin(
            folder,
            target=ready["grpc_custody"],
            server_name=ready["server_name"],
            ca=Path(ready["ca"]).read_bytes(),
            log_key=ready["log"]["public_key"],
            versions=(*versions, *newer),
        )


def enrol(ready: Mapping[str, Any], names: Iterable[str]) -> None:
    """Enrol the members' second factors, and write their totp.txt; safe to repeat after a crash.

    Raises Unavailable if a call stays without an answer three times.
    """
    for name in names:
        folder = Path(ready["identities"][name])
        for left in reversed(range(_TRIES)):
            try:
                _enrol(folder)
                break
            except Unavailable:
                # On a busy machine an answer may come too late; what had taken effect is in the draft.
                if not left:
                    raise


def _enrol(folder: Path) -> None:
    """Enrol one member; an enrolment that has begun is kept in a draft until it is confirmed."""
    draft = folder / f"{totp.FILE}.draft"
    if (folder / totp.FILE).exists():
        return
    identity = identities.load(folder, passphrase=PASSPHRASE)
    before = draft.read_text(encoding="ascii").strip() if draft.exists() else None
    with identity_folder.load(folder).connect() as edge:
        code = totp.code(before, now=datetime.now(UTC)) if before else ""
        uri = second_factor.begin(edge, identity=identity, code=code)
        durable_file.replace(draft, f"{uri}\n".encode())
        _confirm(edge, uri)
    draft.replace(folder / totp.FILE)


def _confirm(edge: CustodyCalls, uri: str) -> None:
    """Confirm with the previous time step's code, so that the current step's code stays unused."""
    try:
        second_factor.confirm(edge, code=totp.code(uri, now=datetime.now(UTC), steps=-1))
    except VaultError as error:
        if error.reason != Reason.SECOND_FACTOR_REFUSED:
            raise
        # A new time step has begun since the code was computed.
        second_factor.confirm(edge, code=totp.code(uri, now=datetime.now(UTC)))
