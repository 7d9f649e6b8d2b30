"""A page of a list: its views, its items, and the next page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from idvault_people.console.visit import ConsolePage, Visit
from idvault_people.moderation import done, saved_view, shown, way_back
from idvault_people.moderation.shown import Item, Link, Row
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.way_back import AFTER, SEARCH, VIEW

TYPED = "typed"
"""What an address says whose search was typed just now: a form asks, no link back to the list does."""
_OVERDUE, _SORT = "overdue", "sort"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chooser:
    """One more filter of a list, by a field that people choose from; the first option is for all."""

    id: str
    label: str
    options: Sequence[Row]
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk:
    """What can be done with chosen items. one: with a single one, by a button in its row.

    more: the address and the text of another button for the chosen ones.
    """

    action: str
    button: str
    one: str
    request_id: str
    more: Link


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPage:
    """What a list shows. views: value and text, the first one is shown unasked. following: the next token.

    empty: what to do if there is nothing. search: the label of the field that looks for one thing, ""
    without. told: what the last form did; refused: why it did nothing. live: the address that gives the
    table again, up to what the page knows of it (known); "" for a list that does not change while it is open.
    head: of the column that names the items, "" for the title. farther: the view that has what a search does
    not look through, "" if it looks through all.
    """

    title: str
    views: Sequence[Row]
    items: Sequence[Item]
    following: str
    hint: str = ""
    empty: str = ""
    choosers: Sequence[Chooser] = ()
    search: str = ""
    bulk: Bulk | None = None
    told: str = ""
    refused: str = ""
    links: Sequence[Link] = ()
    happened: Link | None = None
    live: str = ""
    known: str = ""
    head: str = ""
    farther: str = ""

    @property
    def columns(self) -> list[str]:
        """The names of the items' rows, in their order."""
        return shown.columns(self.items)

    @property
    def keys(self) -> list[str]:
        """The keys that do something in this list."""
        rows = ["j k", "Enter"] if self.items else []
        takes = ["a"] if self.bulk and any(each.alone for each in self.items) else []
        merges = ["m"] if self.bulk and any(each.id for each in self.items) else []
        return [*rows, *takes, *merges, *(["/"] if self.search else []), "?"]

    def page(self, visit: Visit) -> ConsolePage:
        """Return the page."""
        view = view_of(visit, self.views)
        chosen = {each.id: each.value for each in self.choosers if each.value}
        asked = {SEARCH: search(visit)} if self.search and search(visit) else {}
        narrowed = bool(asked or set(chosen) - {_SORT})
        views = [
            Link(_path(visit, {VIEW: name, **chosen}), text, current=name == view and not asked)
            for name, text in self.views
        ]
        here = {VIEW: view, **chosen, **asked}
        links = [replace(each.link, path=way_back.within(visit, each.link.path)) for each in self.items]
        items = [replace(each, link=link) for each, link in zip(self.items, links, strict=True)]
        values = {
            "shown": replace(self, items=items),
            "told": self.told or done.said(visit),
            "empty": self._empty(visit, view, narrowed=narrowed),
            "elsewhere": self._other(visit, view, narrowed=narrowed),
            "views": views,
            "view": view,
            "again": _path(visit, here),
            "save": None if asked else saved_view.form(visit.path, here, visit),
            "script": "console.js polling.js rows.js" if self.live else "console.js",
            "asked": asked.get(SEARCH, ""),
            "first": _path(visit, here) if visit.query.get(AFTER) else "",
            "next": _path(visit, {**here, AFTER: self.following}) if self.following else "",
            "keep": "&" + urlencode({**here, **_only(visit.query, AFTER)}),
        }
        return ConsolePage(template="moderation_list.html", title=self.title, values=values)

    def _empty(self, visit: Visit, view: str, *, narrowed: bool) -> str:
        """Return what comes into an empty list: of the first view. narrowed: by a filter or a search."""
        if narrowed:
            return "" if search(visit) else visit.say("nothing_matches")
        if self.empty:
            return self.empty
        if view == _OVERDUE:
            return visit.say("nothing_overdue")
        key = f"empty.{visit.path.strip('/').replace('-', '_')}"
        return visit.say(key if view == self.views[0][0] and key in TEXTS else "nothing_in_view")

    def _other(self, visit: Visit, view: str, *, narrowed: bool) -> Link | None:
        """Return where to look if nothing is here: in the first view, or from there in the last one.

        After a search: in the view that it leaves out, if there is one.
        """
        others = [each for each in self.views if narrowed or each[0] != view]
        if narrowed and self.farther:
            others = [each for each in self.views if each[0] == self.farther]
        if not others:
            return None
        name, text = others[-1] if view == self.views[0][0] and not narrowed else others[0]
        return Link(_path(visit, {VIEW: name}), visit.say("show_view", view=text))


def view_of(visit: Visit, views: Sequence[Row]) -> str:
    """Return the view that is asked for, or the first one."""
    asked = visit.query.get(VIEW, "")
    return asked if asked in dict(views) else views[0][0]


def search(visit: Visit) -> str:
    """Return what is looked for, "" for nothing."""
    return visit.query.get(SEARCH, "")


def is_typed(visit: Visit) -> bool:
    """Return whether a search was typed just now: then the only thing that it finds is opened."""
    return bool(visit.query.get(TYPED))


def after(visit: Visit) -> str:
    """Return the token of the page that is asked for."""
    return visit.query.get(AFTER, "")


def _only(values: Mapping[str, str], name: str) -> Mapping[str, str]:
    return {name: values[name]} if values.get(name) else {}


def _path(visit: Visit, query: Mapping[str, str]) -> str:
    return f"{visit.path}?{urlencode(query)}"
