"""Checks the id of a public account in a request."""

import re

from idvault.verify.error import FieldCode, InvalidError, Reason, Violation

ID = re.compile(r"[0-9a-f]{32}")


def check(text: str) -> str:
    """Return a public account's id unchanged; raises InvalidError (INVALID_MESSAGE, public_account_id)."""
    if not ID.fullmatch(text):
        code = FieldCode.CHARACTER if text else FieldCode.REQUIRED
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", code))
    return text
