"""The witness of the log: what it cosigns, what it refuses, and what is published without it.

The worker's steps are called: no method makes them.
"""

import asyncio
import json

import pytest

from idvault.core.telemetry.logs import Logs
from idvault.log.acts.sequencing import LogRefusedError
from idvault.log.ports import Ahead, WitnessRefusedError
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import CosignaturePolicy, QuorumError, StaleError
from tools.support import merkle
from tools.support.fakes.flaky import Fault
from tools.support.fakes.log import FakeWitness
from tools.support.log_world import (
    COSIGNER,
    KEY,
    ORIGIN,
    LogWorld,
    Worker,
    at,
    cut_short,
    demanding,
    forget,
    of,
    set_back,
)


@pytest.fixture
def world(log_world: LogWorld) -> LogWorld:
    return log_world


async def _witnessed(world: LogWorld, quorum: int) -> tuple[Worker, FakeWitness]:
    witness = FakeWitness(COSIGNER)
    worker = world.worker(policy=demanding(quorum), witness=witness)
    await world.write(11)
    await worker.step()
    return worker, witness


def _cosigned(world: LogWorld) -> int:
    """Return the published size; raises QuorumError without a cosignature."""
    return checkpoint.verify((world.folder / "checkpoint").read_bytes(), demanding(1)).checkpoint.size


async def test_a_witness_cosigns_what_is_published(world: LogWorld) -> None:
    """Each step submits once, from the size of the previous step."""
    worker, witness = await _witnessed(world, 1)
    assert _cosigned(world) == 11
    await world.write(5)
    await worker.step()
    await worker.step()
    assert (_cosigned(world), witness.asked) == (16, [0, 11])


async def test_a_demanded_witness_that_is_away_keeps_the_former_checkpoint(world: LogWorld) -> None:
    """Entries are still sequenced; once the witness is reachable, everything is cosigned and published."""
    worker, witness = await _witnessed(world, 1)
    witness.away = True
    await world.write(5)
    with pytest.raises(UnavailableError) as caught:
        await worker.log.run(now=at(1))
    assert caught.value.reason is Reason.LOG_UNAVAILABLE
    await worker.publication.run(now=at(1))
    assert (_cosigned(world), len(await world.placed())) == (11, 16)
    assert worker.publication.age(now=at(31)).total_seconds() == 31
    witness.away = False
    await worker.step(40)
    assert _cosigned(world) == 16
    assert worker.publication.age(now=at(41)).total_seconds() == 1


async def test_a_witness_that_nobody_demands_may_be_away(world: LogWorld) -> None:
    """The checkpoint is published without the cosignature, which is added later; one alarm is raised."""
    worker, witness = await _witnessed(world, 0)
    witness.away = True
    await world.write(5)
    await worker.step()
    await worker.step()
    assert world.published().size == 16
    with pytest.raises(QuorumError):
        _cosigned(world)
    assert worker.alarms == ["the witness witness.example is unreachable"]
    witness.away = False
    await worker.step()
    assert _cosigned(world) == 16


async def test_an_answer_of_the_witness_that_was_lost_is_asked_for_again(world: LogWorld) -> None:
    """The witness is ahead of the complete checkpoint and answers with its size."""
    worker, witness = await _witnessed(world, 1)
    witness.lose_answer = True
    await world.write(5)
    with pytest.raises(UnavailableError):
        await worker.step()
    witness.lose_answer = False
    await world.write(5)
    await world.worker(policy=demanding(1), witness=witness).step()
    assert (_cosigned(world), witness.asked) == (21, [0, 11, 11, 16])


async def test_a_cosignature_that_does_not_verify_is_none(world: LogWorld) -> None:
    """An invalid answer is treated like an unreachable witness."""
    worker, witness = await _witnessed(world, 1)
    witness.garble = True
    await world.write(5)
    with pytest.raises(UnavailableError):
        await worker.step()
    assert _cosigned(world) == 11


async def test_a_witness_that_has_seen_more_means_an_old_database(world: LogWorld) -> None:
    """Both databases and the folder were restored; only the witness can reveal it, and it is trusted."""
    _, witness = await _witnessed(world, 0)
    await forget(world, folder=True)
    await set_back(world)
    worker = world.worker(policy=demanding(0), witness=witness)
    with pytest.raises(LogRefusedError, match=r"older than the witnessed checkpoint \(4 < 11\)"):
        await worker.log.run(now=at(0))


async def test_a_fork_that_outgrew_the_witness_is_not_published(world: LogWorld) -> None:
    """The witness refuses the fork, and the log stops."""
    _, witness = await _witnessed(world, 0)
    await forget(world, folder=True)
    await set_back(world)
    await world.write(20)
    worker = world.worker(policy=demanding(0), witness=witness)
    with pytest.raises(LogRefusedError, match="another history"):
        await worker.log.run(now=at(0))
    await worker.publication.run(now=at(0))
    assert await world.newest() == of((await world.placed())[:4])


