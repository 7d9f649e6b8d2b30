"""The operator's console, in this process, over a chamber's databases and the vault's own commands."""

import asyncio
import contextlib
import io
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.act import SYSTEM
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.custody.drill import acts as drill_acts
from idvault.people.second_factor.acts import SecondFactors
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap import vitals
from idvault.processes.cli import app
from idvault.processes.deployment import acts as deployment
from idvault.processes.services.custody_edge import RosterServicer
from idvault.sealing.second_factor import TotpSealer
from idvault_people.console.operator import console as pages
from idvault_people.console.operator import last_visit
from idvault_people.console.operator.certificates import NAME, KnownCertificates
from idvault_people.console.operator.doctor_runs import DoctorRuns
from idvault_people.console.operator.last_visit import LastVisit
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.operator.vault_commands import CommandEnd, VaultCommands
from idvault_people.operator_client import OperatorClient
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import roster_pb2
from tests.support.console import Running, Visitor, running
from tests.support.console_room import SecondFactors as RoomFactors
from tests.support.health_port import health_port
from tests.support.second_factor_world import ENTROPY
from tools.support import builders
from tools.support.authority import TRUST_DOMAIN, Authority, Issued, spiffe
from tools.support.chamber import OPERATOR, Chamber, Local, first_roster, identity
from tools.support.databases import Databases
from tools.support.fakes.people import FakeCodes


@dataclass(kw_only=True, eq=False, repr=False)
class EnrolledOperator(SecondFactors):
    """Second factors whose codes are a room's."""

    codes: FakeCodes

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Spend a code of the room."""
        await self.codes.check(actor_id=actor_id, code=code, now=now)


class RoomRosters(RosterServicer):
    """RosterService over a room's codes: everybody has a second factor."""

    async def GetSecondFactor(self, request: Any, *, caller: Caller, **more: Any) -> Any:
        """Return the state of the room's codes."""
        assert isinstance(self.second_factors, EnrolledOperator)
        return await RoomFactors(self.second_factors.codes).GetSecondFactor(request, caller=caller, **more)


