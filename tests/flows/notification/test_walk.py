"""Random steps of what tells recipients: nothing is lost, doubled or told out of order."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from idvault.core.act import SYSTEM
from idvault.core.topic import Audience
from idvault.notification import acts
from idvault.notification.rules import DEAD_DAYS, Failure, Notification, Recipient, SendError
from idvault_verify.event import EventType
from tests.support.notification_model import ModelEvent, ModelMessage, ModelRecipient, ModelVault
from tests.support.notified_world import NotifiedWorld
from tests.support.steps import DatabaseSteps, take_steps
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at

OTHER, THINGS = "platform-b", 2
KINDS = {
    EventType.ERASURE_REQUEST: "erasure_requested",
    EventType.ERASURE_CANCEL: "erasure_cancelled",
    EventType.ERASURE_ERASE: "account_erased",
}
DAY = 86_400
WHO = st.integers(0, 2)


class NotificationSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.numbers = 0, 0
        self.model = ModelVault(
            [
                ModelRecipient("at-once", PARTY, 0),
                ModelRecipient("digest", PARTY, 600),
                ModelRecipient("other", OTHER, 0),
            ]
        )
        self.sent: list[tuple[str, str, dict[str, int]]] = []
        self.again: dict[str, list[dict[str, int]]] = {}

    @initialize()
    def begin(self) -> None:
        """Name the recipients."""
        self.world = NotifiedWorld(self.database)
        self.all = [
            Recipient(
                each.name,
                Audience.PLATFORM,
                of=each.of,
                webhook="https://hooks.example/",
                digest=timedelta(seconds=each.digest),
            )
            for each in self.model.recipients
        ]

    async def end(self) -> None:
        await self.world.close()

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Take a message, or refuse it, as the recipient's server does now (notification.ports.Sender)."""
        answer = next(each.answer for each in self.model.recipients if each.name == recipient.name)
        if answer is not None:
            raise SendError(Failure(answer))
        self.sent.append((recipient.name, notification.message_id, dict(notification.body)))

    @rule(party=st.sampled_from([PARTY, OTHER]), kind=st.sampled_from([*KINDS]), thing=st.integers(1, THINGS))
    def something_happens(self, party: str, kind: EventType, thing: int) -> None:
        """An act writes its entry, and with it a row of the outbox."""
        self._happen(party, kind, thing)

    def _happen(self, party: str, kind: EventType, thing: int) -> None:
        self.numbers += 1
        self.world.seconds = self.now
        number = thing if party == PARTY else 10 + thing
        self.run(self.world.erasure(kind, number, party=party))
        self.model.outbox.append(ModelEvent(self.numbers, party, KINDS[kind], f"{number}", self.now))

    @rule(seconds=st.sampled_from([1, 29, 30, 60, 599, 600, 3_600, DAY, 3 * DAY]))
    def time_passes(self, seconds: int) -> None:
        """Attempts and digests become due."""
        self.now += seconds

    @rule(who=WHO, answer=st.sampled_from([None, None, "REFUSED", "LATE", "GONE"]))
    def a_server_changes(self, who: int, answer: str | None) -> None:
        """It goes away, comes back, or says that nobody is there."""
        self.model.recipients[who].answer = answer

    @rule(who=WHO)
    def a_recipient_leaves_or_returns(self, who: int) -> None:
        """Somebody edits the file."""
        self.model.recipients[who].is_told ^= True

    @rule()
    def a_worker_looks(self) -> None:
        """It makes messages, and every attempt that is due."""
        self._work()

    @rule(
        who=WHO,
        answer=st.sampled_from(["REFUSED", "LATE"]),
        times=st.sampled_from([2, 4]),
        apart=st.sampled_from([0, DAY]),
    )
    def a_server_is_away(self, who: int, answer: str, times: int, apart: int) -> None:
        """It refuses several attempts, each as soon as it is due, or days apart."""
        recipient = self.model.recipients[who]
        recipient.answer = answer
        for _ in range(2):
            self._happen(recipient.of, EventType.ERASURE_REQUEST, 1)
        for _ in range(times):
            self.now += apart
            self._work()
            due = [each.due for each in recipient.messages if each.died is None]
            self.now = max(self.now, min(due, default=0) - 1)

    def _work(self) -> None:
        self._look()
        before = len(self.sent)
        heard = [len(each.heard) for each in self.model.recipients]
        self.run(self._deliver())
        self.model.look(self.now)
        # Attempts of one recipient are beside each other: what came is compared, not in which order.
        for each, old in zip(self.model.recipients, heard, strict=True):
            came = [body for name, _, body in self.sent[before:] if name == each.name]
            assert _sorted(came) == _sorted([each.body for each in each.heard[old:]] + self._again(each))

    def _look(self) -> None:
        """Let a second pass, so that a recipient's messages are known by when they were made."""
        self.now += 1
        self.world.seconds = self.now
        self.again = {}
        for each in self.model.recipients:
            if each.is_told and each.answer is None:
                due = [message for message in each.due(self.now) if message in each.heard]
                self.again[each.name] = [message.body for message in due]

    def _again(self, recipient: ModelRecipient) -> list[dict[str, int]]:
        """Return the texts of the messages that came once more."""
        return self.again.get(recipient.name, [])

    async def _deliver(self) -> None:
        delivery = self.world.delivery()
        told = {each.name for each in self.model.recipients if each.is_told}
        async with replace(delivery, sender=self) as made:
            await made.look(at(self.now), [each for each in self.all if each.name in told])
            await asyncio.gather(*made.lanes.values())
        assert self.world.failures == []

    @rule(who=WHO, has_sent=st.booleans())
    def a_worker_dies(self, who: int, has_sent: bool) -> None:
        """It has begun an attempt, and perhaps the server has the message; nobody marks it."""
        model = self.model.recipients[who]
        found = self.run(acts.due(self.world.vault, at(self.now), model.name, limit=1))
        due = model.due(self.now)
        assert bool(found) == bool(due)
        if not found or not model.is_told:
            return
        [message] = [each for each in due if _same(found[0], each)]
        assert self.run(acts.begin(self.world.vault, SYSTEM, at(self.now), found[0]))
        assert not self.run(acts.begin(self.world.vault, SYSTEM, at(self.now), found[0]))
        model.begin(message, self.now)
        if has_sent:
            self.sent.append((model.name, found[0].message_id, dict(found[0].body)))
            model.hear(message)

    @precondition(lambda self: self._dead())
    @rule(place=st.integers(0, 9))
    def somebody_tries_again(self, place: int) -> None:
        """An operator revives a message that was given up; the second time there is none."""
        self.now += 1
        dead = self.run(acts.dead(self.world.vault))
        one = dead[place % len(dead)]
        model = next(each for each in self.model.recipients if each.name == one.recipient)
        message = next(each for each in model.messages if each.died is not None and _same(one, each))
        for revived in (True, False):
            given = acts.revive(self.world.vault, SYSTEM, at(self.now), one.message_id)
            assert self.run(given) is revived
        model.revive(message, self.now)

    @rule(days=st.sampled_from([0, 1, DEAD_DAYS]))
    def the_dead_are_forgotten(self, days: int) -> None:
        """So many days after they were given up."""
        before = self.now - days * DAY
        gone = sum(each.forget(before) for each in self.model.recipients)
        assert self.run(acts.forget_dead(self.world.vault, SYSTEM, at(self.now), days=days)) == gone

    def _dead(self) -> bool:
        return any(message.died is not None for each in self.model.recipients for message in each.messages)

    @invariant()
    def messages_agree(self) -> None:
        """What is on its way and what was given up is the model's: texts, attempts, times, failures."""
        for found, dies in (
            (self.run(acts.unsent(self.world.vault)), False),
            (self.run(acts.dead(self.world.vault)), True),
        ):
            wanted = [
                (each.name, _shown(message))
                for each in self.model.recipients
                for message in each.messages
                if (message.died is not None) is dies
            ]
            assert _sorted((each.recipient, _stored(each)) for each in found) == _sorted(wanted)

    @invariant()
    def what_waits_is_in_the_levels(self) -> None:
        """The metric says how many are dead, and since when the oldest waits."""
        dead, oldest = self.run(acts.levels(self.world.vault))
        messages = [message for each in self.model.recipients for message in each.messages]
        waits = [each.made for each in messages if each.died is None]
        waits += [each.at for each in self.model.outbox]
        assert dead == sum(each.died is not None for each in messages)
        assert oldest == (at(min(waits)).real if waits else None)

    @invariant()
    def an_id_has_one_text(self) -> None:
        """Whoever gets a message twice gets the same."""
        texts: dict[tuple[str, str], dict[str, int]] = {}
        for name, message_id, body in self.sent:
            assert texts.setdefault((name, message_id), body) == body

    @invariant()
    def each_thing_is_told_in_order_and_once(self) -> None:
        """Of what was not given up in between, the later comes after the earlier."""
        for each in self.model.recipients:
            told = [event for message in each.heard if not message.freed for event in message.about]
            assert len(told) == len({event.number for event in told})
            for thing in {event.thing for event in told}:
                numbers = [event.number for event in told if event.thing == thing]
                assert numbers == sorted(numbers)


def _shown(message: ModelMessage) -> Any:
    made, due = at(message.made).real, at(message.due).real
    died = None if message.died is None else at(message.died).real
    return sorted(message.body.items()), made, due, message.attempts, message.failure, died


def _stored(found: Notification) -> Any:
    body = sorted(found.body.items())
    return body, found.made_at, found.next_at, found.attempts, found.failure, found.dead_at


def _same(found: Notification, message: ModelMessage) -> bool:
    return bool(_stored(found) == _shown(message))


def _sorted(found: Any) -> list[Any]:
    return sorted(found, key=repr)


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: messages, attempts, what is given up, what is told again, and in which order."""
    take_steps(NotificationSteps, maker, count=20)
