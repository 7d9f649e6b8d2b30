"""Decisions about reports: dismissed, abusive, or upheld with a sanction that is read before it is signed."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from idvault.sanction import acts as sanction_acts
from idvault.sanction.rules import Sanction
from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import (
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
)
from idvault_verify.tip_off import (
    Dismissal,
    ReferralState,
    TargetKind,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from tests.support.console import Seen, Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tests.support.tip_off_world import opened
from tools.support.flow_world import PARTY

REASONS = {
    "degree": "LIMIT",
    "measure": "no-video",
    "ground": "AGAINST_TERMS",
    "rule_reference": "terms 4.2",
    "redress": "Write to appeals within 180 days",
    "days": "7",
    "reply": "You were right. Thank you.",
}


@pytest.fixture
async def made(place: Office, key: ModeratorKey) -> TipOffReport:
    """A report about an account, which the moderator works on."""
    token = await place.world.world.account()
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = (await place.world.file(target=target, evidence=(bytes(range(32)),))).tip_off
    return await place.world.assign(filed, key.moderator_id)


async def decided(place: Office, tip_off: TipOffReport) -> TipOffReport:
    return (await place.world.get(tip_off)).tip_off


async def imposed(place: Office, tip_off: TipOffReport) -> Sanction:
    found = await decided(place, tip_off)
    return await sanction_acts.find(
        place.world.world.vault, PARTY, found.sanction_id or found.proposal_id or ""
    )


async def preview(browser: Visitor, tip_off: TipOffReport, **changes: str) -> Seen:
    return await submit(browser, f"/reports/{tip_off.tip_off_id}/sanction", **{**REASONS, **changes})


async def test_a_report_is_dismissed(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """Beside the report, with a reply; what is missing is named there, and what was typed stays."""
    where = f"/reports/{made.tip_off_id}/decision"
    page = await browser.get(f"/reports/{made.tip_off_id}")
    page = await submit(browser, where, page, reply="We found nothing.")
    assert (page.status, 'href="#decision"' in page.text) == (422, True)
    assert page.title == f"Report {made.reference}", "the form stays beside the report"
    assert "We found nothing." in page.words
    page = await submit(browser, where, page, decision="dismiss.OTHER", reply="")
    assert (page.status, 'href="#reply"' in page.text) == (422, True)
    page = await submit(browser, where, page, reply="We found nothing.")
    told = "dismissed (Another reason, which the reply tells)"
    assert f"Report {made.reference} is decided: {told}." in page.words
    found = await place.world.get(made)
    assert (found.tip_off.outcome, found.tip_off.dismissal) == (TipOffOutcome.DISMISSED, Dismissal.OTHER)
    assert found.reply == "We found nothing."


async def test_the_usual_reply_is_shown_before_it_is_sent(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """A decision for which nothing is typed sends the words that stand beside it, and no others."""
    where, usual = f"/reports/{made.tip_off_id}/decision", "and it breaks none of our rules."
    page = await browser.get(f"/reports/{made.tip_off_id}")
    assert usual in page.words
    await submit(browser, where, page, decision="dismiss.NO_VIOLATION")
    found = await place.world.get(made)
    assert found.reply.endswith(usual)
    assert found.reply in page.words


async def test_only_a_reply_is_sent(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """The report stays open and assigned; the words are the moderator's own, and stay if none follow."""
    where = f"/reports/{made.tip_off_id}/decision"
    page = await submit(browser, where, await browser.get(where), decision="reply")
    assert (page.status, 'href="#reply"' in page.text) == (422, True)
    page = await submit(browser, where, page, reply="We are looking at it.")
    assert f"The reporter of {made.reference} has a reply. It is not decided." in page.words
    await submit(browser, where, await browser.get(where), decision="dismiss.GONE")
    found = await place.world.get(made)
    assert (found.tip_off.state, found.reply) == (TipOffState.RESOLVED, "We are looking at it.")


