"""Every attack on one scene, in order; in the last ones the thief also has keys that no thief should have."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idvault.core.db.database import Database
from idvault.key.acts.version import DayKeys
from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.intake import LocalDayKeyring
from idvault.sealing.key_provider import LocalKeyProvider
from idvault_dev.authority import real_now
from idvault_dev.layout import CUSTODIANS, PASSPHRASE, THRESHOLD
from tools.demo.disclosure import DisclosureSteps
from tools.torture.theft import appeals, guessing, others, records, reports, search, victims, waiting
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot
from tools.torture.theft.scene import Scene

_MARKS = [victims.MARK, victims.NUMBER_MARK]


def everything(scene: Scene, *, people: int) -> list[Finding]:
    """Play the scene with its custodians and auditors, steal, and try everything."""
    scene.play(people=people)
    document = scene.vault.start_people()
    live = together(scene, document)
    loot = scene.steal("stolen")
    return [
        *offline(scene, loot, most_records=people),
        others.case_texts(loot, _MARKS),
        *of_appeals(scene, loot),
        *of_reports(scene, loot),
        others.one_time_codes(loot),
        *with_people(loot, document["identities"]),
        live,
        *later(scene, loot),
    ]


def offline(scene: Scene, loot: Loot, *, most_records: int) -> list[Finding]:
    """Try everything that needs no other party: bytes, intakes, records, numbers, names."""
    people = scene.victims
    order = list(CUSTODIANS)
    hits = search.search(loot.raw, _MARKS)
    size = sum(len(content) for content in loot.raw.values())
    forms = len(_MARKS) * len(search.forms(victims.MARK))
    numbers, known = guessing.numbers(loot, victims.numbers(), most=len(people.all))
    return [
        Finding(
            "names and numbers in every stolen byte, in every form", "names", forms, len(hits), 0, _read(size)
        ),
        waiting.waiting_now(loot, people.waiting),
        records.every_secret(loot, order=order, most_records=most_records),
        numbers,
        guessing.names(loot, people.dictionary(), known),
        guessing.marks(loot, people.dictionary(), known),
    ]


def of_appeals(scene: Scene, loot: Loot) -> list[Finding]:
    """Read what owners wrote."""
    return appeals.texts(loot, mark=victims.MARK, most=scene.appealed)


def of_reports(scene: Scene, loot: Loot) -> list[Finding]:
    """Read the reports, and find out who reported."""
    return [
        *reports.texts(loot, mark=victims.MARK, most=len(scene.filed)),
        *reports.reporters(loot, most=len(scene.filed)),
        reports.followed(loot, scene.filed),
    ]


def with_people(loot: Loot, folders: Mapping[str, str]) -> list[Finding]:
    """Add custodians' keys: one fewer than needed, and as many as needed."""
    order = list(CUSTODIANS)
    own = records.custodians({name: folders[name] for name in order}, passphrase=PASSPHRASE)
    return [
        records.people(loot, own, order=order, count=THRESHOLD - 1),
        records.people(loot, own, order=order, count=THRESHOLD, stated=True),
    ]


def together(scene: Scene, document: Mapping[str, Any]) -> Finding:
    """An auditor and a custodian cooperate against the running deployment: request, one approval, codes."""
    person = scene.victims.sealed[0]
    scratch = scene.folder / "together"
    scratch.mkdir()
    DisclosureSteps(scratch=scratch).request(document, account_token=scene.tokens[person.name])
    note = "the vault refuses: ILLEGAL_TRANSITION"
    return Finding("sealed records: one custodian, one auditor, their codes, live", "records", 1, 0, 0, note)


def later(scene: Scene, loot: Loot) -> list[Finding]:
    """Look for intakes of settled claims: with the current keys, and with those half an hour later.

    Both use the bytes stolen now: a write-ahead log or a backup keeps its content.
    """
    people = scene.victims
    now = waiting.waited_once(loot, people.late, most=len(people.late), when="at once")
    scene.settle_waiting()
    asyncio.run(_turn(scene, real_now()))
    return [
        now,
        waiting.waited_once(scene.keys_again(loot), [*people.late, *people.waiting], when="30 min later"),
    ]


async def _turn(scene: Scene, now: datetime) -> None:
    """Run the worker's minute tasks as of half an hour later; the worker is stopped before."""
    scene.vault.stop("work")
    keys = LocalKeyProvider.load(scene.keys / "work.keys", passphrase=scene.vault.passphrase, entropy=ENTROPY)
    database = Database(url=scene.databases.main_url)
    try:
        keyring = LocalDayKeyring(keys=keys, store=DayKeys(database), entropy=ENTROPY)
        for minutes in range(0, 31, 5):
            await keyring.publish(now=now + timedelta(minutes=minutes))
            await keyring.destroy(now=now + timedelta(minutes=minutes))
    finally:
        await database.close()


def _read(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB read"
