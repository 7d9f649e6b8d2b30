"""What a task costs in a browser: interactions, pages loaded, and seconds."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page

from tools.support.browser import violations


@dataclass
class Hand:
    """A person's hand: each click, key or typed text is one interaction.

    began: by a clock that is never set. looked: how many seconds axe took, which are none of the task's.
    """

    page: Page
    interactions: int = 0
    loads: int = 0
    began: float = field(default_factory=time.monotonic)
    looked: float = 0.0

    def __post_init__(self) -> None:
        """Count each document that the browser loads from now on: not the one that is there."""
        self.page.wait_for_load_state()
        self.page.on("domcontentloaded", self._loaded)

    def _loaded(self, _: Page) -> None:
        self.loads += 1

    def click(self, selector: str) -> None:
        """Click on something, and let axe look at the page that comes."""
        self.press(self.page.locator(selector).first)
        begins = time.monotonic()
        assert violations(self.page) == "", self.page.url
        self.looked += time.monotonic() - begins

    def press(self, target: Locator) -> None:
        """Click on something."""
        self.interactions += 1
        target.click()
        self.page.wait_for_load_state()

    def type(self, selector: str, text: str) -> None:
        """Type a text into a field."""
        self.interactions += 1
        self.page.locator(selector).fill(text)

    def told(self, title: str) -> tuple[str, int, int]:
        """Return what a task has cost; pytest's `-s` shows its seconds, too."""
        print(f"{title}: {time.monotonic() - self.began - self.looked:.1f} s")
        return title, self.interactions, self.loads


def is_documented(page: Path, cost: tuple[str, int, int]) -> bool:
    """Return whether a table of the documentation tells what a task costs."""
    title, interactions, loads = cost
    return f"| {title} | {interactions} | {loads} |" in page.read_text("utf-8")