async def test_the_next_report_follows(place: Office, browser: Visitor) -> None:
    """The next one of the same list that nobody else has; a report is taken by its decision."""
    other = await place.moderator(2)
    made = [(await place.world.file(seconds=number)).tip_off for number in range(4)]
    await place.world.assign(made[1], other.moderator_id)
    fraud = (await place.world.file(category=SanctionCategory.FRAUD)).tip_off
    asked = "?view=open&category=RUMOUR"
    page = await browser.get(f"/reports/{made[0].tip_off_id}{asked}")
    for reported, title in (
        (made[0], f"Report {made[2].reference}"),
        (made[2], f"Report {made[3].reference}"),
        (made[3], "Reports"),
    ):
        assert "it is assigned to you when you send a decision" in page.words
        where = f"/reports/{reported.tip_off_id}/decision"
        fields = form_of(page, rf"{where}\?view=open&amp;category=RUMOUR")
        page = await post(browser, f"{where}{asked}", {**fields, "decision": "dismiss.GONE"})
        assert page.title == title
        assert f"Report {reported.reference} is decided" in page.words
    assert (await decided(place, made[1])).moderator_id == other.moderator_id
    assert (await decided(place, fraud)).state is TipOffState.RECEIVED
    assert len(place.wire.calls("AssignTipOff")) == len(place.wire.calls("ResolveTipOff")) == 3


async def test_similar_reports_are_decided_together(place: Office, browser: Visitor) -> None:
    """Those about the same that nobody else has, if they are chosen; sent again, it is the same act."""
    made, same, left = [(await place.world.file(seconds=number)).tip_off for number in range(3)]
    where = f"/reports/{made.tip_off_id}/decision"
    page = await browser.get(f"/reports/{made.tip_off_id}")
    place.wire.loses = "ResolveTipOff"
    chosen = {f"duplicates.{same.tip_off_id}": "yes", "decision": "dismiss.GONE"}
    page = await submit(browser, where, page, **chosen)
    assert (page.status, "not known whether it was done" in page.words) == (503, True)
    page = await submit(browser, where, page, **chosen)
    assert page.title == f"Report {left.reference}"
    assert (await decided(place, same)).outcome is TipOffOutcome.DUPLICATE
    assert (await decided(place, left)).state is TipOffState.RECEIVED


async def test_another_moderator_was_faster(place: Office, browser: Visitor) -> None:
    """A decision about a report that somebody took meanwhile is refused, and nothing is decided."""
    filed, other = (await place.world.file()).tip_off, await place.moderator(2)
    page = await browser.get(f"/reports/{filed.tip_off_id}")
    await place.world.assign(filed, other.moderator_id)
    where = f"/reports/{filed.tip_off_id}/decision"
    page = await submit(browser, where, page, decision="dismiss.GONE")
    assert (page.status, f"It is assigned to {other.moderator_id[:8]} now." in page.words) == (409, True)
    assert (await decided(place, filed)).state is TipOffState.ASSIGNED
    page = await browser.get(f"/reports/{filed.tip_off_id}")
    assert f"Take it over from {other.moderator_id[:8]}" in page.words
    assert f'action="{where}"' not in page.text


