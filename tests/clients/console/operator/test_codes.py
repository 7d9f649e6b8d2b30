"""Each change that the operator decides takes a code of the second factor; what a refused one leaves."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from idvault.platform import acts as platform_acts
from idvault_client.errors import Unavailable
from idvault_people.console.operator.texts import OPERATOR as OPERATOR_TEXTS
from idvault_people.console.operator.vault_commands import CommandEnd, CommandsAwayError
from idvault_people.console.second_factor import PATH
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.event import EventType
from tests.clients.console.operator.steps import confirm, enrol, logged, place, upload
from tests.support.console import Seen, Visitor
from tests.support.operator_room import OperatorRoom
from tests.support.second_factor_world import code_of

ENROLLED = "Your second factor is set up."
Propose = Callable[[OperatorRoom, Visitor], Awaitable[Seen]]


async def _register(office: OperatorRoom, visitor: Visitor) -> Seen:
    return await upload(visitor, "/register", office.issue("other").certificate)


async def _revoke(_office: OperatorRoom, visitor: Visitor) -> Seen:
    spki = re.search("/revoke/([0-9a-f]{64})", (await visitor.get("/platforms/im")).text)
    assert spki is not None
    return await visitor.get(f"/platforms/im/revoke/{spki[1]}")


async def _present(_office: OperatorRoom, visitor: Visitor) -> Seen:
    path = "/platforms/im/presentation"
    return await visitor.post(path, await visitor.get(path), title="Chat", origins="https://chat.example")


async def _accept(_office: OperatorRoom, visitor: Visitor) -> Seen:
    path = "/platforms/im/proofs"
    return await visitor.post(path, await visitor.get(path), **{"proof.HOLDER": "1"})


async def _rotate(_office: OperatorRoom, visitor: Visitor) -> Seen:
    path = "/keys/rotate"
    return await visitor.post(path, await visitor.get(path), purpose="log")


async def _name(_office: OperatorRoom, visitor: Visitor) -> Seen:
    key = ModeratorKey("im", Ed25519PrivateKey.generate())
    return await upload(visitor, "/moderator", registration.register(key, now=datetime.now(UTC)).to_bytes())


BY_METHOD: dict[str, Propose] = {
    "RosterService/RegisterPlatform": _register,
    "RosterService/RevokePlatform": _revoke,
    "RosterService/NameModerator": _name,
}
BY_COMMAND: dict[tuple[str, str], Propose] = {
    ("platform", "present"): _present,
    ("platform", "accept"): _accept,
    ("keys", "rotate"): _rotate,
}
ALL = [*BY_METHOD.values(), *BY_COMMAND.values()]


async def state(office: OperatorRoom) -> object:
    """Return all that a decision can change: the log, the platform's pages and proofs, and the key file."""
    keys, vault = (await asyncio.to_thread(office.run, ["keys", "list"])).out, office.room.vault
    names = {(each.name, each.spki, each.revoked_at, each.proofs) for each in await platform_acts.keys(vault)}
    return await logged(office), names, await platform_acts.pages(vault, "im"), keys


def changing(office: OperatorRoom) -> list[tuple[str, ...]]:
    """Return the commands that ran and change something."""
    words = [tuple(each for each in ran if not each.startswith("--"))[:2] for ran in office.ran]
    return [each for each in words if each in BY_COMMAND]


async def furnished(office: OperatorRoom) -> Visitor:
    """Return the browser of an operator who has a platform and service keys."""
    await office.register("im")
    await office.make_keys()
    return await office.enter()


@pytest.mark.parametrize("propose", ALL)
async def test_a_change_needs_a_code(office: OperatorRoom, propose: Propose) -> None:
    """None, a malformed and a wrong one change nothing; the page says the tries; a good one does it."""
    visitor = await furnished(office)
    preview, before = await propose(office, visitor), await state(office)
    for code, text in (
        ("", "Error: Enter this"),
        ("12345x", "The code is wrong"),
        ("000000", "Wait for the next code. 9 tries are left"),
        ("000000", "Wait for the next code. 8 tries are left"),
    ):
        refused = await visitor.post(place(preview), await visitor.get(place(preview)), code=code)
        assert (refused.status, refused.title) == (422, preview.title)
        assert text in refused.words, refused.words
        assert "000000" not in refused.text
    assert (await state(office), changing(office)) == (before, [])
    done = await confirm(office, visitor, await visitor.get(place(preview)))
    assert (done.status, "Done: " in done.words) == (200, True)
    assert await state(office) != before


