"""The icons of the consoles: one for each link of a menu, each of them drawn, in the text's own colour."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from idvault_client.pages import rendering
from idvault_people.console.authority import officer
from idvault_people.console.disclosure import auditor, custodian
from idvault_people.console.icons import MENU_ICONS
from idvault_people.console.operator import console as operator
from idvault_people.moderation import pages
from idvault_people.moderation.workplace import Workplace
from tools.support.builders import NOW

COLOURS = {"red", "amber", "green"}
"""Of badges, which a template names beside their icons."""
SPRITE = ElementTree.fromstring(rendering.ICONS.read_text("utf-8"))  # noqa: S314 - our own file
FOLDERS = (Path(pages.__file__).parent, Path(officer.__file__).parents[1], Path(rendering.__file__).parent)


class Nobody:
    """In place of a session: a menu asks it nothing."""

    def __init__(self, folder: Path) -> None:
        """Set what begins with a console: it destroys old drafts in its folder."""
        self.folder = folder

    def now(self) -> datetime:
        """Return a time."""
        return NOW

    def __getattr__(self, _name: str) -> Any:
        """Return nothing that could answer."""
        return self


def linked(folder: Path) -> Iterator[str]:
    """Yield the keys of the texts in the menus."""
    nobody: Any = Nobody(folder)
    moderation = pages.console(Workplace(vault=nobody, key=nobody))
    members = [each.console(nobody) for each in (auditor, custodian, officer)]
    for each in (moderation.menu, operator.MENU, *(member.menu for member in members)):
        yield from (key for _, key in each)


def test_each_link_of_a_menu_has_an_icon(tmp_path: Path) -> None:
    """And no icon is kept for a link that has gone."""
    assert set(linked(tmp_path)) == set(MENU_ICONS)


def test_each_icon_is_drawn_and_used() -> None:
    """In a menu, or by a template."""
    drawn = {each.attrib["id"] for each in SPRITE}
    texts = "".join(path.read_text("utf-8") for folder in FOLDERS for path in folder.rglob("*.html"))
    asked = re.findall(r"\b(?:icon|state)\(([^()]*)\)", texts)
    named = {*MENU_ICONS.values(), *re.findall(r"'([a-z-]+)'", " ".join(asked))} - COLOURS
    assert drawn - {*named, *re.findall(r"'([a-z-]+)'", texts)} == set()
    assert named - drawn == set()


def test_an_icon_has_no_colour_of_its_own() -> None:
    """Nor a style or a script: it is drawn in the colour of the text beside it."""
    allowed = {"id", "viewBox", "d", "cx", "cy", "r", "rx", "ry"}
    assert {name for each in SPRITE.iter() for name in each.attrib} == allowed
