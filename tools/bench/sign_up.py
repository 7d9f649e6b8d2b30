"""P5: the cost of a sign-up at the edge, and of its parts alone, in the same run.

The registry allows 100 calls a second, so the edge idles between them; that time is not counted.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import uvloop

from idvault.processes.bootstrap.base import ENTROPY
from idvault.registry.nppa import Credentials, NppaRegistry
from idvault.sealing.identity import QuorumRecordSealer
from idvault_client import Consent, Verification
from idvault_client.backend.rpc import Rpc
from idvault_dev import environment
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from tools.bench import bare_database, load, statements
from tools.bench.flows import QUORUM
from tools.bench.goal import Measured, Options, at_most, figure
from tools.bench.peer import PEER
from tools.bench.place import echoed
from tools.bench.vault import MeasuredVault, running
from tools.support import builders, durable, sandbox, unsent
from tools.support.fakes.keys import MemoryShredStore

PATH = "/idvault.v1.VerificationService/VerifyIndividual"
_PEOPLE, _AT_ONCE = 300, 16
_SEALED, _ASKED, _REPLAYED = 500, 240, 500
_ASKED_PER_SECOND = 80.0
_PATIENCE = 5.0


def measure(options: Options) -> Measured:
    """Measure the edge and the parts in turn, in each round."""
    with durable.postgres() as databases, running(databases, options.checkout) as vault:
        postmaster = asyncio.run(bare_database.postmaster(databases))
        verify(vault, 100)
        rounds = [_round(vault, postmaster) for _ in range(options.rounds)]
    bare = []
    for _ in range(options.rounds):
        with durable.postgres() as databases:
            bare.append(statements.measure(databases, sign_ups=_REPLAYED))
    for one, part in zip(rounds, bare, strict=True):
        one["statements"] = part.cpu_us
        one["parts"] = sum(one[name] for name in ("E1", "sealing", "registry", "statements"))
    cpu = {name: [one[name] for one in rounds] for name in rounds[0]}
    return Measured(
        checks=(
            at_most(1.35, "CPU / its parts", "x", (one["edge"] / one["parts"] for one in rounds)),
            at_most(10, "CPU / E1", "x", (one["edge"] / one["E1"] for one in rounds)),
            at_most(1_500, "PostgreSQL's CPU of a sign-up, worker included", "us", cpu["database"]),
            at_most(14, "statements at the edge", "", (one.statements for one in bare)),
            at_most(3, "commits at the edge", "", (one.commits for one in bare)),
        ),
        figures=(
            figure("VerifyIndividual, CPU of the edge", "us", cpu["edge"]),
            figure("sum of its parts", "us", cpu["parts"]),
            figure("part: E1 with the same message", "us", cpu["E1"]),
            figure("part: sealing alone", "us", cpu["sealing"]),
            figure("part: registry call alone", "us", cpu["registry"]),
            figure("part: its statements bare", "us", cpu["statements"]),
            figure(f"peer ({PEER.name}), create, not measured here", "us", (PEER.create_us,)),
        ),
    )


def _round(vault: MeasuredVault, postmaster: int) -> dict[str, float]:
    bodies = [_rpc(sandbox.invent()).request for _ in range(100)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        idle, idle_database = idle_of(vault, postmaster)
        begun = time.perf_counter()
        with bare_database.cpu_of(postmaster) as used:
            edge = verify(vault, _PEOPLE, idle=idle)
        database = used.seconds - idle_database * (time.perf_counter() - begun)
        return {
            "edge": edge,
            "database": database / _PEOPLE * 1e6,
            "E1": echoed(vault, "E1", bodies).cpu_us,
            "sealing": runner.run(_sealing()),
            "registry": runner.run(_registry(vault)),
        }


def idle_of(vault: MeasuredVault, postmaster: int, *, seconds: float = 2.0) -> tuple[float, float]:
    """Return the CPU seconds per second without calls: of the edge, and of PostgreSQL."""
    before = vault.cpu()
    with bare_database.cpu_of(postmaster) as used:
        time.sleep(seconds)
    return (vault.cpu() - before) / seconds, used.seconds / seconds


def verify(vault: MeasuredVault, count: int, *, idle: float = 0.0) -> float:
    """Verify new people; return the edge's CPU microseconds per person, without what it uses when idle."""
    cost = verify_all(vault, [sandbox.invent() for _ in range(count)])
    return cost.cpu_us - idle / cost.per_second * 1e6


def verify_all(vault: MeasuredVault, people: Sequence[sandbox.Person]) -> load.Cost:
    """Let the registry know people, and verify each; raises RuntimeError unless all are verified."""
    vault.cluster.registry.add(*people)
    calls = [_rpc(person) for person in people]
    answers: list[bytes] = []
    cost = load.run(
        vault.target, PATH, [call.request for call in calls], calls=len(calls), at_once=_AT_ONCE, warm_up=0,
        read=answers.append,
    )  # fmt: skip
    if any(calls[0].result(answer).failed for answer in answers):
        raise RuntimeError("a person whom the registry knows was not verified")
    return cost


def _rpc(person: sandbox.Person) -> Rpc[Verification]:
    return unsent.verification(person, consent=Consent("terms-1", datetime.now(UTC)))


async def _sealing() -> float:
    """Return the CPU microseconds of sealing one record."""
    sealer = QuorumRecordSealer(quorum=lambda: QUORUM, shred_store=MemoryShredStore(), entropy=ENTROPY)
    identity, consent = builders.identity(), builders.consent()
    before = 0.0
    for number in range(-1, _SEALED):
        await sealer.seal(
            relying_party="platform-a",
            account_token=f"acct_{number:026}",
            identity=identity,
            answer=RegistryAnswer.MATCH,
            consent=consent,
        )
        before = before or time.process_time()  # the first one imports what it needs
    return (time.process_time() - before) / _SEALED * 1e6


async def _registry(vault: MeasuredVault) -> float:
    """Return the CPU microseconds of one call to the registry, below its cap."""
    settings = vault.cluster.settings
    url = settings["IDVAULT_REGISTRY_CHECK_URL"]
    key = Path(settings["IDVAULT_REGISTRY_SECRET_KEY_FILE"]).read_text("ascii").strip()  # noqa: ASYNC240
    registry = NppaRegistry(
        check_base=url,
        query_base=url,
        credentials=Credentials(environment.APP_ID, environment.BIZ_ID, key),
        clock=lambda: datetime.now(UTC),
        development=True,
    )
    people = [sandbox.invent() for _ in range(_ASKED)]
    vault.cluster.registry.add(*people)
    await asyncio.sleep(1)  # the cap counts the calls of the last second
    try:
        await _ask(registry, people[:_AT_ONCE])  # connects, and imports what it needs
        before = time.process_time()
        await _ask(registry, people[_AT_ONCE:])
        return (time.process_time() - before) / (_ASKED - _AT_ONCE) * 1e6
    finally:
        await registry.close()


async def _ask(registry: NppaRegistry, people: Sequence[sandbox.Person]) -> None:
    asked = []
    for person in people:
        identity = Identity(person.name, Document(DocumentType.RESIDENT_ID, person.number))
        check = registry.check(ai=uuid4().hex, identity=identity, patience=_PATIENCE)
        asked.append(asyncio.create_task(check))
        await asyncio.sleep(1 / _ASKED_PER_SECOND)
    answers = await asyncio.gather(*asked)
    if any(answer is not RegistryAnswer.MATCH for answer in answers):
        raise RuntimeError("the registry did not confirm a person whom it knows")
