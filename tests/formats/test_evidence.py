"""Evidence: the reference opens what the client sealed, and decrypts the identity that it proves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault_client.people.disclosure import evidence as evidences
from tests.clients.offline.test_evidence import forges
from tests.support import builders, people
from tests.support.chamber import CUSTODIANS, Chamber, chamber, person
from tests.support.databases import Databases
from tests.support.evidence_world import opening
from tests.support.log_world import KEY
from tests.support.reference import evidence
from tests.support.reference import note as notes
from tests.support.reference.encoding import RefusedError

A, B, C = CUSTODIANS
LOG = notes.parse_key(str(KEY))


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_the_reference_opens_and_checks_evidence(room: Chamber, tmp_path: Path) -> None:
    """From the page and the cryptographic library alone: identity, people, quorum and day of destruction."""
    opened = await opening(room)
    path = tmp_path / "evidence.json"
    evidences.write_sealed(path, opened.proof, reader=person(C))
    text = evidence.unseal(path.read_text("utf-8"), private=people.secret(C, "hpke"))
    assert text.encode() == opened.proof.to_bytes()
    proved = evidence.check_file(text, log=LOG)
    assert (proved.identity.name, proved.identity.number) == (builders.NAME, builders.NUMBER)
    assert (proved.request.auditor, proved.approved_by, proved.threshold) == ("auditor-a", (A, B), 2)
    assert proved.destroy_after == "2027-03-01"


async def test_the_reference_refuses_what_the_client_refuses(room: Chamber) -> None:
    """Every forge of the client's test, among them another identity in the record."""
    opened, other = await opening(room), await opening(room)
    cases = forges(opened, other, room.rosters.current)
    del cases["no day"]  # the reference gives the day as it is written
    for forge, _ in cases.values():
        with pytest.raises(RefusedError):
            evidence.check_file(opened.forged(forge).to_bytes().decode(), log=LOG)
