"""Notices while the index key has several versions, over both databases."""

from dataclasses import replace
from datetime import date
from hashlib import sha256

from sqlalchemy import select

from idvault.core.tables.claim import persons
from idvault.core.tables.notice import person_marks
from idvault.sealing.ports import PersonKey
from idvault_verify.claim import AnyIdentity
from idvault_verify.notice import NoticeKind
from tools.support import sql
from tools.support.fakes.sealing import FakeIndexer
from tools.support.notice_world import NoticeWorld, notice, person

OLD, NEW = person(1), person(2)


class LaterIndexer(FakeIndexer):
    """Indexes under a version after that of the claims, under which people are still found."""

    def person(self, *, relying_party: str, identity: AnyIdentity, person_id: str, today: date) -> PersonKey:
        found = super().person(
            relying_party=relying_party, identity=identity, person_id=person_id, today=today
        )
        later = sha256(b"later" + found.index).digest()
        return replace(found, index_version=2, index=later, others=(found.index,))


async def test_a_person_is_found_under_the_former_version(world: NoticeWorld) -> None:
    """The new number's person is added under the version in use, and only once."""
    token = await world.sign_up(OLD)
    world.context.indexer = LaterIndexer()
    made = [
        notice(number, NoticeKind.NUMBER_REPLACED, OLD.document, new_document=NEW.document)
        for number in (1, 2)
    ]
    await world.submit(*made)
    assert (await world.due()).keys() == {token}
    found = await sql.rows(world.database, select(persons.c.index_version))
    assert sorted(row.index_version for row in found) == [1, 2]
    assert len(await sql.rows(world.database, select(person_marks))) == 1


async def test_two_rows_of_one_person(world: NoticeWorld) -> None:
    """A machine that slept can make them: both end, and the one that others find is replaced."""
    token = await world.sign_up(OLD)
    (row,) = await sql.rows(world.database, select(persons))
    later = LaterIndexer().person(
        relying_party=row.relying_party, identity=OLD, person_id="e" * 32, today=date(2026, 3, 1)
    )
    other = {**row._asdict(), "person_index": later.index, "person_id": "e" * 32, "index_version": 2}
    await sql.change(world.database, persons.insert().values(**other))
    world.context.indexer = LaterIndexer()
    replaced = notice(1, NoticeKind.NUMBER_REPLACED, OLD.document, new_document=NEW.document)
    await world.submit(replaced, notice(2, NoticeKind.PERSON_ENDED, OLD.document))
    marks = await sql.rows(world.database, select(person_marks))
    assert [mark.former_id for mark in marks if mark.former_id] == ["e" * 32]
    ended = {mark.person_id for mark in marks if mark.kind == "PERSON_ENDED"}
    assert ended == {row.person_id, "e" * 32}
    assert (await world.due()).keys() == {token}
