"""Checks status tokens and credentials offline, for third parties such as a payment or taxi service.

    verifier = StatusVerifier(jwks=Path("jwks.json").read_bytes(), audience="https://taxi.example")
    verifier.add_list(Path("0.jwt").read_bytes())
    verifier.check(credential)      # raises CheckError, or returns the attested subject

A public account's credential attests no person, so `check` refuses it; `check_public_account` accepts
nothing else, and returns which public account it is.

Fetch all lists, not only the one you need, so that nobody learns whom you check. Fetch jwks.json once a day,
and each list when its `ttl` (five minutes) is over. The verifier fails closed: it refuses a key that is not
in the set, and a list that is missing or has expired.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from idvault_verify.account import MinimumAssurance
from idvault_verify.attest import jose, status_check
from idvault_verify.attest.jose import JoseError
from idvault_verify.attest.status_check import Attested, AttestedPublicAccount, CheckedList, CheckError
from idvault_verify.attest.status_list import LIST_SIZE

__all__ = ["Attested", "AttestedPublicAccount", "CheckError", "MinimumAssurance", "StatusVerifier"]

_LIST_BYTES = LIST_SIZE // 4  # two bits an entry, of which this vault uses one so far


def _now() -> datetime:
    return datetime.now(UTC)


class StatusVerifier:
    """Checks for one audience; no method uses the network."""

    def __init__(
        self,
        *,
        jwks: bytes,
        audience: str,
        issuer: str | None = None,
        max_list_age: float | None = None,
        minimum_assurance: MinimumAssurance | str = MinimumAssurance.ANY,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """jwks: the vault's published keys. audience: your own name as the tokens carry it.

        issuer: whose tokens to accept, None for any that these keys signed. max_list_age: how many seconds
        ago a list may have been signed, None for the hour that the list itself allows. minimum_assurance:
        what a token or credential of an account must state; ask its platform for one that does. Raises
        CheckError (JWKS_INVALID), ValueError for a minimum that is none.
        """
        try:
            self._keys = jose.parse_keys(jwks)
        except JoseError as error:
            raise CheckError(error.reason, str(error)) from error
        self._audience = audience
        self._issuer = issuer
        self._max_list_age = max_list_age
        self._minimum = MinimumAssurance(minimum_assurance)
        self._now = now
        self._lists: dict[str, CheckedList] = {}

    def add_list(self, token: bytes) -> None:
        """Add a published list, in place of an older one of the same name; raises CheckError."""
        found = status_check.read_list(
            token, keys=self._keys, now=self._now(), max_age=self._max_list_age, limit=_LIST_BYTES
        )
        former = self._lists.get(found.uri)
        if former is None or former.issued_at <= found.issued_at:
            self._lists[found.uri] = found

    def check(self, token: str | bytes) -> Attested:
        """Return what a token or credential attests of an account now; raises CheckError if it does not.

        A public account's credential is refused: it may be valid while its owner is verified no longer.
        """
        return status_check.check(token, minimum=self._minimum, **self._given())

    def check_public_account(self, token: str | bytes) -> AttestedPublicAccount:
        """Return which public account a credential attests now; raises CheckError if it attests none.

        It says nothing of the person behind it, so no minimum applies. An account's own token or credential
        is refused.
        """
        return status_check.check_public_account(token, **self._given())

    def _given(self) -> dict[str, Any]:
        return {
            "keys": self._keys,
            "audience": self._audience,
            "issuer": self._issuer,
            "lists": self._lists,
            "now": self._now(),
            "max_list_age": self._max_list_age,
        }
