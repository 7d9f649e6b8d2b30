"""What people call a case: a report's number, an order's reference, the account of a sanction.

A desk's history keeps addresses only, whose ids nobody reads out: the names are asked for when it is shown,
and kept in the memory of this process, because they never change.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

from idvault_client.errors import VaultError
from idvault_people.moderation import shown
from idvault_people.moderation.row_facts import each_of, keep
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace

_ORDERS = "/orders/"
_OF_ACCOUNTS = ("sanctions", "appeals", "public-accounts", "contests", "disavowals", "reinstatements")


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseNames:
    """What is asked for the cases of one page."""

    place: Workplace

    def names(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return names by address; none for a case that the vault does not show any more.

        A public account has no other name than its id, for which nothing is asked.
        """
        known, readers = self.place.names, self._readers()
        missing = [each for each in dict.fromkeys(addresses) if each not in known]

        def name(address: str) -> str:
            _, kind, which = address.split("/")
            called = readers[kind](which) if kind in readers else ""
            return shown.short_key(called) if kind in _OF_ACCOUNTS else called

        read = dict(zip(missing, each_of(name, missing), strict=True))
        read |= self._orders({each for each in missing if each.startswith(_ORDERS)})
        # Before anything is kept: what is kept pushes out what was known, perhaps of this very page.
        told = {**known, **read}
        for address, called in read.items():
            if called:
                keep(known, address, called)
        return {each: called for each in addresses if (called := told[each])}

    def _readers(self) -> Mapping[str, Callable[[str], str]]:
        vault = self.place.vault
        return {
            "reports": lambda which: vault.tip_offs.get(which).tip_off.reference,
            "sanctions": lambda which: vault.sanctions.get(which).account_token,
            "appeals": lambda which: vault.sanctions.get_appeal(which).account_token,
            "measures": lambda which: vault.content_measures.get(which).content,
            "public-accounts": str,
            "contests": lambda which: vault.sessions.get_contest(which).account_token,
            "disavowals": lambda which: vault.disavowals.get(which).account_token,
            "reinstatements": lambda which: vault.sessions.get_reinstatement(which).account_token,
            "operations": lambda which: vault.sanctions.get_operation(which).title,
            "campaigns": lambda which: vault.campaigns.get(which).plan.title,
        }

    def _orders(self, wanted: Set[str]) -> Mapping[str, str]:
        """Return the references of orders by address: the vault reads no single one, so up to the last."""
        found: dict[str, str] = {}
        if not wanted:
            return found
        with suppress(VaultError):
            for each in every(self.place.vault.sanctions.list_orders, "orders", page_size=1_000):
                if (address := f"{_ORDERS}{each.order_id}") in wanted:
                    found[address] = each.order.reference
                if len(found) == len(wanted):
                    break
        return found
