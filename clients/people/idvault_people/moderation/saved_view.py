"""Views that a moderator keeps: a name, and the address of a list with its filters.

They are in the moderator's own folder, not in the vault: a view says nothing that others need, and nothing of
it needs to survive the machine. An address has words of fixed lists, and the id of an operation: what
somebody searched for, such as an account, is never in the file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from idvault_people.console.visit import Answer, GoTo, Visit
from idvault_people.moderation import done
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.form import Form
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_verify import durable_file, small_file

FILE, PATH = "views.json", "/views"
MOST, _NAME = 20, 40
_WORD = "[A-Za-z_]+"
_FILTER = rf"(operation=[0-9a-f]{{32}}|{_WORD}={_WORD})"
_ADDRESS = re.compile(rf"/[a-z-]+(\?{_FILTER}(&{_FILTER})*)?")


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list with its filters."""

    name: str
    address: str


@dataclass(kw_only=True, eq=False)
class SavedViews:
    """The views of one moderator, by their names. file: where they are kept, None for memory only."""

    file: Path | None = None
    _memory: list[SavedView] = field(default_factory=list)

    def all(self) -> list[SavedView]:
        """Return the views; none if the file is damaged. Raises OSError."""
        return self._read() or []

    @property
    def is_damaged(self) -> bool:
        """Whether there is a file that cannot be read as views: it is not written over. Raises OSError."""
        return self._read() is None

    def _read(self) -> list[SavedView] | None:
        if self.file is None:
            return list(self._memory)
        try:
            found = json.loads(small_file.read(self.file))
            views = [SavedView(str(each["name"]), str(each["address"])) for each in found]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError):
            return None
        return [each for each in views if is_list(each.address)]

    def keep(self, views: Sequence[SavedView]) -> None:
        """Replace all views; raises OSError."""
        self._memory = sorted(views, key=lambda each: each.name)
        if self.file is not None:
            kept = [{"name": each.name, "address": each.address} for each in self._memory]
            durable_file.replace(self.file, json.dumps(kept, ensure_ascii=False, indent=1).encode() + b"\n")


def is_list(address: str) -> bool:
    """Return whether an address is one of a list and its filters."""
    return _ADDRESS.fullmatch(address) is not None


def form(path: str, filters: Mapping[str, str], visit: Visit) -> Form | None:
    """Return the form that keeps a list as it is filtered now; None for one that cannot be kept."""
    address = f"{path}?{urlencode({name: value for name, value in filters.items() if value})}"
    return _form(address, visit) if is_list(address) else None


def _form(address: str, visit: Visit) -> Form:
    say = visit.say
    return Form(
        title=say("save_view"),
        button=say("save"),
        back=PATH,
        request_id="",  # A view that is kept twice is kept once, by its name.
        action=PATH,
        fields=[
            Field(kind="text", id="name", label=say("view_name"), hint=say("view_name_hint"), limit=_NAME),
            Field(kind="hidden", id="address", value=address),
        ],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedViewPages:
    """The handlers."""

    views: SavedViews

    def menu(self) -> list[tuple[str, str]]:
        """Return addresses and names, for the side bar: a page without them is better than none."""
        try:
            return [(each.address, each.name) for each in self.views.all()]
        except OSError:
            return []

    def show(self, visit: Visit) -> Answer:
        """Show the views, with a button each that deletes it."""
        say, views = visit.say, self.views.all()
        empty = say("views_damaged", file=FILE) if self.views.is_damaged else say("no_views")
        items = [Item(link=Link(each.address, each.name), rows=[]) for each in views]
        return CasePage(
            title=say("saved_views"),
            hint=say("views_text"),
            sections=[PagePart(title=say("your_views"), items=items, empty=empty, head=say("view_name"))],
            aside=say("delete_view") if views else "",
            buttons=[self._deletion(each, visit) for each in views],
        ).page()

    def _deletion(self, view: SavedView, visit: Visit) -> Form:
        return Form(
            title=view.name,
            button=visit.say("delete_named", name=view.name),
            back=PATH,
            request_id="",
            fields=[Field(kind="hidden", id="name", value=view.name)],
            action=f"{PATH}/deletion",
        )

    def keep(self, visit: Visit) -> Answer:
        """Keep a view, and show its list again."""
        name, address, views = visit.line("name"), visit.given("address"), self.views.all()
        errors = self._wrong(SavedView(name, address), views, visit)
        if errors:
            return _form(address, visit).refilled(visit).page(errors=errors, status=422)
        self.views.keep([*(each for each in views if each.name != name), SavedView(name, address)])
        return GoTo(done.saved(address, "view"))

    def _wrong(self, view: SavedView, views: Sequence[SavedView], visit: Visit) -> dict[str, str]:
        say = visit.say
        if self.views.is_damaged:
            return {"": say("views_damaged", file=FILE)}
        if not view.name or len(view.name) > _NAME or not view.name.isprintable():
            return {"name": say("view_name_wrong", most=_NAME)}
        if not is_list(view.address):
            return {"": say("no_such_list")}
        if any(each.name == view.name and each.address != view.address for each in views):
            return {"name": say("view_exists")}
        if len(views) >= MOST and view not in views:
            return {"": say("views_full")}
        return {}

    def delete(self, visit: Visit) -> Answer:
        """Delete a view; one that is not there any more is deleted."""
        name, views = visit.given("name"), self.views.all()
        if any(each.name == name for each in views):
            self.views.keep([each for each in views if each.name != name])
            return GoTo(done.saved(PATH, "view_deleted"))
        return GoTo(PATH)
