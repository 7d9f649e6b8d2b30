"""The roster over the wire: `--server` hands a proposal or a signature to a running vault, or fetches one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from idvault.attest.roster import Roster
from idvault.cli.errors import CommandError, ExitCode, wrong_usage
from idvault.v1 import roster_pb2
from idvault_client.errors import Unavailable, VaultError
from idvault_client.people.custody_edge import CustodyEdge
from idvault_client.transport import Tls

ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="HOST:PORT", help="A vault's custody edge, called with --identity."),
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", help="The authority of the vault's certificate (PEM); else ca.pem of --identity."),
]
ServerNameOption = Annotated[
    str, typer.Option("--server-name", help="The name in the vault's certificate, if not HOST.")
]


@dataclass(frozen=True, slots=True)
class RosterServer:
    """Which vault to call, and as whom."""

    target: str
    identity: Path
    ca: Path
    server_name: str

    def propose(self, found: Roster) -> roster_pb2.RosterProposal:
        """Hand a version in, with the signatures that it has."""
        request = roster_pb2.ProposeRosterRequest(request_id=str(uuid4()), file=found.to_bytes())
        with self._connect() as edge:
            return edge.call("RosterService/ProposeRoster", request, roster_pb2.RosterProposal)

    def sign(self, found: Roster, name: str) -> roster_pb2.RosterProposal:
        """Hand in the signature that a custodian has put on a proposal."""
        (signature,) = [each.signature for each in found.signatures if each.name == name]
        request = roster_pb2.SignRosterRequest(
            request_id=str(uuid4()), hash=found.digest(), signature=signature
        )
        with self._connect() as edge:
            return edge.call("RosterService/SignRoster", request, roster_pb2.RosterProposal)

    def get(self, version: int) -> roster_pb2.Roster:
        """Fetch a version, 0 for the one in force; nothing of it is believed yet."""
        request = roster_pb2.GetRosterRequest(version=version)
        with self._connect() as edge:
            return edge.call("RosterService/GetRoster", request, roster_pb2.Roster)

    @contextmanager
    def _connect(self) -> Iterator[CustodyEdge]:
        tls = Tls(self.ca, self.identity / "certificate.pem", self.identity / "key.pem")
        try:
            with CustodyEdge(self.target, tls=tls, server_name=self.server_name or None) as edge:
                yield edge
        except VaultError as error:
            code = ExitCode.UNREACHABLE if isinstance(error, Unavailable) else ExitCode.REFUSED
            raise CommandError(code, str(error), reason=error.reason or error.code) from error


def chosen(
    target: str | None, *, identity: Path | None, ca: Path | None, server_name: str
) -> RosterServer | None:
    """Return the vault that was named, None where none was; raises CommandError (wrong usage)."""
    if target is None:
        return None
    if identity is None:
        raise wrong_usage("--server needs --identity", field="--identity")
    return RosterServer(target, identity, ca or identity / "ca.pem", server_name)


def needed(target: str, *, identity: Path, ca: Path | None, server_name: str) -> RosterServer:
    """Return the vault of a command that always calls one."""
    return RosterServer(target, identity, ca or identity / "ca.pem", server_name)
