"""What an auditor does on the console, step by step; the texts are synthetic."""

import re
from hashlib import sha256

from tests.support.console import Seen, Visitor

ORDER = "命令（样例）：查询账号".encode()
ORDER_HASH = sha256(ORDER).hexdigest()
CASE, BASIS, PURPOSE = "案 2026-1", "第一条 (synthetic)", "一次核查"


async def draft(owner: Visitor, account: str, *, openings: str = "1") -> Seen:
    """Answer every question; return the preview."""
    page = await owner.post("/new", await owner.get("/new"), account=account)
    for step, value in (("case", CASE), ("legal_basis", BASIS)):
        page = await owner.post(here(page), page, **{step: value})
    page = await owner.upload(here(page), page, {"order": ("命令.pdf", ORDER)})
    page = await owner.post(here(page), page, purpose=PURPOSE)
    return await owner.post(here(page), page, openings=openings, hours="48")


async def request(owner: Visitor, account: str, *, openings: str = "1") -> str:
    """File a request; return its id."""
    preview = await draft(owner, account, openings=openings)
    sent = await owner.post(here(preview), preview, digest=preview.hidden("digest"))
    found = re.search(r"\b[0-9a-f]{32}\b", sent.words)
    assert found is not None, sent.words
    return found[0]


async def open_record(owner: Visitor, disclosure_id: str, code: str, **fields: str) -> Seen:
    """Open a record; return the page that follows."""
    path = f"/cases/{disclosure_id}/open"
    form = await owner.get(path)
    return await owner.post(path, form, **{"keep": "yes", "days": "365", "code": code, **fields})


def unfolded(page: Seen) -> str:
    """Return the words of a page that stand open: without those that somebody must unfold."""
    text = re.sub(r"<details.*?</details>", "", page.text, flags=re.S)
    return Seen(page.status, page.headers, text).words


def here(page: Seen) -> str:
    """Return where the form of a page goes."""
    found = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert found is not None, page.words
    return found[1]