async def test_a_report_is_referred(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """To an authority of the roster; the case then says what waits, and offers no other decision."""
    where, case = f"/reports/{made.tip_off_id}/decision", f"/reports/{made.tip_off_id}"
    page = await submit(browser, where, decision="refer", authority="", reply="Passed on.")
    assert (page.status, 'href="#authority"' in page.text) == (422, True)
    page = await submit(browser, where, page, authority="nobody", reply="Passed on.")
    assert "No authority of this name is registered." in page.words
    page = await submit(browser, where, page, authority="office-a", reply="Passed on.")
    assert f"Report {made.reference} waits for office-a." in page.words
    found = await decided(place, made)
    assert (found.outcome, found.referral_state, found.authority) == (None, ReferralState.OPEN, "office-a")
    page = await browser.get(case)
    assert "waits for the authority" in page.words
    for step in ("decision", "return"):
        assert f'action="{case}/{step}"' not in page.text
    assert f'href="{case}/reply"' in page.text
    assert "waits for the authority" in (await browser.get("/reports")).words


async def test_a_report_is_found_abusive(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """It counts against its reporter."""
    where = f"/reports/{made.tip_off_id}/decision"
    await submit(browser, where, decision="abusive", reply="Please do not do this.")
    assert (await decided(place, made)).outcome is TipOffOutcome.ABUSIVE


async def test_a_reply_before_a_sanction_is_kept(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """What was typed beside the report stands in the form of its sanction; else the usual reply does."""
    where = f"/reports/{made.tip_off_id}/decision"
    page = await submit(browser, where, decision="sanction")
    assert page.title == f"Uphold and sanction: {made.reference}"
    assert "You were right, and we have acted." in page.words
    page = await submit(browser, where, decision="content", reply="Removed, thank you.")
    assert page.title == f"Uphold with a measure on content: {made.reference}"
    assert "Removed, thank you." in page.words


async def test_a_report_is_upheld_with_a_sanction(
    place: Office, browser: Visitor, made: TipOffReport, key: ModeratorKey
) -> None:
    """Everything that is signed is shown first; nothing is sent before; sent twice, it is one act."""
    page = await preview(browser, made)
    assert page.title == "Check before you sign"
    for word in ("terms 4.2", made.reference, "Publishing limited", "no-video", bytes(range(32)).hex()):
        assert word in page.words
    assert not place.wire.calls("ResolveTipOff")
    where, started = f"/reports/{made.tip_off_id}/sanction", datetime.now(UTC)
    for _ in range(2):
        done = await submit(browser, where, page)
        assert f"Report {made.reference} is decided: upheld" in done.words
    assert len(place.wire.calls("ResolveTipOff")) == 1
    found = await imposed(place, made)
    statement = found.statement
    assert (found.degree, found.measure, found.scope) == (Degree.LIMIT, "no-video", Scope.ACCOUNT)
    assert (found.imposed_by, found.state) == (key.moderator_id, SanctionState.IN_FORCE)
    assert (statement.origin, statement.tip_off) == (Origin.TIP_OFF, made.reference)
    assert (statement.ground, statement.category) == (Ground.AGAINST_TERMS, SanctionCategory.RUMOUR)
    assert (statement.evidence, statement.territory) == ((bytes(range(32)),), "CN")
    assert (statement.detection, statement.decision) == (Automation.NONE, Automation.NONE)
    assert statement.end_at is not None
    assert abs(statement.end_at - started - timedelta(days=7)) < timedelta(minutes=5)
    assert (await decided(place, made)).outcome is TipOffOutcome.UPHELD
    again = await browser.get(f"/reports/{made.tip_off_id}")
    assert f'href="/sanctions/{found.sanction_id}"' in again.text


async def test_a_lost_answer_imposes_one_sanction(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """The form comes back with its number and its end; checked and signed again, it is the same decision."""
    where = f"/reports/{made.tip_off_id}/sanction"
    place.wire.loses = "ResolveTipOff"
    page = await submit(browser, where, await preview(browser, made))
    assert (page.status, "not known whether it was done" in page.words) == (503, True)
    # The end that was signed is in whole seconds: a form that forgot it would have another one by now.
    await asyncio.sleep(1.05)
    page = await submit(browser, where, page)
    page = await submit(browser, where, page)
    assert f"Report {made.reference} is decided: upheld" in page.words
    assert len(place.wire.calls("ResolveTipOff")) == 2
    account = made.target.key
    ((found,),) = await place.world.world.pages(size=9, account_token=account)
    assert found == (await imposed(place, made)).sanction_id


async def test_what_is_wrong_is_named_before_anything_is_signed(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """Every missing part at once, beside its field; what was typed stays."""
    where = f"/reports/{made.tip_off_id}/sanction"
    wrong = {
        "degree": "WARN", "evidence": "abc", "days": "0", "rule_reference": " ", "ground": "", "redress": "",
        "issuer": "AUTHORITY", "order_date": "soon", "territory": "x" * 65,
    }  # fmt: skip
    page = await submit(browser, where, **{**REASONS, **wrong})
    assert page.status == 422
    for name in (
        "order_digest",
        "order_reference",
        "authority",
        *wrong.keys() - {"degree", "issuer"},
    ):
        assert f'href="#{name}"' in page.text, name
    assert "no-video" in form_of(page, where).values()
    assert not place.wire.calls("ResolveTipOff")
    page = await submit(browser, where, page, **REASONS, issuer="nobody", scope="ALL", category="")
    assert {name for name in ("issuer", "scope", "category") if f'href="#{name}"' in page.text} == {
        "issuer", "scope", "category",
    }  # fmt: skip


async def test_a_sanction_of_an_authority_with_hashed_files(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """Files are hashed on this machine, and their content is not sent."""
    where = f"/reports/{made.tip_off_id}/sanction"
    fields = form_of(await browser.get(where), where) | REASONS
    fields |= {
        "issuer": "AUTHORITY", "authority": "An authority (synthetic)", "order_reference": "order 7",
        "order_date": "2026-02-27", "evidence": "", "days": "",
    }  # fmt: skip
    secret = b"a preserved post (synthetic)"
    files = {
        "evidence_file": ("post.txt", secret),
        "order_digest_file": ("order.pdf", b"the order (synthetic)"),
    }
    wrong = await post(browser, where, fields | {"redress": ""}, files)
    assert wrong.status == 422
    page = await submit(browser, where, wrong, redress="Write to us\r\n within 180 days")
    assert ("without an end" in page.words, "Write to us within 180 days" in page.words) == (True, True)
    page = await submit(browser, where, page)
    assert f"Report {made.reference} is decided: upheld" in page.words
    statement = (await imposed(place, made)).statement
    assert statement.issuer_kind is IssuerKind.AUTHORITY
    assert statement.order is not None
    assert statement.order.reference == "order 7"
    assert len(statement.evidence) == 1
    assert not any(secret in request for _, request in place.wire.sent)


async def test_what_others_will_read_is_shown_first(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """The owner reads the reasons and no evidence, the reporter the reply, everybody that it happened."""
    page = await preview(browser, made, degree="CLOSE")
    owner, reporter, public, signed = page.words.partition("What the owner reads")[2].split("What ")
    for word in ("Closed", "terms 4.2", made.reference, "Write to appeals within 180 days", "a report"):
        assert word in owner, word
    assert bytes(range(32)).hex() not in owner
    assert REASONS["reply"] in reporter
    for word in ("Closed: proposed", "Closed: in force"):
        assert word in public
    assert ":close:" not in page.words
    assert made.target.key not in public
    assert bytes(range(32)).hex() in signed
    page = await preview(browser, made, degree="WARN", scope="PERSON", measure="left from before")
    assert "Warning, of all accounts of the owner: proposed" in page.words
    assert "left from before" not in page.words.partition("What is signed")[2].partition("Sign and send")[0]


async def test_the_reporter_s_copy_becomes_evidence(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """By one box, beside the evidence that the report names; without a copy there is none."""
    token, copy = await place.world.world.account(), b"the post as it was (synthetic)"
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = (await place.world.file(target=target, evidence=(bytes(32),), content=copy)).tip_off
    await place.world.assign(filed, key.moderator_id)
    where = f"/reports/{filed.tip_off_id}/sanction"
    page = await submit(browser, where, **{**REASONS, "copy_evidence.yes": "yes"})
    assert sha256(copy).hexdigest() in page.words
    await submit(browser, where, page)
    statement = (await imposed(place, filed)).statement
    assert statement.evidence == (bytes(32), sha256(copy).digest())


async def test_a_box_can_be_unticked_after_the_check(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """What it brought is in no field: only a box that is ticked when it is signed makes evidence."""
    copy, mine = b"the post as it was (synthetic)", b"a file of the moderator's (synthetic)"
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    filed = (await place.world.file(target=target, content=copy)).tip_off
    await place.world.assign(filed, key.moderator_id)
    where = f"/reports/{filed.tip_off_id}/sanction"
    changes = {**REASONS, "evidence": sha256(mine).hexdigest(), "copy_evidence.yes": "yes"}
    page = await submit(browser, where, **changes)
    assert sha256(copy).hexdigest() in page.words
    page = await post(browser, where, {**form_of(page, where), "step": "change"})
    fields = form_of(page, where)
    assert fields["evidence"].split() == [sha256(mine).hexdigest()]
    assert fields.pop("copy_evidence.yes") == "yes", "the box is still ticked"
    page = await post(browser, where, {name: text for name, text in fields.items() if "copy_" not in name})
    assert sha256(copy).hexdigest() not in page.words
    await submit(browser, where, page)
    assert (await imposed(place, filed)).statement.evidence == (sha256(mine).digest(),)


async def test_a_checked_sanction_is_changed(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """The form comes back with what was typed; the end of the former check is not kept."""
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await preview(browser, made)
    page = await post(browser, where, {**form_of(page, where), "step": "change"})
    assert page.title == f"Uphold and sanction: {made.reference}"
    assert form_of(page, where)["rule_reference"] == "terms 4.2"
    assert "end" not in form_of(page, where)
    page = await submit(browser, where, page, degree="CLOSE", measure="", days="30")
    assert "another moderator must confirm it within 72 hours" in page.words
    await submit(browser, where, page)
    found = await imposed(place, made)
    assert (found.degree, found.state) == (Degree.CLOSE, SanctionState.PROPOSED)


async def test_a_proposed_decision_waits(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """The case shows what waits and the reply that is held; nobody is offered another decision."""
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await preview(browser, made, degree="CLOSE", measure="")
    page = await submit(browser, where, page)
    found = await decided(place, made)
    assert f"Report {made.reference} waits for a second moderator." in page.words
    page = await browser.get(f"/reports/{made.tip_off_id}")
    assert f'href="/sanctions/{found.proposal_id}"' in page.text
    assert "Reply once the sanction is confirmed" in page.words
    for step in ("decision", "return"):
        assert f'action="/reports/{made.tip_off_id}/{step}"' not in page.text
    assert "waits for a second moderator" in (await browser.get("/reports")).words


async def test_an_operation_is_named(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """Open operations can be chosen, and the title is shown before signing."""
    operation = await opened(place.world)
    page = await preview(browser, made, operation=operation.operation_id)
    assert "a month (synthetic)" in page.words
    await submit(browser, f"/reports/{made.tip_off_id}/sanction", page)
    assert (await imposed(place, made)).operation_id == operation.operation_id


async def test_what_the_vault_refuses_is_named_beside_its_field(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """The account of a report about content is typed, and may be unknown."""
    filed = (await place.world.file()).tip_off
    await submit(browser, f"/reports/{filed.tip_off_id}/assignment")
    where = f"/reports/{filed.tip_off_id}/sanction"
    changes = {**REASONS, "evidence": "00" * 32}
    page = await submit(browser, where, **{**changes, "account": ""})
    assert 'href="#account"' in page.text
    page = await submit(browser, where, page, account="somebody")
    page = await submit(browser, where, page)
    assert (page.status, page.title[:6]) == (422, "Uphold")
    page = await submit(browser, where, page, account="acct_" + "0" * 26)
    page = await submit(browser, where, page)
    assert (page.status, "The account was not found" in page.words) == (404, True)
    page = await submit(browser, where, page, account=made.target.key)
    page = await submit(browser, where, page)
    assert f"Report {filed.reference} is decided: upheld" in page.words


async def test_a_reported_public_account_is_sanctioned(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """The sanction is of it, and its owner's account is filled in."""
    owner = await place.public_accounts.person(7)
    shown = await place.public_accounts.open(owner)
    public_account_id = shown.public_account_id
    target = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, public_account_id)
    filed = (await place.world.file(target=target, evidence=(bytes(32),))).tip_off
    await place.world.assign(filed, key.moderator_id)
    assert owner in (await browser.get(f"/reports/{filed.tip_off_id}")).words
    await submit(browser, f"/reports/{filed.tip_off_id}/sanction", await preview(browser, filed))
    found = await imposed(place, filed)
    assert (found.account_token, found.public_account_id) == (owner, public_account_id)
