"""Intakes: the thief opens those of waiting claims, and looks for those of settled claims."""

from collections.abc import Iterator

from idvault.sealing.key_set import Purpose
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.attest.hpke import UnsealError
from tools.support.sandbox import Person
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot, Row

# Format 1 and the KEM id of X-Wing: the start of a sealed claim (sealing.intake).
_BEGIN = b"\x01" + hpke.kem_id(hpke.X_WING).to_bytes(2, "big")
_ENCAPSULATED, _TAG = 1120, 16
_SIZE = len(_BEGIN) + _ENCAPSULATED + payload.BLOCK + _TAG


def waiting_now(loot: Loot, waiting: list[Person]) -> Finding:
    """Open the rows of waiting claims with the worker's keys."""
    claims = {row["claim_id"]: row for row in loot.tables["claims"]}
    rows = loot.tables["intakes"]
    opened = {
        name
        for row in rows
        for name in _opened(loot, bytes(row["ciphertext"]), [claims[row["claim_id"]]], days=[row["day"]])
    }
    return Finding(
        "names of claims that wait now: work's keys, intakes",
        "names",
        len(rows),
        len(opened),
        most=len(waiting),
        note="stated: the worker must read what it asks about",
    )


def waited_once(loot: Loot, people: list[Person], *, when: str, most: int = 0) -> Finding:
    """Look in all bytes for the intakes of settled claims, and open those.

    when: text that says how long ago they were settled; most: how many an existing key may open.
    """
    found = set(_sealed(loot))
    names = {name for sealed in found for name in _opened(loot, sealed, loot.tables["claims"])}
    left = names & {person.name for person in people}
    note = f"{len(found)} intakes lie in free pages, journal or WAL"
    note += "; stated: until the key of their minutes is gone" if most else ""
    return Finding(
        f"names of claims that waited, settled: {when}", "names", len(found), len(left), most, note
    )


def _sealed(loot: Loot) -> Iterator[bytes]:
    """Yield everything that looks like an intake, anywhere."""
    for content in loot.raw.values():
        place = content.find(_BEGIN)
        while place >= 0:
            yield content[place : place + _SIZE]
            place = content.find(_BEGIN, place + 1)


def _opened(loot: Loot, sealed: bytes, claims: list[Row], *, days: list[str] | None = None) -> Iterator[str]:
    keys = loot.keys[Purpose.INTAKE].versions
    for day in days or list(keys):
        for claim in claims if day in keys else []:
            info = seal.intake_info(
                relying_party=claim["relying_party"],
                account_token=claim["account_token"],
                claim_id=claim["claim_id"],
                day=day,
            )
            try:
                padded = hpke.unseal(
                    suite=hpke.X_WING, private_key=keys[day], sealed=sealed[len(_BEGIN) :], info=info
                )
                yield payload.decode(padded).named.name
            except UnsealError:
                continue
