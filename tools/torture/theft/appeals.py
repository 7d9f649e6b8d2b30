"""Appeals in a theft: what their owners wrote."""

from collections.abc import Iterable
from itertools import product

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.sealing.key_set import Purpose
from idvault_client import Vault, testing
from idvault_client.sanctions import AppealState, Degree
from idvault_verify import seal
from tools.support.sanction_world import reasons
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot, Row

# Format, nonce and encrypted data key; then nonce and encrypted text (docs/formats.md, section 5).
_KEY, _TEXT, _NONCE = 1, 61, 12


def file(vault: Vault, tokens: Iterable[str], *, mark: str) -> int:
    """Warn each account and appeal, with a mark in the text; decide every second one. Return how many."""
    first, second = testing.moderator(vault), testing.moderator(vault)
    filed = 0
    for filed, token in enumerate(tokens, start=1):
        warning = vault.sanctions.impose(token, Degree.WARN, reasons(), key=first)
        appeal = vault.sanctions.file_appeal(warning.sanction_id, f"{mark} wrote this (synthetic)")
        vault.sanctions.get_appeal(appeal.appeal_id)
        if filed % 2:
            verdict = AppealState.UPHELD if filed % 4 == 1 else AppealState.REJECTED
            vault.sanctions.decide_appeal(appeal, verdict, "read again", sanction=warning, key=second)
    return filed


def texts(loot: Loot, *, mark: str, most: int) -> list[Finding]:
    """Open every text with every key but that of texts; then with that one, which is a stated limit."""
    rows = [row for row in loot.tables["appeals"] if row["text"] is not None]
    own = loot.keys[Purpose.MODERATION_TEXT].versions
    others = loot.every_key() - set(own.values())
    read = sum(mark in _opened(row, own[row["key_version"]]) for row in rows)
    opened = sum(bool(_opened(row, key)) for row, key in product(rows, others))
    note = "stated: the platform edge opens them for the moderators who decide"
    return [
        Finding("texts of appeals: every key but that of texts", "texts", len(rows) * len(others), opened),
        Finding("texts of appeals: the platform edge's keys", "texts", len(rows), read, most, note),
    ]


def _opened(row: Row, key: bytes) -> str:
    place = {
        "relying_party": row["relying_party"],
        "case_id": row["appeal_id"],
        "field": "text",
        "key_version": row["key_version"],
    }
    stored = bytes(row["text"])
    wrapped, sealed = stored[_KEY:_TEXT], stored[_TEXT:]
    try:
        data_key = _decrypted(key, wrapped, seal.moderation_text_key_info(**place))
        return _decrypted(data_key, sealed, seal.moderation_text_info(**place)).decode()
    except InvalidTag:
        return ""


def _decrypted(key: bytes, sealed: bytes, info: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], info)