@pytest.mark.parametrize("propose", ALL)
async def test_a_used_code_does_nothing(office: OperatorRoom, propose: Propose) -> None:
    """A code that one decision has spent is refused for the next one, which keeps what it shows."""
    visitor, code = await furnished(office), office.code()
    first = await upload(visitor, "/register", office.issue("first").certificate)
    assert (await visitor.post(place(first), first, code=code)).status == 200
    preview, before = await propose(office, visitor), await state(office)
    refused = await visitor.post(place(preview), preview, code=code)
    assert (refused.status, "already used. Wait for the next code" in refused.words) == (422, True)
    assert (await state(office), changing(office)) == (before, [])


@pytest.mark.parametrize("propose", ALL)
async def test_a_locked_second_factor_changes_nothing(office: OperatorRoom, propose: Propose) -> None:
    """After ten wrong codes a good one is refused, and the page says until when."""
    visitor = await furnished(office)
    preview, before = await propose(office, visitor), await state(office)
    for _ in range(10):
        await visitor.post(place(preview), await visitor.get(place(preview)), code="000000")
    refused = await confirm(office, visitor, await visitor.get(place(preview)))
    assert (refused.status, "It is locked until" in refused.words) == (422, True)
    assert (await state(office), changing(office)) == (before, [])


@pytest.mark.parametrize("propose", BY_COMMAND.values())
async def test_the_vault_checks_the_code_before_a_command(office: OperatorRoom, propose: Propose) -> None:
    """Without an answer of the custody edge no command runs; a code whose command failed is spent."""
    run, full = office.run, [True]

    def failing(words: Sequence[str]) -> CommandEnd:
        is_change = not {"present", "accept", "rotate"}.isdisjoint(words)
        return CommandEnd(2, "", "the disk is full") if is_change and full and full.pop() else run(words)

    office.patch.setattr(office, "run", failing)
    visitor = await furnished(office)
    preview, code = await propose(office, visitor), office.code()

    def away(method: str, found: Message) -> Message:
        if method == "RosterService/SpendCode":
            raise Unavailable(None, "UNAVAILABLE")
        return found

    office.edge.tamper = away
    assert (await visitor.post(place(preview), preview, code=code)).status == 503
    assert changing(office) == []
    office.edge.tamper = lambda _method, found: found
    used = await visitor.post(place(preview), await visitor.get(place(preview)), code=code)
    assert (used.status, "already used" in used.words) == (422, True)
    code = office.code()
    failed = await visitor.post(place(preview), await visitor.get(place(preview)), code=code)
    assert (failed.status, "the disk is full" in failed.words) == (409, True)
    assert (failed.title, "This was not done" in failed.words) == (preview.title, False)
    assert "The vault's command did not do this" in failed.words
    assert "The code is used: wait for the next one." in failed.words
    used = await visitor.post(place(preview), await visitor.get(place(preview)), code=code)
    assert (used.status, "already used" in used.words, changing(office)) == (422, True, [])
    assert (await confirm(office, visitor, used)).status == 200
    assert len(changing(office)) == 1


@pytest.mark.parametrize("propose", BY_COMMAND.values())
async def test_a_command_whose_end_is_unknown(office: OperatorRoom, propose: Propose) -> None:
    """The page says neither that it was done nor that it was not, and that the code is used."""
    run = office.run

    def losing(words: Sequence[str]) -> CommandEnd:
        end = run(words)
        if not {"present", "accept", "rotate"}.isdisjoint(words):
            raise CommandsAwayError("timed out after 120 seconds")
        return end

    office.patch.setattr(office, "run", losing)
    visitor = await furnished(office)
    preview, before = await propose(office, visitor), await state(office)
    lost = await visitor.post(place(preview), preview, code=office.code())
    assert (lost.status, lost.title) == (503, preview.title)
    assert "Whether the vault's host has done this is not known" in lost.words
    assert "timed out after 120 seconds" in lost.words
    assert "The code is used: wait for the next one." in lost.words
    assert ("This was not done" in lost.words, 'name="code"' in lost.text) == (False, True)
    assert await state(office) != before


