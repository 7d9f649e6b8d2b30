"""Public accounts from the page "my identity": what the session's account may change, and what it may not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault_client.errors import InvalidFields, VaultError
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState
from idvault_verify.sanction import Degree
from idvault_verify.v1 import identity_pb2 as pb
from tests.support.session_world import RETURN_URL, TERMS, SessionWorld
from tools.support import builders
from tools.support.databases import Databases
from tools.support.flow_world import command

_Change = pb.ChangePublicAccountFromSessionRequest
DAY = 86_400
UNKNOWN = "0" * 32


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[SessionWorld]:
    database = Database(url=sqlite_databases.main_url)
    made = SessionWorld(database)
    await made.prepare()
    yield made
    await database.close()


async def change(
    world: SessionWorld, session_id: str, name: str, *, browser: int = 1, seconds: float = 60, **more: Any
) -> Any:
    """Change a public account as the page does."""
    given = {"request_id": world.new_id(), "change": _Change.Change.Value(f"CHANGE_{name}"), **more}
    return await world.own(
        "ChangePublicAccountFromSession", _Change, session_id, browser=browser, seconds=seconds, **given
    )


async def reason(call: Any) -> str | None:
    """Return why a call is refused."""
    with pytest.raises(VaultError) as refused:
        await call
    return refused.value.reason


def place(shown: OwnedPublicAccount) -> dict[str, Any]:
    return {"public_account_id": shown.public_account_id}


async def test_an_owner_applies_and_closes(world: SessionWorld) -> None:
    """The application is the platform's to decide; a repeat is the same; closing is for good."""
    token = await world.publishing.person()
    session = await world.identity(token)
    request_id = world.new_id()
    made = [await change(world, session, "APPLY", request_id=request_id) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].account_token, made[0].profile.state) == (token, made[0].profile.STATE_APPLIED)
    found = await world.publishing.asks(60).approve(made[0].profile.public_account_id)
    closed = await change(world, session, "CLOSE", **place(found))
    assert closed.profile.state == closed.profile.STATE_CLOSED
    again = change(world, session, "RENEW", **place(found))
    assert await reason(again) == Reason.ILLEGAL_TRANSITION


async def test_a_renewal_keeps_the_rules(world: SessionWorld) -> None:
    """Too early is refused; in the last 60 days the term grows, whoever asks."""
    token = await world.publishing.person()
    found = await world.publishing.open(token)
    session = await world.identity(token)
    early = change(world, session, "RENEW", **place(found))
    assert await reason(early) == Reason.RENEWAL_TOO_EARLY
    late = 310 * DAY
    session = await world.identity(token, browser=2, seconds=late)
    renewed = await change(world, session, "RENEW", browser=2, seconds=late + 60, **place(found))
    assert renewed.expire_date > str(found.expire_date)


async def test_what_cannot_be_undone_needs_a_recent_verification(world: SessionWorld) -> None:
    """An hour after it, nothing is closed, offered or accepted; a renewal allows it again."""
    token, other = await world.publishing.person(1), await world.publishing.person(2)
    found = await world.publishing.open(token)
    late = 2 * 3_600
    session = await world.identity(token, seconds=late)
    final: dict[str, dict[str, Any]] = {"CLOSE": {}, "OFFER": {"account_token": other}, "ACCEPT": {}}
    for name, more in final.items():
        refused = change(world, session, name, seconds=late, **place(found), **more)
        assert await reason(refused) == Reason.ASSURANCE_MISSING
    assert (await world.publishing.get(found)).profile.state is PublicAccountState.ACTIVE
    identity = builders.identity(number="11000019010101000X")
    await world.claims.verify(command(77, identity, account_token=token), seconds=late)
    closed = await change(world, session, "CLOSE", seconds=late + 30, **place(found))
    assert closed.profile.state == closed.profile.STATE_CLOSED


