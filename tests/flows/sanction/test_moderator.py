"""Nobody makes a second moderator alone: who registers whom, on both databases."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from idvault.core.request import MemberAsked
from idvault.moderator import acts as moderator_acts
from idvault_client.errors import VaultError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Registration
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason
from idvault_verify.moderator import CARRIED_FOR, Moderator
from idvault_verify.sanction import AuthorityOrder, Degree
from tests.support.refusal import fields_of, outcome, reason_of
from tools.support import builders
from tools.support.flow_world import at
from tools.support.sanction_world import SanctionWorld, key_of, signing

WEEK = CARRIED_FOR.total_seconds()


async def staff(world: SanctionWorld, party: str = "platform-a") -> tuple[ModeratorKey, ModeratorKey]:
    return await world.moderator(1, party=party), await world.moderator(2, party=party)


async def test_one_person_does_not_become_two(world: SanctionWorld) -> None:
    """With the platform's certificate and one moderator's key, no other key is registered or confirms."""
    token, (first, second) = await world.account(), await staff(world)
    own = key_of(9)
    assert await fields_of(world.register(own, by=())) == ["countersignatures"]
    assert await fields_of(world.register(own, by=(first,))) == ["countersignatures"]
    asked = world.registration(own).countersign(first, now=at(0).real)
    twice = replace(asked, countersignatures=asked.countersignatures * 2)
    assert await fields_of(world.send(twice)) == ["countersignatures"]
    stolen = asked.countersign(first.of(second.moderator_id), now=at(0).real)
    assert await fields_of(world.send(stolen)) == ["countersignatures[1].signature"]
    unknown = asked.countersign(own.of("9" * 32), now=at(0).real)
    assert await reason_of(world.send(unknown)) is Reason.MODERATOR_NOT_FOUND
    assert await reason_of(world.name(own)) is Reason.MODERATORS_SUFFICE
    proposed = await world.impose(token, Degree.CLOSE, key=first)
    assert await reason_of(world.confirm(proposed, key=own.of("9" * 32))) is Reason.MODERATOR_NOT_FOUND
    assert await reason_of(world.confirm(proposed, key=first)) is Reason.SELF_APPROVAL
    assert await world.events("moderator:") == ["moderator:key:name"] * 2


async def test_who_is_left_alone_makes_nobody(world: SanctionWorld) -> None:
    """Whoever revokes the others is alone, and only the operator names the next one."""
    assert (
        await reason_of(world.register(key_of(3), by=(key_of(1).of("1" * 32),) * 2)) is Reason.INVALID_MESSAGE
    )
    first, second = await staff(world)
    await world.revoke(second)
    asked = world.registration(key_of(3))
    for key in (first, second):
        asked = asked.countersign(key, now=at(0).real)
    assert await reason_of(world.send(asked)) is Reason.MODERATORS_TOO_FEW
    named = await world.name(key_of(3))
    third = key_of(3).of(named.moderator_id)
    assert await reason_of(world.name(key_of(4))) is Reason.MODERATORS_SUFFICE
    fourth = await world.register(key_of(4), by=(first, third))
    assert fourth.revoke_time is None
    for key in (first, third, key_of(4).of(fourth.moderator_id)):
        await world.revoke(key)
    assert (await world.name(key_of(5))).revoked_at is None


async def test_a_countersignature_is_for_one_request_of_one_platform(world: SanctionWorld) -> None:
    """It cannot be used for another request or platform, nor can another platform's moderators give it."""
    first, second = await staff(world)
    asked = world.registration(key_of(3))
    for key in (first, second):
        asked = asked.countersign(key, now=at(0).real)
    again = replace(world.registration(key_of(3)), countersignatures=asked.countersignatures)
    assert await fields_of(world.send(again)) == ["countersignatures[0].signature"]
    elsewhere = world.registration(key_of(3, party="platform-b"), request_id=asked.request_id)
    elsewhere = replace(elsewhere, countersignatures=asked.countersignatures)
    assert await reason_of(world.send(elsewhere)) is Reason.MODERATOR_NOT_FOUND
    foreign = world.registration(key_of(3))
    for key in await staff(world, "platform-b"):
        foreign = foreign.countersign(key, now=at(0).real)
    assert await reason_of(world.send(foreign)) is Reason.MODERATOR_NOT_FOUND
    assert (await world.send(asked)).public_key == key_of(3).public_key


async def test_a_revoked_moderator_countersigns_nothing(world: SanctionWorld) -> None:
    """Also what was signed before, and a revoked key is never registered again, by whomever."""
    first, second = await staff(world)
    third = key_of(3).of((await world.register(key_of(3), by=(first, second))).moderator_id)
    asked = world.registration(key_of(4))
    for key in (first, third):
        asked = asked.countersign(key, now=at(0).real)
    await world.revoke(third)
    assert await reason_of(world.send(asked)) is Reason.MODERATOR_REVOKED
    assert await reason_of(world.register(key_of(3), by=(first, second))) is Reason.MODERATOR_REVOKED
    await world.revoke(second)
    assert await reason_of(world.name(key_of(3))) is Reason.MODERATOR_REVOKED
    assert await reason_of(world.name(key_of(2))) is Reason.MODERATOR_REVOKED


