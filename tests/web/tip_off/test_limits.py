"""One platform's visitors take nothing from another's; a flood of visits asks the vault nothing."""

from pathlib import Path
from typing import Any

import pytest

from idvault.web.limits import Buckets
from idvault.web.tip_off.forms import Forms
from idvault_client.errors import NotFound, VaultError
from tests.support.session_world import SessionWorld
from tests.web.browser import Page
from tests.web.conftest import site_of
from tests.web.tip_off.test_pages import FORM, answer, begun, sent

NEIGHBOUR = "/r/im-b"


class CountingVault:
    """Answers each call with the next page of the script, or fails with it."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.calls = 0

    async def run(self, _call: Any) -> Any:
        self.calls += 1
        next_one = self.script.pop(0)
        if isinstance(next_one, Exception):
            raise next_one
        return next_one


async def test_the_list_is_read_once_a_minute() -> None:
    """All pages of it; unknown names cost nothing, and an old list is used while the vault is away."""
    now = [0.0]
    away = VaultError("STORE_UNAVAILABLE", "UNAVAILABLE")
    vault = CountingVault(({"im-a": "A"}, "im-a"), ({"im-b": "B"}, ""), away, ({"im-c": "C"}, ""))
    forms = Forms(vault=vault, clock=lambda: now[0])  # type: ignore[arg-type]
    for _ in range(50):
        assert await forms.title("im-b") == "B"
        with pytest.raises(NotFound):
            await forms.title("nobody")
    assert vault.calls == 2
    now[0] = 61
    assert await forms.title("im-a") == "A"
    assert await forms.title("im-a") == "A"
    assert vault.calls == 3
    now[0] = 122
    assert await forms.all() == {"im-c": "C"}


async def test_before_the_first_list_the_failure_is_told() -> None:
    """There is no list to use yet; the next visit asks again."""
    away = VaultError("STORE_UNAVAILABLE", "UNAVAILABLE")
    vault = CountingVault(away, ({"im-a": "A"}, ""))
    forms = Forms(vault=vault, clock=lambda: 0.0)  # type: ignore[arg-type]
    with pytest.raises(VaultError):
        await forms.all()
    assert await forms.title("im-a") == "A"


@pytest.mark.parametrize("bucket", ["addresses", "platforms"])
async def test_a_flood_of_reports_is_slowed(world: SessionWorld, tmp_path: Path, bucket: str) -> None:
    """Beyond the burst a report waits, its text is kept, too; another platform has a bucket of its own."""
    await world.prepare(name="im-b")
    async with site_of(world, tmp_path, reports={bucket: Buckets(burst=1, per_second=0)}) as site:
        browser = await site.browser()

        async def filed(start: str) -> Page:
            path = await begun(browser, start)
            for step, value in (("what", "RUMOUR"), ("where", "x"), ("contact", "")):
                await answer(browser, path, step, value)
            return await sent(browser, path)

        first, second, other = await filed(FORM), await filed(FORM), await filed(NEIGHBOUR)
        assert (first.status, second.status, second.headers["Retry-After"]) == (303, 429, "10")
        assert second.hidden("kept") != ""
        assert other.status == (303 if bucket == "platforms" else 429)
