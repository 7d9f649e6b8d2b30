"""A chamber served over mutual TLS, with an identity folder for each member."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idvault.core.edge.access import Access, Directory, Pin
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault_people import identity_folder
from idvault_people.custody_edge import CustodyEdge
from idvault_people.opens import identity as identities
from idvault_verify.attest.people.roster import Roster
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.v1 import roster_pb2
from tests.support.commands import Commands, Result
from tools.support import people
from tools.support.authority import TRUST_DOMAIN, Authority, spiffe
from tools.support.chamber import AUDITORS, CUSTODIANS, ROLES, Chamber, chamber, identity, roster_member
from tools.support.databases import Databases
from tools.support.edge import FakePlatforms, reading
from tools.support.log_world import KEY


class Rosters:
    """RosterService, with only GetRoster implemented."""

    def __init__(self, room: Chamber) -> None:
        self._room = room

    async def GetRoster(self, request: Any, **_: Any) -> roster_pb2.Roster:
        newest = self._room.rosters.current.version
        found = self._room.rosters.version(request.version or newest)
        return roster_pb2.Roster(version=found.version, file=found.to_bytes(), newest_version=newest)

    def __getattr__(self, _name: str) -> Any:
        async def refuse(*_: Any, **__: Any) -> Any:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)

        return refuse


@dataclass
class House:
    """A served chamber and its members' identity folders."""

    room: Chamber
    server: GrpcServer
    folder: Path
    passphrase: Path
    idvault: Commands | None

    async def run(self, name: str, *arguments: object, code: str | None = None, json: bool = False) -> Result:
        """Run a command as a member while the worker runs."""
        before = [ROLES[name], "--identity", self.folder / name, "--passphrase-file", self.passphrase]
        before += ["--code", code] if code else []
        before += ["--json"] if json else []
        async with self.room.sequencing():
            return await self.command(*before, *arguments)

    async def request(self, account: str) -> str:
        """File a request as auditor-a; return the disclosure's id."""
        made = await self.run(
            "auditor-a", "request", "--account", account, "--case", "案 2026-1",
            "--legal-basis", "第一条 (synthetic)", "--purpose", "一次核查", json=True,
        )  # fmt: skip
        assert made.code == 0, made.err
        await self.room.step()
        return str(json.loads(made.out)["disclosure_id"])

    async def command(self, *arguments: object) -> Result:
        assert self.idvault is not None
        return await asyncio.to_thread(self.idvault, *arguments)

    def edge(self, name: str) -> CustodyEdge:
        return identity_folder.load(self.folder / name).connect()

    def pin(self, name: str, *versions: Roster, **changes: Any) -> None:
        """Connect a member's folder to this house."""
        asked: dict[str, Any] = {
            "target": f"127.0.0.1:{self.server.port}",
            "server_name": "localhost",
            "ca": (self.folder / "ca.pem").read_bytes(),
            "log_key": str(KEY),
            "versions": versions or tuple(self.room.rosters.versions),
        }
        identity_folder.pin(self.folder / name, **asked | changes)


def _identity_folder(folder: Path, name: str, authority: Authority) -> str:
    """Create a member's folder with the roster's keys; return the certificate's pin."""
    folder.mkdir(mode=0o700)
    issued = authority.client(spiffe(ROLES[name], name))
    (folder / "certificate.pem").write_bytes(issued.certificate)
    (folder / "key.pem").write_bytes(issued.key)
    drawn = iter(
        [
            bytes.fromhex(roster_member(name).actor_id),
            people.secret(name, "hpke"),
            people.secret(name, "ed25519"),
        ]
    )
    identities.create(
        folder,
        name=name,
        role=ROLES[name],
        organisation=roster_member(name).organisation,
        passphrase=b"words",
        random=lambda size: next(drawn, bytes(size)),
        suite=roster_member(name).suite,
        cost=people.CHEAP,
    )
    assert identities.load(folder, passphrase=b"words") == identity(name)
    return issued.spki


@asynccontextmanager
async def serving(room: Chamber, folder: Path, idvault: Commands | None) -> AsyncIterator[House]:
    """Serve a chamber to members with certificates and identity folders."""
    # The commands run at the real time.
    room.witness_clock = lambda: datetime.now(UTC)
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.ca)
    passphrase = folder / "passphrase"
    passphrase.write_bytes(b"words\n")
    pins = []
    for name in (*AUDITORS, *CUSTODIANS):
        spki = _identity_folder(folder / name, name, authority)
        pins.append(Pin(name, ROLES[name], roster_member(name).actor_id, spki))
    directory = Directory(platforms=FakePlatforms(), people=lambda: pins, clock=lambda: datetime.now(UTC))
    issued = authority.server()
    logs = Logs(process="serve-0", path=folder / "serve.jsonl")
    rosters = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(issued.certificate, issued.key, authority.ca),
        services=[*room.services, Service(rosters, Rosters(room))],
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=Metrics(),
        access_log=logs.access,
        clock=room.now_with_real_time,
    )
    await server.start()
    house = House(room, server, folder, passphrase, idvault)
    for name in (*AUDITORS, *CUSTODIANS):
        house.pin(name)
    try:
        async with reading(directory):
            yield house
    finally:
        await server.stop(grace=1.0, linger=0.0)
        logs.close()


@asynccontextmanager
async def house_over(
    databases: Databases, folder: Path, idvault: Commands | None = None
) -> AsyncIterator[House]:
    """Open a chamber in real time and serve it."""
    (folder / "room").mkdir()
    (folder / "people").mkdir()
    async with chamber(databases, folder / "room") as room:
        room.offset = datetime.now(UTC) - room.now().real
        async with serving(room, folder / "people", idvault) as made:
            yield made
