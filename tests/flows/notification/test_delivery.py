"""Notifications arrive at least once, in order for each thing, whatever the recipients' servers do."""

import asyncio
import hmac
import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.topic import Audience, Topic
from idvault.notification import acts, rules, store
from idvault.notification.rules import Notification, Recipient
from idvault.processes.notifier.delivery import AT_ONCE, Delivery
from idvault_verify.event import EventType
from tests.support.notified import SECRET, HookServer, MailHandler, free_port, hook_server, mail_server
from tests.support.notified_world import FailedError, NotifiedWorld, fail, told
from tools.support.flow_world import at

REQUEST, CANCEL, ERASE = EventType.ERASURE_REQUEST, EventType.ERASURE_CANCEL, EventType.ERASURE_ERASE


async def test_a_platform_is_told_of_an_erasure_once(world: NotifiedWorld, hooks: HookServer) -> None:
    """The message has number and kind alone, is signed, and nothing is left once it has arrived."""
    world.by_hook(hooks.url, link="https://desk.example/")
    await world.erasure(REQUEST)
    assert await world.run(after=1) == 1
    assert await world.run(after=60) == 0
    (hook,) = hooks.hooks
    found = json.loads(hook.body)
    assert found == {
        "type": "idvault.waiting",
        "timestamp": at(1).real.isoformat(),
        "data": {
            "recipient": "r0",
            "waiting": [{"kind": "erasure_requested", "number": 1}],
            "link": "https://desk.example/",
        },
    }
    signed = f"{hook.headers['webhook-id']}.{hook.headers['webhook-timestamp']}.".encode() + hook.body
    key = b64decode(SECRET.removeprefix("whsec_"))
    signature = b64encode(hmac.digest(key, signed, sha256)).decode()
    assert hook.headers["webhook-signature"] == f"v1,{signature}"
    assert await world.levels() == (0, None)


async def test_an_act_that_fails_tells_nobody(world: NotifiedWorld, hooks: HookServer) -> None:
    """The row is written in the act's own transaction."""
    world.by_hook(hooks.url)
    with pytest.raises(FailedError):
        await fail(world.vault, SYSTEM, at(0), REQUEST, {"erasure_id": "e" * 32, "erase_at": "x"})
    assert await world.run() == 0


async def test_only_whom_it_concerns_is_told(world: NotifiedWorld, hooks: HookServer) -> None:
    """Another platform, another audience, and who is off hear nothing; nor does anybody of other entries."""
    world.by_hook(hooks.url, of="platform-b")
    world.by_hook(hooks.url, Audience.MODERATOR)
    world.by_hook(hooks.url, Audience.CUSTODIAN)
    world.by_hook(hooks.url, is_on=False)
    world.by_hook(hooks.url, topics=frozenset({Topic.DEADLINE_MISSED}))
    await world.erasure(REQUEST)
    await world.happens(EventType.ACCOUNT_EXPIRE, expire_date="2026-01-01")
    assert await world.run() == 0
    assert await world.levels() == (0, None)
    await world.happens(EventType.ORDER_MISS, order_id="d" * 32)
    assert await world.run() == 2
    assert [told(hook) for hook in hooks.hooks] == [{"deadline_missed": 1}] * 2


async def test_an_auditor_is_told_of_the_own_record(world: NotifiedWorld, hooks: HookServer) -> None:
    """A disclosed record is told to whoever requested it, and to who listens for all auditors."""
    world.by_hook(hooks.url, Audience.AUDITOR, of="a" * 32)
    world.by_hook(hooks.url, Audience.AUDITOR, of="b" * 32)
    world.by_hook(hooks.url, Audience.AUDITOR)
    fields = {"disclosure_id": "d" * 32, "record_digest": "x", "auditor_actor_id": "a" * 32}
    await world.happens(EventType.DISCLOSURE_DISCLOSE, party="", legal_basis="x", **fields)
    assert await world.run() == 2
    assert {json.loads(hook.body)["data"]["recipient"] for hook in hooks.hooks} == {"r0", "r2"}


@pytest.mark.parametrize("answer", [400, 404, 429, 500, 503, "die", "moved", 0.6])
async def test_a_refused_message_is_sent_again_with_the_same_id(
    main_database: Database, hooks: HookServer, answer: int | float | str
) -> None:
    """A server that refuses, dies, redirects or is slow gets the same id and text later."""
    world = NotifiedWorld(main_database, patience=0.3)
    world.by_hook(hooks.url)
    hooks.answers = [answer]
    await world.erasure(REQUEST)
    assert await world.run() == 0
    assert await world.run(after=1) == 0
    assert len(hooks.hooks) == 1
    await world.wait_longer()
    assert await world.run(after=30) == 1
    first, second = hooks.hooks
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert hooks.elsewhere == 0
    await world.close()


