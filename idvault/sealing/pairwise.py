"""Names accounts to third parties by HMAC: another name for each audience (ports.credential.Pairwise)."""

from idvault.attest import status_token


class KeyedPairwise:
    """Subjects under one key, which never changes: with it every subject would."""

    def __init__(self, *, key: bytes) -> None:
        """Take the key, 32 bytes, for this purpose only."""
        self._key = key

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience, the same every time."""
        return status_token.subject(key=self._key, audience=audience, account_token=account_token)
