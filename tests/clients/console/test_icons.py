"""The icons of the consoles: one for each link of a menu, each of them drawn, in the text's own colour."""

import re
from collections.abc import Iterator
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

SPRITE = ElementTree.fromstring(rendering.ICONS.read_text("utf-8"))  # noqa: S314 - our own file
FOLDERS = (Path(pages.__file__).parent, Path(officer.__file__).parents[1], Path(rendering.__file__).parent)


class Nobody:
    """In place of a session: a menu asks it nothing."""

    def __getattr__(self, _name: str) -> Any:
        """Return nothing that could answer."""
        return self


NOBODY: Any = Nobody()


def linked() -> Iterator[str]:
    """Yield the keys of the texts in the menus."""
    desk = pages.console(Workplace(vault=NOBODY, key=NOBODY))
    members = [each.console(NOBODY) for each in (auditor, custodian, officer)]
    for each in (desk.menu, operator.MENU, *(member.menu for member in members)):
        yield from (key for _, key in each)


def test_each_link_of_a_menu_has_an_icon() -> None:
    """And no icon is kept for a link that has gone."""
    assert set(linked()) == set(MENU_ICONS)


def test_each_icon_is_drawn_and_used() -> None:
    """In a menu, or by a template."""
    drawn = {each.attrib["id"] for each in SPRITE}
    texts = "".join(path.read_text("utf-8") for folder in FOLDERS for path in folder.rglob("*.html"))
    named = {*MENU_ICONS.values(), *re.findall(r"'([a-z-]+)'", texts)}
    assert drawn - named == set()
    assert set(MENU_ICONS.values()) - drawn == set()


def test_an_icon_has_no_colour_of_its_own() -> None:
    """Nor a style or a script: it is drawn in the colour of the text beside it."""
    allowed = {"id", "viewBox", "d", "cx", "cy", "r", "rx", "ry"}
    assert {name for each in SPRITE.iter() for name in each.attrib} == allowed
