"""Promise 6: every swap between accounts, and every flipped bit of a record and its shares."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from idvault_people.opens.record import open_record
from idvault_verify import token
from idvault_verify.attest import hpke
from idvault_verify.error import DamagedError
from idvault_verify.record import SealedRecord
from tools.support import people
from tools.support.custody_vault import Vault
from tools.torture.campaign import Options
from tools.torture.tally import Tally

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


async def swaps(accounts: int) -> list[bool]:
    """Put each account's ciphertext, and its whole record, in the place of every other; True: it opened."""
    vault = Vault()
    tokens = [token.make(bytes([number]) * 16) for number in range(accounts)]
    records = [await vault.seal(account_token=name) for name in tokens]
    shares = [vault.shares(record, [_A, _B]) for record in records]
    found = []
    for here, there in permutations(range(accounts), 2):
        mine, theirs = records[here], records[there]
        value, whole = vault.shred_value(mine), replace(theirs, account_token=mine.account_token)
        found.append(_opens(replace(mine, ciphertext=theirs.ciphertext), shares[here], value))
        found.append(_opens(whole, shares[there], value))
        found.append(_gives_share(vault, whole))
    return found


async def flips(suite: str) -> list[bool]:
    """Flip each bit of a record's parts and of a custodian's sealed share; True: it opened."""
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


def run(options: Options) -> Tally:
    """Apply every change to this many accounts; each one that opened is a loss."""
    groups = {"swaps": asyncio.run(swaps(options.count))}
    for suite in sorted(hpke.SUITES):
        groups[f"flips under {suite}"] = asyncio.run(flips(suite))
    tally = Tally(faults=sum(map(len, groups.values())))
    for name, found in groups.items():
        tally.figures[name] = len(found)
        if undetected := sum(found):
            tally.lose(f"{name}: {undetected} undetected", undetected)
    return tally