async def test_the_new_key_signs_itself(world: SanctionWorld) -> None:
    """Two moderators cannot register a key that its holder did not offer, nor the operator name it."""
    by = await staff(world)
    forged = replace(world.registration(key_of(3)), public_key=key_of(4).public_key)
    assert await fields_of(world.send(forged)) == ["signature.signature"]
    await world.revoke(by[1])
    assert await fields_of(world.name_asked(forged)) == ["signature.signature"]


async def test_a_revocation_and_a_registration_at_once(world: SanctionWorld) -> None:
    """Whatever comes first, nobody is registered by moderators of whom one had been revoked before."""
    first, second = await staff(world)

    register = world.register(key_of(3), by=(first, second))
    made, revoked = await asyncio.gather(outcome(register), world.revoke(second))
    assert revoked.revoke_time is not None
    if isinstance(made, VaultError):
        assert made.reason == Reason.MODERATORS_TOO_FEW
    else:
        assert made.revoke_time is None
    assert await reason_of(world.register(key_of(4), by=(first, second))) in {
        Reason.MODERATORS_TOO_FEW,
        Reason.MODERATOR_REVOKED,
    }


@pytest.mark.parametrize("present", [0, 1])
async def test_namings_at_once(world: SanctionWorld, present: int) -> None:
    """However many keys the operator names at the same moment, a platform gets two moderators."""
    if present:
        await world.moderator(1)

    told = await asyncio.gather(*(outcome(world.name(key_of(number))) for number in range(10, 18)))
    refused = [each.reason for each in told if isinstance(each, VaultError)]
    assert refused == [Reason.MODERATORS_SUFFICE] * (6 + present)
    assert await world.events("moderator:") == ["moderator:key:name"] * 2


async def test_a_new_key_confirms_nothing_of_the_former(world: SanctionWorld) -> None:
    """Whoever proposed and then got another key is still who proposed; so a proposal ends with its key."""
    token, (first, second) = await world.account(), await staff(world)
    third = key_of(3).of((await world.register(key_of(3), by=(first, second))).moderator_id)
    proposed = await world.impose(token, Degree.CLOSE, key=first)
    renewed = key_of(4).of((await world.register(key_of(4), by=(second, third))).moderator_id)
    await world.revoke(first)
    assert await reason_of(world.confirm(proposed, key=renewed)) is Reason.MODERATOR_REVOKED
    assert await reason_of(world.confirm(proposed, key=second)) is Reason.MODERATOR_REVOKED
    assert (await world.lift(proposed, key=second)).lift_moderator_id == second.moderator_id
    again = await world.impose(token, Degree.CLOSE, key=renewed)
    assert (await world.confirm(again, key=second)).confirm_moderator_id == second.moderator_id


@pytest.mark.parametrize("method", ["OpenOperation", "CloseOperation", "RecordOrder"])
async def test_a_revocation_just_before_an_act(world: SanctionWorld, method: str) -> None:
    """A moderator who is revoked after the signature was read decides nothing."""
    opened, key = await world.begin(), signing(await world.moderator(1), 0)
    before = await world.events("")
    late = world.served_late().sanctions
    if method == "RecordOrder":
        given = AuthorityOrder("an authority (synthetic)", "order 1", at(0).business.date(), bytes(32))
        work: Awaitable[object] = late.record_order(given, deadline=at(9).business, key=key)
    elif method == "OpenOperation":
        work = late.open_operation("a month", key=key)
    else:
        work = late.close_operation(opened.operation_id, key=key)
    assert await reason_of(work) is Reason.MODERATOR_REVOKED
    assert sorted(await world.events("")) == sorted([*before, "moderator:key:revoke"])


class Codes:
    """A second factor whose one code is spent once."""

    def __init__(self) -> None:
        self.left = ["123456"]

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        if code not in self.left:
            raise DeniedError(Reason.SECOND_FACTOR_REFUSED)
        self.left.remove(code)


async def test_the_operator_names_with_a_code(world: SanctionWorld) -> None:
    """A code is spent for one moderator; a repeat needs none, and what would be refused spends none."""
    codes = Codes()

    def asked(made: Registration, code: str) -> Awaitable[Moderator]:
        content = builders.content(made.relying_party, made.public_key)
        call = MemberAsked("c" * 32, made.request_id, "NameModerator", content)
        return moderator_acts.name_by_operator(world.vault, call, at(0), made, code=code, second_factor=codes)

    made = world.registration(key_of(1))
    assert await reason_of(asked(made, "")) is Reason.SECOND_FACTOR_REFUSED
    assert await fields_of(asked(replace(made, relying_party="platform-b"), "123456")) == [
        "signature.signature"
    ]
    named = await asked(made, "123456")
    assert (named.relying_party, named.public_key) == ("platform-a", key_of(1).public_key)
    assert await asked(made, "") == named
    other = world.registration(key_of(2), request_id=made.request_id)
    assert await reason_of(asked(other, "123456")) is Reason.REQUEST_ID_REUSED
    assert await reason_of(asked(world.registration(key_of(2)), "123456")) is Reason.SECOND_FACTOR_REFUSED
    assert await world.events("moderator:") == ["moderator:key:name"]
