""" "My identity" by clicks in Chromium: both languages, small and large."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import json_format
from playwright.sync_api import Page, Route, expect

from idvault.campaign import acts as campaign_acts
from idvault_client.sessions import SessionPurpose
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.offline import receipt
from idvault_verify.sanction import Degree
from idvault_verify.v1 import identity_pb2
from tests.clients.offline.test_disclosure_history import W1
from tests.clients.offline.test_receipt import AT, message
from tests.web.identity.test_pages import PAGES, TITLES, TODAY
from tests.web.identity.test_words import words as words_of
from tests.web.test_journey import BUTTONS, Place, look, place_of, visit
from tests.web.test_vectors import STATIC
from tools.support import logs
from tools.support.databases import Databases
from tools.support.flow_world import PARTY
from tools.support.merkle import signer

APPEAL = {
    "zh": ("提出申诉", "提交申诉", "等待决定"),
    "en": ("Appeal against", "Send", "waits for a decision"),
}
FIRST = {"zh": "我的身份（", "en": "My identity at"}
TEXT = "这是讽刺（synthetic）"

pytestmark = pytest.mark.process


def press(page: Page, name: str, role: str) -> None:
    """Reach a control by Tab, and press Enter on it."""
    target = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    for _ in range(20):
        page.keyboard.press("Tab")
        if target.first.evaluate("each => each === document.activeElement"):
            break
    else:
        raise AssertionError(f"{name} is not reached by keyboard")
    page.keyboard.press("Enter")


def arrive(place: Place, page: Page, token: str) -> None:
    """Come from the platform to the first page."""
    locale = place.platform.locale
    page.goto(f"{place.platform.origin}/me/somebody/{token}")
    look(place, page, "own-start")
    page.get_by_role("button", name=BUTTONS[locale][0]).click()
    page.get_by_role("link", name=BUTTONS[locale][1]).click()
    page.get_by_role("heading", name=FIRST[locale]).wait_for()
    look(place, page, "own-overview")


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_an_owner_reads_and_appeals_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """Each page from the overview and back, an appeal, another language, and back to the platform."""
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:
        token, _, _ = await place.world.moderation.case(Degree.LIMIT, seconds=TODAY)
        await place.world.histories.disclose(token)
        ask, send, sent = APPEAL[locale]

        def person(page: Page) -> None:
            arrive(place, page, token)
            for name, title in zip(PAGES, TITLES[locale], strict=True):
                page.get_by_role("link", name=title).click()
                page.get_by_role("heading", level=1, name=title).wait_for()
                look(place, page, f"own-{name}")
                page.locator("main p a").last.click()
                page.get_by_role("heading", name=FIRST[locale]).wait_for()
            page.get_by_role("link", name=TITLES[locale][3]).click()
            page.get_by_role("link", name=ask).click()
            look(place, page, "own-appeal")
            page.locator("#text").fill(TEXT)
            page.get_by_role("button", name=send).click()
            page.get_by_text(sent).wait_for()
            page.reload()
            page.get_by_text(sent).wait_for()
            page.get_by_role("link", name="English" if locale == "zh" else "中文").click()
            page.get_by_text(APPEAL["en" if locale == "zh" else "zh"][2]).wait_for()
            page.locator("main p a").last.click()
            page.locator("a.button:not(.quiet)").click()
            page.get_by_text("BOUND").wait_for()

        await visit(person, viewport={"width": width, "height": 700})
        assert TEXT not in "\n".join(place.platform.received)
        assert not any(TEXT in text for text in place.seen)


async def test_an_owner_appeals_by_keyboard_without_script(
    sqlite_databases: Databases, tmp_path: Path
) -> None:
    """Every step is reached by Tab and Enter at 200 % zoom; reasons precede the form, errors come first."""
    async with place_of(sqlite_databases, tmp_path, locale="en") as place:
        token, _, _ = await place.world.moderation.case(Degree.WARN, seconds=TODAY)

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/me/somebody/{token}")
            press(page, "Continue", "button")
            press(page, "Go to", "link")
            press(page, "Decisions", "link")
            press(page, "Appeal against", "link")
            tree = page.locator("main").aria_snapshot()
            assert tree.index("terms 4.2") < tree.index('textbox "Why is the decision wrong?"')
            page.locator("#text").fill("  ")
            press(page, "Send", "button")
            wrong = page.locator("main").aria_snapshot()
            assert wrong.index("alert") < wrong.index("textbox")
            look(place, page, "own-wrong")
            page.locator("#text").fill(TEXT)
            press(page, "Send", "button")
            page.get_by_text("waits for a decision").wait_for()

        await visit(person, java_script_enabled=False, viewport={"width": 640, "height": 350})


async def test_an_invitation_is_postponed_by_a_click(sqlite_databases: Databases, tmp_path: Path) -> None:
    """On the first page, and once the platform has confirmed the browser: it is told from silence."""

    async with place_of(sqlite_databases, tmp_path, locale="en") as place:
        campaigns = place.world.campaigns
        await campaigns.members(1)
        campaign = await campaigns.started(methods=(ReverificationMethod.HOSTED_LINK,))
        (shown,) = (await campaigns.take(campaign, seconds=TODAY)).invitations
        made = await place.platform.vault.sessions.create(
            return_url=f"{place.platform.origin}/verified",
            policy_version="terms-3",
            policy_text="Terms (synthetic)",
            locale="en",
            account_token=shown.account_token,
            purpose=SessionPurpose.INVITATION,
            invitation_code=shown.code,
        )
        place.platform.asked["somebody"] = made.session_id

        def person(page: Page) -> None:
            page.context.add_cookies([{"name": "login", "value": "somebody", "url": place.platform.origin}])
            page.goto(made.url)
            look(place, page, "invitation")
            page.set_viewport_size({"width": 1280, "height": 900})
            tops = [each.bounding_box() for each in page.locator(".row button").all()]
            assert len({box["y"] for box in tops if box}) == 1, tops
            page.set_viewport_size({"width": 320, "height": 700})
            page.get_by_role("button", name="Ask me later").click()
            page.get_by_role("link", name="Go to").click()
            page.get_by_role("heading", name="Please confirm: ask me later").wait_for()
            look(place, page, "answer")
            page.get_by_role("button", name="Confirm").click()
            page.get_by_role("heading", name="You will be asked later").wait_for()
            look(place, page, "answered")

        await visit(person, viewport={"width": 320, "height": 700})
        _, figures = await campaign_acts.progress(campaigns.vault, PARTY, campaign.campaign_id)
        assert figures.unanswered == 0


EDITS = (
    *("accountToken", "claimId", "recordDigest", "entry.openingKey", "entry.leaf", "entry.proof.index"),
    *("entry.proof.hashes", "checkpoint.note", "record.ciphertext", "record.salt"),
    *("record.sealingQuorumId", "sealingQuorum.threshold", "quorum"),
)


def program(text: str) -> str:
    """Return what `idvault-verify check-receipt` says of a receipt."""
    try:
        receipt.check(receipt.parse(text), policy=logs.POLICY)
    except receipt.ReceiptError as error:
        return error.reason
    return "valid"


def edited(text: str, path: str) -> str:
    """Return a receipt with one value changed."""
    content = json.loads(text)
    place = content
    *before, name = path.split(".")
    for each in before:
        place = place[each]
    value = place[name]
    if isinstance(value, list):
        place[name] = value[1:]
    elif isinstance(value, int) or value.isdigit():
        place[name] = type(value)(int(value) + 1)
    else:
        middle = len(value) // 2
        place[name] = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
    return json.dumps(content)


def state(page: Page, words: str, key: str = logs.VKEY, witnesses: str = "") -> str:
    """Return what the page says of a receipt, with the keys in files: there is no field to type one."""
    answer = page.locator("#receipt-answer")
    page.locator("#receipt-text").fill(words)
    for name, text in (("key", key), ("witnesses", witnesses)):
        chosen: Any = {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": f"{text}\n".encode()}
        page.locator(f"#receipt-{name}").set_input_files(chosen if text else [])
    answer.evaluate("each => { delete each.dataset.state; }")
    page.locator("#receipt-check button").click()
    page.locator("#receipt-answer[data-state]").wait_for()
    return str(answer.get_attribute("data-state"))


def refuse(page: Page, text: str) -> None:
    """Give the page other keys, other witnesses, and files that are no receipts."""
    assert state(page, text, str(signer(logs.ORIGIN, seed=9).key)) == "LOG_INVALID"
    for key in (logs.VKEY[:-4], "x", logs.VKEY.replace("+", "", 1), "x" * 70_000):
        assert state(page, text, key) == "KEY_INVALID"
    cosigned, witness = json_format.MessageToJson(message(size=300, witnesses=1)), str(W1.key)
    assert state(page, text, witnesses=witness) == "LOG_INVALID"
    assert state(page, cosigned, witnesses=witness) == "valid"
    assert "The receipt is valid." in page.locator("#receipt-answer").inner_text()
    assert state(page, text, witnesses="x") == "KEY_INVALID"
    # The code is for whoever asks for help, behind its heading.
    assert "KEY_INVALID" not in page.locator("#receipt-answer").inner_text()
    assert page.locator("#receipt-answer details code").text_content() == "KEY_INVALID"
    assert state(page, json_format.MessageToJson(message(covered=False))) == "NOT_COVERED"
    for words in ("x", "{}", "[]", "null"):
        assert state(page, words) == "NOT_A_RECEIPT"
    for content, reason in ((bytes(1024 * 1024 + 1), "TOO_LONG"), (b'{"\xff":1}', "NOT_A_RECEIPT")):
        page.locator("#receipt-answer").evaluate("each => { delete each.dataset.state; }")
        page.locator("#receipt-file").set_input_files(
            {"name": "film.json", "mimeType": "application/json", "buffer": content}
        )
        page.locator(f"#receipt-answer[data-state={reason}]").wait_for()


async def test_a_receipt_is_checked_in_the_browser_alone(sqlite_databases: Databases, tmp_path: Path) -> None:
    """From its file, as the program checks it: every edit is found, and the browser asks nobody."""
    text = json_format.MessageToJson(message(size=300))
    (tmp_path / "receipt.json").write_text(text, "utf-8")
    async with place_of(sqlite_databases, tmp_path, locale="en") as place:
        token = await place.world.moderation.account()

        def person(page: Page) -> None:
            arrive(place, page, token)
            page.get_by_role("link", name="Check a receipt").click()
            # The script shows the form when it can check; a file that is put in before is not read.
            page.locator("#receipt-check").wait_for()
            page.wait_for_load_state()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.locator("#receipt-file").set_input_files(tmp_path / "receipt.json")
            expect(page.locator("#receipt-text")).not_to_have_value("")
            assert state(page, page.locator("#receipt-text").input_value()) == "valid_unwitnessed"
            told = page.locator("#receipt-answer").inner_text()
            shown = (
                "The receipt is valid.",
                "1 February 2026, 20:30 UTC+8",
                "300",
                "2 of 3 custodians: custodian-a",
            )
            assert [each for each in shown if each not in told] == []
            assert page.locator("#receipt-answer.good").count() == 1
            look(place, page, "own-receipt-valid")
            for path in EDITS:
                found = program(edited(text, path))
                assert (state(page, edited(text, path)), found != "valid") == (found, True), path
            look(place, page, "own-receipt-wrong")
            refuse(page, text)
            assert asked == []

        await visit(person, viewport={"width": 320, "height": 700})


ZONES = ("Asia/Shanghai", "Asia/Kolkata", "America/New_York", "America/St_Johns", "Etc/UTC")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_receipts_time_is_written_as_the_pages_write_it(language: str) -> None:
    """The script names day, hour and zone as the server does, in the zone that the operator has set."""
    told: dict[str, tuple[str, str]] = {}

    def in_zone(page: Page, zone: ZoneInfo) -> None:
        own = words_of(language)
        own = replace(own, view=replace(own.view, zone=zone), zone=zone)
        text = own.check_receipt(identity_pb2.Identity()).text or ""

        def answer(route: Route) -> None:
            file = STATIC / route.request.url.rpartition("/")[2]
            if file.is_file():
                route.fulfill(body=file.read_text("utf-8"), content_type="text/javascript")
            else:
                route.fulfill(body=text, content_type="text/html; charset=utf-8")

        page.route("**/*", answer)
        page.goto("https://pages.example/")
        page.locator("#receipt-check").wait_for()
        assert state(page, json_format.MessageToJson(message(size=300))) == "valid_unwitnessed"
        line = page.locator("#receipt-answer p").nth(1).inner_text()
        told[zone.key] = (line.partition("：" if language == "zh" else ": ")[2], own.view.minute(AT))
        page.unroute("**/*")

    def work(page: Page) -> None:
        for zone in ZONES:
            in_zone(page, ZoneInfo(zone))

    await visit(work)
    assert len(told) == len(ZONES)
    assert {zone: pair for zone, pair in told.items() if pair[0] != pair[1]} == {}
