""" "My identity" over both databases: who sees what, until when, and what no platform learns by it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.core.policy import PublicAccountLimits
from idvault.sanction.appeal.acts import APPEALS
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed, VaultError
from idvault_verify.error import Reason
from idvault_verify.offline import disclosure_history
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree
from idvault_verify.session import SessionPurpose, SessionState
from idvault_verify.v1 import identity_pb2, sanction_pb2, verification_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.refusal import reason_of
from tests.support.session_world import QUORUM, RETURN_URL, SessionWorld
from tools.support import logs
from tools.support.flow_world import PARTY, at, command

States = pb.VerificationSession.State
CLAIMED = verification_pb2.Verification
MINUTE = 60
OTHER = "platform-b"


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database of each kind, and two platforms."""
    made = SessionWorld(main_database)
    await made.prepare()
    await made.prepare(name=OTHER)
    yield made
    await made.claims.verification.drain()


async def look(world: SessionWorld, session_id: str, **options: Any) -> identity_pb2.Identity:
    """Return what the page of a session shows."""
    found: identity_pb2.Identity = await world.own(
        "GetIdentity", identity_pb2.GetIdentityRequest, session_id, **options
    )
    return found


async def appeal(world: SessionWorld, session_id: str, sanction_id: str, **options: Any) -> Any:
    """File an appeal as the page does."""
    given = {"request_id": world.new_id(), "sanction_id": sanction_id, "text": "It was satire.", **options}
    return await world.own("AppealFromSession", identity_pb2.AppealFromSessionRequest, session_id, **given)


async def test_an_owner_sees_the_account(world: SessionWorld) -> None:
    """Status, who can open the record, how each verification ended, sanctions, appeals, public accounts."""
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    token = (await world.claims.verify(command())).account.account_token
    await world.claims.verify(command(2, account_token=token), seconds=MINUTE)
    applied = await world.publishing.apply(token)
    key = await world.moderation.moderator(1)
    sanction = await world.moderation.impose(token, Degree.WARN, key=key)
    await world.moderation.file(sanction)
    found = await look(world, await world.identity(token))
    assert found.status.account_token == token
    assert found.status.state == found.status.STATE_VERIFIED
    assert [each.custodian for each in found.record_quorum.custodians] == [
        each.name for each in QUORUM.custodians
    ]
    newest, first = found.verifications
    assert (newest.state, newest.failure_reason) == (CLAIMED.STATE_SUCCEEDED, 0)
    assert (first.state, first.failure_reason) == (CLAIMED.STATE_FAILED, CLAIMED.FAILURE_REASON_MISMATCH)
    assert (newest.open_time.seconds - first.open_time.seconds, newest.policy_version) == (MINUTE, "terms-3")
    assert newest.HasField("end_time")
    assert [each.sanction_id for each in found.sanctions] == [sanction.sanction_id]
    assert found.sanctions[0].statement.rule_reference == "terms 4.2"
    assert [each.sanction_id for each in found.appeals] == [sanction.sanction_id]
    shown = [each.profile.public_account_id for each in found.public_accounts]
    assert shown == [applied.public_account_id]


async def test_an_account_without_a_record(world: SessionWorld) -> None:
    """An imported account has no record, no verification and nothing else."""
    (token,) = await world.campaigns.members(1)
    found = await look(world, await world.identity(token))
    assert found.status.state == found.status.STATE_UNVERIFIED
    assert not found.HasField("record_quorum")
    assert not found.verifications
    assert not found.sanctions


async def test_a_closed_account_is_shown(world: SessionWorld) -> None:
    """Whoever is closed needs this page most: it is how the owner appeals."""
    token, sanction, _ = await world.moderation.case(Degree.CLOSE)
    session_id = await world.identity(token)
    found = await look(world, session_id)
    assert found.status.standing == found.status.STANDING_CLOSED
    filed = await appeal(world, session_id, sanction.sanction_id)
    assert filed.state == sanction_pb2.Appeal.STATE_FILED
    sealer = world.moderation.appeals.sealer
    _, text = await APPEALS.get(world.vault, PARTY, filed.appeal_id, now=at(0), sealer=sealer)
    assert text == "It was satire."


async def test_only_the_confirmed_browser_sees_it_and_not_for_long(world: SessionWorld) -> None:
    """Not before the platform confirms, nor with another browser's key, nor once 15 minutes are over."""
    token = await world.moderation.account()
    given: dict[str, Any] = {"return_url": RETURN_URL, "locale": "en", "request_id": world.new_id()}
    made = await world.asks().create_identity(token, **given)
    assert made == await world.asks().create_identity(token, **given)
    page = await world.redeem(made.url)
    assert (page.purpose, page.policy_text, page.invited) == (pb.SESSION_PURPOSE_IDENTITY, "", False)
    assert await reason_of(look(world, made.session_id)) is Reason.ILLEGAL_TRANSITION
    assert (await world.bind(made.session_id)).state is SessionState.BOUND
    await look(world, made.session_id, seconds=15 * MINUTE - 1)
    for method, kind in (
        ("GetIdentity", identity_pb2.GetIdentityRequest),
        ("GetIdentityHistory", identity_pb2.GetIdentityHistoryRequest),
    ):
        with pytest.raises(NotFound):
            await world.own(method, kind, made.session_id, browser=2)
        assert (
            await reason_of(world.own(method, kind, made.session_id, seconds=15 * MINUTE))
            is Reason.SESSION_EXPIRED
        )
    assert (await world.page(made.session_id, seconds=15 * MINUTE)).state == States.STATE_EXPIRED


