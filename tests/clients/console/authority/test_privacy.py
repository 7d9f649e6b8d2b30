"""What leaves the officer's machine and what an officer can learn: no key, no document, nobody's identity."""

import base64

import pytest

from idvault_verify.attest.moderator_key import ModeratorKey
from tests.clients.console.authority.steps import (
    BASIS,
    DOCUMENT,
    OPERATION,
    ORDER,
    REASON,
    REFERENCE,
    answer,
    fill,
    here,
    prepare,
)
from tests.clients.console.authority.tour import OBJECTION, Tour
from tests.support.officer_room import OfficerRoom
from tools.support import builders, people
from tools.support.orders import OFFICE
from tools.torture.fuzz import naughty

TEXTS = [each for each in naughty.TEXTS if not any("\ud800" <= c <= "\udfff" for c in each)]
FIELDS = ("platform_1", "target_1", "reference", "legal_basis", "deadline", "kind", "measure")


async def test_nothing_secret_leaves_the_machine(
    office: OfficerRoom, key: ModeratorKey, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither keys nor the document are sent or shown; no page has an identity; texts are in no address."""
    visitor = await office.enter()
    await Tour(office, key, visitor).all()
    seen = b"".join(page.body for page in visitor.seen)
    for name in ("hpke", "ed25519"):
        raw = people.secret(OFFICE, name)
        for form in (raw, raw.hex().encode(), base64.b64encode(raw)):
            assert form not in seen + office.sent
    assert DOCUMENT not in seen + office.sent
    for canary in (builders.NAME, builders.identity().document.number):
        assert canary.encode() not in seen
    addresses = "".join(str(page.headers) for page in visitor.seen)
    for text in (REFERENCE, BASIS, REASON, OBJECTION, OPERATION["operation_title"]):
        assert text.encode() in seen
        assert text not in addresses + caplog.text
    assert {page.headers["Cache-Control"] for page in visitor.seen} == {"no-store"}


async def test_hostile_texts_stay_texts(office: OfficerRoom) -> None:
    """Each listed text in a field of each form ends with a page of ours in which it is only text."""
    visitor = await office.enter()
    for at in range(0, len(TEXTS), len(FIELDS)):
        texts = TEXTS[at : at + len(FIELDS)]
        page = await fill(visitor, **{**ORDER, **dict(zip(FIELDS, texts, strict=False))})
        assert page.status in (200, 422)
        assert page.text.count("<script") == 1, texts
        assert "<img" not in page.text
        assert page.text.count("<form") == 2, texts
    for text in (each for each in TEXTS if "<" in each):
        page = await prepare(visitor, operation_title=text, platforms=text)
        assert (page.status, page.text.count("<script")) == (422, 1), ascii(text)
    marked = await fill(visitor, reference="<b>案</b>")
    assert "&lt;b&gt;案&lt;/b&gt;" in marked.text
    assert here(marked).endswith("/check")


async def test_a_strange_request_is_refused(office: OfficerRoom) -> None:
    """Without the cookie, of another site, by another name, without the form's token; nothing is signed."""
    running = await office.running()
    stranger = running.visitor()
    for path in ("/", "/new", "/operations", "/referrals", "/own", f"/orders/{'0' * 32}"):
        assert (await stranger.get(path)).status == 403
    visitor = await running.enter()
    preview = await fill(visitor)
    fields = {name: preview.hidden(name) for name in ("form", "once", "digest")} | {"code": office.code()}
    path = here(preview)
    for headers in (
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert (await visitor.send(path, fields, headers=headers)).status in (403, 421), headers
    assert (await visitor.send(path, {**fields, "form": ""})).status == 403
    assert (await visitor.send(path, {**fields, "digest": "0" * 64})).status == 422
    assert await office.given() == []


async def test_a_report_stays_with_its_platform(office: OfficerRoom, key: ModeratorKey) -> None:
    """No page of a referral has its words, reporter, contact, picture's digest, number or moderator."""
    words, contact, picture = "谁做了什么 (synthetic)", "reporter@example.org", b"\x5a" * 32
    token = await office.reports.person(1)
    reference = await office.refer(
        key, text=words, contact=contact, reporter_token=token, evidence=(picture,)
    )
    visitor = await office.enter()
    for path in ("/referrals", f"/referrals/{reference}", f"/referrals/{reference}/accept"):
        assert (await visitor.get(path)).status == 200
    await answer(visitor, reference, "accept", office.code())
    [report] = (await office.reports.asks().list_page()).tip_offs
    seen = b"".join(page.body for page in visitor.seen)
    hidden = (words, contact, token, picture.hex(), report.reference, report.tip_off_id, report.reporter_id)
    assert [each for each in (*hidden, key.moderator_id) if each.encode() in seen] == []
    assert b"post/17" in seen
