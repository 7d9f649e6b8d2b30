"""Derives an account's subject by HMAC, different for each audience (status.credential.ports.Pairwise)."""

from dataclasses import dataclass

from idvault_verify.attest import status_token


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedPairwise:
    """Subjects under one key. The key never changes, since every subject would change with it."""

    key: bytes

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience; always the same."""
        return status_token.subject(key=self.key, audience=audience, account_token=account_token)
