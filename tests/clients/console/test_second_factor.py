"""A member enrols a second factor on a page of the console, with the vault's own second factors."""

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import segno

from idvault_client.errors import Unavailable
from idvault_people.console.second_factor import PATH
from idvault_verify.v1 import roster_pb2
from tests.support.console import Seen, Visitor
from tests.support.console_room import ConsoleRoom, consoles, enrolling
from tests.support.second_factor_world import code_of
from tools.support.chamber import CUSTODIANS, chamber
from tools.support.databases import Databases

A, B, _ = CUSTODIANS
QR = 'class="qr"'


@pytest.fixture
async def house(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[ConsoleRoom]:
    """Return a chamber with consoles, whose second factors are those of the vault; nobody has one."""
    async with chamber(sqlite_databases, tmp_path) as room, consoles(room) as made:
        enrolling(made)
        yield made


def secret_of(page: Seen) -> str:
    """Return the secret that a page shows in groups of four letters."""
    found = re.search(r"<code>((?:[A-Z2-7]{4} )+[A-Z2-7]{1,4})</code>", page.text)
    assert found is not None, page.words
    return found[1].replace(" ", "")


def code(house: ConsoleRoom, secret: str) -> str:
    """Return the code that an app shows now."""
    return code_of(base64.b32decode(secret + "=" * (-len(secret) % 8)), house.room.now().real)


async def begin(owner: Visitor, **fields: str) -> Seen:
    """Ask for a new secret."""
    return await owner.post(PATH, await owner.get(PATH), **fields)


async def test_a_member_enrols_by_the_page(house: ConsoleRoom) -> None:
    """The page says what there is; the secret is shown as a picture and in letters; its code confirms it."""
    owner = await house.enter(A)
    assert f'href="{PATH}"' in (await owner.get("/own")).text
    none = await owner.get(PATH)
    assert ("You have no second factor yet" in none.words, 'name="code"' in none.text) == (True, False)
    shown = await begin(owner)
    secret = secret_of(shown)
    uri = f"otpauth://totp/idvault:{quote(A)}?secret={secret}&issuer=idvault"
    assert segno.make_qr(uri, error="m").svg_inline(omitsize=True, light="#fff") in shown.text
    waits = await owner.get(PATH)
    assert "A new secret waits for its first code" in waits.words
    wrong = await owner.post(f"{PATH}/confirm", shown, first_code="00000")
    assert (wrong.status, 'href="#first_code"' in wrong.text) == (422, True)
    done = await owner.post(f"{PATH}/confirm", wrong, first_code=code(house, secret))
    assert ("Your second factor is set up" in done.words, "tries are left" in done.words) == (True, True)
    assert "A new secret waits" not in done.words


async def test_the_secret_is_shown_once(house: ConsoleRoom) -> None:
    """In one answer, which nobody may keep and which leaves by itself: in no address, file, or later page."""
    owner = await house.enter(A)
    form = await owner.get(PATH)
    shown = await owner.post(PATH, form)
    secret = secret_of(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Refresh"] == f"300; url={PATH}"
    again = await owner.post(PATH, form)
    other = await (await house.enter(B)).get(PATH)
    for page in (again, other, *[await owner.get(each) for each in (PATH, f"{PATH}/confirm", "/own", "/")]):
        assert QR not in page.text
        assert not re.search(r"(?:[A-Z2-7]{4} ){4}", page.text)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    assert [groups in each.text for each in owner.seen].count(True) == 1
    assert not any(secret in str(each.headers) for each in owner.seen)
    assert secret.encode() not in house.sent
    kept = b"".join(each.read_bytes() for each in (house.room.folder / A).rglob("*") if each.is_file())
    assert secret.encode() not in kept


async def test_a_present_app_must_agree(house: ConsoleRoom) -> None:
    """Without a code of the present app there is no new secret; until the new one is confirmed it stays."""
    owner = await house.enter(A)
    first = secret_of(shown := await begin(owner))
    await owner.post(f"{PATH}/confirm", shown, first_code=code(house, first))
    for wrong in ("", "000000"):
        refused = await begin(owner, code=wrong)
        assert (refused.status, 'href="#code"' in refused.text, QR in refused.text) == (422, True, False)
    house.room.pass_time(seconds=30)
    second = secret_of(shown := await begin(owner, code=code(house, first)))
    assert second != first
    house.room.pass_time(seconds=30)
    old = await owner.post(f"{PATH}/confirm", shown, first_code=code(house, first))
    assert old.status == 422
    done = await owner.post(f"{PATH}/confirm", old, first_code=code(house, second))
    assert "Your second factor is set up" in done.words
    none = await owner.post(f"{PATH}/confirm", await owner.get(PATH), first_code=code(house, second))
    assert (none.status, "No new secret waits" in none.words) == (422, True)


async def test_a_lock_says_until_when(house: ConsoleRoom) -> None:
    """After ten wrong codes the page names the end, and shows no secret."""
    owner = await house.enter(A)
    secret = secret_of(shown := await begin(owner))
    await owner.post(f"{PATH}/confirm", shown, first_code=code(house, secret))
    house.room.pass_time(seconds=30)
    for _ in range(10):
        refused = await begin(owner, code="000000")
    assert "It is locked until" in refused.words
    assert "It is locked until" in (await begin(owner, code=code(house, secret))).words
    assert "It is locked until" in (await owner.get(PATH)).words


async def test_nobody_else_gets_a_secret(house: ConsoleRoom) -> None:
    """A browser that has not entered, another site, and a form without its token."""
    console = await house.running(A)
    owner, stranger = await console.enter(), console.visitor()
    form = await owner.get(PATH)
    fields = {name: form.hidden(name) for name in ("form", "once")}
    answers = [
        await stranger.get(PATH),
        await stranger.send(PATH, fields),
        await owner.send(PATH, fields, headers={"Origin": "https://evil.example"}),
        await owner.send(PATH, {**fields, "form": "x"}),
    ]
    assert [each.status for each in answers] == [403] * 4
    assert "BeginSecondFactor" not in house.sent.decode("latin-1")


async def test_a_lost_answer_and_a_false_secret_are_explained(house: ConsoleRoom) -> None:
    """The same form can be sent again after a lost answer; what is sealed for somebody else is refused."""
    owner = await house.enter(A)
    form = await owner.get(PATH)

    def lose(_method: str, _answer: object) -> object:
        raise Unavailable(None, "UNAVAILABLE")

    house.edge(A).tamper = lose  # type: ignore[assignment]
    assert (await owner.post(PATH, form)).status == 503

    def swap(method: str, answer: object) -> object:
        if isinstance(answer, roster_pb2.SecondFactor):
            answer.sealed_uri = bytes(len(answer.sealed_uri))
        return answer

    house.edge(A).tamper = swap  # type: ignore[assignment]
    false = await owner.post(PATH, form)
    assert (false.status, "not sealed to you" in false.words, QR in false.text) == (409, True, False)
    house.edge(A).tamper = lambda _method, answer: answer
    assert secret_of(await owner.post(PATH, form))