async def test_a_repeat_of_a_final_change_is_told_what_it_did(world: SessionWorld) -> None:
    """Its answer was lost, and an hour has passed, or the receiver was quick; what is new is refused."""
    token, other, third = [await world.publishing.person(number) for number in (1, 2, 3)]
    closing, giving = await world.publishing.open(token), await world.publishing.open(other)
    ids = [world.new_id() for _ in range(3)]
    session = await world.identity(token, seconds=3_500)
    closed = await change(world, session, "CLOSE", seconds=3_590, request_id=ids[0], **place(closing))
    again = await change(world, session, "CLOSE", seconds=3_605, request_id=ids[0], **place(closing))
    assert again == closed
    new = change(world, session, "CLOSE", seconds=3_605, **place(closing))
    assert await reason(new) == Reason.ASSURANCE_MISSING
    offer = {**place(giving), "account_token": third}
    session = await world.identity(other, browser=2)
    await change(world, session, "OFFER", browser=2, request_id=ids[1], **offer)
    made = await world.asks().create_identity(
        third, return_url=RETURN_URL, policy_version="terms-3", policy_text=TERMS
    )
    await world.redeem(made.url, browser=3)
    await world.bind(made.session_id, browser=3)
    taken = await change(world, made.session_id, "ACCEPT", browser=3, request_id=ids[2], **place(giving))
    again = await change(world, session, "OFFER", browser=2, request_id=ids[1], **offer)
    assert (again.account_token, again.profile) == (third, taken.profile)
    assert (
        await reason(change(world, session, "OFFER", browser=2, **offer)) == Reason.PUBLIC_ACCOUNT_NOT_FOUND
    )
    # An id alone repeats nothing.
    changed = change(world, session, "CLOSE", browser=2, request_id=ids[1], **place(giving))
    assert await reason(changed) == Reason.REQUEST_ID_REUSED


async def test_a_stranger_changes_nothing(world: SessionWorld) -> None:
    """Another account's public account is unknown to a session, for a change and to look at."""
    found = await world.publishing.open(await world.publishing.person(1))
    session = await world.identity(await world.publishing.person(2))
    token = await world.publishing.person(3)
    for name in ("RENEW", "CLOSE", "OFFER", "ADD_OPERATOR", "REMOVE_OPERATOR"):
        more: dict[str, Any] = {} if name in {"RENEW", "CLOSE"} else {"account_token": token}
        for number in (found.public_account_id, UNKNOWN):
            refused = change(world, session, name, public_account_id=number, **more)
            assert await reason(refused) == Reason.PUBLIC_ACCOUNT_NOT_FOUND
    kind = pb.GetPublicAccountFromSessionRequest
    for number in (found.public_account_id, UNKNOWN):
        look = world.own("GetPublicAccountFromSession", kind, session, seconds=60, public_account_id=number)
        assert await reason(look) == Reason.PUBLIC_ACCOUNT_NOT_FOUND
    assert (await world.publishing.get(found)).offer is None


async def test_a_transfer_is_offered_and_accepted(world: SessionWorld) -> None:
    """The receiver sees it once it is offered, agrees to the session's terms, and owns it."""
    token, other = await world.publishing.person(1), await world.publishing.person(2)
    found = await world.publishing.open(token)
    giving = await world.identity(token)
    without = await world.identity(other, browser=2)
    offered = await change(world, giving, "OFFER", **place(found), account_token=other)
    assert offered.offer.account_token == other
    refused = change(world, without, "ACCEPT", browser=2, **place(found))
    assert await reason(refused) == Reason.CONSENT_MISSING
    made = await world.asks().create_identity(
        other, return_url=RETURN_URL, policy_version="terms-3", policy_text=TERMS
    )
    await world.redeem(made.url, browser=3)
    await world.bind(made.session_id, browser=3)
    kind = pb.GetPublicAccountFromSessionRequest
    seen = await world.own(
        "GetPublicAccountFromSession", kind, made.session_id, browser=3, seconds=60, **place(found)
    )
    assert seen.state == seen.STATE_ACTIVE
    taken = await change(world, made.session_id, "ACCEPT", browser=3, **place(found))
    assert (taken.account_token, taken.profile.owner_changed_on) == (other, "2026-03-01")
    # The former owner's page is about nothing of hers any more.
    assert await reason(change(world, giving, "CLOSE", **place(found))) == Reason.PUBLIC_ACCOUNT_NOT_FOUND
    assert (await world.publishing.get(found)).profile.state is PublicAccountState.ACTIVE


