"""What a report is about: an account, a public account, or content by the platform's own reference."""

import re
from dataclasses import replace

from idvault.sanction.rules.statement import text_code
from idvault.verify import token
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.tip_off import TargetKind, TipOffTarget

_CONTENT_LENGTH = 200
_ID = re.compile(r"[0-9a-f]{32}")


def check(target: TipOffTarget) -> TipOffTarget:
    """Return the target unchanged; raises InvalidError naming the field."""
    if target.kind is TargetKind.ACCOUNT:
        token.check(target.key, field="target.account_token")
        return target
    public = target.kind is TargetKind.PUBLIC_ACCOUNT
    code = text_code(target.key, limit=_CONTENT_LENGTH)
    if public and code is None and not _ID.fullmatch(target.key):
        code = FieldCode.CHARACTER
    if code is not None:
        name = "target.public_account_id" if public else "target.content"
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(name, code))
    return target


def forget(target: TipOffTarget) -> TipOffTarget:
    """Return the target without what somebody has typed: content has no reference any more."""
    return replace(target, key="") if target.kind is TargetKind.CONTENT else target


def missing() -> InvalidError:
    """Return the error for a report without a target."""
    return InvalidError(Reason.INVALID_MESSAGE, Violation("target", FieldCode.REQUIRED))
