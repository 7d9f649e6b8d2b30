"""A member's identity folder, apart from the keys: the connection to the custody edge, and the pins.

connection.json: the address of the custody edge, and the log's public key; ca.pem: the authority of the
edge's certificate; certificate.pem, key.pem: the member's own. roster.json, roster.1.json and so on: the
pinned roster, each version verified against the previous one; checkpoint: the last one seen; log-keys.json:
the announcements of the log's later keys, once they are followed.

Nothing that contradicts a pin replaces it: a newer roster must follow the pinned one, and another log key is
refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from idvault_client.transport import Tls
from idvault_people.custody_edge import CustodyCalls, CustodyEdge
from idvault_people.trust import Trust
from idvault_verify import durable_file, small_file
from idvault_verify.attest import reading
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency import log_key
from idvault_verify.transparency.log_key import LogKeyError
from idvault_verify.transparency.note import NoteError, VerifierKey, parse_key
from idvault_verify.v1 import roster_pb2

CONNECTION, CA, ROSTER, CHECKPOINT = "connection.json", "ca.pem", "roster.json", "checkpoint"
_FIELDS = ("target", "server_name", "log_key")
_TLS_FILES = {"certificate.pem": "your TLS certificate", "key.pem": "the private key of your TLS certificate"}


class IdentityFolderError(Exception):
    """An identity folder is not connected to a vault, or something contradicts its pins.

    The text says what.
    """


class TlsFileError(IdentityFolderError):
    """The member's TLS certificate or its key is missing; the text says which, and where it must be."""


@dataclass(frozen=True, slots=True)
class IdentityFolder:
    """A connected identity folder. versions: the pinned roster, verified, from the first version on."""

    folder: Path
    target: str
    server_name: str
    log_key: VerifierKey
    versions: tuple[Roster, ...]
    more_keys: tuple[VerifierKey, ...] = ()

    def connect(self) -> CustodyEdge:
        """Return a connection; raises TlsFileError for a missing PEM file, OSError for an unreadable one."""
        for name, what in _TLS_FILES.items():
            if not (self.folder / name).exists():
                raise TlsFileError(f"{self.folder / name} is missing: {what}")
        tls = Tls(self.folder / CA, self.folder / "certificate.pem", self.folder / "key.pem")
        return CustodyEdge(self.target, tls=tls, server_name=self.server_name or None)

    def trust(self) -> Trust:
        """Return the pinned roster, log key and checkpoint."""
        return Trust(
            versions=self.versions,
            log_key=self.log_key,
            state=self.folder / CHECKPOINT,
            more_keys=self.more_keys,
        )


def pin(
    folder: Path, *, target: str, server_name: str, ca: bytes, log_key: str, versions: Sequence[Roster]
) -> IdentityFolder:
    """Connect an identity folder to a vault; a repeat may change only the vault's address.

    server_name: the name in the vault's certificate if it differs from the target's, else empty. log_key:
    the log's vkey. versions: of the roster, from the first on. Raises IdentityFolderError, RosterError.
    """
    verified = roster_chain.verified(versions)
    key = _key(log_key)
    if (folder / CONNECTION).exists():
        _check_same(load(folder), key, verified)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable_file.replace(folder / CA, ca)
    _write_roster(folder, verified)
    document = {"target": target, "server_name": server_name, "log_key": log_key}
    durable_file.replace(folder / CONNECTION, json.dumps(document, indent=1).encode() + b"\n")
    return IdentityFolder(folder, target, server_name, key, verified, _more_keys(folder, key))


def load(folder: Path) -> IdentityFolder:
    """Return a connected folder; raises IdentityFolderError, RosterError."""
    path = folder / CONNECTION
    try:
        fields = reading.document(small_file.read(path))
        reading.exactly(fields, CONNECTION, *_FIELDS)
        target, server_name = reading.text(fields["target"], "target"), str(fields["server_name"])
        key = _key(str(fields["log_key"]))
    except FileNotFoundError as error:
        raise IdentityFolderError(f"{folder} is not connected to a vault") from error
    except RosterError as error:
        raise IdentityFolderError(f"{path} is damaged: {error}") from error
    versions = roster_chain.load_all(folder / ROSTER)
    return IdentityFolder(folder, target, server_name, key, versions, _more_keys(folder, key))


def follow_log_keys(pinned: IdentityFolder, data: bytes) -> IdentityFolder:
    """Follow the published announcements of the log's later keys; a repeat changes nothing.

    Raises IdentityFolderError unless they verify, lead on from the pinned key, and continue those that are
    followed already.
    """
    path = pinned.folder / log_key.FILE
    try:
        changes = log_key.decode(data)
        before = log_key.decode(small_file.read(path)) if path.exists() else ()
    except LogKeyError as error:
        raise IdentityFolderError(str(error)) from error
    known = before[0].former if before else pinned.log_key
    # Nothing before it is kept: the thief of a former key could put another before that one.
    led = log_key.following(known, changes)
    is_known = any(known in (each.former, each.later) for each in changes)
    if not is_known or [each.raw for each in led[: len(before)]] != [each.raw for each in before]:
        raise IdentityFolderError("the announcements do not lead on from the log key that is pinned here")
    if led:
        durable_file.replace(path, log_key.encode(led))
    return replace(pinned, more_keys=_more_keys(pinned.folder, pinned.log_key))


def _more_keys(folder: Path, key: VerifierKey) -> tuple[VerifierKey, ...]:
    try:
        changes = log_key.decode(small_file.read(folder / log_key.FILE))
    except FileNotFoundError:
        return ()
    except LogKeyError as error:
        raise IdentityFolderError(f"{folder / log_key.FILE} is damaged: {error}") from error
    # The folder's own: it was connected with the first of them.
    return log_key.every(key, changes)[1:]


def refresh(pinned: IdentityFolder, edge: CustodyCalls) -> IdentityFolder:
    """Return the folder with every newer version of the roster, each verified against the previous one.

    Raises RosterError for a version that does not follow, and VaultError.
    """
    versions = pinned.versions
    answer = _get(edge, 0)
    while versions[-1].version < answer.newest_version:
        found = rosters.parse(_get(edge, versions[-1].version + 1).file)
        versions = (*versions, *roster_chain.verified((found,), previous=versions[-1]))
    if versions == pinned.versions:
        return pinned
    _write_roster(pinned.folder, versions)
    return replace(pinned, versions=versions)


def _get(edge: CustodyCalls, version: int) -> roster_pb2.Roster:
    request = roster_pb2.GetRosterRequest(version=version)
    return edge.call("RosterService/GetRoster", request, roster_pb2.Roster)


def _write_roster(folder: Path, versions: Sequence[Roster]) -> None:
    path = folder / ROSTER
    # The newest version is written last, so that after a crash it has all its predecessors beside it.
    for former in versions[:-1]:
        durable_file.replace(roster_chain.former_path(path, version=former.version), former.to_bytes())
    durable_file.replace(path, versions[-1].to_bytes())


def _check_same(pinned: IdentityFolder, key: VerifierKey, versions: Sequence[Roster]) -> None:
    if key not in (pinned.log_key, *pinned.more_keys):
        raise IdentityFolderError("another log key is pinned here: this is a different vault")
    for mine, its in zip(pinned.versions, versions, strict=False):
        if mine.digest() != its.digest():
            raise IdentityFolderError(f"another version {mine.version} of the roster is pinned here")
    if len(versions) < len(pinned.versions):
        raise IdentityFolderError("a newer roster is pinned here")


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except NoteError as error:
        raise IdentityFolderError(f"invalid log key: {error}") from error
