"""Registering platforms, from the command line and over the API.

Acts are called: a command calls them as the service itself, which no client is.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import select

from idvault.core.act import SYSTEM, Vault
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.platform import Platform
from idvault.core.request import MemberAsked
from idvault.core.tables.log import log_entries
from idvault.platform import acts
from idvault.platform.rules import PlatformPages
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.attest import certificate
from idvault_verify.clock import ClockReading
from idvault_verify.error import (
    AlreadyExistsError,
    DeniedError,
    InvalidError,
    NotFoundError,
    Reason,
    UnavailableError,
)
from idvault_verify.event import PLATFORM_NAME, EventType
from idvault_verify.return_address import UnseenColourError
from tools.support import builders
from tools.support.fakes.people import FakeCodes
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import World, at, request_id

SPKI = "f" * 64
_LEAVES: Statement[bytes] = statement(select(log_entries.c.leaf), scalar)


@pytest.fixture
def vault(world: World) -> Vault:
    """Return what the acts need."""
    return vault_of(
        world.database, guard=world.guard, fingerprinter=FakeFingerprinter(), entropy=CountingEntropy()
    )


async def test_nobody_is_called_like_the_drill(vault: Vault) -> None:
    """The name of drills is refused, and nothing is written."""
    with pytest.raises(InvalidError):
        await acts.register(vault, SYSTEM, at(0), name="drill", role="platform", spki=SPKI)
    assert await acts.keys(vault) == []


@pytest.mark.parametrize("name", ["", "a" * 64, "A", "a.b", "-a", "a-", "a b", "a\n", "平台", "а"])
async def test_a_public_name_has_a_plain_form(vault: Vault, name: str) -> None:
    """It stands in the public log for ever: no other letters, no other length, and nothing is written."""
    with pytest.raises(InvalidError):
        await acts.register(vault, SYSTEM, at(0), name=name, role="platform", spki=SPKI)
    assert await acts.keys(vault) == []


async def test_a_public_name_is_one_platform_s(vault: Vault) -> None:
    """Another role cannot take it, and a second key of the name has the same actor id."""
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki=SPKI)
    with pytest.raises(AlreadyExistsError):
        await acts.register(vault, SYSTEM, at(0), name="platform-a", role="web", spki="e" * 64)
    again = await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki="d" * 64)
    assert {each.actor_id for each in await acts.keys(vault)} == {again.actor_id}
    assert PLATFORM_NAME.pattern == certificate.NAME.pattern


def asked(number: int, *fields: str) -> MemberAsked:
    """Return an operator's request with this number."""
    method = "RegisterPlatform" if fields[1] else "RevokePlatform"
    return MemberAsked("d" * 32, request_id(number), method, builders.content(*fields))


async def register(vault: Vault, number: int, spki: str = SPKI, *, seconds: float) -> Platform:
    """Register a key at an operator's request."""
    key = {"name": "platform-a", "role": "platform", "spki": spki}
    return await acts.register(vault, asked(number, *key.values()), at(seconds), **key)


async def revoke(vault: Vault, number: int, spki: str = SPKI, *, seconds: float) -> Platform:
    """Revoke a key at an operator's request."""
    call = asked(number, "platform-a", "", spki)
    return await acts.revoke(vault, call, at(seconds), "platform-a", spki)


async def test_an_operator_s_request_is_repeated_and_not_reused(vault: Vault) -> None:
    """A repeat returns the key in its current state; the same id for another key is refused."""
    first = await register(vault, 1, seconds=0)
    assert await register(vault, 1, seconds=1) == first
    with pytest.raises(AlreadyExistsError) as reused:
        await register(vault, 1, "e" * 64, seconds=2)
    assert reused.value.reason is Reason.REQUEST_ID_REUSED
    revoked = await revoke(vault, 2, seconds=3)
    assert (revoked.revoked_at, revoked.role) == (at(3).business, "platform")
    assert await revoke(vault, 2, seconds=4) == revoked
    assert await register(vault, 1, seconds=5) == revoked
    with pytest.raises(AlreadyExistsError):
        await register(vault, 3, seconds=6)
    with pytest.raises(NotFoundError):
        await revoke(vault, 4, "0" * 64, seconds=7)


