"""What the operator decides, in two steps: the preview, what happens then, and what is refused or lost."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.core.act import SYSTEM
from idvault.moderator import acts as moderator_acts
from idvault.platform import acts as platform_acts
from idvault.platform.rules import PlatformPages
from idvault_client.errors import Unavailable
from idvault_people.console.operator.texts import OPERATOR as OPERATOR_TEXTS
from idvault_people.console.operator.vault_commands import CommandEnd, CommandsAwayError
from idvault_people.moderation import key_folder
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.people import roster_member
from idvault_verify.event import EventType
from idvault_verify.session import Proof
from tests.clients.console.operator.steps import OPERATOR_ID, confirm, logged, place, upload
from tests.support.operator_room import OperatorRoom
from tools.support import people
from tools.support.authority import Authority, spiffe
from tools.support.chamber import OPERATOR


async def test_a_key_is_registered(office: OperatorRoom) -> None:
    """The preview shows name, role, last day and fingerprint; then it is valid, in the operator's name."""
    visitor, issued = await office.enter(), office.issue("im", days=100)
    preview = await upload(visitor, "/register", issued.certificate)
    assert preview.title == "Register this key?"
    for text in ("im", "Platform", roster_member.grouped(issued.spki), "none: the name is new"):
        assert text in preview.words
    assert await logged(office) == []
    page = await confirm(office, visitor, preview)
    assert (page.title, "in 100 days" in page.words) == ("im", True)
    assert await logged(office) == [(EventType.PLATFORM_REGISTER, OPERATOR_ID)]
    again = await visitor.post(place(preview), preview)
    assert again.title == "im"
    assert (await visitor.get(place(preview))).title == "im"
    second = await upload(visitor, "/register", office.issue("im").certificate)
    assert "Valid keys so far 1" in second.words


async def test_a_certificate_that_fits_nobody_is_refused(office: OperatorRoom) -> None:
    """No certificate, another vault's, a member's, one that has ended; a key that was revoked stays so."""
    visitor, authority = await office.enter(), Authority()
    wrong = (
        b"x",
        authority.client(spiffe("platform", "im", "other.example")).certificate,
        authority.client(spiffe("auditor", "im")).certificate,
        office.issue("im", days=-2).certificate,
    )
    for pem in wrong:
        refused = await upload(visitor, "/register", pem)
        assert (refused.status, refused.title) == (422, "Register a key"), refused.words
    issued = await office.register("im")
    await platform_acts.revoke(office.room.vault, SYSTEM, office.room.now(), "im", issued.spki)
    preview = await upload(visitor, "/register", issued.certificate)
    page = await confirm(office, visitor, preview)
    assert (page.status, "A revoked key stays revoked" in page.words) == (409, True)
    assert (await visitor.get(place(preview))).status == 200


async def test_a_lost_answer_counts_once(office: OperatorRoom) -> None:
    """What the vault did and could not say is repeated under the same request id."""
    visitor = await office.enter()
    preview = await upload(visitor, "/register", office.issue("im").certificate)

    def lose(method: str, found: Any) -> Any:
        if method.endswith("RegisterPlatform"):
            raise Unavailable(None, "UNAVAILABLE")
        return found

    office.edge.tamper = lose
    assert (await confirm(office, visitor, preview)).status == 503
    office.edge.tamper = lambda _method, found: found
    assert (await confirm(office, visitor, await visitor.get(place(preview)))).title == "im"
    assert len(await logged(office)) == 1


async def test_a_key_is_revoked(office: OperatorRoom) -> None:
    """The preview says what ends, and that it is the last one; a key of nobody has no page."""
    first = await office.register("im")
    later = await office.register("im")
    visitor = await office.enter()
    path = f"/platforms/im/revoke/{first.spki}"
    assert path in (await visitor.get("/platforms/im")).text
    one = await visitor.get(path)
    assert "Valid keys afterwards 1" in one.words
    assert re.search(r"Registered \d.* Certificate ends not known here", one.words)
    assert "This is the last valid key" not in one.words
    page = await confirm(office, visitor, one)
    assert (page.title, page.words.count("Revoked key")) == ("im", 1)
    assert (await logged(office))[-1] == (EventType.PLATFORM_REVOKE, OPERATOR_ID)
    assert (await visitor.get(path)).status == 404
    last = await visitor.get(f"/platforms/im/revoke/{later.spki}")
    assert "This is the last valid key of im" in last.words
    assert re.search(r"Certificate ends \d", last.words)
    await confirm(office, visitor, last)
    assert "no valid key" in (await visitor.get("/platforms")).words


