"""The hosted pages by clicks in WebKit, the engine of many telephones; the journeys in Chromium tell more."""

import asyncio
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from google.protobuf import json_format
from PIL import Image

from idvault_verify.registry import RegistryAnswer
from tests.clients.offline.test_receipt import message
from tests.web.identity.test_journey import FIRST, edited
from tests.web.test_journey import BUTTONS, DONE, NAME, NUMBER, TYPO, place_of
from tests.web.tip_off.test_journey import ANSWER, TEXT, photograph, reply
from tools.support import logs
from tools.support.databases import Databases
from tools.support.flow_world import PARTY
from tools.support.webkit import NARROW, WIDE, Visitor, visiting

pytestmark = pytest.mark.process


async def browse(work: Callable[[Visitor], None], *, width: int) -> None:
    """Let a person use a browser, in a thread."""

    def run() -> None:
        with visiting(width=width) as visitor:
            work(visitor)

    await asyncio.to_thread(run)


@pytest.mark.parametrize(("locale", "width"), [("zh", NARROW), ("en", WIDE)])
async def test_a_person_verifies_in_webkit(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """With a typing error that the script notices, and a mismatch that the registry does."""
    begin, leave, agree, kind, submit = BUTTONS[locale]
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:
        place.world.claims.registry.script.append(RegistryAnswer.MISMATCH)

        def person(visitor: Visitor) -> None:
            visitor.go(f"{place.platform.origin}/login/somebody")
            visitor.press(begin)
            visitor.press_like(leave)
            visitor.press_like(agree)
            visitor.choose(kind)
            visitor.press(begin)
            visitor.fill("name", "错一一")
            visitor.fill("number", TYPO)
            visitor.until("!document.getElementById('number').validity.valid")
            visitor.fill("number", NUMBER)
            visitor.press(submit)
            visitor.until("document.querySelector('.errors') !== null")
            assert visitor.fits()
            visitor.fill("name", NAME)
            visitor.fill("number", NUMBER)
            visitor.press(submit)
            visitor.see(DONE[locale])
            assert visitor.fits()

        await browse(person, width=width)
        assert len(place.world.claims.registry.checks) == 2
        assert NAME not in "\n".join(place.platform.received)


async def test_a_report_in_webkit(sqlite_databases: Databases, tmp_path: Path) -> None:
    """A photograph is made smaller before it is sent; the reply is read, and answered once."""
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(photograph())
    async with place_of(sqlite_databases, tmp_path, locale="zh") as place:
        numbers: list[str] = []

        def reports(visitor: Visitor) -> None:
            visitor.go(f"{place.base_url}/r?lang=zh")
            visitor.element("//main//a").click()
            visitor.press("开始举报")
            visitor.choose("传播谣言")
            visitor.press("继续")
            visitor.fill("where", "帖子17")
            visitor.press("继续")
            visitor.fill("contact", "canary@example.org")
            visitor.press("继续")
            visitor.fill("why", TEXT)
            visitor.press("继续")
            visitor.see("请核对您填写的内容")
            assert visitor.fits()
            visitor.put("evidence", picture)
            visitor.until("document.getElementById('evidence').files[0].size <= 65536")
            visitor.press("提交举报")
            visitor.see("举报已提交")
            assert visitor.fits()
            shown = visitor.driver.find_elements("css selector", ".number")
            numbers.extend(re.sub(r"\s", "", each.text) for each in shown)

        await browse(reports, width=NARROW)
        [filed] = (await place.tip_offs.asks().list_page()).tip_offs
        case = await place.tip_offs.get(filed)
        assert (case.text, case.contact) == (f"{TEXT}\n\n📎 picture.jpg", "canary@example.org")
        assert Image.open(BytesIO(case.content)).format == "JPEG"
        assert b"canary camera" not in case.content
        await reply(place.tip_offs, filed)

        def reads(visitor: Visitor) -> None:
            visitor.go(f"{place.base_url}/r/{PARTY}/reply?lang=zh")
            for name, number in zip(("reference", "secret"), numbers, strict=True):
                visitor.fill(name, number)
            visitor.press("查询")
            visitor.see("谢谢您的举报")
            visitor.fill("answer", ANSWER)
            visitor.press("提交补充说明")
            visitor.see(ANSWER)
            assert visitor.fits()

        await browse(reads, width=NARROW)
        assert (await place.tip_offs.get(filed)).supplement == ANSWER


async def test_a_receipt_is_checked_in_webkit(sqlite_databases: Databases, tmp_path: Path) -> None:
    """By the engine's own signatures and hashes: it is valid, and an edited one is not."""
    text = json_format.MessageToJson(message(size=300))
    receipt, wrong, key = (tmp_path / name for name in ("receipt.json", "wrong.json", "key.txt"))
    receipt.write_text(text, "utf-8")
    wrong.write_text(edited(text, "entry.leaf"), "utf-8")
    key.write_text(f"{logs.VKEY}\n", "utf-8")
    async with place_of(sqlite_databases, tmp_path, locale="en") as place:
        token = await place.world.moderation.account()

        def check(visitor: Visitor, file: Path) -> str:
            visitor.put("receipt-file", file)
            visitor.until("document.getElementById('receipt-text').value !== ''")
            visitor.put("receipt-key", key)
            visitor.press("Check")
            visitor.until("document.querySelector('#receipt-answer[data-state]') !== null")
            state = visitor.element("//*[@id='receipt-answer']").get_attribute("data-state")
            return str(state)

        def person(visitor: Visitor) -> None:
            for file, wanted in ((receipt, True), (wrong, False)):
                visitor.go(f"{place.platform.origin}/me/somebody/{token}")
                visitor.press(BUTTONS["en"][0])
                visitor.press_like(BUTTONS["en"][1])
                visitor.see(FIRST["en"])
                visitor.press_like("Check a receipt")
                visitor.element("//*[@id='receipt-check']")
                visitor.until("document.readyState === 'complete'")
                assert check(visitor, file).startswith("valid") is wanted, file.name

        await browse(person, width=WIDE)
