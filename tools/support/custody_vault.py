"""A sealed record and the synthetic custodians who can open it."""

from collections.abc import Iterable

from idvault.sealing.identity import QuorumRecordSealer
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.opens.record import open_record
from idvault_people.opens.share import open_share
from idvault_verify.attest import hpke, record_key
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import Identity
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, people
from tools.support.fakes.keys import MemoryShredStore
from tools.support.fakes.sealing import CountingEntropy


class Vault:
    """One quorum, one shred store and all private keys in one place, as only a test has them."""

    def __init__(
        self, *, threshold: int = 2, names: tuple[str, ...] = people.NAMES, suite: str = hpke.X25519
    ) -> None:
        self.names = names
        self.suite = suite
        self.quorum = people.quorum(threshold=threshold, names=names, suite=suite)
        self.shred = MemoryShredStore()
        self.entropy = CountingEntropy()
        self.sealer = QuorumRecordSealer(
            quorum=lambda: self.quorum, shred_store=self.shred, entropy=self.entropy
        )

    async def seal(
        self,
        *,
        account_token: str = builders.TOKEN,
        relying_party: str = "platform-a",
        identity: Identity | None = None,
    ) -> SealedRecord:
        return await self.sealer.seal(
            relying_party=relying_party,
            account_token=account_token,
            identity=identity or builders.identity(),
            answer=RegistryAnswer.MATCH,
            consent=builders.consent(),
        )

    def custodian(self, name: str) -> PersonalIdentity:
        found = people.roster_member(name, suite=self.suite)
        return PersonalIdentity(
            name=name,
            role="custodian",
            organisation=found.organisation,
            actor_id=found.actor_id,
            suite=self.suite,
            _hpke_private=people.secret(name, "hpke"),
            _ed25519_private=people.secret(name, "ed25519"),
        )

    def shares(self, record: SealedRecord, names: Iterable[str]) -> dict[str, bytes]:
        """Return the shares of a record that these custodians open, each with their keys."""
        return {
            name: open_share(identity=self.custodian(name), record=record, index=self.names.index(name) + 1)
            for name in names
        }

    def shred_value(self, record: SealedRecord) -> bytes:
        key = self.shred.keys[record.account_token, record.record_id]
        return record_key.shred_value(shred_key=key, record_id=record.record_id)

    def open(self, record: SealedRecord, names: Iterable[str]) -> Payload:
        """Return what these custodians open together."""
        shares = self.shares(record, names)
        return open_record(record=record, shares=shares, shred_value=self.shred_value(record))
