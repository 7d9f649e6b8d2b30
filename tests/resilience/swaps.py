"""Promise 6 in full: every swap among 100 accounts, every flipped bit of a record and its shares.

`python -m tests.resilience.swaps` ends with `tampering: N changes, U undetected`; exit code 1 unless U is 0.
"""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from idvault.attest import hpke
from idvault.custody.record import open_record
from idvault.domain import token
from idvault.domain.error import DamagedError
from idvault.domain.record import SealedRecord
from tests.support import people
from tests.support.custody_vault import Vault

ACCOUNTS = 100
_A, _B, _ = people.NAMES


def _opens(record: SealedRecord, shares: dict[str, bytes], shred_value: bytes) -> bool:
    try:
        open_record(record=record, shares=shares, shred_value=shred_value)
    except DamagedError:
        return False
    return True


def _gives_share(vault: Vault, record: SealedRecord) -> bool:
    try:
        vault.shares(record, [_A])
    except DamagedError:
        return False
    return True


def _flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


async def swaps() -> list[bool]:
    """Put each account's ciphertext, and its whole record, in the place of each other; True: it opened."""
    vault = Vault()
    tokens = [token.make(bytes([number]) * 16) for number in range(ACCOUNTS)]
    records = [await vault.seal(account_token=name) for name in tokens]
    shares = [vault.shares(record, [_A, _B]) for record in records]
    found = []
    for here, there in permutations(range(ACCOUNTS), 2):
        mine, theirs = records[here], records[there]
        value, whole = vault.shred_value(mine), replace(theirs, account_token=mine.account_token)
        found.append(_opens(replace(mine, ciphertext=theirs.ciphertext), shares[here], value))
        found.append(_opens(whole, shares[there], value))
        found.append(_gives_share(vault, whole))
    return found


async def flips(suite: str) -> list[bool]:
    """Flip each bit of what a record is made of, and of a custodian's sealed share; True: it opened."""
    vault = Vault(suite=suite)
    record = await vault.seal()
    shares, value = vault.shares(record, [_A, _B]), vault.shred_value(record)
    found = [
        _opens(replace(record, **{field: changed}), shares, value)  # type: ignore[arg-type]
        for field in ("salt", "commitment", "ciphertext")
        for changed in _flips(getattr(record, field))
    ]
    found += [_opens(record, {**shares, _B: changed}, value) for changed in _flips(shares[_B])]
    for place, share_hash in enumerate(record.share_hashes[:2]):
        for changed in _flips(share_hash):
            hashes = [*record.share_hashes[:place], changed, *record.share_hashes[place + 1 :]]
            found.append(_opens(replace(record, share_hashes=tuple(hashes)), shares, value))
    for changed in _flips(record.shares[0]):
        found.append(_gives_share(vault, replace(record, shares=(changed, *record.shares[1:]))))
    return found


def main() -> int:
    """Change everything that can be changed; exit code 1 if anything opened."""
    total = asyncio.run(swaps())
    print(f"{ACCOUNTS * (ACCOUNTS - 1)} swaps, each in 3 ways: {sum(total)} undetected", flush=True)
    for suite in sorted(hpke.SUITES):
        found = asyncio.run(flips(suite))
        print(f"{len(found)} flipped bits under {suite}: {sum(found)} undetected", flush=True)
        total += found
    print(f"tampering: {len(total)} changes, {sum(total)} undetected")
    return 1 if any(total) else 0


if __name__ == "__main__":
    sys.exit(main())
