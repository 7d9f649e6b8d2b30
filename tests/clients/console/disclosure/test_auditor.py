"""The auditor's console: from a question about an account to a page for a court."""

import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.disclosure.auditor import Auditor
from idvault_people.opens.identity import PersonalIdentity
from idvault_verify.error import Reason
from idvault_verify.offline import witness_policy
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_file
from tests.clients.console.disclosure.steps import (
    BASIS,
    CASE,
    ORDER,
    ORDER_HASH,
    PURPOSE,
    draft,
    here,
    open_record,
    request,
    unfolded,
)
from tests.support.console import Visitor
from tests.support.console_room import ConsoleRoom
from tests.support.handover_world import Wire
from tools.support import builders, people
from tools.support.chamber import AUDITORS, AUTHORITY, CUSTODIANS, OPERATOR, ROLES, identity
from tools.support.log_world import KEY

A, B, C = CUSTODIANS
NUMBER = builders.identity().document.number


async def test_what_is_signed_is_what_was_shown(house: ConsoleRoom) -> None:
    """The preview has every field of the terms; the order's hash is signed, and its file goes nowhere."""
    account = await house.room.account()
    owner = await house.enter("auditor-a")
    preview = await draft(owner, account)
    disclosure_id = await request(owner, account)
    (case,) = await house.filed()
    found = case.terms
    assert found.legal_basis == f"{BASIS} [SHA-256 {ORDER_HASH}]"
    assert (found.case_reference, found.purpose, found.account_token) == (CASE, PURPOSE, account)
    assert found.lifetime == timedelta(hours=48)
    last = next(page for page in reversed(owner.seen) if page.title == preview.title)
    assert found.canonical().hex() in last.text
    for text in (account, CASE, found.legal_basis, PURPOSE, disclosure_id, found.roster_digest):
        assert text in last.words
    assert case.disclosure.signed_request.startswith(found.canonical())
    assert ORDER not in house.sent


async def test_a_preview_names_the_file_that_is_signed(house: ConsoleRoom) -> None:
    """Also one whose SHA-256 was typed at the end of the legal basis, as custodians will read it."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    path = here(preview).replace("/check", "")
    assert f"Legal basis {BASIS} Change" in unfolded(preview)
    order = await owner.get(f"{path}/order")
    await owner.post(f"{path}/order", order, without="1")
    typed = await owner.post(f"{path}/legal_basis", order, legal_basis=f"{BASIS} [SHA-256 {ORDER_HASH}]")
    assert f"Legal basis {BASIS} Change" in unfolded(typed)
    assert re.search(rf"The order's file {ORDER_HASH} .*Change", unfolded(typed))
    plain = await owner.post(f"{path}/legal_basis", await owner.get(f"{path}/order"), legal_basis=BASIS)
    assert (ORDER_HASH in plain.words, "The order's file none Change" in unfolded(plain)) == (False, True)


async def test_a_request_is_sent_once(house: ConsoleRoom) -> None:
    """A double click and the same form again are one request; so is a repeat after a lost answer."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    fields = {name: preview.hidden(name) for name in ("form", "once", "digest")}
    for _ in range(2):
        sent = await owner.send(here(preview), fields)
        assert sent.status == 303
    assert len(await house.filed()) == 1
    again = await draft(owner, await house.room.account())
    house.edge("auditor-a").tamper = _lost
    lost = await owner.post(here(again), again, digest=again.hidden("digest"))
    assert (lost.status, "safe to repeat" in lost.text) == (503, True)
    house.edge("auditor-a").tamper = lambda _method, answer: answer
    form = await owner.get(here(again))
    assert (await owner.post(here(again), form, digest=form.hidden("digest"))).status == 200
    assert len(await house.filed()) == 2