async def test_an_operator_registers_and_revokes_with_a_code(vault: Vault) -> None:
    """A code is spent for one key; a repeat needs none, and what would be refused at once spends none."""
    codes, key = FakeCodes(), {"name": "platform-a", "role": "platform", "spki": SPKI}

    def registering(number: int, code: str, **changed: str) -> Awaitable[Platform]:
        given = {**key, **changed}
        call = asked(number, *given.values())
        return acts.register_with_code(vault, call, at(0), **given, code=code, second_factor=codes)

    def revoking(number: int, code: str, name: str = "platform-a") -> Awaitable[Platform]:
        call = asked(number, name, "", SPKI)
        return acts.revoke_with_code(vault, call, at(0), name, SPKI, code=code, second_factor=codes)

    code = codes.code()
    with pytest.raises(InvalidError):
        await registering(1, code, name="drill")
    for wrong in ("", "000000"):
        with pytest.raises(DeniedError) as refused:
            await registering(1, wrong)
        assert refused.value.reason is Reason.SECOND_FACTOR_REFUSED
    assert await acts.keys(vault) == []
    made = await registering(1, code)
    assert await registering(1, "") == made
    with pytest.raises(AlreadyExistsError) as reused:
        await registering(1, codes.code(), spki="e" * 64)
    assert reused.value.reason is Reason.REQUEST_ID_REUSED
    for used in ("", code):
        with pytest.raises(DeniedError):
            await revoking(2, used)
    assert await acts.keys(vault) == [made]
    revoked = await revoking(2, codes.code())
    assert revoked.revoked_at == at(0).business
    assert await revoking(2, "") == revoked


async def test_what_is_refused_spends_no_code(world: World, vault: Vault) -> None:
    """A revoked key, another name's, a name of another role, an unknown moderator; an unknown key's end."""
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki=SPKI)
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki="e" * 64)
    await acts.revoke(vault, SYSTEM, at(0), "platform-a", SPKI)
    before, codes = await acts.keys(vault), FakeCodes()
    code = codes.code()
    for number, (name, role, spki) in enumerate(
        (
            ("platform-a", "platform", SPKI),
            ("platform-b", "platform", "e" * 64),
            ("platform-a", "web", "c" * 64),
        )
    ):
        with pytest.raises(AlreadyExistsError) as refused:
            await acts.register_with_code(
                vault, asked(number, name, role, spki), at(0), name=name, role=role, spki=spki, code=code,
                second_factor=codes,
            )  # fmt: skip
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION
    unnamed = {"name": "d" * 32, "role": "moderator", "spki": "c" * 64}
    with pytest.raises(NotFoundError) as unknown:
        await acts.register_with_code(
            vault, asked(7, *unnamed.values()), at(0), **unnamed, code=code, second_factor=codes
        )
    assert unknown.value.reason is Reason.MODERATOR_NOT_FOUND
    for number, (name, spki) in enumerate((("platform-a", "0" * 64), ("platform-b", "e" * 64)), start=8):
        call = asked(number, name, "", spki)
        with pytest.raises(NotFoundError):
            await acts.revoke_with_code(vault, call, at(0), name, spki, code=code, second_factor=codes)
    assert (await acts.keys(vault), codes.tries("d" * 32).left) == (before, 10)
    call = asked(10, "platform-a", "", "e" * 64)
    await acts.revoke_with_code(vault, call, at(0), "platform-a", "e" * 64, code=code, second_factor=codes)


class CodesOfAnother(FakeCodes):
    """Codes of which the first is spent by another sending of the request while this one is checked."""

    def __init__(self, other: Callable[[], Awaitable[object]]) -> None:
        """Begin without a code."""
        super().__init__()
        self._others = [other]

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Let the other sending come first."""
        if self._others:
            await self._others.pop()()
        await super().check(actor_id=actor_id, code=code, now=now)


async def test_two_sendings_of_one_request_at_once(vault: Vault) -> None:
    """The second one finds what the first one has made, though its code is spent; another one does not."""
    key = {"name": "platform-a", "role": "platform", "spki": SPKI}

    def registering(number: int) -> Awaitable[Platform]:
        call = asked(number, *key.values())
        return acts.register_with_code(vault, call, at(0), **key, code=code, second_factor=codes)

    def revoking(number: int) -> Awaitable[Platform]:
        call = asked(number, "platform-a", "", SPKI)
        return acts.revoke_with_code(vault, call, at(0), "platform-a", SPKI, code=code, second_factor=codes)

    for sending, first in ((registering, 1), (revoking, 3)):
        codes = CodesOfAnother(partial(sending, first))
        code = codes.code()
        assert [await sending(first)] == await acts.keys(vault)
        with pytest.raises(DeniedError):
            await sending(first + 1)
    assert (await acts.keys(vault))[0].revoked_at == at(0).business


async def test_the_log_is_asked_once_for_a_registration(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the code: what the log refuses then is refused before anything is spent."""
    check, asks = vault.guard.check, list[str]()

    async def counted(*, now: ClockReading) -> None:
        asks.append("guard")
        await check(now=now)

    class Codes(FakeCodes):
        async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
            asks.append("code")
            await super().check(actor_id=actor_id, code=code, now=now)

    monkeypatch.setattr(vault.guard, "check", counted)
    codes, key = Codes(), {"name": "platform-a", "role": "platform", "spki": SPKI}
    await acts.register_with_code(
        vault, asked(1, *key.values()), at(0), **key, code=codes.code(), second_factor=codes
    )
    assert asks == ["guard", "code"]


