"""The rows of "my identity" in the table of hosted pages: how a visitor comes to each."""

import re
from collections.abc import Mapping

from idvault_verify.sanction import Degree
from tests.support.session_world import BASE_URL, RETURN_URL, TERMS
from tests.web.browser import Page
from tests.web.identity import test_pages as identities
from tests.web.inquiry import test_pages as inquiries
from tests.web.test_pages import bound
from tests.web.visitor import CANARY_LINE, Row, Visit


async def _own(visit: Visit, name: str = "", *, sanctioned: bool = False) -> Page:
    """Come to a page of "my identity" of an account, sanctioned or not."""
    world, people = visit.site.world.moderation, len(visit.site.world.claims.registry.checks)
    # A person has five accounts at most: each visitor is somebody else.
    token = await world.account(10 + people)
    await visit.site.world.histories.disclose(token)
    if sanctioned:
        await world.case(Degree.LIMIT, token=token, measure="no-video", seconds=identities.TODAY)
    made = await visit.site.platform.sessions.create_identity(
        token, return_url=RETURN_URL, locale=visit.language
    )
    path = await bound(visit.site, visit.browser, made.url)
    overview = await visit.browser.follow(await visit.browser.get(path))
    return await visit.browser.get(f"{overview.path}/{name}") if name else overview


async def start(visit: Visit) -> Page:
    token = await visit.site.world.moderation.account(9)
    made = await visit.site.platform.sessions.create_identity(
        token, return_url=RETURN_URL, locale=visit.language
    )
    return await visit.browser.get(made.url.removeprefix(BASE_URL))


async def receipt(visit: Visit) -> Page:
    return await _own(visit, "receipt")


async def contest(visit: Visit) -> Page:
    listed = await _own(visit, "verifications")
    (address,) = re.findall(r'href="([^"]*/contest)"', listed.text)
    return await visit.browser.get(address)


async def contest_wrong(visit: Visit) -> Page:
    form = await contest(visit)
    return await visit.browser.post(form.path, {"form": form.hidden("form"), "text": " "})


async def contested(visit: Visit) -> Page:
    form = await contest(visit)
    fields = {"form": form.hidden("form"), "text": CANARY_LINE}
    return await visit.browser.follow(await visit.browser.post(form.path, fields))


async def reinstatement(visit: Visit) -> Page:
    listed = await _own(visit, "verifications")
    await identities.withdraw(visit.site)
    listed = await visit.browser.get(listed.path)
    (address,) = re.findall(r'href="([^"]*/withdrawal/appeal)"', listed.text)
    return await visit.browser.get(address)


async def reinstatement_wrong(visit: Visit) -> Page:
    form = await reinstatement(visit)
    return await visit.browser.post(form.path, {"form": form.hidden("form"), "text": " "})


async def reinstatement_filed(visit: Visit) -> Page:
    form = await reinstatement(visit)
    fields = {"form": form.hidden("form"), "text": CANARY_LINE}
    return await visit.browser.follow(await visit.browser.post(form.path, fields))


async def overview(visit: Visit) -> Page:
    return await _own(visit)


async def stored(visit: Visit) -> Page:
    return await _own(visit, "stored")


async def verifications(visit: Visit) -> Page:
    return await _own(visit, "verifications")


async def disclosures(visit: Visit) -> Page:
    return await _own(visit, "disclosures")


async def standing(visit: Visit) -> Page:
    return await _own(visit, "standing", sanctioned=True)


async def erase(visit: Visit) -> Page:
    return await _own(visit, "erase")


async def erasing(visit: Visit) -> Page:
    """Come to the overview of an account whose erasure was requested."""
    form = await _own(visit, "erase/confirm")
    await visit.browser.post(form.path, {"form": form.hidden("form")})
    return await visit.browser.get(form.path.removesuffix("/erase/confirm"))


async def appeal(visit: Visit) -> Page:
    standing = await _own(visit, "standing", sanctioned=True)
    return await visit.browser.get(standing.links[0])


async def appeal_wrong(visit: Visit) -> Page:
    form = await appeal(visit)
    return await visit.browser.post(form.path, {"form": form.hidden("form"), "text": " "})