async def test_the_hosted_pages_of_a_platform_are_replaced(office: OperatorRoom) -> None:
    """By the vault's command, with exactly what the preview shows; strange texts stay texts."""
    await office.register("im")
    visitor, path = await office.enter(), "/platforms/im/presentation"
    form = await visitor.get(path)
    for fields in ({"title": "x" * 61, "origins": ""}, {"title": "x", "origins": "http://a.example"}):
        assert (await visitor.post(path, await visitor.get(path), **fields)).status == 422
    for colour, wrong in (
        ("#07c160", "light pages is 2.38 to 1, and must be at least 3 to 1: choose a darker colour"),
        ("#000080", "dark pages is 1.08 to 1, and must be at least 3 to 1: choose a lighter colour"),
        ("purple", "This must be a # and six digits"),
    ):
        form = await visitor.post(path, await visitor.get(path), title="", origins="", colour=colour)
        assert (form.status, wrong in form.words, f'value="{colour}"' in form.text) == (422, True, True)
    title = "--title=$(id) 'é"
    both = "https://a.example\n\nhttps://b.example"
    preview = await visitor.post(path, form, title=title, origins=both, colour=" #8B5CF6")
    assert "$(id)" in preview.words
    page = await confirm(office, visitor, preview)
    assert (page.title, title in page.words) == ("im", True), page.words
    found = await platform_acts.pages(office.room.vault, "im")
    assert found == PlatformPages(title, ("https://a.example", "https://b.example"), "#8b5cf6")
    filled = await visitor.get(path)
    assert "https://a.example\nhttps://b.example" in filled.text
    emptied = await visitor.post(path, filled, title="", origins="", colour="")
    assert "can make no sessions" in emptied.words
    assert "Colour now #8b5cf6 Colour then none" in emptied.words


async def test_what_a_platform_accepts_is_replaced(office: OperatorRoom) -> None:
    """By the vault's command, which refuses what does not go together; the preview can be left."""
    await office.register("im")
    await office.register("watcher", role="monitor")
    visitor, path = await office.enter(), "/platforms/im/proofs"
    assert (await visitor.get("/platforms/watcher/proofs")).status == 404
    assert (await visitor.post(path, await visitor.get(path))).status == 422
    chosen = {"proof.HOLDER": "1", "proof.RESULT_ONLY": "1"}
    preview = await visitor.post(path, await visitor.get(path), **chosen, separate="1")
    assert "One human can be two persons there" in preview.words
    office.replaced["platform"] = CommandEnd(2, "", "the disk is full")
    refused = await confirm(office, visitor, preview)
    assert (refused.status, "the disk is full" in refused.words) == (409, True)
    office.replaced.clear()
    assert (await confirm(office, visitor, await visitor.get(place(preview)))).title == "im"
    (found,) = [each for each in await platform_acts.keys(office.room.vault) if each.name == "im"]
    assert found.proofs == {Proof.HOLDER, Proof.RESULT_ONLY}


async def test_proofs_that_do_not_go_together_stay_in_the_form(office: OperatorRoom) -> None:
    """Several kinds without the last tick, and both reviews, are told beside what was ticked."""
    await office.register("im")
    visitor, path = await office.enter(), "/platforms/im/proofs"
    for values, told in (
        (("HOLDER", "RESULT_ONLY"), "Several kinds of proof need this tick"),
        (("ONE_REVIEWER", "TWO_REVIEWERS"), "Choose one reviewer or two, not both"),
    ):
        fields = {f"proof.{value}": "1" for value in values}
        wrong = await visitor.post(path, await visitor.get(path), **fields)
        assert (wrong.status, told in wrong.words) == (422, True)
        for value in Proof:
            is_ticked = f'id="proof-{value}" value="1" checked' in wrong.text
            assert is_ticked == (value in values), value
    both = await visitor.post(path, await visitor.get(path), **fields, separate="1")
    assert 'id="separate" value="1" checked' in both.text
    one_kind = {"proof.NUMBER_MATCH": "1", "proof.HOLDER": "1"}
    preview = await visitor.post(path, await visitor.get(path), **one_kind)
    assert preview.title == "Replace the proofs that it accepts?"


