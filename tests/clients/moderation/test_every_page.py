"""Pages of the desk that no journey comes by: their words in both languages, in a browser in one each."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from idvault_verify.session import ContestState
from tests.clients.console.authority.test_pages import TYPED, look, problems
from tests.clients.moderation import test_measure as measures
from tests.clients.moderation import test_order as ordered
from tests.clients.moderation.test_journey import waiting
from tests.support.moderation_console import Office
from tests.web import browser as client
from tests.web.test_rendering import LANGUAGES, screens
from tools.support import builders
from tools.support.authority_world import AuthorityWorld
from tools.support.browser import SHARED
from tools.support.flow_world import PARTY, command
from tools.support.sanction_world import signing

pytestmark = pytest.mark.process

ASSETS = (
    "/static/style.css",
    "/static/icons.svg",
    "/static/console.js",
    "/static/polling.js",
    "/static/rows.js",
)
TITLE = "Verify your account (synthetic)"
MISSING = f"/reports/{'0' * 32}"
# What others wrote, in either language, and the usual replies, which a reporter reads in his own.
WRITTEN = (
    *(*TYPED, TITLE, "It was not me", "It was me", "not me", PARTY, "(synthetic)", "write to appeals"),
    "This post says that the tap water is poisoned. The authority denied it yesterday.",
    "It was satire: please read all of it.",
    "感谢您的举报。经核查举报属实，我们已采取措施。",
    "Thank you for your report. You were right, and we have acted.",
)


async def claimed(place: Office, number: int) -> tuple[str, str]:
    """Let a person of a number's own verify an account; return its token and the claim's id."""
    who = builders.identity(number=f"110000190101{number:02}000X")
    claim = await place.world.world.claims.verify(command(number, identity=who))
    return claim.account.account_token, claim.claim_id


async def withdrawn(place: Office, token: str, claim_id: str, keys: Sequence[ModeratorKey]) -> None:
    """Let two moderators uphold that a verification was somebody else's."""
    asks, (first, second) = place.sessions.asks(place.age), [signing(key, place.age) for key in keys]
    contest = await asks.contest(token, claim_id, "not me (synthetic)")
    proposed = await asks.decide_contest(contest.contest_id, ContestState.UPHELD, "seen", key=first)
    await asks.confirm_contest(proposed, key=second)


async def cases(place: Office, key: ModeratorKey, folder: Path) -> list[str]:
    """Let every kind of case wait for the moderator; return addresses of their pages, and of their forms."""
    world, now = place.world.world, place.age
    staff = [await place.moderator(number) for number in range(2, 7)]
    found = await waiting(place, staff[0], "en", 1)
    await place.world.assign(found.reported, key.moderator_id, seconds=now)
    filed = (await place.world.file(reporter_token=found.token, seconds=now)).tip_off
    disowned = await place.disowned((await claimed(place, 11))[0])
    revoked, claim_id = await claimed(place, 12)
    await withdrawn(place, revoked, claim_id, staff[3:])
    appeal = await place.appeal_withdrawal(revoked, "It was me (synthetic)")
    closed, claim_id = await claimed(place, 13)
    wide = await world.of_person(closed, Degree.CLOSE, (staff[1], staff[2]), seconds=now)
    await withdrawn(place, closed, claim_id, staff[3:])
    measure = await measures.imposed(place, staff[0])
    await measures.appealed(place, measure)
    authority = AuthorityWorld(place.world.database, folder, life=7)
    await authority.register_platforms(PARTY)
    order = await ordered.given(place, authority, found.token)
    draft = await place.sessions.campaigns.create(title=TITLE, seconds=now)
    running = await place.sessions.campaigns.started(title=TITLE, seconds=now)
    return [
        *(f"/reports/{found.reported.tip_off_id}/{form}" for form in ("content", "reply", "return", "note")),
        *("/sanctions/new", f"/accounts/{found.token}", f"/sanctions/{found.proposed}/end"),
        *(f"/sanctions/{found.proposed}/confirmation", f"/sanctions/{wide.sanction_id}/narrowing"),
        *("/narrowings", "/disavowals", f"/disavowals/{disowned}", f"/disavowals/{disowned}/decision"),
        *("/reinstatements", f"/reinstatements/{appeal.reinstatement_id}"),
        *("/measures", f"/measures/{measure.measure_id}"),
        *("/orders", f"/orders/{order.order_id}", f"/orders/{order.order_id}/sanction"),
        *(f"/contests/{found.contested}/decision", f"/reporters/{filed.reporter_id}/standing"),
        *(f"/campaigns/{draft.campaign_id}?saved=campaign", f"/campaigns/{running.campaign_id}"),
        *("/templates/new", MISSING, f"/public-accounts/{found.applied}/decision"),
    ]


async def test_every_page_keeps_the_rules(place: Office, key: ModeratorKey, tmp_path: Path) -> None:
    """Unframed, without inline code, in one language and its words; nothing is printed as Python has it."""
    addresses, wrong, statuses = await cases(place, key, tmp_path), {}, {}
    async with place.works(key) as visitor:
        for language in ("en", "zh"):
            for path in addresses:
                seen = await visitor.get(path, **{"Accept-Language": language})
                statuses[language, path] = seen.status
                # What a form sends, such as a reply in the reporter's language, is no word of the page.
                seen = replace(seen, text=re.sub(r"<textarea.*?</textarea>", "", seen.text, flags=re.S))
                if found := problems(path, seen, language, typed=WRITTEN):
                    wrong[language, path] = found
    assert wrong == {}, "\n".join(map(str, wrong.items()))
    others = {each: status for each, status in statuses.items() if status != 200}
    assert others == {(language, MISSING): 404 for language in ("en", "zh")}


async def test_every_page_is_for_everybody(place: Office, key: ModeratorKey, tmp_path: Path) -> None:
    """At 320 pixels, at 200 %, on paper, by keyboard without script; axe finds nothing, light or dark."""
    addresses = await cases(place, key, tmp_path)
    async with place.works(key) as visitor:
        fetched = {}
        for path in ASSETS:
            seen = await visitor.get(path)
            fetched[path] = client.Page(200, seen.headers, seen.text, path)
        visited = []
        for turn, path in enumerate(addresses):
            seen = await visitor.get(path, **{"Accept-Language": LANGUAGES[turn % 2]})
            visited.append(client.Page(seen.status, seen.headers, seen.text, path))
    assert {page.path: page.status for page in visited if page.status != 200} == {MISSING: 404}
    wrong: dict[str, list[str]] = {}

    def run(browser: Browser) -> None:
        with screens(browser, fetched) as (screen, bare):
            for recorded in visited:
                if found := look(screen, bare, recorded):
                    wrong[recorded.path] = found

    await SHARED.use(run)
    assert wrong == {}
