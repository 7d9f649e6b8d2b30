"""Templates at the desk: kept, changed and deleted, and what they fill in the form of a sanction."""

from idvault_client.sanctions import PlatformTemplate
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Seen, Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support.sanction_world import template

WRITTEN = {
    "title": "Rumour, first time",
    "rule_reference": "terms 4.2",
    "ground": "AGAINST_TERMS",
    "category": "RUMOUR",
    "degree": "WARN",
    "days": "30",
    "territory": "CN",
    "redress": "write to appeals",
}


async def kept(place: Office) -> list[PlatformTemplate]:
    """Return the platform's templates."""
    return list((await place.world.world.asks(place.age).list_templates()).templates)


async def keep(place: Office, **changes: object) -> PlatformTemplate:
    """Keep a template now."""
    return await place.world.world.asks(place.age).set_template(template(**changes))


async def fill(browser: Visitor, path: str, page: Seen, **fields: str) -> Seen:
    """Press the button that fills a form in."""
    return await post(browser, path, {**form_of(page, path), **fields, "step": "fill"})


async def test_a_template_is_kept_changed_and_deleted(place: Office, browser: Visitor) -> None:
    """Without a signature; the list is by rule, and says what to do while it is empty."""
    assert "Make one for each rule" in (await browser.get("/templates")).words
    page = await submit(browser, "/templates/new", **WRITTEN)
    (made,) = await kept(place)
    assert (made.title, made.degree, made.days) == ("Rumour, first time", Degree.WARN, 30)
    assert f'href="/templates/{made.template_id}"' in page.text
    here = f"/templates/{made.template_id}"
    page = await submit(browser, here, title="Rumour, second time", days="")
    assert "Rumour, second time" in page.words
    (changed,) = await kept(place)
    assert (changed.template_id, changed.days) == (made.template_id, 0)
    assert "No moderator can choose it any more" in (await browser.get(f"{here}/deletion")).words
    question = await browser.get(f"{here}/deletion")
    await post(browser, f"{here}/deletion", _hidden(question))
    assert await kept(place) == []
    assert (await browser.get(here)).status == 404
    assert [name for name, _ in place.wire.sent if "Impose" in name] == []


def _hidden(page: Seen) -> dict[str, str]:
    """Return the hidden fields of the only form of a page."""
    (path,) = {each for each in page.text.split('action="') if each.startswith("/templates")}
    return form_of(page, path.partition('"')[0])


async def test_what_is_wrong_is_named(place: Office, browser: Visitor) -> None:
    """What is not chosen, by the page; what is too long, by the vault; and nothing typed is lost."""
    page = await submit(browser, "/templates/new", title="A name", redress="typed", days="0")
    assert page.status == 422
    for field in ("ground", "category", "degree", "days"):
        assert f'href="#{field}"' in page.text
    assert "typed</textarea>" in page.text
    for days in ("3651", "2147483648", "9" * 20, "0" * 9 + "9" * 20):
        page = await submit(browser, "/templates/new", **{**WRITTEN, "days": days})
        assert (page.status, 'href="#days"' in page.text) == (422, True)
    page = await submit(browser, "/templates/new", **{**WRITTEN, "title": "n" * 65, "measure": "no-video"})
    assert (page.status, 'href="#title"' in page.text, 'href="#measure"' in page.text) == (422, True, True)
    assert await kept(place) == []


async def test_a_hundred_and_first_is_refused(place: Office, browser: Visitor) -> None:
    """The page says what to do."""
    for number in range(100):
        await keep(place, title=f"Rule {number}")
    page = await submit(browser, "/templates/new", **WRITTEN)
    assert (page.status, "Delete one first" in page.words) == (422, True)


async def test_an_address_begins_a_form_with_a_template(place: Office, browser: Visitor) -> None:
    """Everything that the template says is in the form; one that is not there any more fills nothing."""
    made = await keep(place, degree=Degree.LIMIT, measure="no-video", category=SanctionCategory.FRAUD)
    form = form_of(await browser.get(f"/sanctions/new?template={made.template_id}"), "/sanctions/new")
    assert {name: form[name] for name in ("rule_reference", "degree", "measure", "category", "days")} == {
        "rule_reference": "terms 4.2",
        "degree": "LIMIT",
        "measure": "no-video",
        "category": "FRAUD",
        "days": "30",
    }
    form = form_of(await browser.get(f"/sanctions/new?template={'0' * 32}"), "/sanctions/new")
    assert ("degree" in form, form["days"]) == (False, "")