async def test_a_sent_request_is_found_in_every_tab(house: ConsoleRoom) -> None:
    """The back button and another tab lead to its case, and nothing is sent again."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    path = here(preview)
    other = await owner.get(path)
    sent = await owner.post(path, preview, digest=preview.hidden("digest"))
    step = path.replace("/check", "/case")
    for page in (
        await owner.get(path),
        await owner.get(step),
        await owner.post(step, other, case="other"),
        await owner.post(path, other, digest=other.hidden("digest")),
    ):
        assert (page.status, page.title) == (200, sent.title)
    assert len(await house.filed()) == 1


async def test_a_lost_answer_is_no_second_request_later(house: ConsoleRoom) -> None:
    """Also when the preview is too old by then; one that did not arrive is shown again."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    house.edge("auditor-a").tamper = _lost
    await owner.post(here(preview), preview, digest=preview.hidden("digest"))
    house.edge("auditor-a").tamper = lambda _method, answer: answer
    house.room.pass_time(minutes=6)
    found = await owner.post(here(preview), preview, digest=preview.hidden("digest"))
    assert (found.status, "Waiting for custodians" in found.words) == (200, True)
    assert len(await house.filed()) == 1
    wire = house.edges["auditor-a"] = Wire(house.room, "auditor-a")
    unsent = await draft(owner, await house.room.account())
    wire.cut = _before_request
    assert (await owner.post(here(unsent), unsent, digest=unsent.hidden("digest"))).status == 503
    wire.cut = lambda _method, _when: None
    house.room.pass_time(minutes=6)
    old = await owner.post(here(unsent), unsent, digest=unsent.hidden("digest"))
    assert (old.status, len(await house.filed())) == (422, 1)


def _before_request(method: str, when: str) -> None:
    if method.endswith("RequestDisclosure") and when == "before":
        raise Unavailable(None, "UNAVAILABLE")


async def test_a_lost_answer_is_found_after_a_change(house: ConsoleRoom) -> None:
    """Whoever changes an answer after a lost one is led to what the vault has, not to a second request."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    house.edge("auditor-a").tamper = _lost
    await owner.post(here(preview), preview, digest=preview.hidden("digest"))
    house.edge("auditor-a").tamper = lambda _method, answer: answer
    path = here(preview).removesuffix("/check") + "/purpose"
    anew = await owner.post(path, await owner.get(path), purpose="another purpose (synthetic)")
    assert anew.hidden("digest") != preview.hidden("digest")
    found = await owner.post(here(anew), anew, digest=anew.hidden("digest"))
    assert (found.status, "Waiting for custodians" in found.words) == (200, True)
    assert len(await house.filed()) == 1


async def test_a_text_of_several_lines_is_signed_as_one(house: ConsoleRoom) -> None:
    """People press Enter; characters that cannot be seen are refused and named, and so is an empty text."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    path = here(preview).replace("/check", "/purpose")
    shown = await owner.post(path, await owner.get(path), purpose=" one\r\n\r\n　two ")
    assert "one two" in shown.words
    for value, text in (("a\u202eb", "cannot be seen"), ("  ", "Enter this"), ("x" * 1001, "too long")):
        assert text in (await owner.post(path, await owner.get(path), purpose=value)).words


async def test_an_account_that_is_none_is_named_as_such(house: ConsoleRoom) -> None:
    """Not as a text that is too long; an empty field is asked for."""
    owner = await house.enter("auditor-a")
    for value, text in (("acct_wrong", "begins with acct_ and has 26 more characters"), ("", "Enter this")):
        found = await owner.post("/new", await owner.get("/new"), account=value)
        assert (found.status, text in found.words, "too long" in found.words) == (422, True, False)


