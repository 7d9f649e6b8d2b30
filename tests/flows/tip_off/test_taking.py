"""A moderator takes down a report by telephone, by letter or at a counter, over both databases."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.tables.log import log_entries, moderator_papers
from idvault.core.tables.tip_off import tip_off_texts, tip_off_tries
from idvault.tip_off.rules import MOST_TAKEN
from idvault.tip_off.store import rows
from idvault_client.backend.rpc import Rpc
from idvault_client.tip_offs import AioTipOffs, FiledTipOff
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TAKEN_DOWN, TargetKind, TipOffChannel, TipOffTarget
from idvault_verify.v1 import tip_off_pb2
from tests.support.refusal import reason_of
from tests.support.tip_off_world import CONTENT, DAY, TipOffWorld
from tools.support.flow_world import PARTY, at
from tools.support.in_process import client
from tools.support.sanction_world import ACTOR, signing

SAID, CONTACT = "a caller says that this is untrue (synthetic)", "caller@example.org"
AGAIN = "00000000-0000-4000-8000-00000000000a"
_SERVICE = tip_off_pb2.DESCRIPTOR.services_by_name["TipOffService"]


async def take(
    world: TipOffWorld,
    key: ModeratorKey,
    *,
    asks: AioTipOffs | None = None,
    seconds: float = 0,
    **changes: Any,
) -> FiledTipOff:
    """Take a report down at a time."""
    wanted = {"target": CONTENT, "told": SAID, "channel": TipOffChannel.PHONE, "contact": CONTACT, **changes}
    target, told = wanted.pop("target"), wanted.pop("told")
    vault = asks or world.asks(seconds)
    return await vault.take(target, SanctionCategory.RUMOUR, told, key=signing(key, seconds), **wanted)


def by_certificate(world: TipOffWorld, key: ModeratorKey) -> AioTipOffs:
    """Return the calls of a moderator's desk."""
    caller = Caller(PARTY, "moderator", ACTOR, moderator_id=key.moderator_id)
    return client([Service(_SERVICE, world.servicer)], caller, at(0)).tip_offs


async def kept(world: TipOffWorld, column: Any) -> list[Any]:
    """Return a column of a table."""

    async def read(connection: Connection) -> list[Any]:
        return [row[0] for row in await connection.all(statement(select(column)))]

    return await world.database.read("test", read)


async def exhaust(world: TipOffWorld, key: ModeratorKey, *, but: int) -> None:
    """Count as many reports for a moderator as leave room for some."""

    async def count(connection: Connection) -> None:
        for _ in range(MOST_TAKEN - but):
            await rows.take(
                connection,
                relying_party=PARTY,
                moderator_id=key.moderator_id,
                day=at(0).today(world.policy.zone),
            )

    await world.database.act("test", count)


@pytest.mark.parametrize("channel", TAKEN_DOWN)
async def test_the_reporter_follows_it(world: TipOffWorld, key: ModeratorKey, channel: TipOffChannel) -> None:
    """Number and secret lead to it; it is anonymous, nobody works on it, and moderators read it."""
    filed = await take(world, key, channel=channel, asks=by_certificate(world, key))
    made = filed.tip_off
    assert (made.channel, made.reporter_id, made.trusted, made.flooded) == (channel, "", False, False)
    assert (len(made.reference), len(filed.secret), made.moderator_id) == (12, 16, "")
    assert (await world.follow(filed)).reference == made.reference
    case = await world.get(made)
    assert (case.text, case.contact, case.tip_off.target) == (SAID, CONTACT, CONTENT)
    assert await world.reporters() == []
    assert await world.events() == ["tipoff:report:file", "tipoff:report:take"]


async def test_the_address_of_the_reply_is_the_platforms(world: TipOffWorld, key: ModeratorKey) -> None:
    """On the vault's hosted pages, for a report that is filed or taken down; none if there are no pages."""
    filed = [await world.file(), await take(world, key)]
    assert [each.reply_url for each in filed] == ["", ""]
    world.web_url = "https://verify.example"
    # The pages know no platform that was never presented.
    filed = [await world.file(), await take(world, key)]
    assert [each.reply_url for each in filed] == ["", ""]
    await world.present()
    filed = [await world.file(), await take(world, key)]
    assert {each.reply_url for each in filed} == {f"https://verify.example/r/{PARTY}/reply"}


@pytest.mark.parametrize("channel", [each for each in TipOffChannel if each not in TAKEN_DOWN])
async def test_no_other_channel(world: TipOffWorld, key: ModeratorKey, channel: TipOffChannel) -> None:
    """What a signed-in user or a mail says is filed by the platform, not by a moderator."""
    assert await reason_of(take(world, key, channel=channel)) is Reason.INVALID_MESSAGE
    assert await world.events() == []


async def test_a_repeat_files_once(world: TipOffWorld, key: ModeratorKey) -> None:
    """At the same time, with an old signature, and after the limit: one report, one count, one secret."""
    other = await world.world.moderator(2)
    both = await asyncio.gather(*(take(world, key, request_id=AGAIN) for _ in range(2)))
    assert both[0] == both[1]
    old = await world.asks(3_600).take(
        CONTENT,
        SanctionCategory.RUMOUR,
        SAID,
        key=signing(key, 0),
        channel=TipOffChannel.PHONE,
        contact=CONTACT,
        request_id=AGAIN,
    )
    assert old == both[0]
    assert await kept(world, tip_off_tries.c.count) == [1]
    for changes in ({"told": "something else"}, {"channel": TipOffChannel.MAIL}, {"contact": ""}):
        again = take(world, key, request_id=AGAIN, **changes)
        assert await reason_of(again) is Reason.REQUEST_ID_REUSED
    assert await reason_of(take(world, other, request_id=AGAIN)) is Reason.REQUEST_ID_REUSED
    await exhaust(world, key, but=1)
    assert await take(world, key, request_id=AGAIN) == both[0]
    assert await world.events() == ["tipoff:report:file", "tipoff:report:take"]


