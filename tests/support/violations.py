"""The one invalid field of a request that a rule refuses."""

from collections.abc import Callable

import pytest

from idvault_verify.error import FieldCode, InvalidError, Reason


def violation(work: Callable[[], object]) -> tuple[str, FieldCode]:
    """Return the field and what is wrong with it."""
    with pytest.raises(InvalidError) as refused:
        work()
    (found,) = refused.value.violations
    assert refused.value.reason is Reason.INVALID_MESSAGE
    return found.field, found.code
