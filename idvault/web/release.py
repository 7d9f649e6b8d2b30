"""The card of a release of a sealed identity with its openings, as its person reads it on either page."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.web.render import Rows, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release. time, opened: in words, each opening with its place in the log. place: 0 if not logged.

    platform: whose account it was, "" on the page of one account.
    """

    time: str
    place: int
    auditor_id: str
    legal_basis: str
    opened: Sequence[tuple[str, int]]
    platform: str = ""


def rows_of(release: Release, *, horizon: str, view: View) -> tuple[Rows, Rows]:
    """Return the rows of a release, and the ids behind "details". horizon: the day up to which is told."""
    rows = [("mine_platform", release.platform)] if release.platform else []
    rows.append(("own_disclosed", release.time))
    ids = [("own_auditor", release.auditor_id)]

    def put(name: str, place: int) -> None:
        """Add a place in the log; that there is none stands directly below the time of what is missing."""
        if place:
            ids.append((name, str(place)))
        else:
            rows.append((name, view.say("mine_not_logged")))

    put("own_place", release.place)
    for time, place in release.opened:
        rows.append(("own_opened", time))
        put("own_opened_place", place)
    if not release.opened:
        rows.append(("own_opened", view.say("own_unopened", day=horizon)))
    rows.append(("own_legal_basis", release.legal_basis or view.say("own_unknown")))
    return [(view.say(name), value) for name, value in rows], [(view.say(name), value) for name, value in ids]
