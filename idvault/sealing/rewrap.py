"""Seals stored values again under the version in use of its key (key.ports.Rewrapper)."""

from dataclasses import dataclass, replace

from idvault.sealing.identity import CurrentIndexer
from idvault.sealing.ports import CaseField, SealedModerationText, SealedText, SealedValue
from idvault.sealing.second_factor import TotpSealer
from idvault.sealing.text import KeyedCaseTextSealer, KeyedModerationTextSealer


@dataclass(kw_only=True, eq=False, repr=False)
class IndexRewrapper:
    """Re-keys blind indexes: the next link of the chain needs no number."""

    indexer: CurrentIndexer

    def rewrapped(self, value: SealedValue) -> SealedValue:
        """Return the index under the version in use."""
        version, index = self.indexer.rekeyed(value.data, version=int(value.version))
        return replace(value, version=str(version), data=index)


@dataclass(kw_only=True, eq=False, repr=False)
class CaseTextRewrapper:
    """Seals the texts of disclosures again; bound: the disclosure's id and, for a denial, the custodian."""

    sealer: KeyedCaseTextSealer

    def rewrapped(self, value: SealedValue) -> SealedValue:
        """Return the text under the version in use; raises DamagedError."""
        disclosure_id, custodian = (*value.bound, "")[:2]
        sealed = SealedText(value.version, value.data)
        text = self.sealer.open(disclosure_id=disclosure_id, sealed=sealed, custodian=custodian)
        made = self.sealer.seal(disclosure_id=disclosure_id, text=text, custodian=custodian)
        return replace(value, version=made.key_version, data=made.data)


@dataclass(kw_only=True, eq=False, repr=False)
class ModerationTextRewrapper:
    """Seals texts of appeals, contests and reports again; bound: relying party, case id, perhaps the field.

    field: of the cases that have one text.
    """

    sealer: KeyedModerationTextSealer
    field: str

    def rewrapped(self, value: SealedValue) -> SealedValue:
        """Return the text under the version in use; raises DamagedError."""
        place = CaseField(*(*value.bound, self.field)[:3])
        text = self.sealer.open(place, SealedModerationText(value.version, value.data))
        made = self.sealer.seal(place, text)
        return replace(value, version=made.key_version, data=made.data)


@dataclass(kw_only=True, eq=False, repr=False)
class SecondFactorRewrapper:
    """Seals the shared secrets of one-time codes again; bound: the member's actor id."""

    sealer: TotpSealer

    def rewrapped(self, value: SealedValue) -> SealedValue:
        """Return the secret under the version in use; raises DamagedError."""
        (actor_id,) = value.bound
        return replace(value, data=self.sealer.resealed(actor_id=actor_id, at_rest=value.data))
