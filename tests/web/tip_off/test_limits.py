"""One platform's visitors take nothing from another's; a flood of visits asks the vault nothing."""

import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import Table

from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement
from idvault.core.tables import main as schema
from idvault.web.limits import Buckets, ReportLimits, Shares
from idvault.web.tip_off.forms import Forms
from idvault_client.errors import NotFound, VaultError
from tests.support.session_world import SessionWorld
from tests.web.browser import Browser, Page
from tests.web.conftest import limits_of, site_of
from tests.web.tip_off.test_pages import FORM, answer, begun, follow, reply, sent

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
    vault = CountingVault(
        ({"im-a": "A"}, "im-a", False), ({"im-b": "B"}, "", True), away, ({"im-c": "C"}, "", False)
    )
    forms = Forms(vault=vault, clock=lambda: now[0])  # type: ignore[arg-type]
    for _ in range(50):
        assert await forms.title("im-b") == "B"
        with pytest.raises(NotFound):
            await forms.title("nobody")
    assert vault.calls == 2
    assert forms.proves_contact
    now[0] = 61
    assert await forms.title("im-a") == "A"
    assert await forms.title("im-a") == "A"
    assert vault.calls == 3
    assert forms.proves_contact
    now[0] = 122
    assert await forms.all() == {"im-c": "C"}
    assert not forms.proves_contact


async def test_before_the_first_list_the_failure_is_told() -> None:
    """There is no list to use yet; the next visit asks again."""
    away = VaultError("STORE_UNAVAILABLE", "UNAVAILABLE")
    vault = CountingVault(away, ({"im-a": "A"}, "", False))
    forms = Forms(vault=vault, clock=lambda: 0.0)  # type: ignore[arg-type]
    with pytest.raises(VaultError):
        await forms.all()
    assert await forms.title("im-a") == "A"


async def filed(browser: Browser, start: str = FORM, *, evidence: bytes = b"") -> Page:
    """Send a report from its first question to its last."""
    path = await begun(browser, start)
    for step, value in (("what", "RUMOUR"), ("where", "x"), ("contact", "")):
        await answer(browser, path, step, value)
    return await sent(browser, path, evidence=evidence)


@pytest.mark.parametrize("bucket", ["narrow", "wide", "form", "narrow_bytes", "wide_bytes", "form_bytes"])
def test_each_bucket_slows_a_flood(bucket: str) -> None:
    """Reports beyond its burst wait, by their number or their bytes; every form has its own buckets."""
    limits = limits_of(**{bucket: 1_500 if bucket.endswith("bytes") else 1})

    def told(form: str) -> str | None:
        try:
            limits.check_report(("192.0.2.1", "192.0.2.0/24"), form=form, size=1_000, now=0)
        except web.HTTPTooManyRequests as refused:
            return refused.headers["Retry-After"]
        return None

    assert (told(FORM), told(FORM)) == (None, "300")
    assert told(NEIGHBOUR) == (None if bucket.startswith("form") else "300")


async def test_a_flood_of_reports_is_slowed(world: SessionWorld, tmp_path: Path) -> None:
    """Beyond the burst a report waits, by the bytes of its form, and its text is kept."""
    async with site_of(world, tmp_path, reports=limits_of(form_bytes=1_500)) as site:
        browser = await site.browser()
        first, second = [await filed(browser, evidence=bytes(1_000)) for _ in range(2)]
        assert (first.status, second.status, second.headers["Retry-After"]) == (303, 429, "300")
        assert "不实信息" in second.text
        assert "您所在网络" in second.text
        assert len(await site.tip_offs.listed()) == 1


async def test_a_refused_report_is_counted_nowhere(world: SessionWorld, tmp_path: Path) -> None:
    """While a form is full its visitors lose nothing of their own, however often they try."""
    await world.prepare(name="im-b")
    async with site_of(world, tmp_path, reports=limits_of(form=1, narrow=2)) as site:
        browser = await site.browser()
        told = [(await filed(browser, start)).status for start in (FORM, FORM, FORM, NEIGHBOUR)]
        assert told == [303, 429, 429, 303]


def test_one_address_has_few() -> None:
    """With the usual limits an address gets 20 reports at once and 1 MiB, and its network 100."""
    limits, now = ReportLimits(), 0.0

    def sends(narrow: str, wide: str, *, size: int, count: int = 400) -> int:
        done = 0
        for _ in range(count):
            with suppress(web.HTTPTooManyRequests):
                limits.check_report((narrow, wide), form=FORM, size=size, now=now)
                done += 1
        return done

    assert sends("192.0.2.1", "192.0.2.0/24", size=500) == 20
    assert sends("198.51.100.1", "198.51.100.0/24", size=90_000) == 11
    households = [f"2001:db8:5:{place}::/64" for place in range(20)]
    assert sum(sends(each, "2001:db8:5::/48", size=500) for each in households) == 100
    now = 86_400.0
    assert sends("192.0.2.1", "192.0.2.0/24", size=500) == 20