async def test_an_old_preview_is_shown_again(house: ConsoleRoom) -> None:
    """After five minutes, from a clock that was fast, and with another digest: nothing is sent."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    wrong = await owner.post(here(preview), preview, digest="0" * 64)
    assert (wrong.status, "Check this new one" in wrong.text) == (422, True)
    house.room.pass_time(minutes=6)
    old = await owner.post(here(preview), wrong, digest=wrong.hidden("digest"))
    assert (old.status, old.hidden("digest") != wrong.hidden("digest")) == (422, True)
    house.room.pass_time(minutes=-6)
    fast = await owner.post(here(preview), old, digest=old.hidden("digest"))
    assert (fast.status, fast.hidden("digest") != old.hidden("digest")) == (422, True)
    assert await house.filed() == []
    assert (await owner.post(here(preview), fast, digest=fast.hidden("digest"))).status == 200


@pytest.mark.parametrize(
    ("step", "value"),
    [
        ("account", "acct_x"),
        ("account", ""),
        ("case", ""),
        ("case", "x" * 201),
        ("legal_basis", "x" * 426),
        ("purpose", "a\x00b"),
    ],
)
async def test_a_wrong_answer_is_asked_again(house: ConsoleRoom, step: str, value: str) -> None:
    """With the error at its field, and what was typed."""
    owner = await house.enter("auditor-a")
    page = await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    path = here(page).replace("/case", f"/{step}")
    wrong = await owner.post(path, await owner.get(path), **{step: value})
    assert wrong.status == 422
    assert f'href="#{step}"' in wrong.text


async def test_steps_can_be_taken_in_any_order(house: ConsoleRoom) -> None:
    """A missing answer is asked for; a change leads back to the preview; the order can be left out again."""
    owner = await house.enter("auditor-a")
    preview = await draft(owner, await house.room.account())
    number = here(preview).split("/")[2]
    changed = await owner.post(f"/new/{number}/case", await owner.get(f"/new/{number}/case"), case="案 2")
    assert "案 2" in changed.words
    order = await owner.get(f"/new/{number}/order")
    assert ORDER_HASH in order.words
    kept = await owner.post(f"/new/{number}/order", order)
    assert ORDER_HASH in kept.words
    without = await owner.post(f"/new/{number}/order", await owner.get(f"/new/{number}/order"), without="1")
    assert ORDER_HASH not in without.words
    limits = await owner.get(f"/new/{number}/limits")
    for fields in ({"openings": "4", "hours": "1"}, {"openings": "1", "hours": "169"}, {}):
        assert (await owner.post(f"/new/{number}/limits", limits, **fields)).status == 422
    fresh = await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    other = here(fresh).split("/")[2]
    assert (await owner.get(f"/new/{other}/check")).title == fresh.title
    for path in (f"/new/{'0' * 32}/case", f"/new/{other}/none"):
        assert (await owner.get(path)).status == 404
    assert (await owner.post("/new", await owner.get("/new"), account="x")).status == 422


async def test_drafts_do_not_pile_up(house: ConsoleRoom) -> None:
    """Of more than twenty drafts the oldest are forgotten."""
    owner = await house.enter("auditor-a")
    account = await house.room.account()
    first = await owner.post("/new", await owner.get("/new"), account=account)
    for _ in range(20):
        house.room.pass_time(seconds=1)
        await owner.post("/new", await owner.get("/new"), account=account)
    assert (await owner.get(here(first))).status == 404


async def test_from_request_to_court(house: ConsoleRoom) -> None:
    """Approved, opened with evidence, masked until asked and again, exported, checked without keys."""
    account = await house.room.account()
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, account)
    case = await owner.get(f"/cases/{disclosure_id}")
    assert ("Waiting for custodians" in case.words, "Nobody has decided yet" in case.words) == (True, True)
    assert "47 hours left" in case.words
    await house.approve(disclosure_id, A)
    await house.deny(disclosure_id, B, reason="依据不足 (synthetic)")
    await house.approve(disclosure_id, C)
    case = await owner.get(f"/cases/{disclosure_id}")
    for text in (f"{A} approved on", f"{B} denied on", "Reason: 依据不足 (synthetic)", "share given on"):
        assert text in case.words
    form = await owner.get(f"/cases/{disclosure_id}/open")
    assert "This is the last opening" in form.words
    one_time_key = house.room.auditor().keys.get(disclosure_id).private_key(identity("auditor-a"))
    record = await open_record(owner, disclosure_id, house.room.codes.code())
    assert (record.title, builders.NAME in record.text, NUMBER in record.text) == (
        "The opened record", False, False,
    )  # fmt: skip
    assert "its one-time key is destroyed" in record.words
    shown = await owner.post(here(record), record)
    assert (builders.NAME in shown.text, NUMBER in shown.text) == (True, True)
    assert re.fullmatch(r"30; url=/evidence/[0-9a-f]{32}-1\.json", shown.headers["Refresh"])
    hidden = await owner.post(here(record), shown, hide="1")
    assert (builders.NAME in hidden.text, "Refresh" in hidden.headers) == (False, False)
    await owner.post(here(record), hidden)
    house.room.pass_time(seconds=30)
    assert builders.NAME not in (await owner.get(here(record))).text
    files = [(await owner.get(f"/static/{name}")).body for name in ("style.css", "console.js")]
    longest = max(len(each.body) for each in owner.seen)
    assert longest + sum(map(len, files)) <= 60_000
    data_key = await _exported(house, owner, here(record), disclosure_id)
    _nothing_left(house, disclosure_id, one_time_key, data_key)


async def _exported(house: ConsoleRoom, owner: Visitor, path: str, disclosure_id: str) -> bytes:
    """Check the exported files as a court does; return the record's key, which they hold."""
    offered = await owner.get(f"{path}/export")
    assert "check-evidence" in offered.words
    page, proof = await owner.get(f"{path}/page"), await owner.get(f"{path}/proof")
    assert f"{disclosure_id}.json" in proof.headers["Content-Disposition"]
    assert (builders.NAME in page.text, "RESIDENT_ID" in page.text, "+00:00" in page.text) == (
        True,
        False,
        False,
    )
    for zone, named in (("Asia/Shanghai", "UTC+8"), ("America/New_York", "UTC-5")):
        there = await owner.get(f"{path}/page?zone={zone}")
        assert (zone in there.text, named in there.text) == (True, True)
    wrong = await owner.get(f"{path}/page?zone=Nowhere")
    assert (wrong.status, 'href="#zone"' in wrong.text, builders.NAME in wrong.text) == (422, True, False)
    evidence = proof_file.parse(proof.body)
    proved = evidence_check.check(
        evidence, policy=witness_policy.of_log(KEY), published=house.room.trust("auditor-a").versions
    )
    assert proved.payload.identity == builders.identity()
    files = sorted((house.room.folder / "auditor-a" / "evidence").iterdir())
    assert [each.name for each in files] == [f"{disclosure_id}-1.json"]
    return evidence.message.data_key


