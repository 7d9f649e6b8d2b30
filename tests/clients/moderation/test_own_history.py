"""A moderator's own history, what can be withdrawn from it, and the search in own notes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idvault_people.console.visit import GoTo, Visit
from idvault_people.moderation.own_history import OwnAct, OwnHistory, done
from idvault_people.moderation.own_history_page import text_of
from idvault_people.moderation.pages import console
from idvault_people.moderation.shown import short_key
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from tests.clients.moderation.test_intake import ASKED
from tests.clients.moderation.test_sanction import NEW
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CASE = f"/reports/{'a' * 32}"
ORDER = f"/orders/{'a' * 32}"
CONTEST = f"/contests/{'a' * 32}"
PERSON = {"degree": "WARN", "scope": "PERSON"}


async def test_what_was_done_is_listed(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """The newest first, by the form and the word that was chosen; what waits can be withdrawn from there."""
    assert "Nothing yet." in (await browser.get("/history")).words
    filed = (await place.world.file()).tip_off
    here = f"/reports/{filed.tip_off_id}"
    await submit(browser, f"{here}/assignment")
    await submit(browser, f"{here}/note", note="seen (synthetic)")
    await submit(browser, f"{here}/decision", decision="dismiss.GONE", reply="gone")
    token = await place.world.world.account()
    closing = await place.world.world.impose(token, Degree.CLOSE, key=key, seconds=place.age)
    other = await place.moderator(2)
    theirs = await place.world.world.impose(token, Degree.CLOSE, key=other, seconds=place.age)
    page = await browser.get("/history")
    short = filed.reference
    assert page.words.index("decided The content or the account is gone") < page.words.index(
        f"Reports · {short} noted"
    )
    assert f"Reports · {short} assigned to you" in page.words
    assert "seen (synthetic)" not in page.text
    assert f'href="/sanctions/{closing.sanction_id}/end"' in page.text
    assert re.search(r'data-name="Due">.*?2 days left.*?<progress', page.text, re.S), "as in every list"
    assert theirs.sanction_id not in page.text
    await submit(browser, f"/sanctions/{closing.sanction_id}/end", reason="a mistake (synthetic)")
    page = await browser.get("/history")
    assert "No proposal of yours waits for a second moderator." in page.words
    assert f"Sanctions · {short_key(token)} ended or withdrawn" in page.words


async def test_a_sanction_on_own_initiative_is_listed(place: Office, browser: Visitor) -> None:
    """By the form as people send it, which leads to a page that says what was done."""
    token = await place.world.world.account()
    page = await submit(browser, "/sanctions/new", account=token, **NEW)
    await submit(browser, "/sanctions/new", page)
    ((made,),) = await place.world.world.pages(size=9, account_token=token)
    page = await browser.get("/history")
    assert f"Sanctions · {short_key(token)} imposed Warning" in page.words
    assert f'href="/sanctions/{made}"' in page.text


async def test_what_was_taken_at_once_is_listed(place: Office, browser: Visitor) -> None:
    """Each of several chosen reports, and one recorded by telephone, once however often its slip is shown."""
    filed = [(await place.world.file()).tip_off for _ in range(2)]
    page = await browser.get("/reports")
    chosen = {f"report.{each.tip_off_id}": "yes" for each in filed}
    fields = form_of(page, "/reports/assignment")
    await post(browser, "/reports/assignment", {**fields, **chosen})
    form = await browser.get("/reports/new")
    for _ in range(2):
        await submit(browser, "/reports/new", form, **ASKED)
    taken = next(
        each for each in (await place.world.asks(place.age).list_page()).tip_offs if each.channel == "PHONE"
    )
    page = await browser.get("/history")
    for each in filed:
        assert f"Reports · {each.reference} assigned to you" in page.words
    assert page.words.count(f"Reports · {taken.reference} recorded") == 1


async def test_a_case_that_is_not_there_keeps_its_line(place: Office, key: ModeratorKey) -> None:
    """It is called by the beginning of its id, as is one of a list without other names."""
    own, kept = OwnHistory(), ("reports", "campaigns", "orders", "reporters")
    for kind in kept:
        own.add(OwnAct(at=NOW, where=f"/{kind}/{'a' * 32}", kind=kind, act="new"))
    async with place.works(key, history=own) as browser:
        page = await browser.get("/history")
    assert all(f"{kind.capitalize()} · aaaaaaaa" in page.words for kind in kept)


async def test_own_notes_are_found(place: Office, browser: Visitor) -> None:
    """By a part of their text; a text of the report, or of somebody else's note, is not searched."""
    noted = [(await place.world.file()).tip_off for _ in range(2)]
    for report, text in zip(noted, ("The photograph is of 2015", "nothing to see"), strict=True):
        await submit(browser, f"/reports/{report.tip_off_id}/assignment")
        await submit(browser, f"/reports/{report.tip_off_id}/note", note=text)
    page = await browser.get("/reports?typed=yes&q=PHOTOGRAPH")
    assert page.title == f"Report {noted[0].reference}"
    assert "Nothing is found." in (await browser.get("/reports?q=p")).words
    assert "Nothing is found." in (await browser.get("/reports?q=tap+water")).words


def visit(path: str, **fields: str) -> Visit:
    return Visit(language="en", say=str, path=path, fields={"form": "x", **fields})