@dataclass
class OperatorRoom:
    """A chamber at the real time, whose operator works with a console.

    ran: the vault's commands, in order. ahead: of the real time, for the console alone. replaced: how a
    command ends in place of its run, by its first word. held: runs of doctor that have begun and wait, None
    if each ends at once.
    """

    room: Chamber
    folder: Path
    stack: AsyncExitStack
    patch: pytest.MonkeyPatch
    authority: Authority = field(default_factory=Authority)
    ran: list[Sequence[str]] = field(default_factory=list)
    ahead: timedelta = timedelta()
    replaced: dict[str, CommandEnd] = field(default_factory=dict)
    held: list[Callable[[], None]] | None = None

    def __post_init__(self) -> None:
        """Serve the operator."""
        self.edge = Local(self.room, OPERATOR)
        self._serve(EnrolledOperator(codes=self.room.codes, **self._factors()), RoomRosters)

    def unenrolled(self) -> None:
        """Serve the vault's own second factors: nobody has one yet."""
        self.room.services.pop()
        self._serve(SecondFactors(**self._factors()), RosterServicer)

    def _factors(self) -> dict[str, Any]:
        sealer = TotpSealer(keys=self.room.keys, entropy=ENTROPY)
        return {"vault": self.room.vault, "sealer": sealer, "roster_member": self.room.rosters.member}

    def _serve(self, factors: SecondFactors, servicer: type[RosterServicer]) -> None:
        made = servicer(
            vault=self.room.vault,
            rosters=self.room.rosters,  # type: ignore[arg-type]
            second_factor=factors,
            second_factors=factors,
        )
        roster = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
        self.room.services.append(Service(roster, made))

    def code(self) -> str:
        """Return a code that the vault accepts once."""
        return self.room.codes.code()

    @property
    def certificates(self) -> Path:
        """The folder of the certificates that the operator has issued."""
        return self.folder / "issued"

    async def register(
        self, name: str, *, role: str = "platform", days: float | None = 200, party: str = ""
    ) -> Issued:
        """Register a caller; its certificate ends in so many days, None if no copy of it is known."""
        issued = self.issue(name, role=role, days=days or 400)
        await platform_acts.register(
            self.room.vault, SYSTEM, self.room.now(), name=name, role=role, spki=issued.spki
        )
        if days is not None:
            self.certificates.mkdir(exist_ok=True)
            (self.certificates / f"{name}.pem").write_bytes(issued.certificate)
        await self.room.step()
        return issued

    async def drilled(self) -> None:
        """Have a drill record of the quorum, from which on its custodians' drills fall due."""
        record = builders.record(present_quorum_id=self.room.rosters.quorum.id)
        await drill_acts.renew(self.room.vault, SYSTEM, self.room.now(), record)
        await self.room.step()

    def back_up(self, *names: str) -> None:
        """Note that backups of databases have ended now; of both without names."""
        for name in names or ("main", "shred"):
            vitals.note_backup(self.folder / "backups", name, now=datetime.now(UTC))

    async def make_keys(self) -> None:
        """Have the key file of the worker among the settings."""
        keys = self.folder / "keys"
        self.patch.setenv("IDVAULT_KEYS", str(keys / "work.keys"))
        assert (await asyncio.to_thread(self.run, ["keys", "init"])).code == 0
        self.patch.setenv("IDVAULT_KEY_PASSPHRASE_FILE", str(keys / "work.passphrase"))

    def issue(self, name: str, *, role: str = "platform", days: float = 200) -> Issued:
        """Certify a caller that is not registered."""
        starts, ends = timedelta(days=-500), timedelta(days=days)
        return self.authority.client(spiffe(role, name), starts=starts, ends=ends)

    def run(self, arguments: Sequence[str]) -> CommandEnd:
        """Run a command of the vault in this process, as the console runs it on the vault's host."""
        self.ran.append(tuple(arguments))
        words = [each for each in arguments if not each.startswith("--")]
        if words[0] in self.replaced:
            return self.replaced[words[0]]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = app.run(arguments)
        return CommandEnd(int(code), out.getvalue(), err.getvalue())

    def session(self) -> OperatorSession:
        """Return the operator's session."""
        own = self.folder / OPERATOR
        own.mkdir(mode=0o700, exist_ok=True)
        state, commands = self.room.trust(OPERATOR), VaultCommands(run=self.run)
        return OperatorSession(
            operator=lambda: OperatorClient(
                identity=identity(OPERATOR), trust=state, edge=self.edge, now=self._now
            ),
            name=OPERATOR,
            commands=commands,
            doctor=DoctorRuns(
                commands=commands, now=lambda: self._now() + self.ahead, start=self._start, patience=0
            ),
            certificates=KnownCertificates(own=own / NAME, others=(self.certificates,)),
            last_visit=LastVisit(path=own / last_visit.NAME),
            trust_domain=TRUST_DOMAIN,
            ends=datetime.now(UTC) + timedelta(days=300),
            now=lambda: self._now() + self.ahead,
        )

    def _start(self, work: Callable[[], None]) -> None:
        if self.held is None:
            work()
        else:
            self.held.append(work)

    def _now(self) -> datetime:
        return datetime.now(UTC)

    async def running(self) -> Running:
        """Run the console."""
        session = self.session()
        return await self.stack.enter_async_context(running(pages.console(session), self.folder / OPERATOR))

    async def enter(self, **headers: str) -> Visitor:
        """Return a browser that has entered."""
        return await (await self.running()).enter(**headers)


async def operator_room(
    room: Chamber, databases: Databases, folder: Path, stack: AsyncExitStack, patch: pytest.MonkeyPatch
) -> OperatorRoom:
    """Return the room, with the settings of the vault's worker in the environment."""
    room.offset = datetime.now(UTC) - room.now().real
    roster = first_roster()
    room.rosters.versions[:] = [roster]
    (folder / "roster.json").write_bytes(roster.to_bytes())
    (folder / "backups").mkdir()
    await deployment.ensure(room.main, room.shred, candidate="00" * 16)
    settings = {
        "DATABASE_URL": databases.main_url,
        "SHRED_DATABASE_URL": databases.shred_url,
        "ROSTER": folder / "roster.json",
        "TRUST_DOMAIN": TRUST_DOMAIN,
        "LOG_ORIGIN": "log.example/idvault",
        "BACKUP_DIR": folder / "backups",
        "METRICS_LISTEN": stack.enter_context(health_port()),
        "DEVELOPMENT": "1",
    }
    for name, value in settings.items():
        patch.setenv(f"IDVAULT_{name}", str(value))
    return OperatorRoom(room, folder, stack, patch)
