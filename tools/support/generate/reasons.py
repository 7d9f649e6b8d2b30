"""Generates docs/reasons.md from the client's tables: every reason with its status, exception and texts."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from idvault_client import errors, reasons
from idvault_client.backend.texts import CATEGORY_TEXTS, GROUND_TEXTS, REJECT_TEXTS
from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, Reason
from idvault_verify.public_account import RejectReason
from idvault_verify.sanction import Ground, SanctionCategory
from idvault_verify.text import Text

_FILE = Path(__file__).resolve().parents[3] / "docs" / "reasons.md"

_HEAD = """# Reasons

Made by `scripts/gen_reasons.py` from `idvault_client/reasons.py`; do not edit.

A refused call carries a `google.rpc.ErrorInfo` with domain `idvault` and one of these reasons, and, for wrong
fields, a `google.rpc.BadRequest` whose violations name the path of the field and a code, never a value. The
client raises the exception named beside the reason; `error.text("zh")` is the text for the end user.
"""


def render() -> str:
    """Return the page."""
    refusals = [
        (f"`{reason}`", kind.usual_code, f"`{kind.__name__}`", *_texts(reasons.REASON_TEXTS[reason]))
        for reason, kind in ((reason, errors.BY_REASON[reason]) for reason in Reason)
    ]
    failures = [(f"`{reason}`", *_texts(reasons.FAILURE_TEXTS[reason])) for reason in reasons.FailureReason]
    standings = [(f"`{standing}`", *_texts(reasons.STANDING_TEXTS[standing])) for standing in Standing]
    rejections = [(f"`{reason}`", *_texts(REJECT_TEXTS[reason])) for reason in RejectReason]
    causes = [
        *((f"`{ground}`", *_texts(GROUND_TEXTS[ground])) for ground in Ground),
        *((f"`{category}`", *_texts(CATEGORY_TEXTS[category])) for category in SanctionCategory),
    ]
    fields = [(f"`{code}`", *_texts(reasons.FIELD_TEXTS[code])) for code in FieldCode]
    return (
        "\n".join(
            [
                _HEAD,
                _table(("Reason", "Status", "Exception", "中文", "English"), refusals),
                "## Why a claim failed\n\n`Verification.failure_reason`: an answer, not an error.\n",
                _table(("Reason", "中文", "English"), failures),
                "## What a standing means to the owner\n\n`AccountStatus.standing`.\n",
                _table(("Standing", "中文", "English"), standings),
                "Without a sanction of its own, the account follows a decision about its owner"
                " (`reasons.followed_text`):\n",
                _table(("中文", "English"), [_texts(reasons.FOLLOWED)]),
                "## Why an account was sanctioned\n\nGround and category of a statement of reasons, as"
                " parts of one sentence (`sanctions.cause_text`).\n",
                _table(("Ground, category", "中文", "English"), causes),
                "## Why a public account was rejected\n\n`PublicAccount.reject_reason`"
                " (`public_accounts.reject_text`).\n",
                _table(("Reason", "中文", "English"), rejections),
                "## What is wrong with a field\n",
                _table(("Code", "中文", "English"), fields),
            ]
        ).rstrip("\n")
        + "\n"
    )


def _texts(text: Text) -> tuple[str, str]:
    return text.in_language("zh"), text.in_language("en")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> int:
    """Write the page, or with --check only report whether it is up to date (exit code 1 if not)."""
    if "--check" in sys.argv[1:]:
        fresh = _FILE.is_file() and _FILE.read_text(encoding="utf-8") == render()
        print("docs/reasons.md is fresh" if fresh else "docs/reasons.md is stale: run scripts/gen_reasons.py")
        return 0 if fresh else 1
    _FILE.write_text(render(), encoding="utf-8")
    return 0
