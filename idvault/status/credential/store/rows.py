"""Rows of status credentials and status lists."""

import zlib
from typing import Any

from idvault.status.credential.ports import Credential, StoredList
from idvault.verify.attest.status_list import StatusList
from idvault.verify.signing_key import StatusKey

_FAST = 1


def credential(row: Any) -> Credential:
    """Return the credential in a row of `status_credentials`."""
    return Credential(
        row.credential_id,
        row.account_token,
        row.audience,
        row.number,
        row.place,
        row.issued_at,
        row.expires_at,
        row.public_account_id,
    )


def stored_list(row: Any) -> StoredList:
    """Return the list in a row of `status_lists`."""
    return StoredList(row.number, row.version, zlib.decompress(row.entries))


def key(row: Any) -> StatusKey:
    """Return the key in a row of `status_keys`."""
    return StatusKey(row.public_key, row.purpose, row.announced_at, row.note or b"")


def packed(entries: StatusList) -> bytes:
    """Return entries in the form in which they are stored."""
    return zlib.compress(bytes(entries.data), _FAST)