async def test_a_key_is_revoked_with_a_code_while_the_log_stands_still(world: World, vault: Vault) -> None:
    """An end must be possible when something is wrong; a registration spends no code then."""
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki=SPKI)
    world.waiting.oldest = at(0).real
    codes = FakeCodes()
    code, fresh = codes.code(), {"name": "platform-b", "role": "platform", "spki": "e" * 64}
    with pytest.raises(UnavailableError):
        await acts.register_with_code(
            vault, asked(1, *fresh.values()), at(100), **fresh, code=code, second_factor=codes
        )
    call = asked(2, "platform-a", "", SPKI)
    ended = await acts.revoke_with_code(
        vault, call, at(100), "platform-a", SPKI, code=code, second_factor=codes
    )
    assert ended.revoked_at == at(100).business


async def test_a_platform_is_presented_and_changed(vault: Vault) -> None:
    """Title, return origins and colour are replaced as a whole; only a registered platform has them."""
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki=SPKI)
    await acts.register(vault, SYSTEM, at(0), name="monitor", role="monitor", spki="e" * 64)
    assert await acts.pages(vault, "platform-a") == PlatformPages()
    twice = ("https://a.example", "https://b.example", "https://a.example")
    await acts.present(vault, SYSTEM, at(1), "platform-a", title="A", origins=twice)
    assert await acts.pages(vault, "platform-a") == PlatformPages("A", twice[:2])
    await acts.present(vault, SYSTEM, at(2), "platform-a", title="A", origins=twice)
    await acts.present(vault, SYSTEM, at(3), "platform-a", title="", origins=())
    assert await acts.pages(vault, "platform-a") == PlatformPages()
    await acts.present(vault, SYSTEM, at(3), "platform-a", title="", origins=(), colour="#8B5CF6")
    assert await acts.pages(vault, "platform-a") == PlatformPages(colour="#8b5cf6")
    await acts.present(vault, SYSTEM, at(3), "platform-a", title="", origins=())
    assert await acts.pages(vault, "platform-a") == PlatformPages()
    for name in ("monitor", "unknown"):
        with pytest.raises(NotFoundError):
            await acts.present(vault, SYSTEM, at(4), name, title="A", origins=())
    for origins in (("https://a.example/",), tuple(f"https://{n}.example" for n in range(11))):
        with pytest.raises(InvalidError) as refused:
            await acts.present(vault, SYSTEM, at(5), "platform-a", title="", origins=origins)
        assert refused.value.violations[0].field == "return_origin"
    with pytest.raises(UnseenColourError):
        await acts.present(vault, SYSTEM, at(5), "platform-a", title="", origins=(), colour="#ffffff")


async def test_a_colour_alone_is_a_change_of_the_pages(world: World, vault: Vault) -> None:
    """It is logged once, as the title is; a repeat is no change, also in other letters."""
    await acts.register(vault, SYSTEM, at(0), name="platform-a", role="platform", spki=SPKI)
    logged = []
    for colour in ("", "#8b5cf6", "#8B5CF6", "#d03050"):
        await acts.present(vault, SYSTEM, at(1), "platform-a", title="A", origins=(), colour=colour)
        leaves = await world.database.read("test", lambda one: one.all(_LEAVES))
        logged.append(sum(EventType.PLATFORM_PRESENT.value.encode() in each for each in leaves))
    assert logged == [1, 2, 2, 3]
