"""`--server`: sends a roster proposal or a signature to a running vault, or fetches a roster from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from idvault_client.errors import Unavailable, VaultError
from idvault_client.transport import Tls
from idvault_people.custody_edge import CustodyEdge
from idvault_verify.attest.people.roster import Roster
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.v1 import roster_pb2

ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="HOST:PORT", help="A vault's custody edge; needs --identity."),
]
CaOption = Annotated[
    Path | None,
    typer.Option(
        "--ca", help="The authority of the vault's certificate (PEM); default: ca.pem of --identity."
    ),
]
ServerNameOption = Annotated[
    str, typer.Option("--server-name", help="The name in the vault's certificate, if not HOST.")
]


@dataclass(frozen=True, slots=True)
class RosterServer:
    """A vault to call, and the identity folder to call with."""

    target: str
    identity: Path
    ca: Path
    server_name: str

    def propose(self, found: Roster) -> roster_pb2.RosterProposal:
        """Propose a version, with the signatures that it has."""
        request = roster_pb2.ProposeRosterRequest(request_id=str(uuid4()), file=found.to_bytes())
        with self._connect() as edge:
            return edge.call("RosterService/ProposeRoster", request, roster_pb2.RosterProposal)

    def sign(self, found: Roster, name: str) -> roster_pb2.RosterProposal:
        """Send the signature of a custodian on a proposal."""
        (signature,) = [each.signature for each in found.signatures if each.name == name]
        request = roster_pb2.SignRosterRequest(
            request_id=str(uuid4()), hash=found.digest(), signature=signature
        )
        with self._connect() as edge:
            return edge.call("RosterService/SignRoster", request, roster_pb2.RosterProposal)

    def get(self, version: int) -> roster_pb2.Roster:
        """Fetch a version, 0 for the one in force; the answer is not verified."""
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
    """Return the vault of --server, None without it; raises CommandError (wrong usage)."""
    if target is None:
        return None
    if identity is None:
        raise wrong_usage("--server needs --identity", field="--identity")
    return RosterServer(target, identity, ca or identity / "ca.pem", server_name)


def needed(target: str, *, identity: Path, ca: Path | None, server_name: str) -> RosterServer:
    """Return the vault of a command for which --server is required."""
    return RosterServer(target, identity, ca or identity / "ca.pem", server_name)
