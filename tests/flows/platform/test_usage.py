"""What platforms used is stored by several processes, and read by platform and month."""

import asyncio

import pytest

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.usage import CHARGED, CLAIMS, UsageCounts
from idvault.platform.usage import acts
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.error import Reason, UnavailableError
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import at

MONTH = f"{at(0).real.astimezone(builders.ZONE):%Y-%m}"


def counting() -> UsageCounts:
    """Return the counts of a process."""
    return UsageCounts(builders.ZONE, at(0).real.timestamp)


async def test_processes_add_to_each_other(main_database: Database) -> None:
    """Counts of all processes are in one sum; another platform's are its own."""
    vault = vault_of(main_database, entropy=CountingEntropy())
    processes = [counting() for _ in range(4)]
    for one in processes:
        for party in ("a", "b"):
            one.add(party, CHARGED, 3)
            one.add(party, f"{CLAIMS}SUCCEEDED")
    await asyncio.gather(*(acts.flush(vault, at(0), one) for one in processes))
    await acts.flush(vault, at(0), processes[0])
    found = await acts.of_month(vault, MONTH)
    assert [(each.relying_party, each.charged, dict(each.claims)) for each in found] == [
        ("a", 12, {"SUCCEEDED": 4}),
        ("b", 12, {"SUCCEEDED": 4}),
    ]
    assert await acts.of_party(vault, "b", MONTH) == found[1]
    assert await acts.of_month(vault, "2020-01") == []
    assert (await acts.of_party(vault, "c", MONTH)).charged == 0


async def test_what_is_stored_replaces_the_former_count(main_database: Database) -> None:
    """The number of a month is the last one."""
    vault = vault_of(main_database, entropy=CountingEntropy())
    for number in (5, 4):
        await acts.put(vault, SYSTEM, at(0), {("a", MONTH, "stored/accounts"): number})
    assert (await acts.of_party(vault, "a", MONTH)).stored == {"accounts": 4}


async def test_a_database_that_is_away_loses_no_count(
    main_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be stored is stored with the next."""
    vault, one = vault_of(main_database, entropy=CountingEntropy()), counting()
    one.add("a", CHARGED)

    async def away(*_: object) -> None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    with monkeypatch.context() as patched:
        patched.setattr(acts, "add", away)
        with pytest.raises(UnavailableError):
            await acts.flush(vault, at(0), one)
    await acts.flush(vault, at(0), one)
    assert (await acts.of_party(vault, "a", MONTH)).charged == 1
