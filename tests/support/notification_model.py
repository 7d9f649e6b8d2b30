"""A second, simple implementation of notifications, as their page describes them. Times are in seconds."""

from dataclasses import dataclass, field

FIRST_WAIT, LONGEST_WAIT, GIVEN_UP = 30, 3_600, 3 * 86_400


@dataclass(frozen=True)
class ModelEvent:
    """What happened: to which thing of which platform, as which kind. number: the order in all."""

    number: int
    party: str
    kind: str
    thing: str
    at: int


@dataclass(eq=False)
class ModelMessage:
    """A message. about: what it tells; freed: whether it was given up, so that its things are free."""

    about: list[ModelEvent]
    made: int
    due: int
    attempts: int = 0
    failure: str | None = None
    died: int | None = None
    freed: bool = False

    @property
    def body(self) -> dict[str, int]:
        """The number of things of each kind."""
        kinds = dict.fromkeys(each.kind for each in self.about)
        return {kind: len({each.thing for each in self.about if each.kind == kind}) for kind in kinds}


@dataclass(eq=False)
class ModelRecipient:
    """A recipient. answer: what its server does: None takes, a word refuses, with "GONE" for good.

    is_told: whether it is in the file. heard: the messages that came, in order, each once.
    """

    name: str
    of: str
    digest: int
    is_told: bool = True
    answer: str | None = None
    waiting: list[ModelEvent] = field(default_factory=list)
    messages: list[ModelMessage] = field(default_factory=list)
    heard: list[ModelMessage] = field(default_factory=list)

    def free(self) -> list[ModelEvent]:
        """Return what may be told: nothing about a thing of which a message is on its way."""
        held = {event.thing for each in self.messages if not each.freed for event in each.about}
        return [each for each in self.waiting if each.thing not in held]

    def prepare(self, now: int) -> None:
        """Make a message of what waits, if it is time and none waits for its first attempt."""
        unbegun = any(each.attempts == 0 and each.died is None and each.due <= now for each in self.messages)
        free = self.free()
        if unbegun or not free:
            return
        if not self.is_told:
            self.waiting.clear()
        elif now - free[0].at >= self.digest:
            self.messages.append(ModelMessage(free, now, now))
            self.waiting = [each for each in self.waiting if each not in free]

    def due(self, now: int) -> list[ModelMessage]:
        """Return the messages whose attempt is due."""
        return [each for each in self.messages if each.died is None and each.due <= now]

    def begin(self, message: ModelMessage, now: int) -> None:
        """Count an attempt."""
        message.due = now + min(FIRST_WAIT * 2 ** min(message.attempts, 20), LONGEST_WAIT)
        message.attempts += 1

    def hear(self, message: ModelMessage) -> None:
        """Note that the server has it; what comes again is known by its id."""
        if message not in self.heard:
            self.heard.append(message)

    def attempt(self, message: ModelMessage, now: int) -> None:
        """Make an attempt, of which the worker learns how it ended."""
        if not self.is_told:
            self.messages.remove(message)
            return
        self.begin(message, now)
        if self.answer is None:
            self.hear(message)
            self.messages.remove(message)
            return
        message.failure = self.answer
        if self.answer == "GONE" or now - message.made >= GIVEN_UP:
            message.died, message.freed = now, True

    def revive(self, message: ModelMessage, now: int) -> None:
        """Let a message that was given up be tried again."""
        message.died, message.attempts, message.made, message.due = None, 0, now, now

    def forget(self, before: int) -> int:
        """Delete what was given up before a time; return how many."""
        old = [each for each in self.messages if each.died is not None and each.died < before]
        self.messages = [each for each in self.messages if each not in old]
        return len(old)


@dataclass(eq=False)
class ModelVault:
    """What has happened and not been distributed, and who hears of it."""

    recipients: list[ModelRecipient]
    outbox: list[ModelEvent] = field(default_factory=list)

    def look(self, now: int) -> None:
        """Distribute what happened, make messages, and make every attempt that is due."""
        for event in self.outbox:
            for each in self.recipients:
                if each.is_told and each.of == event.party:
                    each.waiting.append(event)
        self.outbox.clear()
        for each in self.recipients:
            each.prepare(now)
            for message in each.due(now):
                each.attempt(message, now)
