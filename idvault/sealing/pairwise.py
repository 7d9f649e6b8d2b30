"""Names accounts to third parties by HMAC: another name for each audience (ports.credential.Pairwise)."""

from dataclasses import dataclass

from idvault.attest import status_token


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedPairwise:
    """Subjects under one key, which never changes: with it every subject would."""

    key: bytes

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience, the same every time."""
        return status_token.subject(key=self.key, audience=audience, account_token=account_token)
