"""How the operator's console writes numbers, and figures that may not have been read."""

from babel.numbers import format_decimal

from idvault_people.console import shown
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Visit


def number(count: float, visit: Visit) -> str:
    """Return a number with the separators of the language."""
    return format_decimal(count, locale=shown.LOCALES[visit.language])


def figure(count: float, part: str, state: VaultState, visit: Visit) -> str:
    """Return a figure from a part of the vault's state; words if it was not read: 0 looks like good news."""
    return visit.say("not_read") if state.problem(part) else number(count, visit)