@pytest.mark.parametrize(
    ("path", "to", "fields", "act"),
    [
        (f"{CASE}/decision", CASE, {"decision": "sanction"}, None),
        ("/reports/assignment", "/reports", {}, None),
        (f"{CASE}/decision", CASE, {"decision": "reply"}, ("reply", "")),
        (f"{CASE}/decision", CASE, {"decision": "refer"}, ("refer", "")),
        (f"{CASE}/decision", CASE, {"decision": "abusive"}, ("decision", "abusive")),
        (f"{CASE}/sanction", "/reports", {"degree": "CLOSE"}, ("propose", "degree.CLOSE")),
        (f"{CONTEST}/decision", CONTEST, {"verdict": "UPHELD"}, ("propose", "contest.UPHELD")),
        (f"{CONTEST}/decision", CONTEST, {"verdict": "REJECTED"}, ("decision", "contest.REJECTED")),
        ("/sanctions/new", f"/sanctions/{'b' * 32}", PERSON, ("propose", "degree.WARN")),
        ("/campaigns/new", "/campaigns", {}, None),
        (f"/templates/{'d' * 32}", "/templates", {"degree": "WARN"}, None),
        (f"/templates/{'d' * 32}/deletion", "/templates", {}, None),
        ("/sanctions/new", f"/sanctions/{'b' * 32}?done=yes", {"degree": "WARN"}, ("new", "degree.WARN")),
        ("/sanctions/new", f"/sanctions/{'b' * 32}", {"degree": "WARN"}, ("new", "degree.WARN")),
        (f"{ORDER}/sanction", ORDER, {"degree": "WARN"}, None),
        (f"{ORDER}/content", ORDER, {"content_kind": "REMOVED"}, None),
        (f"{ORDER}/sanction", f"{ORDER}?done=yes", {"degree": "WARN"}, ("sanction", "degree.WARN")),
        (f"{CASE}/note", CASE, {"note": "a text"}, ("note", "")),
        (f"{CASE}/decision", CASE, {"decision": "dismiss.GONE"}, ("decision", "dismissal.GONE")),
        (f"/appeals/{'c' * 32}/decision", "/", {"verdict": "a text"}, ("decision", "")),
    ],
)
def test_what_a_form_did(path: str, to: str, fields: dict[str, str], act: tuple[str, str] | None) -> None:
    """A form that only leads to another one did nothing; no typed text is kept."""
    found = done(visit(path, **fields), GoTo(to), NOW)
    assert [(each.act, each.word) for each in found] == ([] if act is None else [act])


def forms() -> Iterator[str]:
    """Yield the addresses of the desk's forms that are about cases."""
    nothing: Any = None
    for route in console(Workplace(vault=nothing, key=nothing)).routes:
        kind, _, rest = route.path.lstrip("/").partition("/")
        if route.method == "POST" and kind not in ("templates", "views"):
            found = re.sub(r"\{\w+:\[0-9a-f\]\{32\}\}", "a" * 32, rest)
            begin, _, steps = found.partition("{step:")
            yield from (f"/{kind}/{begin}{step}" for step in steps.rstrip("}").split("|"))


@pytest.mark.parametrize("path", list(forms()))
def test_each_act_has_its_text(path: str) -> None:
    """Whatever is chosen in the form: no history shows the word of an address."""
    case = f"/{path.split('/')[1]}/{'a' * 32}"
    about = () if path.endswith("/new") or path.startswith(case) else (case,)
    acts = [
        act
        for chosen in ({}, {"decision": "reply"}, {"decision": "refer"}, {"verdict": "UPHELD"}, PERSON)
        for act in done(visit(path, **chosen), GoTo(f"{case}?done=yes", about=about), NOW)
    ]
    assert acts
    assert [each.act for each in acts if not text_of(each)] == []


def test_the_history_is_kept(tmp_path: Path) -> None:
    """In a file that only its owner reads; a line that is cut is left out, and the newest come first."""
    file = tmp_path / "history.jsonl"
    history = OwnHistory(file)
    acts = [OwnAct(at=NOW, where=CASE, kind="reports", act=name) for name in ("note", "decision")]
    for each in acts:
        history.add(each)
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(file.read_text().splitlines()[0])) == {"at", "where", "kind", "act", "word"}
    for torn in ('{"at": "2025', '{"at": "2026-03-01T00:00:00+00:00"}', "[]"):
        file.write_text(file.read_text() + torn + "\n")
    file.write_text(file.read_text() + '{"at": "2025')
    again = OwnHistory(file)
    assert list(again.newest()) == acts[::-1]
    again.add(acts[0])
    assert list(OwnHistory(file).newest()) == [acts[0], *acts[::-1]]


def test_the_history_has_an_end(tmp_path: Path) -> None:
    """A desk that starts keeps the newest acts of the file, and no more."""
    file = tmp_path / "history.jsonl"
    history = OwnHistory(file)
    history.add(OwnAct(at=NOW, where=CASE, kind="reports", act="note"))
    one = file.read_text()
    for size in (10_001, 20_000):
        file.write_text(one * size + one.replace("note", "decision"))
        found = list(OwnHistory(file).newest())
        assert found[0].act == "decision"
        assert file.read_text().splitlines()[-1] == one.replace("note", "decision").rstrip()
        assert (file.read_text().count("\n"), list(OwnHistory(file).newest())) == (len(found), found)
        assert len(found) <= 10_000


def test_a_full_disk_undoes_nothing(tmp_path: Path) -> None:
    """What was signed is done: it is listed until the session ends, and the page is answered."""
    history = OwnHistory(tmp_path / "missing" / "history.jsonl")
    history.add(OwnAct(at=NOW, where=CASE, kind="reports", act="note"))
    assert len(list(history.newest())) == 1
