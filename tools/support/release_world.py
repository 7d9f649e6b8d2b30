"""Garbage shares, lost answers, silent openings, and what the owner is told: around a chamber."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message import Message

from idvault.disclosure.acts import history as acts
from idvault.disclosure.acts.history import History, HistoryContext
from idvault.disclosure.store import rows
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs
from idvault_client.errors import Unavailable
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.one_time_key import OneTimeKeys
from idvault_people.opens.record import open_record
from idvault_people.opens.reseal import open_resealed
from idvault_verify.attest import record_key
from idvault_verify.error import Reason
from tools.support.chamber import CUSTODIANS, Chamber, Local, Tamper, identity
from tools.support.log_world import LOG_SIGNER
from tools.support.statements import KnownStatements

_EMBARGO = timedelta(days=90)
_ZONE = ZoneInfo("Asia/Shanghai")


async def give_garbage(room: Chamber, disclosure_id: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a custodian approve with a share that is not the one that was sealed."""
    with monkeypatch.context() as patch:
        place = CUSTODIANS.index(name) + 1
        patch.setattr(Custodian, "_open_share", lambda *_: bytes([place]) + bytes(32))
        return await room.approve(disclosure_id, name)


def lose(edge: Local, method: str, *, before: bool = False) -> Tamper:
    """Lose the answer to a method once; before: the call does not even arrive."""
    lost: list[str] = []
    inner = edge.call

    def call(name: str, request: Message, answer: type[Any]) -> Any:
        if before and name.endswith(f"/{method}") and not lost:
            lost.append(name)
            raise Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")
        return inner(name, request, answer)

    def tamper(name: str, answer: Message) -> Message:
        if not before and name.endswith(f"/{method}") and not lost:
            lost.append(name)
            raise Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")
        return answer

    edge.call = call  # type: ignore[assignment, method-assign]
    return tamper


async def history(room: Chamber, account_token: str) -> History:
    """Return the owner's history after the embargo."""
    room.pass_time(days=92)
    await room.step()
    context = HistoryContext(
        proofs=LogProofs(main=room.main, shred=room.shred),
        zone=_ZONE,
        embargo=_EMBARGO,
        statements=KnownStatements(LOG_SIGNER),
    )
    return await acts.of(room.vault, "platform-a", account_token, room.now(), context=context)


async def opened_behind_the_log(
    room: Chamber, disclosure_id: str, account_token: str, *, only: Collection[str] = CUSTODIANS
) -> str:
    """Open a record from copies of both databases with the auditor's one-time key; return the name.

    only: whose shares are used.
    """
    kept = OneTimeKeys(folder=room.folder / "auditor-a").get(disclosure_id)
    private_key = kept.private_key(identity("auditor-a"))
    shares = {
        each.custodian: open_resealed(
            each.resealed or b"",
            signed_request=kept.signed_request,
            terms=kept.terms,
            private_key=private_key,
            custodian=each.custodian,
            index=each.place,
        )
        for each in await room.read(rows.shares, disclosure_id=disclosure_id)
        if each.custodian in only
    }
    record = room.records[account_token]
    shred_key = await ShredKeys(room.shred).find(account_token=account_token, record_id=record.record_id)
    assert shred_key is not None
    value = record_key.shred_value(shred_key=shred_key, record_id=record.record_id)
    return open_record(record=record, shares=shares, shred_value=value).named.name