def _nothing_left(house: ConsoleRoom, disclosure_id: str, *keys: bytes) -> None:
    """Nothing that was sent holds the identity or a private key."""
    sent = house.sent
    assert disclosure_id.encode() in sent
    for secret in (
        builders.NAME.encode(),
        NUMBER.encode(),
        people.secret("auditor-a", "hpke"),
        people.secret("auditor-a", "ed25519"),
        *keys,
    ):
        assert secret
        assert secret not in sent


def _lost(_method: str, _answer: Message) -> Message:
    raise Unavailable(None, "UNAVAILABLE")


async def test_a_wrong_code_says_how_many_tries_are_left(house: ConsoleRoom) -> None:
    """And then until when it is locked; the form stays, and the member's own page says the same."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    wrong = await open_record(owner, disclosure_id, "000000")
    assert (wrong.status, "9 tries are left" in wrong.words) == (422, True)
    assert '<a href="#code">One-time code: ' in wrong.text
    assert "9 tries are left" in (await owner.get("/own")).words
    for _ in range(9):
        wrong = await open_record(owner, disclosure_id, "000000")
    assert "It is locked until" in wrong.words
    assert "It is locked until" in (await owner.get("/own")).words
    assert (await open_record(owner, disclosure_id, "000000", days="0")).status == 422
    house.room.pass_time(minutes=16)
    opened = await open_record(owner, disclosure_id, house.room.codes.code(), keep="no")
    assert "gone when the session ends" in opened.words
    assert builders.NAME in (await owner.post(here(opened), opened)).text
    assert not list((house.room.folder / "auditor-a").glob("evidence/*"))
    assert (await owner.get(f"/cases/{'0' * 32}/record")).status == 404


async def test_a_cut_opening_is_continued(house: ConsoleRoom) -> None:
    """The vault counted it and the answer was lost: the case offers to go on, without a second code."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    house.edge("auditor-a").tamper = _lost_opening
    assert (await open_record(owner, disclosure_id, house.room.codes.code())).status == 503
    house.edge("auditor-a").tamper = lambda _method, answer: answer
    case = await owner.get(f"/cases/{disclosure_id}")
    assert ("1 of 1" in case.words, "Go on with the opening" in case.words) == (True, True)
    form = await owner.get(f"/cases/{disclosure_id}/open")
    assert ("it counts once" in form.words, 'name="code"' in form.text) == (True, False)
    record = await owner.post(f"/cases/{disclosure_id}/open", form, keep="yes", days="365")
    assert record.title == "The opened record"
    done = await owner.get(f"/cases/{disclosure_id}")
    assert f"/cases/{disclosure_id}/open" not in done.text
    assert "one-time key" not in done.words


