"""A report as commands name it: by the number that its reporter has, or by its id."""

from typing import Any

from idvault_client.errors import NotFound
from idvault_people.moderation import digits
from idvault_verify.error import Reason


def id_of(vault: Any, named: str) -> str:
    """Return a report's id. named: its number, with or without blanks, or the id itself. Raises NotFound."""
    number = digits.number(named)
    if not number:
        return named
    found = vault.tip_offs.list_page(reference=number, page_size=1).tip_offs
    if not found:
        raise NotFound(Reason.TIP_OFF_NOT_FOUND, "NOT_FOUND")
    return str(found[0].tip_off_id)