async def test_a_new_key_of_the_service_is_announced(office: OperatorRoom) -> None:
    """A version more in the key file of the settings; what rotates by itself is not offered."""
    await office.make_keys()
    visitor = await office.enter()
    before = await visitor.get("/keys")
    assert "Check value" in before.words
    form = await visitor.get("/keys/rotate")
    assert 'id="purpose-log"' in form.text
    assert 'id="purpose-intake"' not in form.text
    assert (await visitor.post("/keys/rotate", form, purpose="intake")).status == 422
    preview = await visitor.post("/keys/rotate", await visitor.get("/keys/rotate"), purpose="status-list")
    assert "Within the hour copy the key file" in preview.words
    after = await confirm(office, visitor, preview)
    assert after.title == "Keys of the service"
    assert "Done: the key file has another version for Signature of status lists: status-list." in after.words
    assert ("status-list 1 " in before.words, "status-list 1 " in after.words) == (False, True)
    other = await visitor.post("/keys/rotate", await visitor.get("/keys/rotate"), purpose="log")
    assert "In a week the log is signed with the new key" in other.words


async def test_a_key_whose_announcement_was_lost_is_not_announced_twice(office: OperatorRoom) -> None:
    """The vault is asked anew, and the preview that is out of date leads to the keys."""
    await office.make_keys()
    run, lost = office.run, [True]

    def losing(arguments: Sequence[str]) -> CommandEnd:
        end = run(arguments)
        if "rotate" in arguments and lost and lost.pop():
            raise CommandsAwayError("the connection was lost")
        return end

    office.patch.setattr(office, "run", losing)
    visitor = await office.enter()
    before = (await visitor.get("/keys")).words.count("status-list")
    preview = await visitor.post("/keys/rotate", await visitor.get("/keys/rotate"), purpose="status-list")
    assert (await confirm(office, visitor, preview)).status == 503
    assert (await visitor.get("/keys")).words.count("status-list") == before + 1
    again = await confirm(office, visitor, await visitor.get(place(preview)))
    assert (again.status, "the key has another newest version" in again.words) == (409, True)
    after = await visitor.get(place(preview))
    assert (after.title, after.words.count("status-list")) == ("Keys of the service", before + 1)


async def test_a_preview_follows_the_language(office: OperatorRoom) -> None:
    """What was decided in English is previewed in Chinese after the change, with its warnings."""
    await office.register("im")
    visitor, path = await office.enter(), "/platforms/im/presentation"
    preview = await visitor.post(path, await visitor.get(path), title="Chat", origins="")
    assert "can make no sessions" in preview.words
    changed = await visitor.get(f"{place(preview)}?lang=zh")
    assert "Without an address" not in changed.words
    for key in ("no_origins_note", "origins_then", "present_check"):
        assert OPERATOR_TEXTS[key].in_language("zh") in changed.words


async def test_a_private_key_beside_a_certificate_is_not_kept(office: OperatorRoom) -> None:
    """Of a file with both, the copy on this machine has the certificate alone, by either form."""
    known, fresh = await office.register("im", days=None), office.issue("im", days=90)
    visitor, path = await office.enter(), "/platforms/im"
    both = {"certificate": ("a.pem", known.key + known.certificate)}
    assert (await visitor.upload(f"{path}/certificate", await visitor.get(path), both)).status == 200
    preview = await upload(visitor, "/register", fresh.certificate + fresh.key)
    assert (await confirm(office, visitor, preview)).title == "im"
    kept = {each.read_bytes() for each in (office.folder / OPERATOR / "certificates").iterdir()}
    assert kept == {known.certificate, fresh.certificate}


async def test_a_first_moderator_is_named(office: OperatorRoom) -> None:
    """The preview shows whose key it is."""
    await office.register("im")
    visitor = await office.enter()
    key = ModeratorKey("im", Ed25519PrivateKey.generate())
    found = registration.register(key, now=datetime.now(UTC))
    other = registration.register(ModeratorKey("im", Ed25519PrivateKey.generate()), now=datetime.now(UTC))
    forged = replace(found, own=other.own)
    for content in (b"{}", forged.to_bytes()):
        refused = await upload(visitor, "/moderator", content)
        assert (refused.status, "no valid registration" in refused.words) == (422, True)
    preview = await upload(visitor, "/moderator", found.to_bytes())
    assert ("whose key is it" in preview.words, key_folder.fingerprint(key) in preview.words) == (True, True)
    done = await confirm(office, visitor, preview)
    assert done.title == "im"
    made = await moderator_acts.of_key(office.room.vault, "im", key.public_key)
    assert f"Done: moderator {made.moderator_id} of im is named" in done.words
    assert '<a href="/register">Register the desk&#39;s key</a>' in done.text
    assert (EventType.MODERATOR_NAME, OPERATOR_ID) in await logged(office)