async def test_the_receiver_alone_sees_an_offer(world: SessionWorld) -> None:
    """Nothing of the owner is with it. One that is over, replaced or of a closed public account is gone."""
    bodies = enumerate(("MA000001", "MA000002", "MA000003"), 90)
    tokens = [await world.publishing.company(number, body=body) for number, body in bodies]
    giver, taker, third = tokens
    first, second = [await world.publishing.open(giver) for _ in range(2)]

    async def seen(seconds: float) -> list[list[str]]:
        """Return what each account is offered, by its page."""
        found = []
        for browser, token in enumerate(tokens, 1):
            session = await world.identity(token, browser=browser, seconds=seconds)
            kind = pb.GetIdentityRequest
            own = await world.own("GetIdentity", kind, session, browser=browser, seconds=seconds)
            assert giver not in str(own.offered_public_accounts)
            found.append([each.profile.public_account_id for each in own.offered_public_accounts])
        return found

    assert await seen(0) == [[], [], []]
    for shown, seconds in ((second, 1), (first, 2)):
        await world.publishing.offer(shown, taker, seconds=seconds)
    assert await seen(2) == [[], [second.public_account_id, first.public_account_id], []]
    # Another offer replaces one; a closed public account has none.
    await world.publishing.offer(first, third, seconds=3)
    await world.publishing.close(second, seconds=4)
    assert await seen(4) == [[], [], [first.public_account_id]]
    # After 14 days it is over.
    assert await seen(14 * DAY + 2) == [[], [], [first.public_account_id]]
    assert await seen(14 * DAY + 3) == [[], [], []]


async def test_an_organisation_names_operators(world: SessionWorld) -> None:
    """It names a verified person and removes her; a person's public account has none."""
    company, person = await world.publishing.company(), await world.publishing.person(1)
    found = await world.publishing.open(company)
    session = await world.identity(company)
    named = await change(world, session, "ADD_OPERATOR", **place(found), account_token=person)
    assert [each.account_token for each in named.operators] == [person]
    removed = await change(world, session, "REMOVE_OPERATOR", **place(found), account_token=person)
    assert list(removed.operators) == []
    own = await world.publishing.open(person)
    session = await world.identity(person, browser=2)
    refused = change(world, session, "ADD_OPERATOR", browser=2, **place(own), account_token=company)
    assert await reason(refused) == Reason.OPERATOR_NOT_ELIGIBLE


async def test_a_sanction_is_not_evaded(world: SessionWorld) -> None:
    """Neither closing nor giving away is possible under a sanction."""
    token, _, _ = await world.moderation.case(Degree.WARN)
    other = await world.publishing.person(7)
    found = await world.publishing.open(token)
    session = await world.identity(token)
    final: dict[str, dict[str, Any]] = {"CLOSE": {}, "OFFER": {"account_token": other}}
    for name, more in final.items():
        assert await reason(change(world, session, name, **place(found), **more)) == Reason.SANCTION_OPEN


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"change": 0}, ["change"]),
        ({"change": 99}, ["change"]),
        ({"change": _Change.CHANGE_APPLY, "public_account_id": UNKNOWN}, ["public_account_id"]),
        ({"change": _Change.CHANGE_RENEW}, ["public_account_id"]),
        ({"change": _Change.CHANGE_CLOSE, "public_account_id": "x"}, ["public_account_id"]),
        (
            {"change": _Change.CHANGE_CLOSE, "public_account_id": UNKNOWN, "account_token": "x"},
            ["account_token"],
        ),
        ({"change": _Change.CHANGE_OFFER, "public_account_id": UNKNOWN}, ["account_token"]),
    ],
)
async def test_what_belongs_to_no_change_is_refused(
    world: SessionWorld, given: dict[str, Any], fields: list[str]
) -> None:
    """The field is named."""
    session = await world.identity(await world.publishing.person())
    with pytest.raises(InvalidFields) as refused:
        await world.own(
            "ChangePublicAccountFromSession", _Change, session, request_id=world.new_id(), **given
        )
    assert list(refused.value.fields) == fields


async def test_terms_of_the_page_are_whole(world: SessionWorld) -> None:
    """A version without a text, and a text without a version, are refused."""
    token = await world.publishing.person()
    for given in ({"policy_version": "terms-3"}, {"policy_text": TERMS}):
        made = world.asks().create_identity(token, return_url=RETURN_URL, **given)
        with pytest.raises(Exception, match="CONSENT_MISSING"):
            await made
