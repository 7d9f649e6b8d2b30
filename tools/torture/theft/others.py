"""What the other online keys open: case texts and one-time code secrets, but no names."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.sealing.key_set import Purpose
from idvault_verify import seal
from tools.torture.theft import search
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot

_NONCE = 12


def case_texts(loot: Loot, marks: list[str]) -> Finding:
    """Open every request and denial with the custody edge's key, and look for names in them."""
    rows = loot.tables["disclosures"]
    texts = {}
    for row in rows:
        info = seal.case_text_info(disclosure_id=row["disclosure_id"])
        key = loot.keys[Purpose.CASE_TEXT].versions[row["key_version"]]
        texts[row["disclosure_id"]] = _opened(key, bytes(row["text"])[1:], info)
    for row in loot.tables["disclosure_decisions"]:
        if row["key_version"] is not None:
            place = f"{row['disclosure_id']} {row['custodian']}"
            info = seal.denial_info(disclosure_id=row["disclosure_id"], custodian=row["custodian"])
            key = loot.keys[Purpose.CASE_TEXT].versions[row["key_version"]]
            texts[place] = _opened(key, bytes(row["signed"])[1:], info)
    hits = search.search(texts, marks)
    note = f"{len(texts)} texts are read: cases, legal bases, purposes, as auditors wrote them"
    return Finding("names in requests of disclosures: custody's keys", "names", len(rows), len(hits), 0, note)


def one_time_codes(loot: Loot) -> Finding:
    """Open every second factor: codes alone open nothing without a member's keys."""
    rows = [row for row in loot.tables["second_factors"] if row["active"] is not None]
    opened = 0
    for row in rows:
        sealed = bytes(row["active"])
        place = 2 + sealed[1]
        key = loot.keys[Purpose.SECOND_FACTOR].versions[sealed[2:place].decode()]
        info = seal.second_factor_at_rest_info(actor_id=row["actor_id"])
        opened += bool(_opened(key, sealed[place:], info))
    note = "stated: a second factor is no defence against a thief of custody's keys"
    return Finding("secrets of one-time codes: custody's keys", "secrets", len(rows), opened, len(rows), note)


def _opened(key: bytes, sealed: bytes, info: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], info)
    except InvalidTag:
        return b""
