"""What an account's platform and owner read of disclosures: the method, and its messages.

Apart from the others, so that the platform edge imports no act of auditors and custodians.
"""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import logged, time_of
from idvault.disclosure.acts import history as history_acts
from idvault.disclosure.acts.history import History, HistoryContext
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import status_pb2, transparency_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class HistoryMethods:
    """The method that tells whether a record was ever opened."""

    vault: Vault
    histories: HistoryContext

    async def GetDisclosureHistory(
        self,
        request: status_pb2.GetDisclosureHistoryRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> status_pb2.DisclosureHistory:
        """Return the openings of an account's records, with proofs."""
        account_token = token.check(request.account_token)
        found = await history_acts.of(self.vault, caller.name, account_token, now, context=self.histories)
        return history(found)


def history(value: History) -> status_pb2.DisclosureHistory:
    """Return the message of an account's disclosures and openings."""
    disclosed = value.proofs.entries[: len(value.disclosures)]
    opened = value.proofs.entries[len(value.disclosures) :]
    return status_pb2.DisclosureHistory(
        account_token=value.account_token,
        horizon_time=time_of(value.horizon),
        openings=[
            status_pb2.DisclosureOpening(
                disclosure_id=opening.disclosure_id,
                record_digest=opening.record_digest,
                entry=logged(proved),
            )
            for opening, proved in zip(value.openings, opened, strict=True)
        ],
        disclosures=[
            status_pb2.RecordDisclosure(
                disclosure_id=disclosure.disclosure_id,
                record_digest=disclosure.record_digest,
                auditor_actor_id=disclosure.auditor_actor_id,
                legal_basis=disclosure.legal_basis,
                entry=logged(proved),
            )
            for disclosure, proved in zip(value.disclosures, disclosed, strict=True)
        ],
        checkpoint=transparency_pb2.Checkpoint(note=value.proofs.note),
        statement=status_pb2.HistoryStatement(
            make_time=time_of(value.made_at),
            disclosure_count=len(value.disclosures),
            opening_count=len(value.openings),
            signature=value.stated.signature,
            key_note=value.stated.note,
        ),
    )
