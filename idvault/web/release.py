"""The card of a release of a sealed identity with its openings, as its person reads it on either page."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.web.render import View
from idvault.web.words import Rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release. time, opened: in words, each opening with its place in the log. place: 0 if not logged.

    opened: None if it is not known which openings followed this release. platform: whose account it was, ""
    on the page of one account.
    """

    time: str
    place: int
    auditor_id: str
    legal_basis: str
    opened: Sequence[tuple[str, int]] | None
    platform: str = ""


def rows_of(release: Release, *, horizon: str, view: View) -> tuple[Rows, Rows]:
    """Return the rows of a release, and the ids behind "details". horizon: the day up to which is told."""
    told = _Told(view)
    if release.platform:
        told.row("mine_platform", release.platform)
    told.row("own_disclosed", release.time)
    told.id("own_auditor", release.auditor_id)
    told.place("own_place", release.place)
    for time, place in release.opened or ():
        told.row("own_opened", time)
        told.place("own_opened_place", place)
    if release.opened is not None and not release.opened:
        told.row("own_opened", view.say("own_unopened", day=horizon))
    told.row("own_legal_basis", release.legal_basis or view.say("own_unknown"))
    return told.rows, told.ids


def rows_apart(time: str, *, place: int, auditor_id: str, platform: str, view: View) -> tuple[Rows, Rows]:
    """Return the same of an opening of which it is not known which release it followed."""
    told = _Told(view)
    told.row("mine_platform", platform)
    told.row("own_opened", time)
    told.id("own_auditor", auditor_id)
    told.place("own_opened_place", place)
    return told.rows, told.ids


class _Told:
    """Collects rows and ids under the names that a page gives them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.rows: list[tuple[str, str]] = []
        self.ids: list[tuple[str, str]] = []

    def row(self, name: str, value: str) -> None:
        self.rows.append((self._view.say(name), value))

    def id(self, name: str, value: str) -> None:
        self.ids.append((self._view.say(name), value))

    def place(self, name: str, place: int) -> None:
        """Add a place in the log; that there is none stands directly below the time of what is missing."""
        if place:
            self.id(name, str(place))
        else:
            self.row(name, self._view.say("mine_not_logged"))
