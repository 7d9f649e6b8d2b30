"""The authorities to which a report may be referred: those of the published roster, if the desk has it."""

from idvault_people.moderation.shown import Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.reading import RosterError

_ROLE = "authority"


def known(place: Workplace) -> list[Row]:
    """Return the authorities' names and what is shown of them; none without a readable roster."""
    if place.roster is None:
        return []
    try:
        newest = place.roster()[-1]
    except RosterError:
        return []
    members = [each for each in newest.people if each.role == _ROLE]
    return [(each.name, _told(each.name, each.organisation)) for each in members]


def _told(name: str, organisation: str) -> str:
    return f"{name} · {organisation}" if organisation and organisation != name else name