async def test_what_was_typed_stays(place: Office, browser: Visitor) -> None:
    """A template replaces what the form or another template began with, not the moderator's words."""
    first = await keep(place)
    second = await keep(place, title="Fraud", rule_reference="terms 5", redress="ask us", days=90)
    here = "/sanctions/new"
    page = await browser.get(here)
    page = await fill(browser, here, page, template=first.template_id, case_reference="case 17")
    form = form_of(page, here)
    assert (form["rule_reference"], form["days"], form["case_reference"]) == ("terms 4.2", "30", "case 17")
    page = await fill(browser, here, page, template=second.template_id, redress="my own words", days="")
    form = form_of(page, here)
    assert (form["rule_reference"], form["days"], form["redress"]) == ("terms 5", "90", "my own words")
    assert "Left as it was: How to appeal." in page.words


async def test_the_sanction_of_a_report_begins_with_a_template(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """The account stays the reported one; what is signed is what the form says then."""
    token = await place.world.world.account()
    made = await keep(place)
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = (await place.world.file(target=target, seconds=place.age)).tip_off
    here = f"/reports/{filed.tip_off_id}/sanction"
    await submit(browser, f"/reports/{filed.tip_off_id}/decision", decision="sanction")
    page = await fill(browser, here, await browser.get(here), template=made.template_id)
    page = await submit(browser, here, page, redress="changed by hand", evidence="00" * 32)
    assert "Check before you sign" in page.words, page.words
    await submit(browser, here, page)
    (imposed,) = (await place.world.world.asks(place.age).list_page()).sanctions
    assert imposed.statement is not None
    assert (imposed.account_token, imposed.degree) == (token, Degree.WARN)
    assert (imposed.statement.redress, imposed.statement.rule_reference) == ("changed by hand", "terms 4.2")
    assert imposed.statement.end_at is not None
    assert imposed.impose_moderator_id == key.moderator_id


async def test_what_the_report_says_stays(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """A template of another category does not change the report's, whatever template came before it."""
    same = await keep(place)
    other = await keep(place, title="Fraud", category=SanctionCategory.FRAUD, rule_reference="terms 5")
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    filed = (await place.world.file(target=target, seconds=place.age)).tip_off
    here = f"/reports/{filed.tip_off_id}/sanction"
    page = await browser.get(here)
    assert "What the reporter says" in page.words
    for chosen, stayed in ((same, False), (other, True)):
        page = await fill(browser, here, page, template=chosen.template_id)
        assert form_of(page, here)["category"] == "RUMOUR"
        assert ("Left as it was: Category." in page.words) is stayed
    assert form_of(page, here)["rule_reference"] == "terms 5"


async def test_a_measure_begins_with_a_template(place: Office, browser: Visitor) -> None:
    """With what a measure has of it; the report and the usual answers stand beside it, those folded."""
    made = await keep(place)
    filed = (await place.world.file(seconds=place.age)).tip_off
    here = f"/reports/{filed.tip_off_id}/content"
    page = await browser.get(here)
    assert "What the reporter says" in page.words
    assert (
        "<details><summary>How it was found and decided, where it applies, whose decision it is</summary>"
        in page.text
    )
    page = await fill(browser, here, page, template=made.template_id)
    form = form_of(page, here)
    assert (form["rule_reference"], form["ground"], form["territory"]) == ("terms 4.2", "AGAINST_TERMS", "CN")
    page = await submit(browser, here, page, territory="", content_kind="LABELLED", evidence="00" * 32)
    assert (page.status, "<details open><summary>How it was found" in page.text) == (422, True)


async def test_a_template_is_named_as_its_language_writes(place: Office, browser: Visitor) -> None:
    """Rule and name have that language's colon between them where one chooses."""
    await keep(place)
    page = await browser.get("/sanctions/new")
    assert ">terms 4.2: Rumour, first time</option>" in page.text
    page = await browser.get("/sanctions/new?lang=zh")
    assert ">terms 4.2：Rumour, first time</option>" in page.text
