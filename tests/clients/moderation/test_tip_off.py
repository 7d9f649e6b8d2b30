"""The pages of reports: the queue, a case, and what a moderator does with it, over a real edge."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest

from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation import row_facts
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffState, TipOffTarget
from idvault_verify.v1 import tip_off_pb2 as pb
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tests.support.tip_off_world import DAY, TipOffWorld


def path(tip_off: TipOffReport) -> str:
    return f"/reports/{tip_off.tip_off_id}"


async def filed(world: TipOffWorld, **changes: Any) -> TipOffReport:
    return (await world.file(**changes)).tip_off


async def state(place: Office, tip_off: TipOffReport) -> tuple[TipOffState | None, str]:
    found = (await place.world.get(tip_off)).tip_off
    return found.state, found.moderator_id


async def taken(place: Office, browser: Visitor, **changes: Any) -> TipOffReport:
    """File a report, and take it by the pages."""
    made = await filed(place.world, **changes)
    await submit(browser, f"{path(made)}/assignment")
    return made


def listed(text: str) -> list[str]:
    """Return the references of a page's list in their order."""
    return re.findall(r'<th scope="row"><a href="/reports/[0-9a-f]{32}(?:\?[^"]*)?">([0-9]{12})</a>', text)


async def test_the_queue(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """What is due first stands first, with how much is left; views and the category filter it."""
    late = await filed(place.world, category=SanctionCategory.FRAUD)
    mine = await filed(place.world, seconds=DAY)
    await place.world.assign(mine, key.moderator_id)
    page = await browser.get("/reports")
    assert listed(page.text) == [late.reference, mine.reference]
    assert "overdue" in page.words
    assert "days overdue" in page.words
    for view, found in (
        ("unassigned", [late]),
        ("mine", [mine]),
        ("overdue", [late, mine]),
        ("closed", []),
        ("nonsense", [late, mine]),
    ):
        page = await browser.get(f"/reports?view={view}")
        assert listed(page.text) == [each.reference for each in found], view
    page = await browser.get("/reports?view=open&category=FRAUD")
    assert listed(page.text) == [late.reference]
    assert "category=FRAUD" in page.text, "a change of language keeps the filter"
    assert "How many 2" in (await browser.get("/")).words


async def test_a_report_is_taken_and_handed_back(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """A second click of the same form acts once; if another moderator was faster, the page says so."""
    made = await filed(place.world)
    form = await browser.get(f"{path(made)}/assignment")
    for _ in range(2):
        page = await submit(browser, f"{path(made)}/assignment", form)
        assert page.title == f"Report {made.reference}"
    assert await state(place, made) == (TipOffState.ASSIGNED, key.moderator_id)
    again = await submit(browser, f"{path(made)}/assignment")
    assert again.title == f"Report {made.reference}", "in another tab"
    assert len(place.wire.calls("AssignTipOff")) == 1
    page = await submit(browser, f"{path(made)}/return")
    assert page.title == "Reports"
    assert await state(place, made) == (TipOffState.RECEIVED, "")
    slow = await browser.get(f"{path(made)}/assignment")
    other = await place.moderator(2)
    await place.world.assign(made, other.moderator_id)
    page = await submit(browser, f"{path(made)}/assignment", slow)
    assert (page.status, "Another moderator works on this report" in page.words) == (409, True)
    page = await submit(browser, f"{path(made)}/assignment")
    assert await state(place, made) == (TipOffState.ASSIGNED, key.moderator_id), "taken over, knowingly"


async def test_a_lost_answer_is_no_second_act(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The form comes back with what was typed and the same number; sent again, it is the same act."""
    made = await taken(place, browser)
    place.wire.loses = "AddTipOffNote"
    where = f"{path(made)}/note"
    page = await submit(browser, where, note="the photograph is from 2015")
    assert (page.status, "not known whether it was done" in page.words) == (503, True)
    assert "the photograph is from 2015" in page.words
    page = await submit(browser, where, page)
    assert page.title == f"Report {made.reference}"
    sent = [pb.AddTipOffNoteRequest.FromString(each) for each in place.wire.calls("AddTipOffNote")]
    for each in sent:
        each.ClearField("signature")  # which is made anew
    assert sent[0] == sent[1]
    assert [each.note for each in (await place.world.get(made)).notes] == ["the photograph is from 2015"]


async def test_a_flood_stands_last(place: Office, browser: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports of a flooded form are marked, and come after what is due later."""
    monkeypatch.setattr("idvault.tip_off.flood.rules._LEAST", 1)
    first, flooded = [(await place.world.file_by_form()).tip_off for _ in range(2)]
    later = await filed(place.world, seconds=DAY)
    page = await browser.get("/reports?view=open")
    assert listed(page.text) == [each.reference for each in (first, later, flooded)]
    assert page.words.count("from a flooded form") == 1


async def test_a_reply_and_a_note(place: Office, browser: Visitor) -> None:
    """The reporter reads the reply, and staff the note; an empty one is named beside its field."""
    made = await taken(place, browser)
    await submit(browser, f"{path(made)}/note", note="seen before")
    page = await submit(browser, f"{path(made)}/reply", reply="We are checking it.")
    assert "answered, not decided" in page.words
    assert "seen before" in page.words
    assert "We are checking it." in page.words
    page = await submit(browser, f"{path(made)}/note", note="")
    assert page.status == 422
    assert 'href="#note"' in page.text
    assert "This is required" in page.words
    page = await submit(browser, f"{path(made)}/reply", reply="twice")
    assert page.status == 409
    assert "Now: answered, not decided." in page.words


async def test_a_reporter_s_answer_stands_after_the_reply(place: Office, browser: Visitor) -> None:
    """With its time, between the reply that it answers and that of the decision; lists mark open ones."""
    filed = await place.world.file()
    made, markup = filed.tip_off, "<b>it was on Monday</b>"
    await submit(browser, f"{path(made)}/assignment")
    await submit(browser, f"{path(made)}/reply", reply="When was it?")
    await place.world.supplement(filed, markup)
    page = await browser.get(path(made))
    assert markup not in page.text
    asked, answered = page.words.index("When was it?"), page.words.index(markup)
    assert asked < page.words.index("Answer of the reporter,") < answered
    assert "Answer of the reporter" in (await browser.get("/reports?view=open")).words
    await submit(
        browser, f"{path(made)}/decision", decision="dismiss.NO_VIOLATION", reply="It breaks no rule."
    )
    page = await browser.get(path(made))
    assert page.words.index(markup) < page.words.index("It breaks no rule.")
    assert page.words.count("When was it?") == 1


async def test_duplicates_are_merged(place: Office, browser: Visitor) -> None:
    """Candidates are about the same target, or of the same category; those of other moderators are not."""
    other = await place.moderator(2)
    target = TipOffTarget(TargetKind.CONTENT, "post/1")
    made = await taken(place, browser, target=target)
    same = await filed(place.world, target=target, category=SanctionCategory.FRAUD)
    alike = await filed(place.world, target=TipOffTarget(TargetKind.CONTENT, "post/2"))
    busy = await filed(place.world, target=target)
    await place.world.assign(busy, other.moderator_id)
    where = f"{path(made)}/duplicates"
    form = await browser.get(where)
    assert [each.reference in form.words for each in (same, alike, busy)] == [True, True, False]
    page = await submit(browser, where, form)
    assert (page.status, 'href="#duplicates"' in page.text) == (422, True)
    page = await submit(browser, where, form, **{f"duplicates.{same.tip_off_id}": "yes"})
    assert page.title == f"Report {made.reference}"
    assert (await state(place, same))[0] is TipOffState.MERGED
    assert (await state(place, alike))[0] is TipOffState.RECEIVED
    assert same.reference in page.words


async def test_texts_of_candidates_are_read_together(
    place: Office, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several at a time for the whole list, not one after another."""
    target, read = TipOffTarget(TargetKind.CONTENT, "post/1"), row_facts.RowFacts.excerpts
    made = await taken(place, browser, target=target)
    for _ in range(3):
        await filed(place.world, target=target)
    sizes: list[int] = []

    def count(facts: row_facts.RowFacts, reports: Sequence[TipOffReport]) -> Mapping[str, str]:
        sizes.append(len(reports))
        return read(facts, reports)

    monkeypatch.setattr(row_facts.RowFacts, "excerpts", count)
    await browser.get(path(made))
    assert sizes == [3]


async def test_a_case_shows_what_is_known(place: Office, browser: Visitor) -> None:
    """Texts are escaped; the copy is shown if it is text, and sent as a file that no browser opens."""
    token = await place.world.world.account()
    nasty = '<script>alert("x")</script>\n{{ 7 * 7 }}'
    made = await filed(
        place.world,
        target=TipOffTarget(TargetKind.ACCOUNT, token),
        text=nasty,
        contact="<b>reporter</b>@example.org",
        evidence=(bytes(32),),
        content=b"copy & <i>text</i>",
    )
    page = await browser.get(path(made))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in page.text
    assert "{{ 7 * 7 }}" in page.words
    assert "copy & <i>text</i>" in page.words
    assert "00" * 32 in page.words
    assert token in page.words
    assert "no sanction" in page.words
    copy = await browser.get(f"{path(made)}/copy")
    assert copy.body == b"copy & <i>text</i>"
    assert copy.headers["Content-Disposition"].startswith("attachment")
    assert copy.headers["Content-Type"] == "application/octet-stream"
    assert copy.headers["Cache-Control"] == "no-store"
    binary = await filed(place.world, content=bytes(range(256)))
    assert "256 bytes, not a text" in (await browser.get(path(binary))).words


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_missing_report_is_told_in_words(browser: Visitor, language: str) -> None:
    """Not the text that reporters get; an invalid address is not found."""
    page = await browser.get(f"/reports/{'f' * 32}?lang={language}")
    text = {"zh": "未找到该举报", "en": "This report was not found"}[language]
    assert (page.status, text in page.words) == (404, True)
    assert (await browser.get("/reports/me")).status == 404


async def test_the_next_page_of_the_queue(place: Office, browser: Visitor) -> None:
    """Pages follow each other without repeating or losing a report."""
    made = [(await filed(place.world, seconds=number)).reference for number in range(51)]
    first = await browser.get("/reports")
    assert len(listed(first.text)) == 50
    (following,) = re.findall(r'href="(/reports\?view=open&amp;after=[^"]*)"', first.text)
    second = await browser.get(following.replace("&amp;", "&"))
    assert sorted(listed(first.text) + listed(second.text)) == sorted(made)
    assert "First page" in second.words


async def test_a_report_is_looked_for(place: Office, browser: Visitor) -> None:
    """A number leads to its report, in whatever state; an account, or content, to all reports about it."""
    token = await place.world.world.account()
    of_account = [
        await filed(place.world, target=TipOffTarget(TargetKind.ACCOUNT, token), seconds=number)
        for number in range(2)
    ]
    other = await filed(place.world, target=TipOffTarget(TargetKind.CONTENT, "post/1 & more"))
    spoken = f"{other.reference[:4]}-{other.reference[4:8]} {other.reference[8:]}"
    page = await browser.get(f"/reports?typed=yes&q={quote(spoken)}")
    assert page.title == f"Report {other.reference}"
    page = await browser.get(f"/reports?view=open&typed=yes&q={token}")
    assert sorted(listed(page.text)) == sorted(each.reference for each in of_account)
    assert f'value="{token}"' in page.text, "what was asked stays in the field"
    page = await browser.get(f"/reports?typed=yes&q={quote('post/1 & more')}")
    assert page.title == f"Report {other.reference}"
    for asked in ("000000000000", "f" * 32, "nothing", "<script>"):
        page = await browser.get(f"/reports?q={quote(asked)}")
        assert (page.status, listed(page.text)) == (200, []), asked


async def test_a_case_of_a_later_page_leads_on(place: Office, browser: Visitor) -> None:
    """To the next report of that page, also of a search; not back to the first page."""
    target = TipOffTarget(TargetKind.CONTENT, "post/7")
    for number in range(52):
        await filed(place.world, target=target, seconds=number)
    for asked in ("?view=open&q=post/7", "?view=open"):
        page = await browser.get(f"/reports{asked}")
        (following,) = re.findall(r'href="(/reports\?[^"]*after=[^"]*)"', page.text)
        page = await browser.get(following.replace("&amp;", "&"))
        cases = re.findall(r'<th scope="row"><a href="([^"]*)"', page.text)
        assert len(cases) == 2
        case = await browser.get(cases[0].replace("&amp;", "&"))
        assert re.findall(r'href="([^"]*)" data-key="j"', case.text) == [cases[1]]


async def test_the_list_is_sorted(place: Office, browser: Visitor) -> None:
    """As the address says, over its pages; an order that is none is that of the queue."""
    made = [(await filed(place.world, seconds=number)).reference for number in range(52)]
    newest = [*reversed(made)]
    first = await browser.get("/reports?view=open&sort=newest")
    assert listed(first.text) == newest[:50]
    (following,) = re.findall(r'href="(/reports\?view=open&amp;sort=newest&amp;after=[^"]*)"', first.text)
    assert listed((await browser.get(following.replace("&amp;", "&"))).text) == newest[50:]
    assert listed((await browser.get("/reports?view=open&sort=oldest")).text) == made[:50]
    usual = listed((await browser.get("/reports")).text)
    assert listed((await browser.get("/reports?sort=nonsense")).text) == usual
    (case,) = re.findall(rf'href="(/reports/[0-9a-f]+\?[^"]*)">{newest[0]}<', first.text)
    page = await browser.get(case.replace("&amp;", "&"))
    assert re.findall(r'href="([^"]*)" data-key="j"', page.text)[0].endswith("?view=open&amp;sort=newest")


async def test_chosen_reports_are_taken_at_once(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Those that nobody has; who was faster keeps theirs. One button takes one, and each form acts once."""
    other = await place.moderator(2)
    made = [await filed(place.world, seconds=number) for number in range(4)]
    page = await browser.get("/reports?view=unassigned&category=RUMOUR")
    where = "/reports/assignment"
    blank = form_of(page, rf"{where}\?view=unassigned&amp;category=RUMOUR")
    await place.world.assign(made[2], other.moderator_id)
    chosen = {f"report.{each.tip_off_id}": "yes" for each in made[:3]}
    asked = f"{where}?view=unassigned&category=RUMOUR"
    for _ in range(2):
        done = await post(browser, asked, {**blank, **chosen})
        assert "Assigned to you: 2. Somebody else was faster: 1." in done.words
        assert listed(done.text) == [made[3].reference], "the filters stay"
    assert len(place.wire.calls("AssignTipOff")) == 3
    blank = form_of(done, rf"{where}\?view=unassigned&amp;category=RUMOUR")
    done = await post(browser, asked, {**blank, f"take.{made[3].tip_off_id}": "yes"})
    assert "Assigned to you: 1." in done.words
    assert [(await state(place, each))[1] for each in made] == [
        key.moderator_id,
        key.moderator_id,
        other.moderator_id,
        key.moderator_id,
    ]
    done = await post(browser, asked, {**blank, "once": "another", f"take.{'f' * 32}": "yes"})
    assert "Somebody else was faster: 1." in done.words
    own = {f"report.{each.tip_off_id}": "yes" for each in made[:2]}
    done = await post(browser, asked, {**blank, "once": "a third", **own})
    assert "Assigned to you: 0." in done.words, "who has a report takes nothing"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "image/png"),
        (b"\xff\xd8\xff" + bytes(9), "image/jpeg"),
        (b"GIF89a" + bytes(9), "image/gif"),
        (b"RIFF\0\0\0\0WEBP" + bytes(9), "image/webp"),
        (b"<svg onload='alert(1)'/>", ""),
    ],
)
async def test_a_picture_is_shown_when_it_is_asked_for(
    place: Office, browser: Visitor, content: bytes, kind: str
) -> None:
    """Folded, since it may be hard to look at; by its first bytes, and taken for nothing else."""
    made = await filed(place.world, content=content)
    page = await browser.get(path(made))
    assert (f'<img src="{path(made)}/copy"' in page.text) is bool(kind)
    assert "<details" in page.text.partition("<main")[2].partition("<img")[0]
    copy = await browser.get(f"{path(made)}/copy")
    assert copy.body == content
    assert copy.headers["Content-Type"] == (kind or "application/octet-stream")
    assert copy.headers["X-Content-Type-Options"] == "nosniff"
    assert copy.headers["Content-Disposition"].startswith("attachment")


async def test_a_keystroke_takes_no_report_from_a_colleague(place: Office, browser: Visitor) -> None:
    """The key that assigns is on an unassigned report's button; a colleague's is taken by a click only."""
    filed, other = (await place.world.file()).tip_off, await place.moderator(2)
    assert 'data-key="a"' in (await browser.get(f"/reports/{filed.tip_off_id}")).text
    await place.world.assign(filed, other.moderator_id)
    page = await browser.get(f"/reports/{filed.tip_off_id}")
    assert f"Take it over from {other.moderator_id[:8]}" in page.words
    assert 'data-key="a"' not in page.text


async def test_times_have_their_zone(place: Office, browser: Visitor) -> None:
    """Each of a report, on its page and beside what was written."""
    filed = (await place.world.file()).tip_off
    await submit(browser, f"/reports/{filed.tip_off_id}/assignment")
    page = await submit(browser, f"/reports/{filed.tip_off_id}/note", note="seen")
    times = re.findall(r"[0-9]{1,2} \w+ 20[0-9]{2}, [0-9]{2}:[0-9]{2}(?: UTC)?", page.words)
    assert len(times) >= 3, page.words
    assert all(each.endswith(" UTC") for each in times), times
