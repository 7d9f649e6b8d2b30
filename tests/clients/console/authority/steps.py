"""What an officer does on the console, step by step; the texts are synthetic."""

import re
from hashlib import sha256

from tests.support.console import Seen, Visitor
from tools.support.flow_world import PARTY

DOCUMENT = "命令（样例）：警告账号".encode()
DOCUMENT_HASH = sha256(DOCUMENT).hexdigest()
REFERENCE, BASIS = "案 2026-17 (synthetic)", "第一条 (synthetic)"
REASON = "有误下达 (synthetic)"
TARGET = "acct_" + "0" * 25 + "7"
# Nine hours before the tests' clock in UTC: the console's zone is eight hours ahead.
DEADLINE = "2026-03-03 18:00"
ORDER = {
    "kind": "ACCOUNT",
    "platform_1": PARTY,
    "target_1": TARGET,
    "measure": "WARN",
    "reference": REFERENCE,
    "legal_basis": BASIS,
    "deadline": DEADLINE,
}
OPERATION = {
    "operation_title": "清朗 (synthetic)",
    "category.FRAUD": "1",
    "platforms": f"{PARTY}\nplatform-b",
    "first_day": "2026-03-01",
    "last_day": "2026-03-31",
}


def here(page: Seen) -> str:
    """Return where the form of a page goes."""
    found = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert found is not None, page.words
    return found[1]


async def fill(visitor: Visitor, page: Seen | None = None, /, **changes: str) -> Seen:
    """Fill in the form of an order with its document, and send it; return what follows."""
    page = page or await visitor.get("/new")
    files = {"document": ("order.pdf", DOCUMENT)}
    return await visitor.upload(here(page), page, files, **{**ORDER, **changes})


async def sign(visitor: Visitor, preview: Seen, code: str) -> Seen:
    """Sign what a preview shows; return what follows."""
    return await visitor.post(here(preview), preview, digest=preview.hidden("digest"), code=code)


async def withdraw(visitor: Visitor, order_id: str, code: str, reason: str = REASON) -> Seen:
    """Withdraw an order; return what follows."""
    path = f"/orders/{order_id}/withdraw"
    return await visitor.post(path, await visitor.get(path), reason=reason, code=code)


async def prepare(visitor: Visitor, page: Seen | None = None, /, **changes: str) -> Seen:
    """Fill in the form of an operation, and send it; return what follows."""
    page = page or await visitor.get("/operations/new")
    return await visitor.post(here(page), page, **{**OPERATION, **changes})


async def answer(visitor: Visitor, referral_id: str, verb: str, code: str) -> Seen:
    """Accept or decline a referral as its preview shows it; return what follows."""
    return await sign(visitor, await visitor.get(f"/referrals/{referral_id}/{verb}"), code)
