"""A chamber in which accounts are erased, with its records really sealed."""

from datetime import timedelta

from idvault.erasure import acts
from idvault.erasure.acts import ErasureCall, ErasureContext, ErasureSweep, ShownErasure
from idvault.erasure.rules import DELAY, ErasureTerms
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs
from idvault_people.opens.record import open_record
from idvault_people.opens.share import open_share
from idvault_verify.attest import record_key
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.record import SealedRecord
from tools.support import builders
from tools.support.chamber import CUSTODIANS, Chamber, identity

PARTY = "platform-a"
TERMS = ErasureTerms()


def open_alone(record: SealedRecord, shred_key: bytes | None) -> str:
    """Open a record with all custodians' keys and this shred key; return the name, raises UnsealError."""
    shares = {
        name: open_share(identity=identity(name), record=record, index=place)
        for place, name in enumerate(CUSTODIANS, 1)
    }
    value = record_key.shred_value(shred_key=shred_key or bytes(32), record_id=record.record_id)
    return open_record(record=record, shares=shares, shred_value=value).named.name


class ErasureRoom:
    """Erases accounts of a chamber at its time."""

    def __init__(self, room: Chamber) -> None:
        self.room = room
        self.shred_keys = ShredKeys(room.shred)
        proofs = LogProofs(main=room.main, shred=room.shred)
        self.context = ErasureContext(proofs, TERMS)
        self.sweep = ErasureSweep(
            vault=room.vault,
            shred_keys=self.shred_keys,
            remnants=Remnants(main=room.main, shred=room.shred),
            zone=builders.ZONE,
        )

    async def key(self, token: str) -> bytes | None:
        """Return the shred key of an account's newest record."""
        record_id = self.room.records[token].record_id
        return await self.shred_keys.find(account_token=token, record_id=record_id)

    async def request(self, token: str, *, origin: ErasureOrigin = ErasureOrigin.PLATFORM) -> ShownErasure:
        request = self.room.world.request()
        call = ErasureCall(
            PARTY, "b" * 32, request.request_id, "EraseAccount", builders.content(token), token, origin
        )
        return await acts.request(self.room.vault, call, self.room.now(), context=self.context)

    async def get(self, token: str) -> ShownErasure:
        return await acts.get(self.room.vault, PARTY, token, proofs=self.context.proofs)

    async def work(self) -> int:
        """Let the worker erase and destroy what is due, and log it."""
        done = await self.sweep.step(now=self.room.now(), limit=100)
        await self.room.step()
        return done

    async def erase(self, token: str) -> None:
        """Request an erasure and let it take effect."""
        await self.request(token)
        self.room.offset += TERMS.waiting
        await self.work()
        assert (await self.get(token)).erasure.state is ErasureState.ERASED

    async def destroy(self, token: str) -> None:
        """Let the delay of an erased account pass."""
        self.room.offset += DELAY + timedelta(seconds=1)
        await self.work()
        assert (await self.get(token)).erasure.state is ErasureState.DESTROYED
