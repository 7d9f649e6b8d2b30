"""What leaves the machine, and where texts of reporters and owners can be seen."""

import base64
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TargetKind, TipOffTarget
from idvault_verify.v1 import tip_off_pb2
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.torture.fuzz import naughty

CANARY = "王金丝雀说 (synthetic)"
BEGIN = "这条消息称自来水有毒 " + "并且还在转发 " * 30
TEXTS = [each for each in naughty.TEXTS if not any("\ud800" <= c <= "\udfff" for c in each)]
FIELDS = (
    *("account", "measure", "rule_reference", "case_reference", "evidence", "territory", "redress"),
    *("days", "authority", "order_reference", "order_date", "order_digest", "reply", "degree", "scope"),
)


def batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    yield from (texts[at : at + size] for at in range(0, len(texts), size))


async def test_no_key_leaves_the_machine(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Signatures do, made by that key; the key itself is in no request, no page and no log."""
    other = await place.moderator(2)
    token = await place.world.world.account()
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = (await place.world.file(target=target, evidence=(bytes(32),))).tip_off
    here = f"/reports/{filed.tip_off_id}"
    await submit(browser, f"{here}/assignment")
    given = {"degree": "WARN", "ground": "ILLEGAL", "rule_reference": "1", "redress": "write", "reply": "yes"}
    await submit(browser, f"{here}/sanction", await submit(browser, f"{here}/sanction", **given))
    proposed = await place.world.world.impose(token, Degree.CLOSE, key=other, seconds=place.age)
    await submit(browser, f"/sanctions/{proposed.sanction_id}/confirmation")
    await submit(browser, f"/sanctions/{proposed.sanction_id}/end", reason="a mistake")
    raw = key.private_key.private_bytes_raw()
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    coded = (base64.b64encode(raw), base64.urlsafe_b64encode(raw)[:-1])
    forms = (raw, raw.hex().encode(), *coded, pem.splitlines()[1])
    sent = [request for _, request in place.wire.sent]
    seen = [page.body for page in browser.seen] + [str(page.headers).encode() for page in browser.seen]
    for form in forms:
        assert not any(form in each for each in [*sent, *seen, place.logs.read_bytes()])
    (decision,) = place.wire.calls("ResolveTipOff")
    signature = tip_off_pb2.ResolveTipOffRequest.FromString(decision).sanction.signature
    assert signature.moderator_id == key.moderator_id
    assert len(signature.signature) == 64
    assert len(place.wire.calls("ConfirmSanction")) == len(place.wire.calls("LiftSanction")) == 1


async def test_texts_are_on_their_own_page_only(place: Office, browser: Visitor) -> None:
    """A reporter's and an owner's words: in no address, log or other case's page, and kept by no cache.

    Only the beginning of a report stands in the list of reports; all of it beside the forms about it.
    """
    filed = (await place.world.file(text=f"{BEGIN} {CANARY}", contact=CANARY)).tip_off
    here = f"/reports/{filed.tip_off_id}"
    await submit(browser, f"{here}/assignment")
    await submit(browser, f"{here}/note", note=CANARY)
    await submit(browser, f"{here}/reply", reply=CANARY)
    for path in ("/", "/reports", "/reports?view=mine", f"{here}/duplicates", "/figures"):
        await browser.get(path)
    shown = [page for page in browser.seen if CANARY in page.text]
    assert shown
    own = {f"Report {filed.reference}", f"Which reports are about the same as {filed.reference}?"}
    assert {page.title for page in shown} == own
    begun = [page for page in browser.seen if BEGIN.partition(" ")[0] in page.text]
    assert {page.title for page in begun} == {*own, "Reports"}
    for page in browser.seen:
        assert not any(each in str(page.headers) for each in (CANARY, BEGIN))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    logs = place.logs.read_text("utf-8")
    assert CANARY not in logs
    assert BEGIN.partition(" ")[0] not in logs


async def test_hostile_texts_stay_texts(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Each listed text in a field of the longest form ends with a page of ours in which it is only text."""
    token = await place.world.world.account()
    filed = (await place.world.file(target=TipOffTarget(TargetKind.ACCOUNT, token))).tip_off
    await place.world.assign(filed, key.moderator_id)
    where = f"/reports/{filed.tip_off_id}/sanction"
    blank = form_of(await browser.get(where), where)
    for texts in batches(TEXTS, len(FIELDS)):
        page = await post(browser, where, {**blank, **dict(zip(FIELDS, texts, strict=False))})
        assert page.status == 422, texts
        assert page.text.count("<script") == 1, texts
        assert "<img" not in page.text
        assert page.text.count("<form") == 2, texts
    assert not place.wire.calls("ResolveTipOff")


async def test_a_hostile_report_stays_text(place: Office, browser: Visitor) -> None:
    """All listed texts, as reports say them."""
    for texts in batches([each for each in TEXTS if len(each) < 1_000], 60):
        told = "\n".join(each for each in texts if each.isprintable())[:5_000]
        filed = (await place.world.file(text=told)).tip_off
        page = await browser.get(f"/reports/{filed.tip_off_id}")
        assert page.status == 200
        assert page.text.count("<script") == 1, texts
        assert page.text.count("<form") == 3, texts
