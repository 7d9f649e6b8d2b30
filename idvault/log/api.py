"""The methods of TransparencyService: checkpoints, entries and proofs, for roster members and monitors."""

from dataclasses import dataclass

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import StoredLog
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import transparency_pb2

_LIST = "ListLogEntries"


@dataclass(kw_only=True, eq=False, repr=False)
class TransparencyMethods:
    """Converts, calls one read, converts back."""

    log: StoredLog

    async def GetCheckpoint(
        self,
        request: transparency_pb2.GetCheckpointRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> transparency_pb2.Checkpoint:
        """Return the newest checkpoint."""
        return transparency_pb2.Checkpoint(note=await stored_log.newest(self.log))

    async def ListLogEntries(
        self,
        request: transparency_pb2.ListLogEntriesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> transparency_pb2.ListLogEntriesResponse:
        """Return a page of entries."""
        limit = convert.page_size(request.page_size)
        start, field = _start(request)
        found = await stored_log.entries(self.log, start=start, limit=limit, field=field)
        return transparency_pb2.ListLogEntriesResponse(
            entries=[
                transparency_pb2.LogEntry(index=index, leaf=leaf)
                for index, leaf in enumerate(found.leaves, found.start)
            ],
            next_page_token=convert.page_token(found.next, of=_LIST),
        )

    async def GetInclusionProof(
        self,
        request: transparency_pb2.GetInclusionProofRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> transparency_pb2.InclusionProof:
        """Return the inclusion proof of an entry."""
        hashes = await stored_log.inclusion(self.log, index=request.index, tree_size=request.tree_size)
        return transparency_pb2.InclusionProof(
            index=request.index, tree_size=request.tree_size, hashes=hashes
        )

    async def GetConsistencyProof(
        self,
        request: transparency_pb2.GetConsistencyProofRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> transparency_pb2.ConsistencyProof:
        """Return the consistency proof of two sizes."""
        hashes = await stored_log.consistency(self.log, old_size=request.old_size, new_size=request.new_size)
        return transparency_pb2.ConsistencyProof(
            old_size=request.old_size, new_size=request.new_size, hashes=hashes
        )


def _start(request: transparency_pb2.ListLogEntriesRequest) -> tuple[int, str]:
    """Return the start index, and the field that it came from."""
    if request.page_token:
        return convert.read_page_token(request.page_token, of=_LIST), convert.PAGE_FIELD
    return request.start_index, "start_index"
