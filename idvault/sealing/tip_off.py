"""The secrets of reports, and the ids of reporters: HMAC-SHA256 under the tip-off key.

- secret = the first 8 bytes of HMAC(key, encode("idvault/tip-off-secret/v1", relying party, report id,
  request id)) as a number modulo 10^16, in 16 digits. The request id is not stored, so the key alone leads to
  no secret.
- The stored hash = HMAC(key, encode("idvault/tip-off-proof/v1", relying party, report id, secret)).
- Reporter id = the first 16 bytes of HMAC(key, encode("idvault/tip-off-reporter/v1", relying party, kind,
  value)), always under the first version of the key: a new version must not make a known reporter unknown.
"""

import hmac
from dataclasses import dataclass

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import NewSecret
from idvault_verify import seal
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.seal import Part
from idvault_verify.tip_off import SECRET_DIGITS, TipOff

_SECRET = "idvault/tip-off-secret/v1"  # noqa: S105 - a purpose
_PROOF = "idvault/tip-off-proof/v1"
_REPORTER = "idvault/tip-off-reporter/v1"
FIRST_VERSION = 0
_SECRET_BYTES, _ID_BYTES = 8, 16


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedTipOffSecrets:
    """Secrets and ids under the keys of one key file (tip_off.ports.TipOffSecrets)."""

    keys: LocalKeyProvider

    def __post_init__(self) -> None:
        """Raise KeyMissingError at the start for a key file without these keys."""
        self.keys.keys(Purpose.TIP_OFF)

    def secret(
        self, *, relying_party: str, tip_off_id: str, request_id: str, version: str | None
    ) -> NewSecret:
        """Return the secret of a report that a request files, with its hash."""
        chosen = version or self.keys.keys(Purpose.TIP_OFF).primary
        derived = self._digest(chosen, _SECRET, relying_party, tip_off_id, request_id)
        number = int.from_bytes(derived[:_SECRET_BYTES], "big") % 10**SECRET_DIGITS
        digits = f"{number:0{SECRET_DIGITS}}"
        return NewSecret(digits, self._digest(chosen, _PROOF, relying_party, tip_off_id, digits), chosen)

    def check(self, tip_off: TipOff, *, secret: str) -> None:
        """Raise NotFoundError (TIP_OFF_NOT_FOUND) unless this is the report's secret."""
        expected = self._digest(tip_off.secret_key, _PROOF, tip_off.relying_party, tip_off.tip_off_id, secret)
        if not hmac.compare_digest(expected, tip_off.secret_hash):
            raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)

    def reporter_id(self, *, relying_party: str, kind: str, value: str) -> str:
        """Return the id of a reporter at a platform."""
        return self._digest(str(FIRST_VERSION), _REPORTER, relying_party, kind, value)[:_ID_BYTES].hex()

    def _digest(self, version: str, purpose: str, *parts: Part) -> bytes:
        key = self.keys.version(Purpose.TIP_OFF, version)
        return hmac.digest(key, seal.encode(purpose, *parts), "sha256")
