"""Of all entries that an act can write, those of missed deadlines name the platform, and no others."""

from typing import Any

import pytest

from idvault.core.act import SYSTEM, MemberActor, Tx, Vault, act
from idvault.core.log_entry import Late
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.event import FIELDS, EventType, names_platform
from tests.support.misses import missed
from tools.support.flow_world import World, at

FILED = at(0).business.replace(second=59)


@act("test.log")
async def _log(tx: Tx, kind: EventType) -> None:
    await tx.log(kind, **_fields(kind))


@act("test.miss")
async def _miss(tx: Tx, kind: EventType, platform: str) -> None:
    await tx.log_miss(kind, Late(platform, FILED), account_token="", **_fields(kind))


def _fields(kind: EventType) -> dict[str, Any]:
    return {name: "x" for name in FIELDS[kind] if name not in ("by", "account_token")}


@pytest.fixture
def vault(world: World) -> Vault:
    return vault_of(world.database)


async def test_every_type_names_a_platform_or_must_not(world: World, vault: Vault) -> None:
    """Over all types: a miss cannot be written without a platform, and nothing else with one."""
    expected = []
    for by in (SYSTEM, MemberActor("ab" * 16)):
        for kind in EventType:
            right, wrong = _log(vault, by, at(0), kind), _miss(vault, by, at(0), kind, "platform-a")
            if names_platform(kind.value):
                right, wrong = wrong, right
                expected.append((kind.value, "platform-a", FILED.replace(second=0, microsecond=0)))
            await right
            with pytest.raises(ValueError, match="names a platform exactly if"):
                await wrong
    assert sorted(await missed(world.database)) == sorted(expected)


@pytest.mark.parametrize("platform", ["", "Platform-A", "a.b", "-", "a" * 64, "平台"])
async def test_no_other_text_is_written_in_the_clear(world: World, vault: Vault, platform: str) -> None:
    """An act that would name something else is rolled back."""
    with pytest.raises(ValueError, match="name"):
        await _miss(vault, SYSTEM, at(0), EventType.ORDER_MISS, platform)
    assert await missed(world.database) == []
