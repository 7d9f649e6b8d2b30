"""Hosted verification over both databases: one browser, one claim for each attempt, and what is logged.

Clients ask; what the worker does on a schedule has no method.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from idvault.campaign import acts as campaign_acts
from idvault.campaign.invitation.rules import Stage
from idvault.core import caller
from idvault.core.db.database import Database
from idvault.session.acts import session as session_acts
from idvault_client.errors import (
    Exhausted,
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RequestIdReused,
    Unavailable,
    VaultError,
)
from idvault_verify import secret
from idvault_verify.campaign import Campaign, InvitationEvent, ReverificationMethod
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import SessionPurpose, SessionState
from idvault_verify.v1 import session_pb2 as pb
from idvault_verify.v1 import verification_pb2
from tests.support.refusal import reason_of, refused
from tests.support.session_world import (
    BASE_URL,
    CUSTODIANS,
    RETURN_URL,
    TERMS,
    TITLE,
    SessionWorld,
    browser_key,
)
from tools.support.campaign_world import DAY
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import PARTY, at

States = pb.VerificationSession.State
Answers = pb.AnswerInvitationRequest
CLAIMED = verification_pb2.Verification
MINUTE = 60
STEPS = [
    "session:attempt:begin",
    "session:browser:bind",
    "session:link:create",
    "session:link:redeem",
    "session:terms:agree",
]


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database of each kind, and a platform with a registered origin."""
    made = SessionWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def impatient(main_database: Database) -> AsyncIterator[SessionWorld]:
    """Return a world whose forms hardly wait for the registry."""
    made = SessionWorld(main_database, patience=0.3)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_a_person_verifies_on_the_page(world: SessionWorld) -> None:
    """From the link to the result: each step is logged once, and the platform gets the claim."""
    made = await world.create()
    assert (made.url.rpartition("/")[0], made.state) == (f"{BASE_URL}/v", SessionState.NEW)
    assert made.session_id not in made.url
    page = await world.redeem(made.url)
    assert (page.state, page.platform_title, page.platform) == (States.STATE_REDEEMED, TITLE, PARTY)
    assert (page.return_url, page.policy_text) == (RETURN_URL, TERMS)
    assert (page.threshold, tuple(page.custodians)) == (CUSTODIANS.threshold, CUSTODIANS.names)
    bound = await world.bind(made.session_id)
    assert bound.continue_url == f"{BASE_URL}/s/{made.session_id}"
    page = await world.agree(made.session_id)
    assert (page.state, page.next_attempt, page.attempts_left) == (States.STATE_AGREED, 1, 5)
    page = await world.submit(made.session_id)
    assert (page.state, page.next_attempt) == (States.STATE_SUCCEEDED, 0)
    assert page.verification.state == CLAIMED.STATE_SUCCEEDED
    seen = await world.get(made.session_id)
    assert seen.verification is not None
    assert seen.verification.account_token.startswith("acct_")
    assert (seen.url, seen.continue_url) == ("", "")
    assert await world.events() == STEPS


async def test_a_repeat_is_the_same_session(world: SessionWorld) -> None:
    """The same request has the same link, a changed one is refused; each step may be repeated."""
    asked = world.new_id()
    first = await world.create(request_id=asked)
    assert await world.create(request_id=asked, seconds=60) == first
    for name, value in (("policy_text", "other"), ("return_url", f"{RETURN_URL}&x=1"), ("locale", "en")):
        changed: dict[str, Any] = {"request_id": asked, name: value}
        with pytest.raises(RequestIdReused):
            await world.create(**changed)
    for _ in range(2):
        assert (await world.redeem(first.url)).state == States.STATE_REDEEMED
    for _ in range(2):
        assert (await world.bind(first.session_id)).state is SessionState.BOUND
    for _ in range(2):
        await world.agree(first.session_id)
    for _ in range(2):
        assert (await world.submit(first.session_id)).state == States.STATE_SUCCEEDED
    assert await world.events() == STEPS
    assert world.claims.registry.charged == 1


async def test_somebody_elses_link_does_not_verify_his_account(world: SessionWorld) -> None:
    """The attacker's own browser cannot bind what the victim's browser has redeemed, nor the reverse."""
    made = await world.create()
    await world.redeem(made.url, browser=2)
    with pytest.raises(NotFound):
        await world.bind(made.session_id, browser=1)
    assert await reason_of(world.redeem(made.url, browser=1)) is Reason.SESSION_TAKEN
    for step in (world.page, world.agree, world.submit):
        with pytest.raises(NotFound):
            await step(made.session_id, browser=1)
    assert await reason_of(world.submit(made.session_id, browser=2)) is Reason.ILLEGAL_TRANSITION
    assert world.claims.registry.checks == []