async def test_a_strange_request_decides_nothing(office: OperatorRoom) -> None:
    """Without the cookie, of another site, by another name, without the form's token: nothing happens."""
    running = await office.running()
    stranger = running.visitor()
    paths = ("/", "/platforms", "/register", "/moderator", "/keys/rotate", f"/decisions/{'0' * 32}")
    for path in paths:
        assert (await stranger.get(path)).status == 403
    visitor = await running.enter()
    preview = await upload(visitor, "/register", office.issue("im").certificate)
    fields = {name: preview.hidden(name) for name in ("form", "once")}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert (await visitor.send(place(preview), fields, headers=headers)).status in (403, 421), headers
    assert (await visitor.send(place(preview), {**fields, "form": ""})).status == 403
    assert await logged(office) == []


async def test_nothing_secret_is_shown(office: OperatorRoom, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the operator's keys nor the passphrases of settings; no page is kept by the browser."""
    visitor = await office.enter()
    await office.register("im")
    office.replaced["overview"] = CommandEnd(0, '{"platforms": {"problem": "<script>alert(1)</script>"}}', "")
    page = await visitor.get("/?fresh=1")
    assert "&lt;script&gt;alert(1)" in page.text
    assert page.text.count("<script") == page.text.count('<script src="/static/') == 3
    seen = b"".join(each.body for each in visitor.seen)
    for use in ("hpke", "ed25519"):
        secret = people.secret(OPERATOR, use)
        assert secret.hex().encode() not in seen
        assert secret.hex() not in caplog.text
    assert {each.headers["Cache-Control"] for each in visitor.seen} == {"no-store"}


async def test_only_so_many_decisions_wait(office: OperatorRoom) -> None:
    """Previews that nobody confirms are forgotten, the oldest first."""
    issued = await office.register("im")
    visitor = await office.enter()
    asked = [await visitor.get(f"/platforms/im/revoke/{issued.spki}") for _ in range(21)]
    places = [place(each) for each in asked]
    kept = [(await visitor.get(each)).status for each in (places[0], places[1], places[-1])]
    assert kept == [404, 200, 200]


async def test_an_act_is_told_with_what_comes_next(office: OperatorRoom) -> None:
    """On the page that it leads to, and not on a later visit of that page."""
    visitor, first = await office.enter(), office.issue("im", days=100)
    page = await confirm(office, visitor, await upload(visitor, "/register", first.certificate))
    assert '<div class="note good" role="status"><p>Done: the key' in page.text
    assert "name its first moderators" in page.words
    assert "Done:" not in (await visitor.get("/platforms/im")).words
    assert "Done:" not in (await visitor.get("/platforms/im?done=x")).words
    second = office.issue("im", days=200)
    page = await confirm(office, visitor, await upload(visitor, "/register", second.certificate))
    assert f"another key of im is registered, {second.spki[:8]}" in page.words
    page = await confirm(office, visitor, await visitor.get(f"/platforms/im/revoke/{first.spki}"))
    assert f"the key {first.spki[:8]} of im is revoked" in page.words
    watcher = office.issue("watcher", role="monitor")
    page = await confirm(office, visitor, await upload(visitor, "/register", watcher.certificate))
    assert "of watcher is registered, and the public log names you." in page.words
    assert "moderators" not in page.words


async def test_a_certificate_that_ends_soon_is_a_warning(office: OperatorRoom) -> None:
    """Before the key is registered: its last day with what is left, and a red note."""
    visitor = await office.enter()
    preview = await upload(visitor, "/register", office.issue("im", days=2).certificate)
    assert "(in 2 days)" in preview.words
    assert "This certificate ends soon" in preview.words
    lasting = await upload(visitor, "/register", office.issue("im", days=20).certificate)
    assert "This certificate ends soon" not in lasting.words


async def test_what_was_sent_in_place_of_a_certificate(office: OperatorRoom) -> None:
    """No file, or a private key, is told as such; the summary of errors begins with the field's name."""
    visitor, issued = await office.enter(), office.issue("im")
    for path, content, text in (
        ("/register", b"", "Certificate: Choose a file"),
        ("/register", issued.key, "Certificate: This is a private key"),
        ("/moderator", b"x", "Registration: This is no valid registration"),
    ):
        assert text in (await upload(visitor, path, content)).words


async def test_the_preview_of_hosted_pages_shows_both(office: OperatorRoom) -> None:
    """What is there now, and what would be there."""
    await office.register("im")
    visitor, path = await office.enter(), "/platforms/im/presentation"
    form = await visitor.get(path)
    preview = await visitor.post(path, form, title="Chat", origins="https://chat.example", colour="#8B5CF6")
    assert "Title now its registered name Title then Chat" in preview.words
    assert "Colour now none Colour then #8b5cf6" in preview.words
    assert "Addresses now none Addresses then https://chat.example" in preview.words
