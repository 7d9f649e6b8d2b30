"""The pages of narrowings: what must be narrowed, by two moderators who had no part in the sanction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from idvault_client.pages.rendering import saying
from idvault_client.sanctions import (
    AccountSanction,
    ModeratorKey,
    NarrowingPage,
    NarrowingState,
    SanctionNarrowing,
)
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import ConsolePage, GoTo, NoPageError, Visit
from idvault_people.moderation.narrowing import NarrowingPages
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.workplace import Workplace
from idvault_verify.sanction import Degree, Scope
from idvault_verify.session import ContestState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support import builders
from tools.support.flow_world import PARTY, command
from tools.support.sanction_world import signing


@pytest.fixture
async def made(place: Office) -> AccountSanction:
    """A closing of a person whose verification was withdrawn; moderators 3 and 4 imposed it."""
    world, age = place.world.world, place.age
    claim = await world.claims.verify(command(1))
    token = claim.account.account_token
    keys = [await world.moderator(number) for number in range(1, 7)]
    sanction = await world.of_person(token, Degree.CLOSE, (keys[2], keys[3]), seconds=age)
    contest = await place.sessions.asks(age).contest(token, claim.claim_id, "not me (synthetic)")
    first, second = [signing(key, age) for key in keys[4:]]
    asks = place.sessions.asks(age)
    proposed = await asks.decide_contest(contest.contest_id, ContestState.UPHELD, "seen", key=first)
    await asks.confirm_contest(proposed, key=second)
    return sanction


async def test_two_moderators_narrow_a_sanction(
    place: Office, browser: Visitor, made: AccountSanction
) -> None:
    """Who imposed it cannot; the first waits for the second; each form acts once."""
    here = f"/sanctions/{made.sanction_id}/narrowing"
    assert "Sanctions to narrow How many 1" in (await browser.get("/")).words
    page = await browser.get("/narrowings")
    assert f'href="{here}"' in page.text
    async with place.works(await place.moderator(3)) as own:
        assert "two others must narrow it" in (await own.get(here)).words
    form = await browser.get(here)
    early = await submit(browser, here, form, paper="00" * 32)
    assert (early.status, "Now: must be narrowed." in early.words) == (409, True)
    for _ in range(2):
        done = await submit(browser, here, form)
        assert (done.status, "Owner" in done.words or "owner" in done.words) == (200, True)
    assert "another moderator must confirm it" in (await browser.get(here)).words
    async with place.works(await place.moderator(2)) as second:
        form = await second.get(here)
        for _ in range(2):
            await submit(second, here, form)
        assert len(place.wire.calls("ConfirmNarrowing")) == 2, "one that was refused, and one that acted"
        anew = {"once": "again", "request_id": str(uuid4())}
        late = await post(second, here, {**form_of(form, here), **anew})
        assert (late.status, "narrowed to the account" in late.words) == (409, True)
        assert "No sanction has to be narrowed" in (await second.get("/narrowings")).words
        listed = await second.get("/narrowings?view=all")
        assert f'href="{here}?view=all"' in listed.text
        page = await second.get(f"{here}?view=all")
        assert f'action="{here}' not in page.text, "it is narrowed, and nothing is left to sign"
        assert ("narrowed to the account" in page.words, page.status) == (True, 200)
    assert (await place.world.world.get(made, seconds=place.age)).scope is Scope.ACCOUNT


@dataclass(kw_only=True)
class Narrowings:
    """A vault's narrowings, the finished ones first; which acts were asked for."""

    sanction: AccountSanction
    finished: Sequence[SanctionNarrowing]
    waiting: Sequence[SanctionNarrowing]
    acts: list[str] = field(default_factory=list)

    @property
    def narrowings(self) -> "Narrowings":
        return self

    sanctions = narrowings

    def get(self, _: str) -> AccountSanction:
        return self.sanction

    def list_page(self, *, open_only: bool, page_size: int, page_token: str) -> NarrowingPage:
        every = self.waiting if open_only else (*self.finished, *self.waiting)
        begin = int(page_token or 0)
        end = begin + page_size
        return NarrowingPage(tuple(every[begin:end]), str(end) if end < len(every) else "")

    def propose(self, *_: object, **__: object) -> None:
        self.acts.append("propose")

    def confirm(self, *_: object, **__: object) -> None:
        self.acts.append("confirm")


def test_what_is_signed_is_what_was_shown(made: AccountSanction) -> None:
    """A proposal behind ten thousand others is confirmed; one that is gone is not proposed instead."""
    shown = SanctionNarrowing(
        sanction_id=made.sanction_id,
        account_token=made.account_token,
        state=NarrowingState.PROPOSED,
        begin_time=builders.NOW,
        due_time=builders.NOW + timedelta(days=15),
        overdue=False,
        propose_moderator_id="b" * 32,
        lapse_time=builders.NOW + timedelta(days=3),
        paper_digest=bytes(range(32)),
        confirm_moderator_id="",
        narrow_time=None,
    )
    other = replace(shown, state=NarrowingState.NARROWED)
    finished = [replace(other, sanction_id=f"{number:032x}") for number in range(10_000)]
    world = Narrowings(sanction=made, finished=finished, waiting=[shown])
    vault: Any = world
    key = ModeratorKey.generate(PARTY).of("c" * 32)
    pages = NarrowingPages(place=Workplace(vault=vault, key=key, clock=lambda: builders.NOW))
    visit = Visit(language="en", say=saying({**CONSOLE, **TEXTS}, "en"), parts={"sanction": made.sanction_id})
    page = pages.narrowing(visit)
    assert isinstance(page, ConsolePage)
    (paper,) = page.values["shown"].fields
    sent = replace(visit, fields={"paper": paper.value, "request_id": str(uuid4())})
    assert isinstance(pages.narrow(sent), GoTo)
    world.waiting = []
    with pytest.raises(NoPageError):
        pages.narrow(sent)
    assert world.acts == ["confirm"]
