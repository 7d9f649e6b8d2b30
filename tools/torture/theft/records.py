"""Sealed records: the thief tries every key and every stored value, and too few custodians' keys."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from idvault_people.opens import identity as identities
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.opens.record import open_record
from idvault_people.opens.share import ShareError, open_share
from idvault_verify.attest import record_key
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.record import SealedRecord
from tools.support.open_record import sealed_record
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot

_SECRET = 32
_NONE_OF_THEM = {"name": "", "role": "custodian", "organisation": "", "actor_id": ""}


@dataclass(frozen=True, slots=True)
class Target:
    """A record and its shred value, which the thief has."""

    record: SealedRecord
    shred_value: bytes


def targets(loot: Loot) -> list[Target]:
    keys = {
        (row["account_token"], row["record_id"]): bytes(row["shred_key"])
        for row in loot.tables["record_keys"]
    }
    found = []
    for row in loot.tables["records"]:
        record = sealed_record(row)
        key = keys[record.account_token, record.record_id]
        value = record_key.shred_value(shred_key=key, record_id=record.record_id)
        found.append(Target(record, value))
    return found


def every_secret(loot: Loot, *, order: list[str], most_records: int) -> Finding:
    """Try each key, and 32 bytes of each stored value, as a record's data key and each custodian's key."""
    secrets = loot.every_key() | set(_values(loot))
    tried = targets(loot)[:most_records]
    opened = sum(1 for one in tried if any(_opens(secret, one, order) for secret in secrets))
    return Finding(
        "sealed records: shred keys, every online key, every stored value",
        "records",
        len(secrets) * len(tried) * (1 + len(order)),
        opened,
        note=f"{len(tried)} records",
    )


def people(
    loot: Loot,
    custodians: Mapping[str, PersonalIdentity],
    *,
    order: list[str],
    count: int,
    stated: bool = False,
) -> Finding:
    """Let this many custodians open what they can, with both databases; stated: whether it is documented."""
    groups, opened, tries = list(combinations(order, count)), set(), 0
    for target in targets(loot):
        shares = {
            name: open_share(identity=custodians[name], record=target.record, index=order.index(name) + 1)
            for name in order
        }
        for group in groups:
            tries += 1
            if _combined(target, {name: shares[name] for name in group}):
                opened.add(target.record.record_id)
    note = "stated: M custodians with both databases need nobody" if stated else ""
    most = len(loot.tables["records"]) if stated else 0
    return Finding(
        f"sealed records: {_said(count)} with all of that", "records", tries, len(opened), most, note
    )


def custodians(folders: Mapping[str, str], *, passphrase: bytes) -> dict[str, PersonalIdentity]:
    """Return custodians' keys, which are on no server."""
    return {name: identities.load(Path(folder), passphrase=passphrase) for name, folder in folders.items()}


def _said(count: int) -> str:
    return "one custodian" if count == 1 else f"{count} custodians"


def _combined(target: Target, shares: Mapping[str, bytes]) -> bool:
    try:
        open_record(record=target.record, shares=shares, shred_value=target.shred_value)
    except UnsealError:
        return False
    return True


def _opens(secret: bytes, target: Target, order: Iterable[str]) -> bool:
    info = record_key.info_of(target.record)
    key = record_key.derive(
        data_key=secret, shred_value=target.shred_value, salt=target.record.salt, info=info
    )
    if key.commitment == target.record.commitment:
        return True
    return any(_is_custodians(secret, target, name, place) for place, name in enumerate(order, 1))


def _is_custodians(secret: bytes, target: Target, name: str, place: int) -> bool:
    thief = PersonalIdentity(
        **_NONE_OF_THEM | {"name": name},
        suite=target.record.suite,
        _hpke_private=secret,
        _ed25519_private=secret,
    )
    try:
        open_share(identity=thief, record=target.record, index=place)
    except (UnsealError, ShareError):
        return False
    return True


def _values(loot: Loot) -> Iterator[bytes]:
    """Yield the first and last 32 bytes of every stored value that is long enough."""
    for rows in loot.tables.values():
        for row in rows:
            for value in row.values():
                if isinstance(value, bytes) and len(value) >= _SECRET:
                    yield value[:_SECRET]
                    yield value[-_SECRET:]
