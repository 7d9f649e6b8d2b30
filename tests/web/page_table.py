"""The table of the hosted pages: how a visitor comes to each, in which state.

A new page is a new row of PAGES. The row is then tested as every other one: headers, size, canaries and
languages (test_table), and in a browser (test_rendering): axe, keyboard, zoom, print, without script. It also
needs its two pictures in docs/pages.md.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlalchemy import update

from idvault.core.tables.claim import claims
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import FailureReason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof
from tests.support.session_world import BASE_URL, browser_key
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.identity.own_table import OWN
from tests.web.inquiry import test_pages as inquiries
from tests.web.test_pages import bound, filled, invitation
from tests.web.tip_off import asked, codes
from tests.web.tip_off import test_pages as reports
from tests.web.visitor import CANARY_LINE, CHILD, NAME, NUMBER, TYPO, Row, Visit
from tools.support import builders, sql
from tools.support.fakes.flaky import Fault


async def result_start(visit: Visit) -> Page:
    return await visit.browser.get(await visit.link(proof=Proof.RESULT_ONLY))


async def result_form(visit: Visit) -> Page:
    _, page = await visit.vouching()
    return page


async def result_done(visit: Visit) -> Page:
    page = await visit.vouched()
    assert visit.site.world.provider is not None
    visit.site.world.provider.end(page.links[0], credential=visit.language)
    sent = await visit.browser.post(f"{page.path}/proof", {"form": page.hidden("form")})
    return await visit.browser.follow(sent)


async def proof_start(visit: Visit) -> Page:
    return await visit.browser.get(await visit.link(proof=Proof.HOLDER))


async def proof_form(visit: Visit) -> Page:
    _, form = await visit.proof_form()
    return form


async def proof(visit: Visit) -> Page:
    return await visit.proving()


async def proof_refused(visit: Visit) -> Page:
    return await visit.proved(ProofEnd.CANCELLED)


async def proof_waiting(visit: Visit) -> Page:
    visit.site.world.claims.claims.plant("settle", Fault.REFUSE)
    refused = await visit.proved(ProofEnd.CONFIRMED)
    return await visit.browser.get(refused.path.removesuffix("/proof"))


async def proof_done(visit: Visit) -> Page:
    return await visit.browser.follow(await visit.proved(ProofEnd.CONFIRMED))


async def start(visit: Visit) -> Page:
    return await visit.browser.get(await visit.link())


async def leave(visit: Visit) -> Page:
    return await visit.browser.open(BASE_URL + await visit.link())


async def terms(visit: Visit) -> Page:
    path = await bound(visit.site, visit.browser, BASE_URL + await visit.link())
    return await visit.browser.get(path)


async def document(visit: Visit) -> Page:
    path, _ = await visit.form()
    return await visit.browser.get(path)


async def identity(visit: Visit) -> Page:
    _, form = await visit.form()
    return form


async def wrong(visit: Visit) -> Page:
    path, form = await visit.form()
    return await visit.browser.post(f"{path}/identity", filled(form, name="☃" + CANARY_LINE, number=TYPO))


async def guardian(visit: Visit) -> Page:
    path, form = await visit.form()
    asked = await visit.browser.post(f"{path}/identity", filled(form, name=NAME, number=CHILD))
    adult = {"guardian_document": "RESIDENT_ID", "guardian_name": CANARY_LINE, "guardian_number": CHILD}
    typed = {**filled(asked, name=NAME, number=CHILD), **adult}
    return await visit.browser.post(f"{path}/identity", typed)


async def again(visit: Visit) -> Page:
    return await visit.submitted(RegistryAnswer.MISMATCH)


async def waiting(visit: Visit) -> Page:
    return await visit.submitted(RegistryAnswer.NOT_SENT)


async def done(visit: Visit) -> Page:
    return await visit.submitted()


async def failed(visit: Visit) -> Page:
    path, form = await visit.form(*[RegistryAnswer.MISMATCH] * 5)
    for _ in range(5):
        sent = await visit.browser.post(f"{path}/identity", filled(form, name=NAME, number=NUMBER))
        form = await visit.browser.follow(sent)
    return form


async def closed(visit: Visit) -> Page:
    page = await visit.browser.follow(await visit.proved(ProofEnd.DENIED))
    # A closed person, without the two moderators and the sanction that it takes.
    refused = update(claims).where(claims.c.failure_reason == FailureReason.MISMATCH.value)
    await sql.change(
        visit.site.world.database, refused.values(failure_reason=FailureReason.PERSON_CLOSED.value)
    )
    return await visit.browser.get(page.path)


async def contested(visit: Visit) -> Page:
    page = await closed(visit)
    return await visit.browser.post(f"{page.path}/pairing", {"form": page.hidden("form")})


async def expired(visit: Visit) -> Page:
    world = visit.site.world
    past = (datetime.now(UTC) - builders.NOW).total_seconds() - 1_200
    made = await world.create(seconds=past, locale=visit.language)
    await world.redeem(made.url, seconds=past)
    visit.browser.cookies["__Host-browser"] = browser_key()
    return await visit.browser.get(f"/s/{made.session_id}")


async def taken(visit: Visit) -> Page:
    path = await visit.link()
    await (await visit.site.browser()).open(BASE_URL + path)
    begun = await visit.browser.get(path)
    return await visit.browser.post(path, {"form": begun.hidden("form")})


async def unknown(visit: Visit) -> Page:
    return await visit.browser.get(f"/v/{'0' * 26}")


async def missing(visit: Visit) -> Page:
    return await visit.browser.get("/nothing")


async def forged(visit: Visit) -> Page:
    return await visit.browser.post(await visit.link(), {"form": ""})


async def too_large(visit: Visit) -> Page:
    return await visit.browser.post(await visit.link(), {"form": "x" * 20_000})


async def busy(visit: Visit) -> Page:
    page = await start(visit)
    while page.status == 200:
        page = await visit.browser.get(page.path)
    return page


async def offered(visit: Visit) -> Page:
    """Come to the page on which an invitation can be answered without verifying."""
    _, made = await invitation(visit.site, locale=visit.language)
    return await visit.browser.get(await bound(visit.site, visit.browser, made.url))


async def invited(visit: Visit) -> Page:
    """Come to the first page of an invitation with an incentive and a deadline."""
    text = "一个月免广告" if visit.language == "zh" else "A month without advertisements"
    plan = {"incentive_text": text, "enforcement_date": date(2099, 1, 1)}
    _, made = await invitation(visit.site, locale=visit.language, **plan)
    return await visit.browser.get(made.url.removeprefix(BASE_URL))


async def postponed(visit: Visit) -> Page:
    """Come to the page that asks what was chosen on the first page of an invitation."""
    _, made = await invitation(visit.site, locale=visit.language)
    path = made.url.removeprefix(BASE_URL)
    first = await visit.browser.get(path)
    await visit.browser.post(path, {"form": first.hidden("form"), "answer": "LATER"})
    return await visit.browser.get(await bound(visit.site, visit.browser, made.url))


async def answered(visit: Visit) -> Page:
    page = await offered(visit)
    fields = {"form": page.hidden("form"), "answer": "LATER"}
    return await visit.browser.follow(await visit.browser.post(f"{page.path}/answer", fields))


async def _inquired(visit: Visit, ended: ProofEnd | None = ProofEnd.CONFIRMED) -> Page:
    """Prove to be present on the operator's page; return what it answers, or where the proof goes on."""
    form = await visit.browser.get("/accounts")
    fields = {"form": form.hidden("form"), "document": "RESIDENT_ID", "name": NAME, "number": NUMBER}
    page = await visit.browser.follow(await visit.browser.post("/accounts", fields))
    if ended is None or visit.site.world.provider is None:
        return page
    visit.site.world.provider.end(page.links[0], ended)
    return await visit.browser.post("/accounts/mine", {"form": page.hidden("form")})


