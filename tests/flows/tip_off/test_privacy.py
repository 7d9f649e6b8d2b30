"""Who reported is in nothing that the reported person, or a thief of the database, can see."""

from typing import Any

from google.protobuf.message import Message
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.claim import requests
from idvault.core.tables.log import log_entries, log_openings
from idvault.core.tables.sanction import sanctions
from idvault.core.tables.tip_off import (
    tip_off_form_days,
    tip_off_reporters,
    tip_off_texts,
    tip_off_tries,
    tip_offs,
)
from idvault.core.telemetry.metrics import Metrics
from idvault.sanction import acts as sanction_acts
from idvault.sanction import api as sanction_api
from idvault_verify.tip_off import TargetKind, TipOffTarget
from idvault_verify.v1 import tip_off_pb2
from tests.support.tip_off_world import DAY, TipOffWorld, report
from tools.support.flow_world import PARTY

CONTACT, TEXT = "canary.contact@example.org", "canary text 8812"
_LEAVES = statement(select(log_entries.c.leaf))
_KEYS = statement(select(log_openings.c.account_token))
# The requests of reports belong to no account; those of sign-ups do.
_ROWS = (
    *(select(table) for table in (tip_offs, tip_off_texts, tip_off_reporters, tip_off_tries, sanctions)),
    select(tip_off_form_days),
    select(requests).where(requests.c.account_token == ""),
)


async def rows(database: Database, asked: Any) -> list[Any]:
    async def read(connection: Connection) -> list[Any]:
        return await connection.all(asked)

    return await database.read("test", read)


async def upheld(world: TipOffWorld, **changes: Any) -> tuple[Any, str, Any]:
    """Report an account, uphold the report, and return report, account and sanction."""
    target = await world.world.account(1)
    key = await world.world.moderator(1)
    filed = await world.file(
        report(target=TipOffTarget(TargetKind.ACCOUNT, target), text=TEXT), contact=CONTACT, **changes
    )
    await world.assign(filed.tip_off, key.moderator_id)
    await world.note(filed.tip_off, key.moderator_id, f"note {TEXT}")
    await world.answer(filed.tip_off, key.moderator_id, f"question {TEXT}")
    await world.supplement(filed, f"answer {TEXT}")
    made = await world.uphold(filed.tip_off, key, target, reply=f"reply {TEXT}")
    found = await sanction_acts.find(world.world.vault, PARTY, made.sanction_id or "")
    return filed, target, (made, found)


async def test_the_reported_sees_a_reference_and_no_reporter(world: TipOffWorld) -> None:
    """The sanction, its statement and the status say nothing about the reporter."""
    reporter = await world.world.account(2)
    filed, target, (_, sanction) = await upheld(world, reporter_token=reporter)
    shown: list[Message] = [sanction_api.sanction(sanction)]
    secrets = (reporter, CONTACT, TEXT, str(filed.tip_off.reporter_id), filed.secret)
    for message in shown:
        for secret in secrets:
            assert secret not in str(message)
    assert filed.tip_off.reference in str(shown[0])
    status = repr(await world.world.status(target))
    assert not any(secret in status for secret in secrets)


async def test_no_log_entry_of_a_report_names_an_account(world: TipOffWorld) -> None:
    """The entries about the reported account are those of the sanction and the sign-up alone."""
    reporter = await world.world.account(2)
    _, target, _ = await upheld(world, reporter_token=reporter)
    leaves = [bytes(row[0]) for row in await rows(world.database, _LEAVES)]
    assert any(b"tipoff:report:file" in leaf for leaf in leaves)
    for leaf in leaves:
        for word in (reporter, target, CONTACT, TEXT):
            assert word.encode() not in leaf
    named = [row[0] for row in await rows(world.database, _KEYS)]
    # Two sign-ups, each opened and settled, and one sanction.
    assert (named.count(target), named.count(reporter)) == (3, 2)


async def test_a_report_by_a_known_person_looks_like_any_other(world: TipOffWorld) -> None:
    """With and without a reporter the same entries are written, in the same order, about the same ids."""
    token = await world.world.account(2)
    before = len(await world.events())
    await world.file()
    anonymous = (await world.events())[before:]
    await world.file(reporter_token=token)
    assert (await world.events())[before:] == anonymous * 2


async def test_the_database_holds_no_text_and_no_reporter(world: TipOffWorld) -> None:
    """Not in any column of any table of reports: only sealed, hashed or keyed."""
    reporter = await world.world.account(2)
    filed, _, _ = await upheld(world, reporter_token=reporter)
    held = b""
    for asked in _ROWS:
        for row in await rows(world.database, statement(asked)):
            held += b"|".join(
                bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row
            )
    for word in (CONTACT, TEXT, filed.secret, reporter):
        assert word.encode() not in held
        assert word.encode("utf-16-le") not in held
    assert filed.tip_off.reference.encode() in held


async def test_what_the_reporter_reads_names_nobody(world: TipOffWorld) -> None:
    """No moderator, no target, no other reporter."""
    filed, target, (made, _) = await upheld(world, reporter_token=await world.person(1))
    message = repr(await world.follow(filed))
    assert "operation_id" not in tip_off_pb2.FollowedTipOff.DESCRIPTOR.fields_by_name
    for word in (target, str(made.moderator_id), str(made.sanction_id), str(filed.tip_off.reporter_id)):
        assert word not in message


async def test_metrics_name_nobody(world: TipOffWorld) -> None:
    """States and counts, and nothing that somebody typed."""
    filed, target, _ = await upheld(world, reporter_token=await world.person(1))
    metrics = Metrics()
    counts, overdue = await world.levels(seconds=DAY)
    metrics.moderation.tip_offs_open.set_all({state.value: count for state, count in counts.items()})
    metrics.moderation.tip_offs_overdue.set(overdue)
    shown = str(list(metrics.families()))
    for word in (target, CONTACT, filed.tip_off.reference, str(filed.tip_off.reporter_id)):
        assert word not in shown