async def disowned(visit: Visit) -> Page:
    """Come to the page of an account whose platform was told that it is disowned."""
    page = await overview(visit)
    await inquiries.told(visit.site, page.path.rpartition("/")[2])
    return await visit.browser.get(f"{page.path}/disowned")


async def timeline(visit: Visit) -> Page:
    return await _own(visit, "timeline")


async def limited(visit: Visit) -> Page:
    """Come to the overview of an account that is under a sanction."""
    return await _own(visit, sanctioned=True)


async def erase_confirm(visit: Visit) -> Page:
    return await _own(visit, "erase/confirm")


async def _public(visit: Visit, name: str = "", *, company: bool = False) -> Page:
    """Come to a page of a public account; name: of the change that is asked for."""
    world, checks = visit.site.world.publishing, visit.site.world.claims.registry.checks
    token = await (world.company(100 + len(checks)) if company else world.person(10 + len(checks)))
    found = await world.open(token, seconds=identities.TODAY)
    person = await world.person(10 + len(checks))
    if company:
        await world.add_operator(found, person, seconds=identities.TODAY)
    else:
        await world.offer(found, person, seconds=identities.TODAY)
    made = await visit.site.platform.sessions.create_identity(
        token, return_url=RETURN_URL, locale=visit.language
    )
    await bound(visit.site, visit.browser, made.url)
    path = f"/i/{made.session_id}/public"
    return await visit.browser.get(path if name == "list" else f"{path}/{found.public_account_id}{name}")


async def _offered(visit: Visit, name: str = "") -> Page:
    """Come to a page of an account that is offered a public account, with the platform's terms."""
    world, checks = visit.site.world.publishing, visit.site.world.claims.registry.checks
    # Each person is checked once, so the number of checks is another one for each.
    found = await world.open(await world.person(10 + len(checks)), seconds=identities.TODAY)
    receiver = await world.person(10 + len(checks))
    await world.offer(found, receiver, seconds=identities.TODAY)
    made = await visit.site.platform.sessions.create_identity(
        receiver, return_url=RETURN_URL, locale=visit.language, policy_version="terms-3", policy_text=TERMS
    )
    await bound(visit.site, visit.browser, made.url)
    return await visit.browser.get(f"/i/{made.session_id}{name.format(found.public_account_id)}")


OWN: Mapping[str, Row] = {
    "own-public-none": Row(lambda visit: _own(visit, "public")),
    "own-public": Row(lambda visit: _public(visit, "list")),
    "own-public-one": Row(_public),
    "own-public-company": Row(lambda visit: _public(visit, company=True)),
    "own-public-operator": Row(lambda visit: _public(visit, "/operator", company=True)),
    "own-public-offer": Row(lambda visit: _public(visit, "/offer")),
    "own-public-close": Row(lambda visit: _public(visit, "/close")),
    "own-public-apply": Row(lambda visit: _own(visit, "public/apply")),
    "own-offered": Row(_offered),
    "own-public-offered": Row(lambda visit: _offered(visit, "/public")),
    "own-public-accept": Row(lambda visit: _offered(visit, "/public/accept?number={}")),
    "own-public-accept-wrong": Row(lambda visit: _own(visit, "public/accept?number=1"), 422),
    "own-start": Row(start),
    "own-overview": Row(overview),
    "own-limited": Row(limited),
    "own-timeline": Row(timeline),
    "own-stored": Row(stored),
    "own-verifications": Row(verifications),
    "own-disclosures": Row(disclosures),
    "own-standing": Row(standing),
    "own-contest": Row(contest),
    "own-contest-wrong": Row(contest_wrong, 422),
    "own-contested": Row(contested),
    "own-reinstatement": Row(reinstatement),
    "own-reinstatement-wrong": Row(reinstatement_wrong, 422),
    "own-reinstatement-filed": Row(reinstatement_filed),
    "own-receipt": Row(receipt),
    "own-erase": Row(erase),
    "own-erase-confirm": Row(erase_confirm),
    "own-erasing": Row(erasing),
    "own-appeal": Row(appeal),
    "own-appeal-wrong": Row(appeal_wrong, 422),
    "own-disowned": Row(disowned),
}