async def test_a_witness_that_does_not_know_the_log_is_told_to_the_operator(world: LogWorld) -> None:
    """Nothing is published meanwhile, and a corrected witness is asked again."""
    worker, witness = await _witnessed(world, 0)
    witness.status = 404
    await world.write(5)
    with pytest.raises(WitnessRefusedError):
        await worker.log.run(now=at(0))
    await worker.publication.run(now=at(0))
    assert world.published().size == 11
    witness.status = None
    await worker.step()
    assert _cosigned(world) == 16


async def test_a_slower_worker_leaves_the_faster_one_alone(world: LogWorld) -> None:
    """Its checkpoint is behind the other worker's cosigned one: no alarm, and nothing is reverted."""
    slow, witness = await _witnessed(world, 1)
    await world.write(5)
    slow.notes.plant("newest.latest", Fault.HANG)
    fast = world.worker(policy=demanding(1), witness=witness)
    await cut_short(slow.log.run(now=at(0)), at=slow.notes)
    await fast.step()

    overtaken = asyncio.create_task(_submit_late(world, slow, fast))
    await overtaken
    assert (slow.alarms, _cosigned(world)) == ([], 21)


async def _submit_late(world: LogWorld, slow: Worker, fast: Worker) -> None:
    """Let the fast worker finish a larger checkpoint between the slow one's signature and its witness."""
    witness = slow.witness
    assert isinstance(witness, FakeWitness)
    ask, once = witness.add_checkpoint, [True]

    async def late(**submitted: object) -> object:
        if once and once.pop():
            await world.write(2)
            await fast.step()
        return await ask(**submitted)  # type: ignore[arg-type]

    witness.add_checkpoint = late  # type: ignore[method-assign, assignment]
    await world.write(3)
    await slow.step()


async def test_a_cosignature_of_a_stranger_is_none(world: LogWorld) -> None:
    """A cosignature with another key does not count."""
    await world.write(3)
    stranger = FakeWitness(merkle.witness("stranger.example", seed=5))
    with pytest.raises(UnavailableError):
        await world.worker(policy=demanding(1), witness=stranger).step()
    assert await world.newest() is None


async def test_a_witness_that_always_names_another_size_is_given_up(world: LogWorld) -> None:
    """This step ends; the next one submits again."""
    worker, witness = await _witnessed(world, 1)
    sizes = iter(range(10))

    async def wander(**_: object) -> Ahead:
        return Ahead(next(sizes))

    witness.add_checkpoint = wander  # type: ignore[method-assign]
    await world.write(5)
    with pytest.raises(UnavailableError):
        await worker.step()
    assert (next(sizes), _cosigned(world)) == (6, 11)


THREE = [merkle.witness(f"witness.example/w{number}", seed=20 + number) for number in range(3)]
TWO_OF_THREE = CosignaturePolicy(ORIGIN, (KEY,), tuple(each.key for each in THREE), 2)


def _three(world: LogWorld) -> tuple[Worker, list[FakeWitness]]:
    """Return a worker whose roster requires two of three witnesses."""
    fakes = [FakeWitness(each, time=lambda: world.clock) for each in THREE]
    named = dict(zip((each.key for each in THREE), fakes, strict=True))
    return world.worker(policy=TWO_OF_THREE, witnesses=named), fakes


def _cosigners(world: LogWorld) -> set[str]:
    signed = checkpoint.verify((world.folder / "checkpoint").read_bytes(), TWO_OF_THREE)
    return {key.name for key, _ in signed.cosigned}


async def test_all_witnesses_are_asked_and_some_may_be_away(world: LogWorld) -> None:
    """Two of three are enough; the third one's cosignature is added when it is back."""
    worker, witnesses = _three(world)
    witnesses[1].away = True
    await world.write(3)
    await worker.step()
    assert _cosigners(world) == {"witness.example/w0", "witness.example/w2"}
    assert worker.alarms == ["the witness witness.example/w1 is unreachable"]
    witnesses[1].away = False
    await worker.step()
    assert len(_cosigners(world)) == 3
    assert [each.asked for each in witnesses] == [[0], [0, 3, 0], [0]]


async def test_an_alarm_shows_any_witness_name(world: LogWorld) -> None:
    """A long name, or one in another script, is shortened and escaped, so that the text is not redacted."""
    names = ["见证人" * 60, "w" * 200, "见证人.example/w1"]
    signers = [merkle.witness(name, seed=30 + at) for at, name in enumerate(names)]
    fakes = [FakeWitness(each, time=lambda: world.clock) for each in signers]
    policy = CosignaturePolicy(ORIGIN, (KEY,), tuple(each.key for each in signers), 1)
    worker = world.worker(policy=policy, witnesses=dict(zip((s.key for s in signers), fakes, strict=True)))
    fakes[0].away = fakes[1].away = True
    await world.write(3)
    await worker.step()
    fakes[2].away = True
    await world.write(4)
    with pytest.raises(UnavailableError):
        await worker.log.run(now=at(1))
    said = [json.loads(Logs(process="work").line({"why": alarm}))["why"] for alarm in worker.alarms]
    assert said == worker.alarms
    assert all(text.endswith(" is unreachable") for text in said)
    named = [signers[at].key.key_id.hex() for at in (0, 1)] + ["\\u89c1\\u8bc1\\u4eba.example/w1"]
    assert [sum(name in text for text in said) for name in named] == [1, 1, 1]


