"""A report by clicks in Chromium, with a picture from a telephone, and its reply in another browser."""

import re
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page

from idvault_client.tip_offs import TipOffReport
from tests.support.tip_off_world import TipOffWorld
from tests.web.test_journey import Place, before_the_script, look, place_of, visit
from tools.support.builders import NOW
from tools.support.databases import Databases
from tools.support.flow_world import PARTY

pytestmark = pytest.mark.process

TEXT = "金丝雀：不实信息"
ANSWER = "是星期一发的（合成）"


def photograph() -> bytes:
    """Return a picture that is far too large, and hard to compress; with a made-up camera in its metadata."""
    noise = Random(16).randbytes(900 * 600 * 3)  # noqa: S311 - a picture, not a secret
    made = BytesIO()
    details = Image.Exif()
    details[0x010F] = "canary camera"
    Image.frombytes("RGB", (900, 600), noise).save(made, "JPEG", quality=95, exif=details)
    assert len(made.getvalue()) > 300_000
    return made.getvalue()


def fits(page: Page) -> None:
    """Check that nothing of a page that shows what was typed is wider than the screen."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def size(page: Page) -> int:
    """Return the octets of the chosen picture."""
    return int(page.locator("#evidence").evaluate("each => each.files[0].size"))


def checks(page: Page) -> None:
    """Change answers from the page that shows them all, and come back without."""
    page.get_by_role("heading", name="请核对您填写的内容").wait_for()
    fits(page)
    # Each answer is changed from here, and the browser's own back button loses nothing either.
    page.get_by_role("link", name="修改 所在位置").click()
    assert page.locator("#where").input_value() == "帖子17"
    page.locator("#where").fill("帖子18")
    page.get_by_role("button", name="继续").click()
    page.get_by_text("帖子18").wait_for()
    page.get_by_role("link", name="修改 情况说明").click()
    assert page.locator("#why").input_value() == TEXT
    page.go_back()
    page.get_by_text(TEXT).wait_for()


def report(place: Place, page: Page, picture: Path) -> list[str]:
    """Send a report, going back and reloading on the way; return number and secret."""
    page.goto(f"{place.base_url}/r?lang=zh")
    page.locator("main a").click()
    page.get_by_role("button", name="开始举报").click()
    page.get_by_label("传播谣言").check()
    page.get_by_role("button", name="继续").click()
    page.locator("#where").fill("帖子17")
    page.get_by_role("button", name="继续").click()
    page.locator("#contact").fill("canary@example.org")
    page.get_by_role("button", name="继续").click()
    page.locator("#why").wait_for()
    page.go_back()
    assert page.locator("#contact").input_value() == "canary@example.org"
    page.go_forward()
    page.locator("#why").fill(TEXT)
    page.get_by_role("button", name="继续").click()
    checks(page)
    with before_the_script(page):
        page.reload(wait_until="commit")
        page.locator("#evidence").set_input_files(picture)
        assert size(page) > 65_536
    page.wait_for_load_state()
    page.locator("#evidence:valid").wait_for()
    assert size(page) <= 65_536
    page.locator("#evidence").set_input_files(picture)
    page.locator("#evidence:valid").wait_for()
    assert size(page) <= 65_536
    page.get_by_role("button", name="提交举报").click()
    page.get_by_role("heading", name="举报已提交").wait_for()
    look(place, page, "done")
    page.reload()
    # One click marks a number; the field has all that is worth keeping.
    page.locator(".number").last.click()
    marked = page.evaluate("getSelection().toString()")
    assert marked == page.locator(".number").last.inner_text()
    assert f"{place.base_url}/r/{PARTY}/reply" in page.locator("#copy").input_value()
    assert marked in page.locator("#copy").input_value()
    assert page.locator("#copy").get_attribute("readonly") is not None
    page.get_by_role("button", name="复制").click()
    page.get_by_role("button", name="已复制").wait_for()
    return [re.sub(r"\s", "", each) for each in page.locator(".number").all_inner_texts()]


async def reply(world: TipOffWorld, filed: TipOffReport) -> None:
    """Answer a report as a moderator."""
    moderator = (await world.world.moderator(1)).moderator_id
    # A moment after the filing, whatever the clocks of this test and of the pages say.
    now = (filed.file_time - NOW).total_seconds() + 0.001
    await world.assign(filed, moderator, seconds=now)
    await world.answer(filed, moderator, "谢谢您的举报", seconds=now)


def asks_before_words_are_left(place: Place, numbers: list[str], page: Page) -> None:
    """Another language and a link ask on the page of a report, where an answer is typed and not sent."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"{place.base_url}/r/{PARTY}/reply?lang=zh")
    for name, number in zip(("#reference", "#secret"), numbers, strict=True):
        page.locator(name).fill(number)
    page.get_by_role("button", name="查询").click()
    answer = page.locator("#answer")
    answer.click()
    answer.press_sequentially("Monday (synthetic)")
    for left in (page.locator("header button"), page.locator("main a").last):
        with page.expect_event("dialog"):
            left.click(no_wait_after=True)
        assert answer.input_value() == "Monday (synthetic)"
    assert asked == ["beforeunload"] * 2
    answer.fill("")
    page.locator("header button").click()
    page.locator("html[lang=en]").wait_for()
    assert len(asked) == 2


async def test_a_report_by_clicks(sqlite_databases: Databases, tmp_path: Path) -> None:
    """Back and reload lose nothing; a picture is made smaller, however early; the reply is read elsewhere."""
    async with place_of(sqlite_databases, tmp_path, locale="zh") as place:
        picture = tmp_path / "picture.jpg"
        picture.write_bytes(photograph())
        numbers: list[str] = []

        def reports(page: Page) -> None:
            numbers.extend(report(place, page, picture))
            page.go_back()
            page.go_forward()
            page.get_by_role("button", name="清除").click()
            page.get_by_role("button", name="开始举报").wait_for()

        await visit(reports, viewport={"width": 320, "height": 640})
        [filed] = (await place.tip_offs.asks().list_page()).tip_offs
        case = await place.tip_offs.get(filed)
        assert (case.text, case.contact) == (TEXT, "canary@example.org")
        assert case.tip_off.target.key == "帖子18"
        assert Image.open(BytesIO(case.content)).format == "JPEG"
        assert b"canary camera" not in case.content
        await reply(place.tip_offs, filed)

        def reads(page: Page) -> None:
            page.goto(f"{place.base_url}/r/{PARTY}/reply?lang=zh")
            for name, number in zip(("#reference", "#secret"), numbers, strict=True):
                page.locator(name).fill(number)
            page.get_by_role("button", name="查询").click()
            page.get_by_text("谢谢您的举报").wait_for()
            fits(page)
            page.locator("#answer").fill(ANSWER)
            page.get_by_role("button", name="提交补充说明").click()
            page.get_by_text(ANSWER).wait_for()
            fits(page)
            # A reload sends it again, which is the same answer.
            page.reload()
            page.get_by_text(ANSWER).wait_for()
            assert page.locator("#answer").count() == 0
            said = page.locator(".timeline .text").all_inner_texts()
            assert said == [TEXT, "谢谢您的举报", ANSWER]

        await visit(partial(asks_before_words_are_left, place, numbers))
        await visit(reads, java_script_enabled=False)
        assert (await place.tip_offs.get(filed)).supplement == ANSWER
        assert not any(TEXT in each or "canary@" in each for each in place.seen)
        assert TEXT not in place.log.read_text("utf-8")
