"""Batches put together from parts that are serialised once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from idvault.core.edge import convert
from idvault.status.acts import StatusTexts
from idvault.status.api import SerialisedStatuses, StatusBatches
from idvault_verify import token
from idvault_verify.account import AccountState, Status
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import status_pb2
from tools.support import builders
from tools.support.edge import status


class _Flow(StatusTexts):
    """Statuses by token; counts how many texts were unpacked."""

    def __init__(self, *statuses: Status) -> None:
        self.statuses = {one.account_token: one for one in statuses}
        self.unpacked = 0

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for one in (self.statuses[each] for each in reversed(account_tokens) if each in self.statuses):
            found.setdefault(f"|{one.state}|{one.revision}", []).append(one.account_token)
        return {shown: ",".join(tokens) for shown, tokens in found.items()}

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        self.unpacked += 1
        shown = self.statuses[packed.partition("|")[0]]
        due = shown.expire_date is not None and shown.expire_date <= today
        return replace(shown, state=AccountState.EXPIRED, revision=shown.revision + 1) if due else shown

    def today(self, *, now: ClockReading) -> date:
        return now.business.date()


def _statuses(count: int) -> list[Status]:
    return [
        replace(status(), account_token=token.make(bytes([0, *[number] * 15]))) for number in range(count)
    ]


def _batches(flow: _Flow, **options: int) -> StatusBatches:
    return StatusBatches(flow=flow, statuses=SerialisedStatuses(flow, **options))


def _at(days: int = 0) -> ClockReading:
    return builders.reading(after=timedelta(days=days))


async def _read(batches: StatusBatches, *tokens: str, days: int = 0) -> status_pb2.BatchGetStatusesResponse:
    answer = await batches.read(relying_party="platform-a", account_tokens=tokens, now=_at(days))
    return status_pb2.BatchGetStatusesResponse.FromString(answer.SerializeToString())


async def test_the_answer_is_that_of_whole_messages() -> None:
    """Each status once, in request order, and the unknown tokens, exactly as a message would be."""
    shown = _statuses(5)
    tokens = [one.account_token for one in shown]
    nobody = token.make(bytes(15) + b"x")
    asked = [tokens[4], nobody, tokens[0], tokens[4], tokens[2]]
    answer = await _read(_batches(_Flow(*shown)), *asked)
    expected = status_pb2.BatchGetStatusesResponse(
        statuses=[convert.status(shown[number]) for number in (4, 0, 2)], unknown_account_tokens=[nobody]
    )
    assert answer == expected


async def test_equal_statuses_are_serialised_once() -> None:
    """A part is made for each different status, and again after a change."""
    flow = _Flow(*_statuses(5))
    tokens = list(flow.statuses)
    batches = _batches(flow)
    for _ in range(2):
        await _read(batches, *tokens)
    assert flow.unpacked == 1
    flow.statuses[tokens[0]] = replace(flow.statuses[tokens[0]], revision=300)
    answer = await _read(batches, *tokens)
    assert [one.revision for one in answer.statuses] == [300, 2, 2, 2, 2]
    assert flow.unpacked == 2


@pytest.mark.parametrize("days", [1, 400])
async def test_a_new_day_begins_without_parts(days: int) -> None:
    """A status that expires overnight is shown as expired although the account has not changed."""
    flow = _Flow(*_statuses(1))
    batches = _batches(flow)
    (first,) = (await _read(batches, *flow.statuses)).statuses
    (second,) = (await _read(batches, *flow.statuses, days=days)).statuses
    assert flow.unpacked == 2
    assert (second.revision - first.revision) == (1 if days == 400 else 0)


async def test_few_parts_are_kept() -> None:
    """Above the limit the parts are made again; the answer is the same."""
    shown = [replace(one, revision=number) for number, one in enumerate(_statuses(9), 2)]
    batches = _batches(_Flow(*shown), most=4)
    answer = await _read(batches, *(one.account_token for one in shown))
    assert [one.revision for one in answer.statuses] == list(range(2, 11))
    assert len(batches.statuses._kept) <= 4