async def mine_list(visit: Visit) -> Page:
    """See the list, whose 72 hours are over, with an account of this number."""
    await inquiries.verified(visit.site)
    await _inquired(visit)
    await inquiries.age(visit.site)
    return await visit.browser.follow(await _inquired(visit))


async def mine_start(visit: Visit) -> Page:
    return await visit.browser.get("/accounts")


async def mine_wrong(visit: Visit) -> Page:
    form = await visit.browser.get("/accounts")
    typed = {"document": "RESIDENT_ID", "name": "☃" + CANARY_LINE, "number": TYPO}
    return await visit.browser.post("/accounts", {"form": form.hidden("form"), **typed})


async def mine_proof(visit: Visit) -> Page:
    return await _inquired(visit, None)


async def mine_refused(visit: Visit) -> Page:
    return await _inquired(visit, ProofEnd.CANCELLED)


async def mine_asked(visit: Visit) -> Page:
    await inquiries.forget(visit.site)
    return await visit.browser.follow(await _inquired(visit))


async def mine_opened(visit: Visit) -> Page:
    await inquiries.withdrawn(visit.site.world)
    return await mine_list(visit)


async def mine_disowned(visit: Visit) -> Page:
    page = await mine_list(visit)
    sure = await inquiries.disowning(visit.browser, page)
    return await visit.browser.follow(await inquiries.disowning(visit.browser, sure))


async def mine_disowning(visit: Visit) -> Page:
    return await inquiries.disowning(visit.browser, await mine_list(visit))


