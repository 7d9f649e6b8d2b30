"""Search in one's own notes. They are sealed at the vault, so the reports that were noted here are read."""

from idvault_client.errors import NotFound
from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation.workplace import Workplace

_MOST = 50
_SHORTEST = 2


def search(asked: str, *, place: Workplace) -> list[TipOffReport]:
    """Return the reports with a note of this moderator that has a text, of the fifty noted last.

    The texts are compared on this machine, and kept nowhere.
    """
    wanted = asked.strip().casefold()
    if len(wanted) < _SHORTEST:
        return []
    noted = (each.where.rpartition("/")[2] for each in place.history.newest() if each.act == "note")
    found = []
    for report_id in list(dict.fromkeys(noted))[:_MOST]:
        try:
            case = place.vault.tip_offs.get(report_id)
        except NotFound:
            continue
        if any(each.moderator_id == place.me and wanted in each.note.casefold() for each in case.notes):
            found.append(case.tip_off)
    return found