async def test_a_witness_that_hangs_delays_nobody(world: LogWorld) -> None:
    """A step ends shortly after enough witnesses have cosigned."""
    worker, witnesses = _three(world)
    witnesses[0].hang = True
    await world.write(3)
    # A round ends at its patience, too: here it could not be what ends the step.
    worker.log._cosigning._patience = 300.0
    async with asyncio.timeout(60):
        await worker.step()
    assert _cosigners(world) == {"witness.example/w1", "witness.example/w2"}


async def test_below_the_quorum_the_log_grows_and_nothing_is_published(world: LogWorld) -> None:
    """People can sign up, and whatever needs a checkpoint waits; afterwards one step catches up."""
    worker, witnesses = _three(world)
    await world.write(3)
    await worker.step()
    for away in witnesses[:2]:
        away.away = True
    await world.write(4)
    with pytest.raises(UnavailableError):
        await worker.log.run(now=at(1))
    await worker.publication.run(now=at(1))
    assert (len(await world.placed()), world.published().size) == (7, 3)
    witnesses[0].away = False
    await worker.step(2)
    assert world.published().size == 7


async def test_an_idle_log_is_cosigned_again(world: LogWorld) -> None:
    """Clients refuse cosignatures older than 15 minutes; the note keeps one line for each witness."""
    worker, _ = _three(world)
    await world.write(3)
    await worker.step()
    first = (world.folder / "checkpoint").read_bytes()
    await worker.step(200)
    assert (world.folder / "checkpoint").read_bytes() == first
    world.clock += 301
    await worker.step(301)
    renewed = (world.folder / "checkpoint").read_bytes()
    signed = checkpoint.verify(renewed, TWO_OF_THREE)
    checkpoint.check_fresh(signed, TWO_OF_THREE, now=world.clock)
    assert len(note.parse(renewed).signatures) == len(note.parse(first).signatures) == 4
    with pytest.raises(StaleError):
        checkpoint.check_fresh(signed, TWO_OF_THREE, now=world.clock + 901)


async def test_one_witness_cannot_stop_the_log(world: LogWorld) -> None:
    """A single witness that claims a fork raises an alarm; two of three stop the log."""
    worker, witnesses = _three(world)
    witnesses[0].status = 409
    await world.write(3)
    await worker.step()
    assert world.published().size == 3
    assert worker.alarms == [
        "the witness witness.example/w0 refuses to cosign: it has seen another history of this log"
    ]
    witnesses[2].status = 422
    await world.write(1)
    with pytest.raises(LogRefusedError, match="another history"):
        await worker.step(1)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "knows no key of this log that has signed: give it every key with --log-key"),
        (404, "does not know this log: give it its public key with --log-key"),
        (428, "follows another epoch of the log: give it the statement with --epoch"),
        (410, "refuses with HTTP status 410"),
    ],
)
async def test_a_witness_that_refuses_is_named_with_what_it_lacks(
    world: LogWorld, status: int, said: str
) -> None:
    """Although the others are enough: it is an alarm once, and says what its operator must give it."""
    worker, witnesses = _three(world)
    witnesses[2].status = status
    await world.write(3)
    await worker.step()
    await worker.step(1)
    assert world.published().size == 3
    assert worker.alarms == [f"the witness witness.example/w2 {said}"]


async def test_a_fork_cannot_find_its_own_witnesses(world: LogWorld) -> None:
    """Two histories of one log, each shown to one half of four witnesses first: only one becomes complete."""
    four = [*THREE, merkle.witness("witness.example/w3", seed=23)]
    policy = CosignaturePolicy(ORIGIN, (KEY,), tuple(each.key for each in four), 3)
    fakes = {each.key: FakeWitness(each) for each in four}
    for fork in list(fakes.values())[2:]:
        fork.status = 409
    worker = world.worker(policy=policy, witnesses=fakes)
    await world.write(2)
    with pytest.raises(LogRefusedError):
        await worker.step()
    assert await world.newest() is None


async def test_the_policy_follows_the_roster_in_force(world: LogWorld) -> None:
    """A new roster takes effect while the worker runs: the same checkpoint is completed again."""
    worker, _ = _three(world)
    worker.policy = CosignaturePolicy(ORIGIN, (KEY,), (THREE[0].key,), 1)
    await world.write(2)
    await worker.step()
    worker.policy = CosignaturePolicy(ORIGIN, (KEY,), tuple(each.key for each in (*THREE, COSIGNER)), 4)
    with pytest.raises(UnavailableError):
        await worker.log.run(now=at(1))
    worker.policy = TWO_OF_THREE
    await worker.step(2)
    assert len(_cosigners(world)) == 3