def _lost_opening(method: str, answer: Message) -> Message:
    return _lost(method, answer) if method.endswith("OpenDisclosure") else answer


async def test_each_opening_keeps_a_file_of_its_own(house: ConsoleRoom) -> None:
    """Only the last one is announced; the first file stays as it was, until its day."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account(), openings="2")
    await house.approve(disclosure_id, A, B)
    assert "This is the last opening" not in (await owner.get(f"/cases/{disclosure_id}/open")).words
    await open_record(owner, disclosure_id, house.room.codes.code(), days="30")
    kept = house.room.folder / "auditor-a" / "evidence" / f"{disclosure_id}-1.json"
    before = kept.read_bytes()
    assert "This is the last opening" in (await owner.get(f"/cases/{disclosure_id}/open")).words
    assert "days left" in (await owner.get("/")).words
    await open_record(owner, disclosure_id, house.room.codes.code())
    assert "days left" not in (await owner.get("/")).words
    assert kept.read_bytes() == before
    assert {each.name for each in kept.parent.iterdir()} == {kept.name, f"{disclosure_id}-2.json"}
    case = await owner.get(f"/cases/{disclosure_id}")
    assert all(f'href="/evidence/{disclosure_id}-{number}.json"' in case.text for number in (1, 2))
    listed = await owner.get("/evidence")
    places = [listed.text.index(f'href="/evidence/{disclosure_id}-{number}.json"') for number in (1, 2)]
    assert places == sorted(places)
    for text in (f">{CASE}, evidence 1</a>", f">{CASE}, evidence 2</a>", str(kept.parent.absolute())):
        assert text in listed.text, text
    written = datetime(2026, 2, 28, 23, 5, tzinfo=UTC).timestamp()
    os.utime(kept, (written, written))
    assert "File written at 28 Feb 2026, 23:05 UTC" in (await owner.get("/evidence")).words
    damaged = kept.with_name(f"{disclosure_id}-3.json")
    damaged.write_bytes(kept.read_bytes().replace(b'"sealed": "', b'"sealed": "AAAA'))
    assert damaged.name in (await owner.get("/evidence")).words


async def test_the_list_of_evidence_opens_no_identity(
    house: ConsoleRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows what is known outside of the files: nothing is decrypted until one is chosen."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code())
    opened = []
    unseal = PersonalIdentity.unseal

    def counted(self: PersonalIdentity, sealed: bytes, *, suite: str, info: bytes) -> bytes:
        opened.append(suite)
        return unseal(self, sealed, suite=suite, info=info)

    monkeypatch.setattr(PersonalIdentity, "unseal", counted)
    listed = await owner.get("/evidence")
    assert (f"{disclosure_id}-1.json" in listed.words, opened) == (True, [])
    await owner.get(f"/evidence/{disclosure_id}-1.json")
    assert opened


async def test_the_list_has_what_ends_first_at_the_top(house: ConsoleRoom) -> None:
    """By state; a search by case, account, state and day; a wrong day is said at its field."""
    room = house.room
    late = await room.request(await room.account(), case_reference="late", lifetime=timedelta(hours=90))
    soon = await room.request(await room.account(), case_reference="soon", lifetime=timedelta(hours=2))
    ready = await room.request(await room.account(), case_reference="ready")
    await house.approve(ready, A, B)
    owner = await house.enter("auditor-a")
    text = (await owner.get("/")).text
    assert text.index(ready) < text.index(soon) < text.index(late)
    for query, found in (
        ("case=SOON", [soon]),
        ("state=REQUESTED", [late, soon]),
        ("since=2026-03-02", []),
        ("until=2026-03-01&case=re", [ready]),
        ("account=acct_nothing", []),
    ):
        page = await owner.get(f"/?{query}")
        assert {each for each in (late, soon, ready) if each in page.text} == set(found), query
    wrong = await owner.get("/?since=1.3.2026")
    assert (wrong.status, '<a href="#since">Filed from: ' in wrong.text) == (422, True)
    await house.deny(soon, A, reason="x")
    await owner.post(f"/cases/{late}/cancel", await owner.get(f"/cases/{late}/cancel"))
    assert "Cancelled" in (await owner.get(f"/cases/{late}")).words
    acts = (await owner.get("/own")).words
    assert ("3 of 20" in acts, "enough shares given" in acts) == (True, True)


async def test_a_case_without_its_key_says_so(house: ConsoleRoom) -> None:
    """On another machine, and for an id that is not one's own."""
    disclosure_id = await house.room.request(await house.room.account())
    await house.approve(disclosure_id, A, B)
    (house.room.folder / "auditor-a" / "disclosures" / f"{disclosure_id}.json").unlink()
    owner = await house.enter("auditor-a")
    case = await owner.get(f"/cases/{disclosure_id}")
    assert "does not have the request's one-time key" in case.words
    assert f"/cases/{disclosure_id}/open" not in case.text
    refused = await owner.get(f"/cases/{disclosure_id}/open")
    assert (refused.status, "one-time key is not on this machine" in refused.words) == (409, True)
    other = await house.enter("auditor-b")
    assert "no request with this id" in (await other.get(f"/cases/{disclosure_id}")).words


