"""The acts of proofs of an address, interrupted at each statement and at the commit, on both databases."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from idvault.core.act import SYSTEM
from idvault.sealing.ports import CodeLetter
from idvault.tip_off.acts import filing
from idvault.tip_off.acts.case import TipOffCall
from idvault.tip_off.contact import acts, rules, store
from tests.storage import torn
from tests.storage.torn import Act
from tests.support.contact_world import ADDRESS, ContactWorld
from tests.support.tip_off_world import DAY, TipOffWorld, key_files, report
from tools.support.flow_world import PARTY, at, request_id
from tools.support.sanction_world import ACTOR
from tools.support.storage_world import World

Prepare = Callable[[ContactWorld], Awaitable[Act]]


class Caught:
    """Keeps the code in place of sending it."""

    letter: CodeLetter | None = None

    async def send(self, letter: CodeLetter, **_: Any) -> None:
        """Keep it."""
        self.letter = letter


@pytest.fixture
async def contacts(world: World, tmp_path: Path) -> ContactWorld:
    """Return proofs over the world's database."""
    made = ContactWorld(TipOffWorld(world.database, key_files(tmp_path)), tmp_path)
    await made.prepare()
    return made


def call(method: str, number: int = 9) -> TipOffCall:
    """Return a call of the form."""
    return TipOffCall(PARTY, ACTOR, request_id(number), method, b"")


async def _send(contacts: ContactWorld) -> Act:
    reports = contacts.reports
    return lambda: acts.send_code(
        reports.vault,
        call("SendContactCode"),
        at(0),
        address=ADDRESS,
        language="zh",
        context=reports.contact,
    )


async def _send_beyond_the_cap(contacts: ContactWorld) -> Act:
    for _ in range(rules.MOST_A_DAY):
        await contacts.ask()
    return await _send(contacts)


async def _code(contacts: ContactWorld) -> tuple[str, str]:
    """Ask for a code; return its proof and the code."""
    proof, caught = await contacts.ask(), Caught()
    failed: list[Exception] = []
    await acts.deliver(contacts.worker, at(0), opener=contacts.opener, sender=caught, report=failed.append)
    assert failed == []
    assert caught.letter is not None
    return proof.proof_id, caught.letter.code


def _confirming(contacts: ContactWorld, proof_id: str, code: str) -> Act:
    reports, asked = contacts.reports, call("ConfirmContactCode")
    request = asked.request(reports.vault.fingerprinter)
    secrets = reports.contact.secrets
    return lambda: acts._confirm.run(reports.vault, asked, at(0), request, proof_id, code, secrets)


async def _confirm(contacts: ContactWorld) -> Act:
    return _confirming(contacts, *await _code(contacts))


async def _confirm_wrong(contacts: ContactWorld) -> Act:
    proof_id, code = await _code(contacts)
    return _confirming(contacts, proof_id, f"{(int(code) + 1) % 10**8:08}")


async def _file(contacts: ContactWorld) -> Act:
    proof_id, code = await _code(contacts)
    await _confirming(contacts, proof_id, code)()
    reports = contacts.reports
    asked = report(by_form=True, contact=ADDRESS, proof_id=proof_id)
    return lambda: filing.file(reports.vault, call("FileTipOffForm", 8), at(0), asked, reports.context)


async def _begin(contacts: ContactWorld) -> Act:
    await contacts.ask()
    [mail] = await contacts.database.read("test", lambda one: store.due(one, now=at(0).real, limit=9))
    return lambda: acts.begin(contacts.worker, SYSTEM, at(0), mail)


async def _end(contacts: ContactWorld) -> Act:
    await contacts.ask()
    [mail] = await contacts.database.read("test", lambda one: store.due(one, now=at(0).real, limit=9))
    return lambda: acts.end(contacts.worker, SYSTEM, at(0), mail.mail_id)


async def _offer(contacts: ContactWorld) -> Act:
    return lambda: acts._offer(contacts.worker, SYSTEM, at(0))


async def _purge(contacts: ContactWorld) -> Act:
    await contacts.ask()
    later = at(2 * DAY)
    return lambda: acts._purge(contacts.worker, SYSTEM, later, later.real.date())


ACTS: dict[Prepare, str] = {
    _send: "contact.send_code",
    _send_beyond_the_cap: "contact.send_code",
    _confirm: "contact.confirm",
    _confirm_wrong: "contact.confirm",
    _file: "tip_off.file",
    _begin: "contact.begin",
    _end: "contact.end",
    _offer: "contact.offer",
    _purge: "contact.purge",
}


class TestTornContacts(torn.InterruptedActs):
    """Proof, mail, count and report: all or nothing; no second code is sent, and no second try counted."""

    acts = ACTS

    @pytest.fixture
    def ground(self, contacts: ContactWorld) -> ContactWorld:
        return contacts
