"""What the vault could not read is said in the operator's language, with the program's words folded."""

import json
import re

import pytest

from idvault.processes.bootstrap.overview import UnreadReason
from idvault_people.console.operator.texts import OPERATOR, UNREAD
from idvault_people.console.operator.vault_commands import CommandEnd
from tests.support.console import Seen
from tests.support.operator_room import OperatorRoom
from tools.support.chamber import CUSTODIANS

CHINESE = {"Accept-Language": "zh-CN"}
RAW = "STORE_UNAVAILABLE: nothing listens there"
FOLDED = f'<p lang="en">{RAW}</p></details>'


def state(office: OperatorRoom, **parts: object) -> None:
    """Have the vault tell these parts."""
    office.replaced["overview"] = CommandEnd(0, json.dumps(parts), "")


def notes(page: Seen) -> list[str]:
    """Return the notes of a page as text, without what is folded."""
    found = re.findall(r'<div class="note[^"]*">(.*?)</div>', page.text, re.DOTALL)
    return [Seen(200, {}, re.sub(r"<details>.*?</details>", "", each)).words for each in found]


def test_every_reason_has_a_sentence() -> None:
    """But one: what the settings do not name is no failure, and has an empty state."""
    assert {*UNREAD} == {*UnreadReason} - {UnreadReason.NOT_CONFIGURED}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", [*UNREAD, "OF_A_NEWER_VAULT", ""])
async def test_a_reason_is_said_in_the_language_of_the_page(
    office: OperatorRoom, language: str, reason: str
) -> None:
    """The program's words are behind a summary; without a known reason there is a general one."""
    state(office, keys={"problem": RAW, **({"reason": reason} if reason else {})})
    visitor = await office.enter(**({} if language == "en" else CHINESE))
    key = f"unread.{reason}" if reason in UNREAD else "unread"
    part = OPERATOR["part.keys"].in_language(language)
    said = OPERATOR[key].in_language(language).format(part=part)
    for path in ("/", "/keys"):
        page = await visitor.get(path)
        assert said in notes(page), path
        assert FOLDED in page.text
        assert not any(RAW in each for each in notes(page))


@pytest.mark.parametrize(
    ("headers", "tile", "told"),
    [
        ({}, "no folder set", "Set IDVAULT_BACKUP_DIR for the worker"),
        (CHINESE, "未设置目录", "请为工作进程设置IDVAULT_BACKUP_DIR"),
    ],
)
async def test_without_a_folder_of_backups_the_page_says_which_setting(
    office: OperatorRoom, headers: dict[str, str], tile: str, told: str
) -> None:
    """No note stands above the figures, and no English on a Chinese page."""
    office.patch.delenv("IDVAULT_BACKUP_DIR")
    visitor = await office.enter(**headers)
    today = await visitor.get("/")
    assert tile in today.words
    storage = await visitor.get("/storage")
    assert told in storage.words
    for page in (today, storage):
        assert not any("IDVAULT_BACKUP_DIR" in each for each in notes(page))
        assert "is not among these settings" not in page.text


async def test_a_custodian_without_a_drill_has_a_first_one(office: OperatorRoom) -> None:
    """Its deadline stands alone: there is no last one before it."""
    visitor = await office.enter(**CHINESE)
    await office.drilled()
    page = await visitor.get("/members?fresh=1")
    assert page.words.count("90天内须首次演练") == len(CUSTODIANS)
    assert "从未" not in page.words