async def test_an_answer_without_an_end_costs_nothing(world: NotifiedWorld, hooks: HookServer) -> None:
    """Only the status of an answer is read."""
    world.by_hook(hooks.url)
    hooks.answers = ["endless"]
    await world.erasure(REQUEST)
    assert await world.run() == 1


async def test_a_server_that_comes_back_gets_everything_in_order(world: NotifiedWorld) -> None:
    """What happened to one thing while nobody listened is told afterwards, the later after the earlier."""
    port = free_port()
    world.by_hook(f"http://127.0.0.1:{port}/hook")
    await world.erasure(REQUEST)
    assert await world.run() == 0
    await world.erasure(CANCEL)
    await world.erasure(REQUEST, number=2)
    async with hook_server(port) as hooks:
        # The other thing waits for nobody.
        assert await world.run(after=1) == 1
        assert await world.run(after=30) == 1
        assert await world.run(after=1) == 1
    ids = [hook.headers["webhook-id"] for hook in hooks.hooks]
    assert len(set(ids)) == 3
    assert [told(hook) for hook in hooks.hooks] == [
        {"erasure_requested": 1},
        {"erasure_requested": 1},
        {"erasure_cancelled": 1},
    ]


async def test_a_cancelled_worker_s_message_is_sent_again(world: NotifiedWorld, hooks: HookServer) -> None:
    """No attempt goes on without its worker; the same id arrives again half a minute later."""
    world.by_hook(hooks.url)
    hooks.answers = [30.0]
    await world.erasure(REQUEST)

    async def work() -> None:
        async with world.delivery() as delivery:
            lanes.append(delivery.lanes)
            await delivery.look(at(0), world.recipients)
            await asyncio.Event().wait()

    lanes = list[dict[str, asyncio.Task[None]]]()
    worker = asyncio.create_task(work())
    async with asyncio.timeout(10):
        await hooks.arrived.wait()
        worker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await worker
    assert (lanes, world.arrived) == ([{}], 0)
    other = NotifiedWorld(world.database, life=1)
    other.recipients = world.recipients
    assert await other.run(after=29) == 0
    assert await other.run(after=1) == 1
    assert len({hook.headers["webhook-id"] for hook in hooks.hooks}) == 1
    assert len(hooks.hooks) == 2
    await other.close()


async def test_a_worker_that_fails_says_its_own_error(world: NotifiedWorld, hooks: HookServer) -> None:
    """Attempts end with it, and what it failed of is not put into a group."""
    world.by_hook(hooks.url)
    hooks.answers = [30.0]
    await world.erasure(REQUEST)

    async def work() -> None:
        async with asyncio.timeout(10), world.delivery() as delivery:
            found.append(delivery)
            await delivery.look(at(0), world.recipients)
            await hooks.arrived.wait()
            raise FailedError

    found = list[Delivery]()
    with pytest.raises(FailedError):
        await work()
    assert found[0].lanes == {}


async def test_a_worker_that_stops_ends_its_attempts_first(world: NotifiedWorld, hooks: HookServer) -> None:
    """What is on its way arrives, and nothing new is begun."""
    world.by_hook(hooks.url)
    await _fail_often(world, hooks, number=AT_ONCE + 1)
    hooks.answers, world.seconds = [0.3] * 9, world.seconds + 60
    async with world.delivery() as delivery:
        hooks.arrived.clear()
        await delivery.look(at(world.seconds), world.recipients)
        await hooks.arrived.wait()
    assert world.arrived == AT_ONCE
    assert len(await acts.unsent(world.vault)) == 1


async def _fail_often(world: NotifiedWorld, hooks: HookServer, *, number: int) -> None:
    """Let a number of messages fail once, each about another thing."""
    hooks.answers = [500] * number
    for each in range(number):
        await world.erasure(REQUEST, number=each)
        await world.run()
    assert len(await acts.unsent(world.vault)) == number


