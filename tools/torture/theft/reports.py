"""Reports of rumours in a theft: their texts, their reporters, and the secrets that follow them."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import product

from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault.sealing.text import KeyedModerationTextSealer, KeyedTipOffSecrets
from idvault_client import Vault, testing
from idvault_client.tip_offs import FiledTipOff
from idvault_verify import seal
from idvault_verify.error import DamagedError, NotFoundError
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import Dismissal, TargetKind, TipOffChannel, TipOffTarget
from tools.torture.theft.finding import Finding
from tools.torture.theft.loot import Loot, Row

_TEXTS_OF_ONE = 5  # text, contact, copy, note, reply


@dataclass(frozen=True, slots=True)
class _StolenKeys:
    """The stolen keys as the service's own code takes them."""

    loot: Loot

    def keys(self, purpose: Purpose) -> KeySet:
        """Return the key set of a purpose."""
        return self.loot.keys[purpose]

    def version(self, purpose: Purpose, version: str) -> bytes:
        """Return one version."""
        return self.loot.keys[purpose].versions[version]


def file(vault: Vault, tokens: list[str], *, mark: str) -> list[FiledTipOff]:
    """File a report by each account, with a mark in every text; answer all, and decide half of them."""
    key = testing.moderator(vault)
    made = []
    for place, token in enumerate(tokens):
        filed = vault.tip_offs.file(
            TipOffTarget(TargetKind.CONTENT, f"post/{place}"),
            SanctionCategory.RUMOUR,
            f"{mark} says what is not true (synthetic)",
            channel=TipOffChannel.APP,
            contact=f"{mark}@example.org",
            reporter_account_token=token,
            content=f"copy of {mark}".encode(),
        )
        vault.tip_offs.assign(filed.tip_off, key=key)
        vault.tip_offs.add_note(filed.tip_off.tip_off_id, f"about {mark}", key=key)
        vault.tip_offs.answer(filed.tip_off.tip_off_id, f"we look at {mark}", key=key)
        if place % 2:
            vault.tip_offs.dismiss(filed.tip_off.tip_off_id, Dismissal.NO_VIOLATION, key=key)
        made.append(filed)
    return made


def texts(loot: Loot, *, mark: str, most: int) -> list[Finding]:
    """Open every text with every key but that of texts; then with that one, which is a stated limit."""
    rows = loot.tables["tip_off_texts"]
    others = {key for purpose, keys in loot.keys.items() if purpose is not Purpose.MODERATION_TEXT
              for key in keys.versions.values()}  # fmt: skip
    opened = sum(
        _opens(loot, row, KeySet("0", {row["key_version"]: key}), mark) for row, key in product(rows, others)
    )
    own = sum(_opens(loot, row, loot.keys[Purpose.MODERATION_TEXT], mark) for row in rows)
    return [
        Finding("texts of reports: every key but that of texts", "texts", len(rows) * len(others), opened),
        Finding(
            "texts of reports: the platform edge's keys",
            "texts",
            len(rows),
            own,
            most * _TEXTS_OF_ONE,
            "stated: the platform's staff must read them",
        ),
    ]


def reporters(loot: Loot, *, most: int) -> list[Finding]:
    """Find out who reported: by plain hashes of every account, and with the key, which is a stated limit."""
    ids = {row["reporter_id"] for row in loot.tables["tip_offs"]}
    accounts = [(row["relying_party"], row["account_token"]) for row in loot.tables["accounts"]]
    plain = {
        form[:32]
        for party, token in accounts
        for data in (
            token.encode(),
            f"{party}{token}".encode(),
            seal.encode("idvault/tip-off-reporter/v1", party, "account", token),
        )
        for form in (sha256(data).hexdigest(), sha256(data).hexdigest()[32:], data.hex())
    }
    secrets = KeyedTipOffSecrets(keys=_StolenKeys(loot))  # type: ignore[arg-type]
    keyed = {
        secrets.reporter_id(relying_party=party, kind="account", value=token) for party, token in accounts
    }
    return [
        Finding("who reported: both databases", "reporters", len(plain), len(ids & plain)),
        Finding(
            "who reported: the platform edge's keys, every account",
            "reporters",
            len(keyed),
            len(ids & keyed),
            most,
            "stated: the edge recognises a reporter",
        ),
    ]


def followed(loot: Loot, filed: list[FiledTipOff]) -> Finding:
    """Derive each report's secret with the stolen key from everything that is stored of its request."""
    secrets = KeyedTipOffSecrets(keys=_StolenKeys(loot))  # type: ignore[arg-type]
    stored = [str(row["request_id"]) for row in loot.tables["requests"]]
    known, tried, found = {one.tip_off.tip_off_id: one.secret for one in filed}, 0, 0
    for row in loot.tables["tip_offs"]:
        for request_id in (*stored, row["tip_off_id"], row["reference"], ""):
            tried += 1
            guess = secrets.secret(
                relying_party=row["relying_party"],
                tip_off_id=row["tip_off_id"],
                request_id=request_id,
                version=row["secret_key"],
            )
            found += guess.digits == known.get(row["tip_off_id"])
    return Finding("secrets of reports: every key, every stored request", "secrets", tried, found)


def _opens(loot: Loot, row: Row, keys: KeySet, mark: str) -> bool:
    stolen = Loot(loot.tables, loot.raw, {**loot.keys, Purpose.MODERATION_TEXT: keys})
    sealer = KeyedModerationTextSealer(keys=_StolenKeys(stolen), entropy=ENTROPY)  # type: ignore[arg-type]
    place = CaseField(row["relying_party"], row["tip_off_id"], row["name"])
    try:
        opened = sealer.open(place, SealedModerationText(row["key_version"], bytes(row["data"])))
    except (DamagedError, NotFoundError):
        return False
    return bool(opened) and (row["name"] == "content" or mark in opened)
