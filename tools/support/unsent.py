"""Calls of the client as it makes them, for measurements that send many over channels of their own."""

from collections.abc import Iterable
from typing import cast
from uuid import uuid4

import grpc

from idvault_client import Consent, Vault, Verification, resident_id
from idvault_client.backend.rpc import Result, Rpc
from idvault_client.campaigns import ImportedRow, LegacyAccount
from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import FiledTipOff, TipOffChannel, TipOffTarget
from tools.support.sandbox import Person


class _Unsent(Vault):
    """A client of which every method returns its call."""

    def __init__(self) -> None:
        """There is no channel, because nothing is sent."""
        super().__init__(cast("grpc.Channel", None), timeout=1)

    def run(self, call: Rpc[Result]) -> Result:
        """Return the call."""
        return cast("Result", call)


_UNSENT = _Unsent()


def verification(person: Person, *, consent: Consent) -> Rpc[Verification]:
    """Return the call that verifies a person."""
    made = _UNSENT.verify_individual(
        person.name, resident_id(person.number), consent=consent, request_id=uuid4()
    )
    return cast("Rpc[Verification]", made)


def report(target: TipOffTarget, category: SanctionCategory, told: str) -> Rpc[FiledTipOff]:
    """Return the call that files a stranger's report."""
    made = _UNSENT.tip_offs.file(target, category, told, channel=TipOffChannel.APP, request_id=uuid4())
    return cast("Rpc[FiledTipOff]", made)


def legacy_import(label: str, accounts: Iterable[LegacyAccount]) -> Rpc[tuple[ImportedRow, ...]]:
    """Return the call that imports legacy accounts."""
    made = _UNSENT.campaigns.import_legacy_accounts(label, accounts)
    return cast("Rpc[tuple[ImportedRow, ...]]", made)