async def test_evidence_goes_to_a_colleague(house: ConsoleRoom) -> None:
    """Sealed for one reader, who checks and keeps it on their own console; nobody else can read it."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    record = await open_record(owner, disclosure_id, house.room.codes.code())
    export = f"{here(record)}/export"
    offered = await owner.get(export)
    assert (await owner.post(export, offered, reader="nobody")).status == 422
    assert {name for name in ROLES if f'value="{name}"' in offered.text} == {*AUDITORS, *CUSTODIANS}
    for name in (OPERATOR, AUTHORITY):
        refused = await owner.post(export, offered, reader=name)
        assert (refused.status, "Only an auditor or a custodian" in refused.words) == (422, True)
    sealed = await owner.post(export, offered, reader="auditor-b")
    assert builders.NAME.encode() not in sealed.body
    colleague = await house.enter("auditor-b")
    empty = await colleague.get("/evidence")
    for content in (b"{}", b"x"):
        wrong = await colleague.upload("/evidence", empty, {"file": ("a.json", content)})
        assert (wrong.status, 'href="#file"' in wrong.text) == (422, True)
    assert (await colleague.post("/evidence", empty)).status == 422
    kept = await colleague.upload("/evidence", empty, {"file": ("a.json", sealed.body)})
    assert builders.NAME in (await colleague.post(here(kept), kept)).text
    again = await owner.upload("/evidence", await owner.get("/evidence"), {"file": ("a", sealed.body)})
    assert (again.status, "OTHER_READER" in again.text or "reader" in again.text) == (422, True)
    path = here(kept)
    house.room.pass_time(days=400)
    assert "overdue" in (await colleague.get("/evidence")).words
    gone = await colleague.post(f"{path}/destroy", await colleague.get(f"{path}/destroy"))
    assert "There is no evidence yet" in gone.words
    assert (await colleague.get(path)).status == 404


async def test_what_does_not_verify_is_explained(house: ConsoleRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal in the person's language, with the reason in detail; a bug says nothing of its cause."""
    disclosure_id = await house.room.request(await house.room.account())
    chinese = await house.enter("auditor-a", **{"Accept-Language": "zh"})
    refused = await chinese.post(
        f"/cases/{disclosure_id}/open",
        await chinese.get(f"/cases/{disclosure_id}/open"),
        code=house.room.codes.code(),
        days="1",
    )
    assert refused.status == 409
    assert "现在不能这样做" in refused.words
    assert Reason.ILLEGAL_TRANSITION in refused.words

    def fail(*_: object) -> object:
        raise ZeroDivisionError("张三")

    monkeypatch.setattr(Auditor, "list", fail)
    broken = await chinese.get("/")
    assert (broken.status, "张三" in broken.text) == (500, False)