async def test_another_platform_learns_nothing(world: SessionWorld) -> None:
    """Another platform's session is answered in the words of an unknown one."""
    await world.prepare(name="platform-b")
    made = await world.create()
    await world.redeem(made.url)
    for step in (world.get, world.bind):
        assert await reason_of(step(made.session_id, name="platform-b")) is Reason.SESSION_NOT_FOUND
        with pytest.raises(NotFound):
            await step("0" * 32, name="platform-b")


async def test_a_link_lives_for_15_minutes(world: SessionWorld) -> None:
    """Afterwards no step is taken; what was made can still be read, for 7 days."""
    unopened = await world.create()
    agreed = await world.agreed()
    late = 15 * MINUTE
    assert await reason_of(world.redeem(unopened.url, seconds=late)) is Reason.SESSION_EXPIRED
    with pytest.raises(PreconditionFailed):
        await world.submit(agreed, seconds=late)
    for session_id in (unopened.session_id, agreed):
        assert (await world.get(session_id, seconds=late)).state is SessionState.EXPIRED
    assert await session_acts.purge(world.vault, at(7 * DAY)) == 0
    assert await session_acts.purge(world.vault, at(7 * DAY + 1)) == 2
    assert await session_acts.purge(world.vault, at(7 * DAY + 1)) == 0
    with pytest.raises(NotFound):
        await world.get(agreed)
    assert (await world.events()).count("session:retention:purge") == 1


async def test_a_mistyped_name_leaves_four_attempts(world: SessionWorld) -> None:
    """All attempts are about one account; the fifth failure is the last, and nothing is asked twice."""
    session_id = await world.agreed()
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    tokens = set()
    for attempt in range(1, 6):
        names = ("错一一", "错一二")
        page = await world.submit(session_id, attempt, name=names[0])
        # A second tab, or the form from the history.
        assert await world.submit(session_id, attempt, name=names[1]) == page
        assert page.verification.failure_reason == CLAIMED.FAILURE_REASON_MISMATCH
        assert page.attempts_left == 5 - attempt
        tokens.add(page.verification.account_token)
    assert (page.state, page.next_attempt) == (States.STATE_FAILED, 0)
    assert len(tokens) == 1
    with pytest.raises(InvalidFields):
        await world.submit(session_id, 6)


async def test_the_second_attempt_may_succeed(world: SessionWorld) -> None:
    """A form of the first attempt that arrives afterwards shows the success."""
    session_id = await world.agreed()
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    await world.submit(session_id, name="错一一")
    page = await world.submit(session_id, 2)
    assert page.state == States.STATE_SUCCEEDED
    assert (await world.submit(session_id, 1, name="错一一")).state == States.STATE_SUCCEEDED
    assert len(world.claims.registry.checks) == 2


async def test_what_the_form_refuses_is_no_attempt(world: SessionWorld) -> None:
    """A wrong check digit names the field, and the form may be sent again."""
    session_id = await world.agreed()
    with pytest.raises(InvalidFields) as refused:
        await world.submit(session_id, number="110105194912310021")
    assert refused.value.fields == {"document.number": "CHECK_DIGIT"}
    assert (await world.page(session_id)).attempts_left == 5
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED


async def test_an_attempt_that_did_not_arrive_is_made_again(world: SessionWorld) -> None:
    """If the store fails between the step and the claim, the same attempt may carry another name."""
    session_id = await world.agreed()
    world.claims.claims.plant("open", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await world.submit(session_id, name="错一一")
    page = await world.page(session_id)
    assert (page.state, page.next_attempt, page.attempts_left) == (States.STATE_AGREED, 1, 5)
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED


async def test_an_attempt_whose_answer_was_lost_is_shown(impatient: SessionWorld) -> None:
    """If the claim was opened and the answer lost, the form that is sent again asks nothing twice."""
    session_id = await impatient.agreed()
    impatient.claims.claims.plant("open", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await impatient.submit(session_id)
    assert (await impatient.page(session_id)).state == States.STATE_CHECKING
    await impatient.submit(session_id)
    await impatient.claims.work(seconds=60)
    assert len(impatient.claims.registry.checks) <= 1


async def test_a_form_sent_again_outlives_a_dead_edge(impatient: SessionWorld) -> None:
    """A process that dies in a check has the form in memory alone: the repeat leaves it to the worker."""
    session_id = await impatient.agreed()
    impatient.claims.claims.plant("postpone", Fault.REFUSE)
    impatient.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    with pytest.raises(Unavailable):
        await impatient.submit(session_id)
    assert (await impatient.page(session_id)).state == States.STATE_CHECKING
    assert (await impatient.submit(session_id, seconds=3)).state == States.STATE_CHECKING
    impatient.claims.registry.script.extend([RegistryAnswer.NOT_FOUND, RegistryAnswer.NOT_FOUND])
    for seconds in (15, 20, 21):
        await impatient.claims.work(seconds=seconds)
    assert (await impatient.page(session_id, seconds=22)).state == States.STATE_SUCCEEDED
    assert impatient.claims.registry.charged == 1


async def test_a_claim_waits_beyond_the_session(impatient: SessionWorld) -> None:
    """The page can be closed: the worker settles the claim, and the platform reads it."""
    session_id = await impatient.agreed()
    impatient.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    page = await impatient.submit(session_id)
    assert (page.state, page.next_attempt) == (States.STATE_CHECKING, 0)
    assert (await impatient.submit(session_id)).state == States.STATE_CHECKING
    assert (await impatient.get(session_id, seconds=20 * MINUTE)).state is SessionState.CHECKING
    await impatient.claims.work(seconds=20 * MINUTE)
    found = await impatient.get(session_id, seconds=20 * MINUTE)
    assert found.verification is not None
    assert (found.state, found.verification.state) == (SessionState.SUCCEEDED, ClaimState.SUCCEEDED)


async def test_two_tabs_make_one_claim(world: SessionWorld) -> None:
    """Of forms sent at once one asks the registry; with another name the others are told to wait."""
    session_id = await world.agreed()
    world.claims.registry.gate = asyncio.Event()
    first = asyncio.create_task(world.submit(session_id))
    await world.claims.registry.asked.wait()
    same = asyncio.create_task(world.submit(session_id))
    other = asyncio.create_task(world.submit(session_id, name="错一一"))
    await asyncio.sleep(0)
    world.claims.registry.gate.set()
    answers: Any = await asyncio.gather(first, same, other, return_exceptions=True)
    assert answers[0].state == States.STATE_SUCCEEDED
    for answer in answers[1:]:
        refused = isinstance(answer, VaultError) and answer.reason is Reason.REQUEST_ID_REUSED
        assert refused or answer.state in (States.STATE_CHECKING, States.STATE_SUCCEEDED)
    assert len(world.claims.registry.checks) == 1


async def test_browsers_at_once_get_one_link(world: SessionWorld) -> None:
    """Of browsers that redeem a link at the same time one gets it."""
    made = await world.create()
    answers: Any = await asyncio.gather(
        *(world.redeem(made.url, browser=number) for number in range(1, 6)), return_exceptions=True
    )
    assert sorted(isinstance(each, PreconditionFailed) for each in answers) == [False] + [True] * 4


async def test_a_limit_is_told_and_costs_no_attempt(world: SessionWorld) -> None:
    """Five names for one number within an hour are the limit of the number, not of the session."""
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    first = await world.agreed()
    for attempt in range(1, 6):
        await world.submit(first, attempt, name=f"错一{'一二三四五'[attempt - 1]}")
    second = await world.agreed(browser=2)
    with pytest.raises(Exhausted):
        await world.submit(second, browser=2)
    page = await world.page(second, browser=2)
    assert (page.next_attempt, page.attempts_left) == (1, 5)


async def test_an_account_is_verified_again(world: SessionWorld) -> None:
    """A renewal is about the given account; another owner leaves the session its attempts."""
    token = (await world.submit(await world.agreed())).verification.account_token
    renewal: dict[str, Any] = {"account_token": token, "purpose": SessionPurpose.RENEWAL}
    session_id = await world.agreed(**renewal)
    other = await world.submit(session_id, number="110000190101010001", name="某一一")
    assert other.verification.failure_reason == CLAIMED.FAILURE_REASON_DIFFERENT_OWNER
    page = await world.submit(session_id, 2)
    assert (page.state, page.verification.account_token) == (States.STATE_SUCCEEDED, token)


async def test_an_invitation_survives_mistyped_names(world: SessionWorld) -> None:
    """A session with an invitation's code checks it at once, and uses one of its tries with each attempt."""
    campaigns = world.campaigns
    (token,) = await campaigns.members(1)
    campaign = await campaigns.started(methods=(ReverificationMethod.HOSTED_LINK,))
    (shown,) = (await campaigns.take(campaign)).invitations
    invited: dict[str, Any] = {
        "account_token": token,
        "purpose": SessionPurpose.INVITATION,
        "invitation_code": shown.code,
    }
    assert (
        await reason_of(world.create(**{**invited, "invitation_code": "0" * 26})) is Reason.ILLEGAL_TRANSITION
    )
    session_id = await world.agreed(**invited)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert (await world.submit(session_id, name="错一一")).attempts_left == 4
    assert (await world.submit(session_id, 2)).state == States.STATE_SUCCEEDED
    with pytest.raises(PreconditionFailed):
        await world.create(**invited)


async def invited(world: SessionWorld, count: int = 1) -> tuple[Campaign, list[dict[str, Any]]]:
    """Start a campaign by link; return what the platform asks for with each invitation."""
    await world.campaigns.members(count)
    campaign = await world.campaigns.started(methods=(ReverificationMethod.HOSTED_LINK,))
    shown = (await world.campaigns.take(campaign)).invitations
    wanted = [
        {
            "account_token": each.account_token,
            "purpose": SessionPurpose.INVITATION,
            "invitation_code": each.code,
        }
        for each in shown
    ]
    return campaign, wanted


async def test_an_invitation_is_answered_without_verifying(world: SessionWorld) -> None:
    """LATER, DISMISSED and no answer are told apart in the figures; the repeat of an answer counts once."""
    campaign, wanted = await invited(world, 4)
    later, dismissed, silent = [await world.agreed(**each) for each in wanted[:3]]
    for _ in range(2):
        page = await world.answer(later, Answers.ANSWER_LATER)
    assert (page.invited, page.state) == (True, States.STATE_AGREED)
    await world.answer(dismissed, Answers.ANSWER_DISMISSED)
    await world.campaigns.record(
        campaign, wanted[2]["account_token"], InvitationEvent.SHOWN, ReverificationMethod.HOSTED_LINK
    )
    _, figures = await campaign_acts.progress(world.campaigns.vault, PARTY, campaign.campaign_id)
    counts = {stage: count for (_, _, stage), count in figures.reached.items()}
    assert (counts[Stage.SHOWN], counts[Stage.LATER], counts[Stage.DISMISSED]) == (3, 1, 1)
    assert figures.unanswered == 1
    assert await world.events("campaign:invitation:") == ["campaign:invitation:record"] * 3
    # The person changes her mind: an answer ends nothing.
    assert (await world.submit(later)).state == States.STATE_SUCCEEDED
    with pytest.raises(PreconditionFailed):
        await world.answer(later, Answers.ANSWER_DISMISSED)
    assert (await world.page(silent)).state == States.STATE_AGREED


async def test_only_a_confirmed_browser_answers_an_invitation(world: SessionWorld) -> None:
    """Not who was sent the link, nor another browser, nor a session without invitation or after its end."""
    _, (wanted,) = await invited(world)
    made = await world.create(**wanted)
    page = await world.redeem(made.url)
    assert page.invited
    assert (
        await reason_of(world.answer(made.session_id, Answers.ANSWER_DISMISSED)) is Reason.ILLEGAL_TRANSITION
    )
    await world.bind(made.session_id)
    with pytest.raises(NotFound):
        await world.answer(made.session_id, Answers.ANSWER_LATER, browser=2)
    for wrong in (0, 9):
        with pytest.raises(InvalidFields):
            await world.answer(made.session_id, wrong)
    assert (
        await reason_of(world.answer(made.session_id, Answers.ANSWER_LATER, seconds=15 * MINUTE))
        is Reason.SESSION_EXPIRED
    )
    with pytest.raises(PreconditionFailed):
        await world.answer(await world.agreed(), Answers.ANSWER_LATER)
    assert await world.events("campaign:invitation:") == []


async def test_an_answer_needs_the_newest_code(world: SessionWorld) -> None:
    """One that a newer delivery has replaced answers nothing; one without tries does."""
    campaign, (first, second) = await invited(world, 2)
    tried, other = await world.agreed(**first), await world.agreed(**first)
    world.claims.registry.script += [RegistryAnswer.MISMATCH] * 5
    for attempt in range(1, 6):
        await world.submit(tried, attempt, name=f"错{'一' * attempt}")
    assert (await world.page(tried)).state == States.STATE_FAILED
    with pytest.raises(PreconditionFailed):
        await world.create(**first)
    await world.answer(other, Answers.ANSWER_LATER)
    replaced = await world.agreed(**second)
    await world.campaigns.take(campaign, seconds=601)
    with pytest.raises(PreconditionFailed):
        await world.answer(replaced, Answers.ANSWER_DISMISSED, seconds=602)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"return_url": "https://evil.example/"}, {"return_url": "CHARACTER"}),
        ({"return_url": ""}, {"return_url": "REQUIRED"}),
        ({"purpose": 0}, {"purpose": "REQUIRED"}),
        ({"purpose": 99}, {"purpose": "CHARACTER"}),
        ({"locale": "fr"}, {"locale": "CHARACTER"}),
        ({"policy_version": ""}, {"policy_version": "REQUIRED"}),
        ({"policy_version": "a" * 65}, {"policy_version": "LENGTH"}),
        ({"policy_text": ""}, {"policy_text": "REQUIRED"}),
        ({"account_token": "acct_1"}, {"account_token": "LENGTH"}),
        ({"invitation_code": "0" * 26}, {"account_token": "REQUIRED"}),
        ({"request_id": "1"}, {"request_id": "LENGTH"}),
    ],
)
async def test_a_wrong_request_names_its_field(
    world: SessionWorld, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    """Nothing is made, and no value is repeated."""
    assert (await refused(world.create(**changes))).fields == fields
    assert await world.events() == []


async def test_an_account_must_be_the_callers_and_open(world: SessionWorld) -> None:
    """An unknown account is told at once, not to the person."""
    assert (
        await reason_of(world.create(account_token="acct_" + "0" * 26, purpose=SessionPurpose.RENEWAL))
        is Reason.ACCOUNT_NOT_FOUND
    )


async def test_without_pages_there_is_no_link(main_database: Database) -> None:
    """A deployment that serves no pages says so."""
    world = SessionWorld(main_database, base_url="")
    assert await reason_of(world.create()) is Reason.PAGES_NOT_SERVED


async def test_a_preview_uses_nothing_up(world: SessionWorld) -> None:
    """Reading a link, however often, leaves it to the person; an unknown link is not found."""
    made = await world.create()
    code = made.url.rpartition("/")[2]
    for _ in range(3):
        page = await world.page_asks("GetSessionLink", pb.GetSessionLinkRequest(link_code=code))
        assert page.state == States.STATE_NEW
    assert (await world.redeem(made.url)).state == States.STATE_REDEEMED
    with pytest.raises(NotFound):
        await world.page_asks("GetSessionLink", pb.GetSessionLinkRequest(link_code="0" * 26))


async def test_no_secret_is_stored(world: SessionWorld) -> None:
    """The row has hashes of the link, the browser's key and the bind code, and no name."""
    made = await world.create()
    await world.redeem(made.url)
    found = await session_acts.read(world.vault, made.session_id)
    text = repr(found)
    secrets = (
        made.url.rpartition("/")[2],
        browser_key(),
        secret.bind_code(browser_key(), session_id=made.session_id),
    )
    assert not any(each in text for each in secrets)


async def test_a_step_needs_the_log(world: SessionWorld) -> None:
    """While the log does not advance, no step is taken and every page can be read."""
    session_id = await world.agreed()
    world.claims.waiting.oldest = at(-120).real
    for step in (world.submit, world.agree, world.bind):
        with pytest.raises(Unavailable) as refused:
            await step(session_id, seconds=5)
        assert refused.value.reason is Reason.LOG_UNAVAILABLE
    assert (await world.page(session_id, seconds=5)).state == States.STATE_AGREED


async def test_a_page_is_its_platforms(world: SessionWorld) -> None:
    """Once the pages have told whose session it is, the call waits in that platform's turn (core.caller)."""
    made = await world.create()
    with caller.serving("web/web-1"):
        await world.redeem(made.url)
        assert caller.current() == caller.platform(PARTY)
    await world.bind(made.session_id)
    with caller.serving("web/web-1"):
        await world.page(made.session_id)
        assert caller.current() == caller.platform(PARTY)
