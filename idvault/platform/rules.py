"""The names that a platform cannot have."""

from idvault.verify.error import FieldCode, InvalidError, Reason, Violation

RELYING_PARTY = "drill"


def check_platform(name: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) for a platform named like the relying party of drills."""
    if name == RELYING_PARTY:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("name", FieldCode.CHARACTER))
