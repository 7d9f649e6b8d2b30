"""The script of the forms in a real browser against the rules: of each field, the same first error."""

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from idvault.web.render import CHECKED
from idvault_verify import document, name
from idvault_verify.document import DocumentType
from idvault_verify.error import InvalidError
from tests.web.test_journey import visit
from tests.web.test_vectors import STATIC

pytestmark = pytest.mark.process

TODAY = date(2026, 2, 1)
ADDRESS = "https://pages.example/"
# Each text is the code itself, as the page writes its name.
SAID = "".join(f' data-{code.lower().replace("_", "-")}="{code}"' for code in CHECKED)
TOLD = """cases => cases.map(([kind, typed]) => {
  const field = document.getElementById(kind);
  field.value = typed;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return field.validationMessage; })"""
FORM = "".join(f'<input id="{each}" data-check="{each}">' for each in (*DocumentType, "NAME"))
CHOICE = (
    '<input type="radio" name="paper" value="RESIDENCE_PERMIT" checked><input id="paper" data-check="paper">'
)


def dated(body: str) -> str:
    return body + document.resident_check_character(body=body)


def credit(head: str, organisation: str) -> str:
    body = head + organisation + document.organisation_check_character(body=organisation)
    return body + document.credit_check_character(body=body)


RESIDENT = dated("11010519491231002")
NUMBERS = {
    DocumentType.RESIDENT_ID: (RESIDENT, dated("83010520240229002"), dated("11000020260201001")),
    DocumentType.RESIDENCE_PERMIT: (dated("81000019900101001"), dated("83000019900101001")),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: (dated("91115619900101001"), "ABC123456789012"),
    DocumentType.UNIFIED_SOCIAL_CREDIT_CODE: (
        credit("91110000", "12345678"),
        credit("12440300", "MA5EHXYT"),
        credit("5A999999", "ABCDEFGH"),
    ),
}
WRONG = (
    *("1", "x" * 17, RESIDENT + "1", "１" * 18, f" {RESIDENT.lower()} ", RESIDENT[:-1] + "0"),
    *(
        "11 010519491231002X",
        "110105\u300019491231\t002X",
        "\ufeff110105-19491231\u2014002\uff0dX",
        "11010519491231\x85002X",
    ),
    *("110105.19491231002X", "11010519491231_002X", "I" * 18, "A" * 15, "𠀀" * 18, "①" * 18, "1" * 17 + "x"),
    *(dated("16010519491231002"), dated("11010519490231002"), dated("11010500001231002")),
    *(dated("11010520260202002"), dated("11010519001301002"), dated("80000019900101001")),
    *(dated("99915619900101001"), "abc123456789012", "AB1123456789012", "91AAAA0012345678XX"),
    credit("91110000", "12345678")[:-1] + "0",
)
NAMES = (
    *("王小明", "买买提·吐尔逊", "买买提•吐尔逊", "Ａｎｎａ Lee", "𠀀一", "〇", "O'Neil-Smith", "  王  "),
    *("1", "·", "王☃", "王\u200b明", "王\u3164", "王\ufe0f", "\ue863", "王\t明", "😀", "Ⅷ", "第１"),
    *("é" * 50, "x" * 51, "𠀀" * 50, "𠀀" * 51, "ﬁ" * 26, "\u0301", "王\U000e0100"),
)


def said(kind: str, typed: str) -> str:
    """Return what the rules say first, "" if they accept it or the browser says that it is required."""
    try:
        if kind == "NAME":
            name.parse(typed, limit=name.LIMIT)
        else:
            document.parse(type=DocumentType(kind), number=typed, today=TODAY)
    except InvalidError as error:
        return str(error.violations[0].code.value)
    return ""


def serve(page: Page, fields: str) -> None:
    """Show a form with the script."""

    def answer(route: Route) -> None:
        if route.request.url.endswith("form.js"):
            route.fulfill(body=(STATIC / "form.js").read_bytes(), content_type="text/javascript")
        else:
            body = f'<form data-today="{TODAY}"{SAID}>{fields}</form><script src="/form.js"></script>'
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.goto(ADDRESS)


async def test_an_error_stands_as_text_at_its_field() -> None:
    """From when the field is left or the form sent, read aloud, until the field is right; then it is gone."""
    hint = '<p id="n-hint">18</p><input id="n" aria-describedby="n-hint" data-check="RESIDENT_ID" required>'
    seen: list[Any] = []

    def work(page: Page) -> None:
        serve(page, f'<div class="field">{hint}</div><button>go</button>')
        box, note = page.locator("#n"), page.locator(".wrong #n-error[aria-live=polite]")

        def look() -> None:
            told = box.get_attribute("aria-describedby"), box.get_attribute("aria-invalid")
            seen.append((note.all_inner_texts(), *told, page.evaluate("document.activeElement.id")))

        look()
        page.get_by_role("button").click()
        seen.append(len(note.inner_text()) > 0)
        box.fill(RESIDENT[:-1] + "0")
        look()
        box.fill(f"{RESIDENT[:6]} {RESIDENT[6:14]} {RESIDENT[14:]}")
        look()
        box.fill("1")
        box.blur()
        note.filter(has_text="LENGTH").wait_for()
        look()

    await visit(work)
    both = "n-hint n-error"
    assert seen == [
        ([], "n-hint", None, ""),
        True,
        (["CHECK_DIGIT"], both, "true", "n"),
        ([], both, "false", "n"),
        (["LENGTH"], both, "true", ""),
    ]


async def test_a_long_press_does_not_miss_its_button() -> None:
    """The error of the field that it leaves would move the button: it comes once the press is over."""
    seen: list[Any] = []

    def work(page: Page) -> None:
        box = '<div class="field"><input id="n" data-check="RESIDENT_ID"></div>'
        serve(page, f'{box}<button type="button">go</button>')
        go, note = page.get_by_role("button"), page.locator("#n-error")
        go.evaluate("each => each.addEventListener('click', () => { document.title = 'pressed'; })")
        page.locator("#n").press_sequentially("1")
        go.hover()
        page.mouse.down()
        page.wait_for_timeout(1_000)
        seen.append(note.count())
        page.mouse.up()
        note.filter(has_text="LENGTH").wait_for()
        seen.append(page.title())

    await visit(work)
    assert seen == [0, "pressed"]


async def test_the_script_says_what_the_rules_say() -> None:
    """Of right and wrong numbers of each document, of names, and of a document that is chosen beside."""
    numbers = [*WRONG, *(each for right in NUMBERS.values() for each in right)]
    cases = [(kind.value, each) for kind in NUMBERS for each in numbers]
    cases += [("NAME", each) for each in NAMES]
    told: list[Any] = []

    def work(page: Page) -> None:
        serve(page, FORM + CHOICE)
        told.extend(page.evaluate(TOLD, [*cases, ("paper", RESIDENT)]))

    await visit(work)
    expected = [said(*case) for case in cases]
    assert {*expected} == {"", *CHECKED}
    assert {(case, found) for case, found in zip(cases, told, strict=False)} == {
        *zip(cases, expected, strict=True)
    }
    assert told[-1] == said(DocumentType.RESIDENCE_PERMIT.value, RESIDENT) == "REGION"
