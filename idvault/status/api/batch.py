"""Answers batches of statuses, put together from serialised parts (api.account.serialised)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from idvault.status.acts.status import StatusFlow
from idvault.status.api.serialised import Serialised, SerialisedStatuses
from idvault.v1 import status_pb2
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class StatusBatches:
    """Reads and answers batches."""

    flow: StatusFlow
    statuses: SerialisedStatuses

    async def read(
        self, *, relying_party: str, account_tokens: Sequence[str], now: ClockReading
    ) -> Serialised:
        """Return the response: each status once, in request order, and the unknown tokens."""
        asked = list(dict.fromkeys(account_tokens))
        packed = await self.flow.packed_many(relying_party=relying_party, account_tokens=asked)
        shown: dict[str, str] = {}
        for text, tokens in packed.items():
            shown.update(dict.fromkeys(tokens.split(","), text))
        known: list[tuple[str, str]] = []
        unknown: list[str] = []
        # Neighbours with equal statuses are serialised in one step.
        for found, run in groupby(asked, shown.get):
            if found is None:
                unknown += run
            else:
                known.append((found, ",".join(run)))
        content, _ = self.statuses.many(known, now=now)
        rest = status_pb2.BatchGetStatusesResponse(unknown_account_tokens=unknown)
        return Serialised(content + rest.SerializeToString())