def test_six_networks_keep_nobody_from_codes() -> None:
    """Whatever a few networks ask for in an hour, a seventh gets its codes."""
    limits = ReportLimits()

    def asks(household: str, network: str, now: float) -> bool:
        with suppress(web.HTTPTooManyRequests):
            limits.check_code((household, network), form=FORM, now=now)
            return True
        return False

    for second in range(0, 3_600, 10):
        for place in range(6):
            for host in range(2):
                asks(f"{place}.{second * 2 + host}", f"{place}", float(second))
        assert second % 300 or asks("198.51.100.1", "198.51.100.0/24", float(second))


async def test_looks_are_limited(world: SessionWorld, tmp_path: Path) -> None:
    """Whoever tries many numbers is slowed before the vault is asked; a number of another form is no look."""
    async with site_of(world, tmp_path, reports=limits_of(narrow_looks=2)) as site:
        browser = await site.browser()
        for _ in range(3):
            assert (await follow(browser, "12", "x")).status == 422
        told = [await follow(browser, f"{place:012}", "0" * 16) for place in range(4)]
        assert [each.status for each in told] == [404, 404, 429, 429]


@pytest.mark.parametrize(("trouble", "status"), [("away", 503), ("busy", 503), ("many", 429)])
async def test_nothing_is_typed_again_after_a_refusal(
    world: SessionWorld, tmp_path: Path, trouble: str, status: int
) -> None:
    """With the vault away, busy pages or too many looks, the numbers and the answer come back in a form."""
    limits = limits_of()
    async with site_of(world, tmp_path, reports=limits) as site:
        browser = await site.browser(**{"Accept-Language": "en"})
        filed = await site.tip_offs.file()
        moderator = (await site.tip_offs.world.moderator(1)).moderator_id
        await site.tip_offs.answer(await site.tip_offs.assign(filed.tip_off, moderator), moderator)
        state = await follow(browser, filed.tip_off.reference, filed.secret)
        usual = (site.pages.vault, site.pages.shares, limits.narrow_looks)
        if trouble == "away":
            away = VaultError("STORE_UNAVAILABLE", "UNAVAILABLE")
            site.pages.vault = CountingVault(away, away)  # type: ignore[assignment]
        elif trouble == "busy":
            site.pages.shares = Shares(at_once=0)
        else:
            limits.narrow_looks = Buckets(burst=0, per_second=0)
        refused = [
            await follow(browser, filed.tip_off.reference, filed.secret),
            await reply(browser, state, "On Monday."),
        ]
        site.pages.vault, site.pages.shares, limits.narrow_looks = usual
        for page in refused:
            assert (page.status, 'name="reference"' in page.text) == (status, False)
            assert filed.secret not in page.text
            assert ("Retry-After" in page.headers) is (trouble != "away")
        fields = {name: refused[0].hidden(name) for name in ("form", "numbers")}
        assert "There is no reply yet" not in (await browser.post(f"{FORM}/reply", fields)).text
        (typed,) = re.findall(r"<textarea[^>]*>\n([^<]*)</textarea>", refused[1].text)
        told = await reply(browser, refused[1], typed)
        assert (told.status, 'name="answer"' in told.text) == (200, False)
        assert (await site.tip_offs.get(filed.tip_off)).supplement == "On Monday."


async def test_no_address_is_kept(world: SessionWorld, tmp_path: Path) -> None:
    """Where a visitor came from is in no table, log line or metric, and in no call of the vault."""
    async with site_of(world, tmp_path, reports=limits_of(narrow=1), proxies=1) as site:
        browser = await site.browser(**{"X-Forwarded-For": "2001:db8:77:5::9"})
        assert [(await filed(browser)).status for _ in range(2)] == [303, 429]
        assert (await follow(browser, "1" * 12, "0" * 16)).status == 404
        [listed] = (await site.tip_offs.asks().list_page()).tip_offs
        kept = site.edge.log.read_text("utf-8") + str(list(site.pages.metrics.families())) + repr(listed)
        for table in schema.sorted_tables:
            kept += repr(await world.database.read("test", partial(rows_of, table)))
        assert "2001:db8" not in kept
        assert listed.reporter_id == ""


async def rows_of(table: Table, connection: Connection) -> list[Any]:
    return await connection.all(statement(table.select()))
