"""The worked example of what an authority signs."""

from hashlib import sha256

from tools.support.reference import order, paper, story
from tools.support.reference.page import Value
from tools.support.reference.story import PARTY, TOKEN, sample

_REASON = "示例理由 (synthetic)"
_NOW = 1_772_337_600


def orders() -> dict[str, Value]:
    private, digest = sample("ed25519 of office"), story.ROSTER.digest
    signed = paper.sign(
        private,
        order.order_content(
            order_id=sample("order", 16).hex(),
            authority="office",
            platform=PARTY,
            target_kind="ACCOUNT",
            target=TOKEN,
            measure="SUSPEND",
            reference="2026-17 (synthetic)",
            legal_basis="第一条 (synthetic)",
            document_digest=sha256(b"document").digest(),
            document_size=8,
            create_time=_NOW,
            deadline=_NOW + 86_400,
            roster_digest=digest,
        ),
    )
    withdrawal = order.withdrawal_content(
        order=signed,
        order_id=sample("order", 16).hex(),
        authority="office",
        reason=_REASON,
        seconds=_NOW + 60,
    )
    operation = order.operation_content(
        sample("operation", 16).hex(),
        "office",
        "清朗 (synthetic)",
        "RUMOUR,FRAUD",
        "platform-a,platform-b",
        "2026-03-02",
        "2026-03-31",
        _NOW,
        digest,
    )
    return {
        "private key of office": private,
        "signed order": signed,
        "its SHA-256": sha256(signed).digest(),
        "signed withdrawal": paper.sign(private, withdrawal),
        "signed joint operation": paper.sign(private, operation),
    }
