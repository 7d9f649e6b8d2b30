"""What people call a case: a report's number, an order's reference, the account of a sanction.

A desk's history keeps addresses only, whose ids nobody reads out: the names are asked for when it is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from idvault_people.moderation.row_facts import each_of
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace

_ORDERS = "/orders/"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseNames:
    """What is asked for the cases of one page."""

    place: Workplace

    def names(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return names by address; none for a case that the vault does not show any more."""
        known, asked = self._readers(), list(dict.fromkeys(addresses))
        orders = self._orders() if any(each.startswith(_ORDERS) for each in asked) else {}

        def name(address: str) -> str:
            _, kind, which = address.split("/")
            return known[kind](which) if kind in known else orders.get(which, "")

        found = zip(asked, each_of(name, asked), strict=True)
        return {address: called for address, called in found if called}

    def _readers(self) -> Mapping[str, Callable[[str], str]]:
        vault = self.place.vault
        return {
            "reports": lambda which: vault.tip_offs.get(which).tip_off.reference,
            "sanctions": lambda which: vault.sanctions.get(which).account_token,
            "appeals": lambda which: vault.sanctions.get_appeal(which).account_token,
            "measures": lambda which: vault.content_measures.get(which).content,
            "contests": lambda which: vault.sessions.get_contest(which).account_token,
            "disavowals": lambda which: vault.disavowals.get(which).account_token,
            "reinstatements": lambda which: vault.sessions.get_reinstatement(which).account_token,
        }

    def _orders(self) -> Mapping[str, str]:
        """Return the references of all orders: the vault reads no single one."""
        orders = every(self.place.vault.sanctions.list_orders, "orders", page_size=1_000)
        return {each.order_id: each.order.reference for each in orders}
