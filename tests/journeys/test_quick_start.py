"""The quick start is as its page has it in each language: what is printed, the clicks, the call."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from idvault_dev import example_texts
from idvault_dev.supervisor import Ports
from tests.support.house import House
from tools.demo.__main__ import Demo
from tools.support.browser import browsing
from tools.support.project import ROOT

PAGES = {"en": ROOT / "docs" / "quick-start.md", "zh": ROOT / "docs" / "zh" / "quick-start.md"}
LOCALES = {"en": "en-US", "zh": "zh-CN"}


def section(language: str, number: int) -> str:
    """Return a numbered part of the page."""
    parts = re.split(r"^## (?=\d\. |\D)", PAGES[language].read_text("utf-8"), flags=re.MULTILINE)
    (found,) = (part for part in parts if part.startswith(f"{number}. "))
    return found


def printed(text: str) -> list[list[str]]:
    """Return each block of a terminal without its commands: the lines that a program prints."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    terminals = [block for language, block in blocks if not language]
    return [[line for line in block.splitlines() if not line.startswith("$ ")] for block in terminals]


def appears(told: list[str], output: list[str]) -> bool:
    """Return whether the lines stand in the output one after another; … stands for any number of others."""
    at, gap = 0, True
    for line in told:
        if line == "…":
            gap = True
            continue
        where = output.index(line, at) if line in output[at:] else -1
        if where < 0 or (not gap and where != at):
            return False
        at, gap = where + 1, False
    return True


def test_lines_in_another_order_are_noticed() -> None:
    """A line that is not there, two that are swapped, and a gap that nothing marks."""
    output = ["a", "b", "c"]
    assert [appears(told, output) for told in (["a", "b"], ["b"], ["a", "…", "c"])] == [True] * 3
    assert [appears(told, output) for told in (["a", "c"], ["b", "a"], ["x"])] == [False] * 3


@pytest.mark.parametrize("language", PAGES)
def test_the_demo_prints_what_the_page_shows(language: str, tmp_path: Path) -> None:
    """Set-up, steps and the last line."""
    steps = [name for name, _ in Demo(state=tmp_path / "state", scratch=tmp_path).steps()]
    output = ["setup: done", *(f"ok {number} {name}" for number, name in enumerate(steps, start=1))]
    (told,) = printed(section(language, 1))
    assert appears(told, [*output, f"demo: {len(steps)} steps passed, 0 skipped"]), told
    assert 'echo "setup: done"' in (ROOT / "scripts" / "setup").read_text("utf-8")


@pytest.mark.parametrize("language", PAGES)
def test_dev_prints_what_the_page_shows(language: str, house: House) -> None:
    """The same lines, apart from the folder; the ports are those of a start without options."""
    (told,) = printed(section(language, 2))
    output = house.session.output.read_text("utf-8").replace(house.ready["state"], "/srv/idvault/var")
    ports = Ports()
    usual = {
        house.ready["grpc"]: f"127.0.0.1:{ports.platform}",
        house.ready["grpc_custody"]: f"127.0.0.1:{ports.custody}",
        house.ready["pages"]["invitation"]: f"http://127.0.0.1:{ports.platform_site}/invitation",
        house.ready["pages"]["hosted verification"]: f"http://127.0.0.1:{ports.platform_site}/verify",
    }
    for found, named in usual.items():
        output = output.replace(found, named)
    # The addresses differ in length, and with them the blanks between two columns.
    lines, shown = ([re.sub(r" {2,}", "  ", line) for line in each] for each in (output.splitlines(), told))
    assert appears(shown, lines), (shown, lines)


def follow(page: Page, steps: str) -> None:
    """Do what the steps say: press or choose what is bold, and type what is code."""
    for name, typed in re.findall(r"\*\*(.+?)\*\*|`(.+?)`", steps):
        if typed:
            page.locator("#number" if typed.isascii() else "#name").fill(typed)
            continue
        roles = [page.get_by_role(role, name=name, exact=True) for role in ("button", "link", "radio")]
        target = page.get_by_role("heading", name=name, exact=True)
        for each in roles:
            target = target.or_(each)
        target.click(timeout=60_000)


@pytest.mark.parametrize("language", PAGES)
def test_the_invitation_is_answered_as_the_page_says(language: str, own_house: House) -> None:
    """Each button, choice and text of the steps is there, up to the way back to the platform."""
    steps = "\n".join(re.findall(r"^\d\. .*", section(language, 2), re.MULTILINE))
    assert steps.count("**") >= 14
    with browsing() as browser:
        page = browser.new_page(locale=LOCALES[language])
        page.goto(own_house.ready["pages"]["invitation"])
        follow(page, steps)
        state = example_texts.text("SUCCEEDED", language)
        heading = example_texts.text("back", language, state=state)
        page.get_by_role("heading", name=heading, exact=True).wait_for()


@pytest.mark.parametrize("language", PAGES)
def test_the_call_prints_what_the_page_shows(language: str, own_house: House) -> None:
    """The program runs unchanged beside the state folder, and with another name as the page says."""
    text = section(language, 3)
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (told,) = printed(text)
    assert "$ .venv/bin/python call.py\n" in text
    folder = own_house.state.parent
    (folder / "var").symlink_to(own_house.state)

    def run(source: str) -> list[str]:
        (folder / "call.py").write_text(source, "utf-8")
        command = [sys.executable, "call.py"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert run(program) == told
    (wrong,) = re.findall(r"`(FAILED \w+)`", text)
    reason = program.replace("某一二", "某一三") + 'print(bool(v.failure_reason.text("zh")))\n'
    assert run(reason) == [wrong, "True"]
