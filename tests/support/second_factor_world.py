"""Second factors over a real database with real sealing, and a separate process that tries a code."""

import asyncio
import base64
import hmac
import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.log.acts.stored_log import LogGuard
from idvault.people.second_factor import rules as second_factor_rules
from idvault.people.second_factor.acts import EnrolmentState, SecondFactors
from idvault.people.second_factor.api import SecondFactorMethods
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault.sealing.second_factor import TotpSealer
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason
from idvault_verify.v1 import roster_pb2
from tools.support import people
from tools.support.fakes.log import WaitingLog
from tools.support.fakes.sealing import FakeFingerprinter
from tools.support.flow_world import request_id
from tools.support.in_process import InProcessChannel


class RealEntropy:
    """Real random bytes, as in production: separate processes must not draw the same bytes."""

    def random(self, size: int) -> bytes:
        return os.urandom(size)


ENTROPY = RealEntropy()
AUDITOR = people.roster_member("auditor-a", role="auditor")
NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def code_of(secret: bytes, now: datetime, seconds: float = 0) -> str:
    """Return the code for a time: HOTP of its step (RFC 4226 section 5.3), implemented independently."""
    step = second_factor_rules.step_of(now + timedelta(seconds=seconds))
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


@dataclass
class World:
    """One process."""

    factors: SecondFactors
    waiting: WaitingLog
    counted: list[None] = field(default_factory=list)

    @property
    def refusals(self) -> int:
        """How many refusals the metric counted."""
        return len(self.counted)

    async def begin(
        self, number: int, code: str = "", *, now: ClockReading, actor_id: str = AUDITOR.actor_id
    ) -> Any:
        """Begin an enrolment as a member, with the request of a number."""
        request = roster_pb2.BeginSecondFactorRequest(request_id=request_id(number), code=code)
        return await self._ask(request, roster_pb2.SecondFactor, now, actor_id)

    async def confirm(self, number: int, code: str, *, now: ClockReading) -> None:
        """Confirm what is pending."""
        request = roster_pb2.ConfirmSecondFactorRequest(request_id=request_id(number), code=code)
        await self._ask(request, roster_pb2.ConfirmSecondFactorResponse, now, AUDITOR.actor_id)

    async def spend(self, number: int, code: str, *, now: ClockReading) -> None:
        """Spend a code before a command of the vault's host."""
        request = roster_pb2.SpendCodeRequest(request_id=request_id(number), code=code)
        await self._ask(request, roster_pb2.SpendCodeResponse, now, AUDITOR.actor_id, role="operator")

    async def state(self, *, now: ClockReading) -> EnrolmentState:
        """Return what a member is told about the own second factor."""
        request = roster_pb2.GetSecondFactorRequest()
        found = await self._ask(request, roster_pb2.SecondFactorState, now, AUDITOR.actor_id)
        locked = found.lock_end_time.ToDatetime(UTC) if found.HasField("lock_end_time") else None
        return EnrolmentState(found.enrolled, found.pending, found.tries_left, locked)

    async def _ask(
        self, request: Any, answer: Any, now: ClockReading, actor_id: str, *, role: str = "auditor"
    ) -> Any:
        """Call a method as a member; raises what a member's client raises."""
        methods = SecondFactorMethods(vault=self.factors.vault, second_factors=self.factors)
        service = Service(roster_pb2.DESCRIPTOR.services_by_name["RosterService"], methods)
        caller = Caller(AUDITOR.name, role, actor_id)
        channel = InProcessChannel(services=lambda: [service], caller=caller, now=lambda: now)
        method = type(request).__name__.removesuffix("Request")
        return await channel.call(f"RosterService/{method}", request, answer)

    @staticmethod
    def read(sealed_uri: bytes, request: str) -> bytes:
        """Return the secret as the member's client reads it."""
        info = seal.second_factor_info(member=AUDITOR.name, actor_id=AUDITOR.actor_id, request_id=request)
        private_key = people.secret(AUDITOR.name, "hpke")
        uri = hpke.unseal(suite=AUDITOR.suite, private_key=private_key, sealed=sealed_uri, info=info)
        return base64.b32decode(parse_qs(urlsplit(uri.decode()).query)["secret"][0])


def build(database: Database, keys: Path) -> World:
    """Build a process as bootstrap does; the first one creates the key file."""
    passphrase = b"synthetic"
    if not keys.exists():
        made = key_set.fresh(Holder.CUSTODY, entropy=ENTROPY)
        LocalKeyProvider.create(keys, keys=made, passphrase=passphrase, entropy=ENTROPY, cost=people.CHEAP)
    provider = LocalKeyProvider.load(keys, passphrase=passphrase, entropy=ENTROPY)
    waiting, counted = WaitingLog(), list[None]()
    guard = LogGuard(look=waiting.unsequenced)
    factors = SecondFactors(
        vault=vault_of(database, guard=guard, fingerprinter=FakeFingerprinter(), entropy=ENTROPY),
        sealer=TotpSealer(keys=provider, entropy=ENTROPY),
        roster_member=_person,
        on_refused=lambda: counted.append(None),
    )
    return World(factors, waiting, counted)


def _person(actor_id: str) -> RosterMember:
    if actor_id != AUDITOR.actor_id:
        raise DeniedError(Reason.ACCESS_DENIED)
    return AUDITOR


async def contend(url: str, keys: str, code: str, count: int) -> int:
    """Try a code many times at once; return how often it was accepted."""
    database = Database(url=url)
    world = build(database, Path(keys))

    async def once() -> bool:
        try:
            await world.factors.check(actor_id=AUDITOR.actor_id, code=code, now=ClockReading(NOW, NOW))
        except DeniedError:
            return False
        return True

    taken = sum(await asyncio.gather(*(once() for _ in range(count))))
    await database.close()
    return taken


def main() -> None:
    """Try a code with the arguments of the command line; print how often it was accepted."""
    _, url, keys, code, count = sys.argv
    print(json.dumps(asyncio.run(contend(url, keys, code, int(count)))))