async def test_a_lease_begins_with_its_attempt(
    world: NotifiedWorld, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long other attempts of the same look last, no other worker may begin this one meanwhile."""
    world.by_hook(hooks.url)
    await _fail_often(world, hooks, number=70)
    left = list[float]()

    async def send(_recipient: Recipient, notification: Notification) -> None:
        found = {each.message_id: each for each in await acts.unsent(world.vault)}
        left.append((found[notification.message_id].next_at - at(world.seconds).real).total_seconds())
        world.seconds += 10

    monkeypatch.setattr(world, "send", send)
    await world.run(after=60)
    assert len(left) == 70
    assert min(left) > 0


async def test_two_workers_make_one_attempt(world: NotifiedWorld, hooks: HookServer) -> None:
    """An attempt is counted before it is made, by one of them."""
    world.by_hook(hooks.url)
    await world.erasure(REQUEST)
    hooks.answers = [500]
    await world.run()
    (found,) = await acts.unsent(world.vault)
    later = at(40)
    begun = [await acts.begin(world.vault, SYSTEM, later, found) for _ in range(2)]
    assert begun == [True, False]


async def test_a_digest_waits_and_counts(world: NotifiedWorld, hooks: HookServer) -> None:
    """One message tells of what happened in its time, by kind; a thing counts once."""
    world.by_hook(hooks.url, digest=timedelta(minutes=10))
    for number in (1, 2, 3):
        await world.erasure(REQUEST, number=number)
    await world.erasure(REQUEST, number=3)
    await world.erasure(CANCEL, number=2)
    assert await world.run(after=599) == 0
    assert await world.run(after=1) == 1
    assert [told(hook) for hook in hooks.hooks] == [{"erasure_requested": 3, "erasure_cancelled": 1}]


async def test_a_dead_message_is_kept_and_can_be_tried_again(world: NotifiedWorld, hooks: HookServer) -> None:
    """After three days nobody tries any more; later things of the same go on; 30 days later it is deleted."""
    world.by_hook(hooks.url)
    hooks.answers = [500] * 200
    await world.erasure(REQUEST)
    for _ in range(80):
        await world.run(after=3_600)
    tried = len(hooks.hooks)
    assert (await world.levels())[0] == 1
    await world.run(after=7_200)
    assert len(hooks.hooks) == tried
    (dead,) = await acts.dead(world.vault)
    assert (dead.failure, dead.recipient) == ("REFUSED_500", "r0")
    hooks.answers = []
    await world.erasure(CANCEL)
    assert await world.run() == 1
    assert await acts.revive(world.vault, SYSTEM, at(world.seconds), dead.message_id)
    assert not await acts.revive(world.vault, SYSTEM, at(world.seconds), dead.message_id)
    assert await world.run() == 1
    assert [told(hook) for hook in hooks.hooks[-2:]] == [{"erasure_cancelled": 1}, {"erasure_requested": 1}]
    hooks.answers = [410]
    await world.erasure(ERASE)
    await world.run()
    assert (await world.levels())[0] == 1
    await world.run(after=31 * 86_400)
    assert (await world.levels())[0] == 1
    assert await acts.forget_dead(world.vault, SYSTEM, at(world.seconds), days=rules.DEAD_DAYS) == 1


async def test_a_doubted_clock_gives_nothing_up(world: NotifiedWorld, hooks: HookServer) -> None:
    """A message that only a wrong clock finds too old goes on; that nobody is there is no matter of time."""
    world.by_hook(hooks.url)
    hooks.answers = [500] * 3
    await world.erasure(REQUEST)
    await world.run()
    world.is_trusted = False
    await world.run(after=400 * 86_400)
    assert (await world.levels())[0] == 0
    world.is_trusted = True
    await world.run(after=3_600)
    assert (await world.levels())[0] == 1
    world.is_trusted, hooks.answers = False, [410]
    await world.erasure(CANCEL)
    await world.run()
    assert (await world.levels())[0] == 2


async def test_what_is_for_nobody_any_more_is_forgotten(world: NotifiedWorld, hooks: HookServer) -> None:
    """A recipient who is taken out of the file, or switched off, leaves no message that waits."""
    world.by_hook(hooks.url, digest=timedelta(hours=1))
    world.by_hook(hooks.url)
    hooks.answers = [500]
    await world.erasure(REQUEST)
    await world.run()
    world.recipients.clear()
    await world.run(after=60)
    assert await world.levels() == (0, None)
    left = await world.database.read("test", lambda one: store.oldest_waiting(one, now=at(1).real))
    assert left == []


async def test_a_mail_says_how_many_of_what(world: NotifiedWorld, mails: MailHandler) -> None:
    """A mail of plain text to the one address, with the id that a second copy would have."""
    world.by_mail(mails.port, Audience.CUSTODIAN, link="http://127.0.0.1:7000/")
    await world.happens(EventType.DISCLOSURE_REQUEST, party="", request="r", record_digest="d")
    assert await world.run() == 1
    (mail,) = mails.mails
    assert mails.to == ["r0@office.example"]
    assert mail["Subject"] == "idvault: 1 waiting"
    assert mail["Message-ID"].endswith("@vault.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_payload()
    assert "1 x disclosure requested" in str(text)
    assert "http://127.0.0.1:7000/" in str(text)


@pytest.mark.parametrize("answer", ["451 later", "550 nobody", "die", 0.6])
async def test_a_refused_mail_is_sent_again(
    main_database: Database, mails: MailHandler, answer: str | float
) -> None:
    """A mail server that refuses, dies in the middle or is slow gets the same mail later."""
    world = NotifiedWorld(main_database, patience=0.3)
    world.by_mail(mails.port, Audience.OPERATOR)
    mails.answers = [answer]
    await world.happens(EventType.SECOND_FACTOR_EXHAUST, party="", locked_until="x")
    assert await world.run() == 0
    (found,) = await acts.unsent(world.vault)
    mails.raw.clear()
    await world.wait_longer()
    assert await world.run(after=30) == 1
    assert found.message_id in mails.mails[-1]["Message-ID"]
    await world.close()


async def test_a_mail_server_that_comes_back_is_used(world: NotifiedWorld) -> None:
    """Nothing is lost while no mail server answers."""
    port = free_port()
    world.by_mail(port, Audience.OPERATOR)
    await world.happens(EventType.SECOND_FACTOR_EXHAUST, party="", locked_until="x")
    assert await world.run() == 0
    (found,) = await acts.unsent(world.vault)
    assert found.failure == "UNREACHABLE"
    async with mail_server(port) as mails:
        assert await world.run(after=30) == 1
    assert len(mails.raw) == 1


async def test_a_server_that_hangs_delays_nobody_else(world: NotifiedWorld, hooks: HookServer) -> None:
    """While it is waited for, the worker looks again, and others hear of what happens."""
    async with hook_server() as slow, asyncio.timeout(10):
        slow.answers = [30.0] * 9
        world.by_hook(slow.url)
        await world.erasure(REQUEST)
        async with world.failing() as delivery:
            await delivery.look(at(0), world.recipients)
            await slow.arrived.wait()
            world.by_hook(hooks.url)
            await world.erasure(REQUEST, number=2)
            world.seconds = 2
            await delivery.look(at(2), world.recipients)
            await delivery.lanes["r1"]
            assert [told(hook) for hook in hooks.hooks] == [{"erasure_requested": 1}]
            assert [*delivery.lanes] == ["r0"]
    assert world.failures == []


async def test_a_mail_server_that_hangs_delays_no_webhook(
    world: NotifiedWorld, hooks: HookServer, mails: MailHandler
) -> None:
    """It gets a limited number of mails at once, and webhooks none of its patience."""
    mails.answers = [30.0] * 99
    for _ in range(40):
        world.by_mail(mails.port, Audience.PLATFORM)
    world.by_hook(hooks.url)
    await world.erasure(REQUEST)
    async with asyncio.timeout(10), world.failing() as delivery:
        await delivery.look(at(0), world.recipients)
        await delivery.lanes["r40"]
        async with mails.asked:
            await mails.asked.wait_for(lambda: len(mails.answers) == 99 - 32)
    assert len(mails.answers) == 99 - 32
    assert len(hooks.hooks) == 1
    assert sorted(each.attempts for each in await acts.unsent(world.vault)) == [0] * 8 + [1] * 32


async def test_nothing_is_written_while_nothing_happens(
    world: NotifiedWorld, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at an empty outbox, at a digest and at a message that waits is of reads alone."""
    world.by_hook(hooks.url, digest=timedelta(hours=1))
    world.by_hook(hooks.url)
    hooks.answers = [500]
    await world.erasure(REQUEST)
    await world.run()
    await world.erasure(CANCEL)
    await world.run(after=1)
    written = list[str]()

    async def act(name: str, _work: object) -> None:
        written.append(name)

    monkeypatch.setattr(world.database, "act", act)
    assert await world.run(after=1) == 0
    assert written == []


async def test_what_happens_before_the_first_attempt_is_one_message(
    world: NotifiedWorld, hooks: HookServer
) -> None:
    """While a message waits for a slow server, the next one gathers what happens."""
    world.by_hook(hooks.url)
    known = {each.name: each for each in world.recipients}
    for number in (1, 2, 3):
        await world.erasure(REQUEST, number=number)
        await acts.prepare(world.vault, at(0), known)
    assert await world.run(after=1) == 1
    assert await world.run(after=1) == 1
    assert [told(hook) for hook in hooks.hooks] == [{"erasure_requested": 1}, {"erasure_requested": 2}]


async def test_a_database_that_fails_ends_a_lane(world: NotifiedWorld, hooks: HookServer) -> None:
    """It is reported once for each attempt, and the next look goes on."""
    world.by_hook(hooks.url)
    await _fail_often(world, hooks, number=2)
    world.seconds += 60
    async with world.delivery() as delivery:
        await delivery.look(at(world.seconds), world.recipients)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(world.database, "act", fails)
            await delivery.lanes["r0"]
        assert [type(each) for each in world.failures] == [FailedError] * 2
        await delivery.look(at(world.seconds), world.recipients)
        await delivery.lanes["r0"]
    assert world.arrived == 2


async def fails(*_: object) -> None:
    """Fail as a database does that takes no writes."""
    raise FailedError