async def test_no_read_has_the_secret(world: TipOffWorld, key: ModeratorKey) -> None:
    """Neither the report, nor the list, nor what is stored: only the answer of the call itself."""
    filed = await take(world, key)
    shown = [await world.get(filed.tip_off), await world.asks().list_page(), await world.follow(filed)]
    assert not any(filed.secret in repr(each) for each in shown)
    stored = await kept(world, tip_off_texts.c.data)
    stored += [*await kept(world, moderator_papers.c.paper), *await kept(world, log_entries.c.leaf)]
    assert not any(filed.secret.encode() in bytes(each) for each in stored)


async def test_the_log_names_the_moderator_and_nothing_that_was_said(
    world: TipOffWorld, key: ModeratorKey
) -> None:
    """The paper has marks under a salt, which is deleted with the texts; nobody can test a guess then."""
    account = await world.world.account(1)
    target = TipOffTarget(TargetKind.ACCOUNT, account)
    filed = (await take(world, key, target=target)).tip_off
    papers = b"".join(map(bytes, await kept(world, moderator_papers.c.paper)))
    leaves = b"".join(map(bytes, await kept(world, log_entries.c.leaf)))
    assert b"TakeTipOff" in papers
    assert key.moderator_id.encode() in papers
    for personal in (SAID, CONTACT, account):
        for told in (personal.encode(), sha256(personal.encode()).digest()):
            assert told not in papers
        assert personal.encode() not in leaves.partition(b"tipoff:report:file")[2]
    assert len(await kept(world, tip_off_texts.c.name)) == 3  # text, contact and salt
    await world.assign(filed, key.moderator_id)
    await world.dismiss(filed, key.moderator_id, reply="no rule")
    await world.delete_texts(seconds=92 * DAY)
    assert await kept(world, tip_off_texts.c.name) == []


async def test_one_moderator_floods_nothing(world: TipOffWorld, key: ModeratorKey) -> None:
    """Also at the same time: 200 in a day, then none until the next day. Others go on; no form is flooded."""
    other = await world.world.moderator(2)
    await exhaust(world, key, but=2)
    found = await asyncio.gather(*(take(world, key) for _ in range(5)), return_exceptions=True)
    filed = [each for each in found if isinstance(each, FiledTipOff)]
    assert len(filed) == 2
    assert await reason_of(take(world, key)) is Reason.TIP_OFF_LIMIT_REACHED
    assert not (await take(world, other)).tip_off.flooded
    assert not (await world.file_by_form()).tip_off.flooded
    assert not (await take(world, key, seconds=DAY)).tip_off.flooded
    page = await world.asks().list_page(page_size=1_000)
    assert len(page.tip_offs) == 5


async def test_it_is_signed_for_what_is_sent(world: TipOffWorld, key: ModeratorKey) -> None:
    """A revoked moderator, an unknown one, another's key, and a desk of somebody else take nothing down."""
    other = await world.world.moderator(2)
    assert await reason_of(take(world, key, asks=by_certificate(world, other))) is Reason.ACCESS_DENIED
    assert await reason_of(take(world, other.of(key.moderator_id))) is Reason.INVALID_MESSAGE
    assert await reason_of(take(world, key.of("7" * 32))) is Reason.MODERATOR_NOT_FOUND
    await world.world.revoke(key)
    assert await reason_of(take(world, key)) is Reason.MODERATOR_REVOKED
    assert await world.events() == []


CHANGES: dict[str, Any] = {
    "channel": tip_off_pb2.TipOff.CHANNEL_MAIL,
    "category": 3,
    "text": "another text",
    "contact": "another@example.org",
    "operation_id": "d" * 32,
    "target": tip_off_pb2.TipOffTarget(content="post/18"),
    "evidence_digests": [bytes(32)],
}
"""Another value of each field; merged into the request, it takes the place of the one that was sent."""


async def test_every_field_is_signed(world: TipOffWorld, key: ModeratorKey) -> None:
    """A platform that changes what the moderator took down, in whatever field, files nothing."""
    sent = list[tip_off_pb2.TakeTipOffRequest]()

    async def kept_back(call: Rpc[Any]) -> Any:
        sent.append(tip_off_pb2.TakeTipOffRequest.FromString(call.request))

    await take(world, key, asks=AioTipOffs(run=kept_back))
    fields = {each.name for each in tip_off_pb2.TakeTipOffRequest.DESCRIPTOR.fields}
    assert set(CHANGES) == fields - {"request_id", "signature"}
    for name, value in CHANGES.items():
        changed = tip_off_pb2.TakeTipOffRequest()
        changed.CopyFrom(sent[0])
        changed.MergeFrom(tip_off_pb2.TakeTipOffRequest(**{name: value}))
        assert await reason_of(given(world, changed)) is Reason.INVALID_MESSAGE, name
    changed = tip_off_pb2.TakeTipOffRequest()
    changed.CopyFrom(sent[0])
    changed.request_id = AGAIN
    assert await reason_of(given(world, changed)) is Reason.INVALID_MESSAGE
    assert await world.events() == []
    assert (await given(world, sent[0])).secret


async def given(world: TipOffWorld, request: tip_off_pb2.TakeTipOffRequest) -> tip_off_pb2.FiledTipOff:
    """Give the vault a request as it is."""
    caller = Caller(PARTY, "platform", ACTOR)
    return await world.servicer.TakeTipOff(request, caller=caller, now=at(0), remaining=None)