@pytest.mark.parametrize("method", BY_METHOD)
async def test_the_vault_checks_the_code_of_a_method(office: OperatorRoom, method: str) -> None:
    """The code goes with the request itself: nothing of this console has to be trusted for it."""
    visitor = await furnished(office)
    preview = await BY_METHOD[method](office, visitor)
    office.edge.calls.clear()
    code = office.code()
    assert (await visitor.post(place(preview), preview, code=code)).status == 200
    assert [getattr(request, "code", "") for name, request in office.edge.calls if name == method] == [code]
    assert "RosterService/SpendCode" not in [name for name, _ in office.edge.calls]


async def test_an_operator_without_a_second_factor_is_led_to_set_one_up(office: OperatorRoom) -> None:
    """The preview offers no button but the page that enrols, which leads back; then a later code counts."""
    office.unenrolled()
    visitor = await furnished(office)
    preview = await _present(office, visitor)
    here = next(each.headers["Location"] for each in reversed(visitor.seen) if "Location" in each.headers)
    assert OPERATOR_TEXTS["code_first"].in_language("en") in preview.words
    assert (place(preview).startswith("/decisions"), f'href="{PATH}"' in preview.text) == (False, True)
    forced = await visitor.send(here, {**fields_of(await visitor.get(PATH)), "code": "123456"})
    assert (forced.status, changing(office)) == (422, [])
    _, secret, done = await enrol(visitor)
    assert f'href="{here}"' in done.text
    shown = await visitor.get(f"{PATH}?done=1")
    assert f'href="{here}"' in shown.text
    back = await visitor.get(here)
    assert ("https://chat.example" in back.words, 'name="code"' in back.text) == (True, True)
    # The code that confirmed, or the one before it.
    used = await visitor.post(here, back, code=code_of(secret, datetime.now(UTC), -30))
    assert (used.status, "already used. Wait for the next code" in used.words) == (422, True)
    page = await visitor.post(here, await visitor.get(here), code=code_of(secret, datetime.now(UTC), 30))
    assert ("Done:" in page.words, changing(office)) == (True, [("platform", "present")])
    assert EventType.PLATFORM_PRESENT in [kind for kind, _ in await logged(office)]
    later = await visitor.get(f"{PATH}?done=1")
    assert (later.status, ENROLLED in later.words, "/decisions/" in later.text) == (200, True, False)


async def test_only_a_kept_decision_waits_for_a_second_factor(office: OperatorRoom) -> None:
    """After twenty later ones the page of the second factor leads to none that is gone."""
    office.unenrolled()
    visitor = await furnished(office)
    await _present(office, visitor)
    here = next(each.headers["Location"] for each in reversed(visitor.seen) if "Location" in each.headers)
    path = "/platforms/im/presentation"
    for _ in range(20):
        form = fields_of(await visitor.get(path))
        assert (await visitor.send(path, {**form, "title": "Chat", "origins": ""})).status == 303
    assert (await visitor.get(here)).status == 404
    _, _, done = await enrol(visitor)
    assert (done.status, ENROLLED in done.words, "/decisions/" in done.text) == (200, True, False)


def fields_of(page: Seen) -> dict[str, str]:
    """Return what every form of the console carries."""
    return {name: page.hidden(name) for name in ("form", "once")}


async def test_what_is_proposed_is_shown_while_the_edge_is_away(office: OperatorRoom) -> None:
    """Whether there is a second factor is not known then: the code is asked for, and is not accepted."""
    visitor = await furnished(office)

    def away(_method: str, _found: Message) -> Message:
        raise Unavailable(None, "UNAVAILABLE")

    preview = await _present(office, visitor)
    office.edge.tamper = away
    shown = await visitor.get(place(preview))
    assert (shown.status, 'name="code"' in shown.text) == (200, True)
    assert (await confirm(office, visitor, shown)).status == 503
    assert changing(office) == []