async def test_a_session_shows_its_own_account_only(world: SessionWorld) -> None:
    """Neither a verification's session nor another platform's account; nor another account's sanction."""
    token, sanction, _ = await world.moderation.case()
    other = await world.moderation.account(2)
    session_id = await world.identity(other)
    assert await reason_of(appeal(world, session_id, sanction.sanction_id)) is Reason.SANCTION_NOT_FOUND
    verification = await world.agreed()
    with pytest.raises(PreconditionFailed):
        await look(world, verification)
    given: dict[str, Any] = {"account_token": token, "return_url": RETURN_URL, "locale": "en"}
    foreign = world.asks(name=OTHER).create_identity(**given)
    assert await reason_of(foreign) is Reason.ACCOUNT_NOT_FOUND
    for changes in ({"account_token": ""}, {"locale": "fr"}, {"return_url": "https://evil.example/"}):
        with pytest.raises(InvalidFields):
            await world.asks().create_identity(**{**given, **changes})


async def test_an_identity_session_verifies_nobody(world: SessionWorld) -> None:
    """It has no terms and no form, and no verification is made of its purpose."""
    session_id = await world.identity(await world.moderation.account())
    with pytest.raises(PreconditionFailed):
        await world.agree(session_id)
    with pytest.raises(VaultError):
        await world.submit(session_id)
    with pytest.raises(InvalidFields):
        await world.create(purpose=SessionPurpose.IDENTITY)


async def test_the_history_is_the_accounts(world: SessionWorld) -> None:
    """Each account's disclosures, in the words and with the proofs of GetDisclosureHistory."""
    token, other = await world.moderation.account(), await world.moderation.account(2)
    await world.histories.disclose(token)
    kind = identity_pb2.GetIdentityHistoryRequest
    found = await world.own("GetIdentityHistory", kind, await world.identity(token))
    assert (found.account_token, len(found.disclosures), len(found.openings)) == (token, 1, 1)
    proved = disclosure_history.check(
        disclosure_history.read_answer(found.SerializeToString()), policy=logs.POLICY
    )
    assert (len(proved.disclosures), len(proved.openings)) == (1, 1)
    empty = await world.own("GetIdentityHistory", kind, await world.identity(other))
    assert (empty.account_token, len(empty.disclosures), len(empty.openings)) == (other, 0, 0)


async def test_a_receipt_can_be_had_again(world: SessionWorld) -> None:
    """Of each verification that succeeded; there is none of a failed one, nor of another account's."""
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    token = (await world.claims.verify(command())).account.account_token
    await world.claims.verify(command(2, account_token=token), seconds=MINUTE)
    session_id = await world.identity(token)
    newest, first = (await look(world, session_id)).verifications
    kind = identity_pb2.GetIdentityReceiptRequest
    receipt = await world.own("GetIdentityReceipt", kind, session_id, verification_id=newest.verification_id)
    assert (receipt.account_token, receipt.claim_id) == (token, newest.verification_id)
    other = await world.identity(await world.moderation.account(3))
    for place, wanted in ((session_id, first.verification_id), (other, newest.verification_id)):
        assert (
            await reason_of(world.own("GetIdentityReceipt", kind, place, verification_id=wanted))
            is Reason.VERIFICATION_NOT_FOUND
        )
    with pytest.raises(InvalidFields):
        await world.own("GetIdentityReceipt", kind, session_id, verification_id="x")


async def test_a_repeated_appeal_is_the_same(world: SessionWorld) -> None:
    """Sent again from the history it changes nothing; with another text it is refused."""
    token, sanction, _ = await world.moderation.case()
    session_id = await world.identity(token)
    request_id = world.new_id()
    filed = await appeal(world, session_id, sanction.sanction_id, request_id=request_id)
    assert await appeal(world, session_id, sanction.sanction_id, request_id=request_id) == filed
    assert (
        await reason_of(appeal(world, session_id, sanction.sanction_id, request_id=request_id, text="other"))
        is Reason.REQUEST_ID_REUSED
    )
    assert await reason_of(appeal(world, session_id, sanction.sanction_id)) is Reason.APPEAL_EXISTS


async def test_the_limit_is_told_to_the_owner_after_a_match_only(world: SessionWorld) -> None:
    """A person's second account learns it on its verification's page; no platform's answer has it."""
    first = await world.agreed()
    page = await world.submit(first)
    assert not page.public_account_limit_reached
    token = page.verification.account_token
    await world.publishing.open(token)
    assert (await world.page(first)).public_account_limit_reached
    second = await world.agreed(browser=2)
    assert not (await world.page(second, browser=2)).public_account_limit_reached
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert not (await world.submit(second, name="错一一", browser=2)).public_account_limit_reached
    assert (await world.submit(second, 2, browser=2)).public_account_limit_reached
    other = (await world.get(second)).verification
    assert other is not None
    assert other.account_token != token
    # Everything that platforms and identity sessions get lacks the field.
    for message in (pb.VerificationSession, identity_pb2.Identity, CLAIMED):
        assert not [name for name in message.DESCRIPTOR.fields_by_name if "limit" in name]
    assert PublicAccountLimits().individual == 1
