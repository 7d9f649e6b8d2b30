"""Announces this process's status keys and signs with the current one.

Implements ports.credential.StatusSigner and StatementSigner.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from idvault.sealing.ports import Signer, Stated
from idvault.status.credential.ports import StatusKeyStore
from idvault.verify import signing_key
from idvault.verify.attest import jose
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.signing_key import StatusKey
from idvault.verify.transparency import statement_key
from idvault.verify.transparency.tree import LogError


class StatusKeyFlow:
    """The keys of one purpose that this process holds."""

    def __init__(self, *, store: StatusKeyStore, signers: Sequence[Signer], purpose: str) -> None:
        """Initialise with the port. signers: every key of the purpose in the key file."""
        self._store = store
        self._signers = {signer.public_key: signer for signer in signers}
        self._purpose = purpose
        self._announced: list[StatusKey] = []

    def hold(self, signers: Sequence[Signer]) -> None:
        """Hold these keys from now on: every key of the purpose in the key file, which has changed."""
        self._signers = {signer.public_key: signer for signer in signers}

    async def announce(self, *, now: datetime) -> None:
        """Announce each key that is new; it signs once it has been announced for 24 hours."""
        announced = await self._all()
        new = self._signers.keys() - {key.public_key for key in announced}
        for public_key in sorted(new):
            await self._store.announce(StatusKey(public_key, self._purpose, now))
        self._announced = await self._all() if new else announced

    async def _all(self) -> list[StatusKey]:
        return [key for key in await self._store.all() if key.purpose == self._purpose]

    def sign(self, claims: dict[str, Any], *, typ: str, now: datetime) -> str:
        """Return a signed token; raises UnavailableError if this process has no usable key.

        If the key file lacks the current key, the newest usable key that it has signs; that one is still
        published.
        """
        known = [key for key in self._announced if key.public_key in self._signers]
        usable = [key for key in known if signing_key.usable_from(keys=self._announced, key=key) <= now]
        chosen = max(usable, key=lambda key: key.announced_at, default=None)
        if chosen is None:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        signer = self._signers[chosen.public_key]
        return jose.sign(claims, typ=typ, public_key=chosen.public_key, signer=signer.sign)

    async def state(self, message: bytes, *, now: datetime) -> Stated:
        """Return a statement's signature by the newest key of this process that the log's key vouches for.

        Raises UnavailableError (LOG_UNAVAILABLE) if there is none: the worker vouches within seconds.
        """
        mine = [key for key in await self._all() if key.public_key in self._signers and _counts(key, now)]
        chosen = max(mine, key=lambda key: key.announced_at, default=None)
        if chosen is None:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return Stated(self._signers[chosen.public_key].sign(message), chosen.note)


def _counts(key: StatusKey, now: datetime) -> bool:
    try:
        return statement_key.unverified(key.note).counts(now)
    except LogError:
        return False