PAGES: Mapping[str, Row] = {
    "start": Row(start),
    "leave": Row(leave),
    "terms": Row(terms),
    "document": Row(document),
    "proof-start": Row(proof_start),
    "proof-form": Row(proof_form),
    "proof": Row(proof),
    "proof-refused": Row(proof_refused, 409),
    "proof-waiting": Row(proof_waiting),
    "proof-done": Row(proof_done),
    "result-start": Row(result_start),
    "result-form": Row(result_form),
    "result": Row(Visit.vouched),
    "result-done": Row(result_done),
    "identity": Row(identity),
    "wrong": Row(wrong, 422),
    "guardian": Row(guardian, 422),
    "again": Row(again),
    "done": Row(done),
    "failed": Row(failed),
    "closed": Row(closed),
    "contested": Row(contested),
    "expired": Row(expired),
    "taken": Row(taken, 409),
    "unknown": Row(unknown, 404),
    "missing": Row(missing, 404),
    "forged": Row(forged, 403),
    "too-large": Row(too_large, 413),
    "busy": Row(busy, 429),
    "offered": Row(offered),
    "invited": Row(invited),
    "postponed": Row(postponed),
    "answered": Row(answered),
    "front": Row(lambda visit: visit.browser.get("/")),
    "help": Row(lambda visit: visit.browser.get("/help")),
    "privacy": Row(lambda visit: visit.browser.get("/privacy")),
    **OWN,
    "mine-start": Row(mine_start),
    "mine-wrong": Row(mine_wrong, 422),
    "mine-proof": Row(mine_proof),
    "mine-refused": Row(mine_refused, 409),
    "mine-asked": Row(mine_asked),
    "mine-list": Row(mine_list),
    "mine-openings": Row(mine_opened),
    "mine-disowning": Row(mine_disowning),
    "mine-disowned": Row(mine_disowned),
    "report-list": Row(lambda visit: visit.browser.get("/r")),
    "report-start": Row(lambda visit: visit.browser.get(reports.FORM)),
    "report-what": Row(lambda visit: asked.question(visit.browser, "what")),
    "report-what-wrong": Row(lambda visit: asked.wrong(visit.browser, "what", ""), 422),
    "report-where": Row(lambda visit: asked.question(visit.browser, "where")),
    "report-where-wrong": Row(lambda visit: asked.wrong(visit.browser, "where", CANARY_LINE * 30), 422),
    "report-contact": Row(lambda visit: asked.question(visit.browser, "contact")),
    "report-contact-wrong": Row(lambda visit: codes.no_address(visit.browser, CANARY_LINE), 422),
    "report-code": Row(lambda visit: codes.asked(visit.browser)),
    "report-code-wrong": Row(lambda visit: codes.wrong_code(visit.browser), 409),
    "report-why": Row(lambda visit: asked.question(visit.browser, "why")),
    "report-why-wrong": Row(lambda visit: asked.wrong(visit.browser, "why", ""), 422),
    "report-check": Row(lambda visit: asked.question(visit.browser, "check")),
    "report-check-wrong": Row(lambda visit: asked.check_wrong(visit.browser), 422),
    "report-check-large": Row(lambda visit: asked.check_large(visit.browser), 413),
    "report-check-long": Row(lambda visit: asked.check_long(visit.browser)),
    "report-check-unsent": Row(lambda visit: asked.check_unsent(visit.browser), 413),
    "report-where-long": Row(lambda visit: asked.where_long(visit.browser)),
    "report-done": Row(lambda visit: asked.done(visit.browser)),
    "report-lost": Row(lambda visit: asked.lost(visit.site, visit.browser), 404),
    "report-reply": Row(lambda visit: visit.browser.get(f"{reports.FORM}/reply")),
    "report-reply-wrong": Row(lambda visit: reports.follow(visit.browser, "12", CANARY_LINE), 422),
    "report-state": Row(lambda visit: asked.state(visit.site, visit.browser)),
    "report-state-wrong": Row(lambda visit: asked.state_wrong(visit.site, visit.browser), 422),
    "report-state-answered": Row(lambda visit: asked.state_answered(visit.site, visit.browser)),
    "report-state-overdue": Row(lambda visit: asked.state_overdue(visit.site, visit.browser)),
    # The last one: while a claim is queued, the platform's later ones are queued, too.
    "waiting": Row(waiting),
}


async def assets(site: Site) -> dict[str, Page]:
    """Return the style sheet and the script by their addresses."""
    browser = await site.browser()
    names = ("style.css", "form.js", "strict.js", "receipt_check.js", "receipt.js")
    return {path: await browser.get(path) for path in (f"/static/{name}" for name in names)}


async def tour(site: Site, language: str) -> dict[str, tuple[Page, Browser]]:
    """Come to every page, each as a new visitor."""
    found = {}
    await site.sends_codes()
    for name, row in PAGES.items():
        browser = await site.browser(**{"Accept-Language": language})
        page = await row.come(Visit(site, browser, language))
        assert page.status == row.status, (name, page.status)
        found[name] = page, browser
    return found
