"""The notices of a campaign and what must be there afterwards, from a seed alone."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256

from idvault_verify.attest import notice as signed_notice
from idvault_verify.document import Document
from idvault_verify.notice import NoticeKind, RegistryNotice
from tools.support.notice_world import KEY, notice, notice_id, resident
from tools.torture.tally import Tally

PARTIES = ("platform-a", "platform-b", "platform-c")
PEOPLE = 24
"""Of the people with the numbers from 0 on, so many have accounts."""
_STRANGERS = 4_000
_KINDS = (
    NoticeKind.PERSON_ENDED, NoticeKind.NAME_CHANGED, NoticeKind.NUMBER_REPLACED, NoticeKind.REVERSED,
)  # fmt: skip


@dataclass(frozen=True)
class CampaignNotice:
    """A notice, and whom it is about: the number of a person, None for a reversal."""

    made: RegistryNotice
    who: int | None


def notices(seed: int, count: int) -> list[CampaignNotice]:
    """Return the notices in order; half of them are about people who have accounts."""
    dice = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    found: list[CampaignNotice] = []
    for number in range(count):
        kind = dice.choice(_KINDS)
        if kind is NoticeKind.REVERSED:
            earlier = [each for each in found[-200:] if each.who is not None]
            if earlier:
                former = dice.choice(earlier).made.notice_id
                found.append(CampaignNotice(notice(number, kind, reversed_id=former), None))
                continue
            kind = NoticeKind.PERSON_ENDED
        who = dice.randrange(PEOPLE if dice.random() < 0.5 else _STRANGERS)
        # Every new number is used once, so that what a notice does depends on no other one.
        new = new_document(number) if kind is NoticeKind.NUMBER_REPLACED else None
        found.append(CampaignNotice(notice(number, kind, resident(who), new_document=new), who))
    return found


def new_document(number: int) -> Document:
    """Return the document that replaces another one in a notice."""
    return resident(_STRANGERS + number)


def secrets_of(given: list[CampaignNotice]) -> dict[str, bytes]:
    """Return what must be in no file: each number, a digest that anybody can compute, and the signature."""
    found = {}
    for each in given:
        for document in (each.made.document, each.made.new_document):
            if document is not None:
                number = document.number.encode()
                found[f"number of {each.made.notice_id}"] = number
                found[f"digest of {each.made.notice_id}"] = sha256(number).digest()
        # With a signature, too, numbers can be tried.
        found[f"signature of {each.made.notice_id}"] = KEY.sign(signed_notice.canonical(each.made))
    return found


@dataclass
class Expected:
    """What notices leave: rows of accounts by notice, and marks as platform, person and notice."""

    accounts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    marks: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, given: list[CampaignNotice], tokens: dict[tuple[str, int], list[str]]) -> "Expected":
        """Return what must be there. tokens: the accounts of each person at each platform."""
        made = cls()
        for each in given:
            if each.who is None:
                made.accounts.pop(each.made.reversed_id, None)
                made.marks.pop(each.made.reversed_id, None)
                continue
            for (party, who), mine in tokens.items():
                if who == each.who:
                    made._apply(each.made, party, who, mine)
        return made

    def _apply(self, made: RegistryNotice, party: str, who: int, mine: list[str]) -> None:
        self.accounts[made.notice_id] |= set(mine)
        if made.kind is NoticeKind.NUMBER_REPLACED:
            # A number is replaced by one: the newest notice counts, and takes back the former one's days.
            for name in self.replaced - {made.notice_id}:
                self.marks[name].discard((party, who))
                self.accounts[name] -= set(mine)
            self.replaced.add(made.notice_id)
        if made.kind is not NoticeKind.NAME_CHANGED:
            self.marks[made.notice_id].add((party, who))

    replaced: set[str] = field(default_factory=set)

    def compare(self, accounts: dict[str, set[str]], marks: dict[str, int], tally: Tally) -> None:
        """Count what is missing or too much. marks: how many a notice has."""
        wanted = {name: found for name, found in self.accounts.items() if found}
        if accounts != wanted:
            tally.lose(f"{len(accounts)} notices bear on accounts, not {len(wanted)}")
        counts = {name: len(found) for name, found in self.marks.items() if found}
        if marks != counts:
            tally.lose(f"{len(marks)} notices have marks, not {len(counts)}")


def place(last: str, count: int) -> int:
    """Return how many notices were applied, by the id of the last one."""
    return next((at + 1 for at in range(count) if notice_id(at) == last), 0)
