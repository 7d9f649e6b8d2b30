"""The life of an operation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.rules import Operation
from idvault_verify.error import InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import OperationState
from tools.support.builders import NOW

OPERATION = Operation("a" * 32, "platform-a", "a month (synthetic)", NOW)
LATER = NOW + timedelta(days=30)


def test_an_open_operation_is_closed_once() -> None:
    """Sanctions name it until then; the refusal of a second closing names both states."""
    assert OPERATION.state is OperationState.OPEN
    operation_rules.check_open(operation=OPERATION, now=NOW)
    closed = operation_rules.close(operation=OPERATION, now=LATER)
    assert (closed.state, closed.closed_at) == (OperationState.CLOSED, LATER)
    with pytest.raises(PreconditionError) as refused:
        operation_rules.check_open(operation=closed, now=LATER)
    assert refused.value.reason is Reason.OPERATION_CLOSED
    with pytest.raises(TransitionError) as told:
        operation_rules.close(operation=closed, now=LATER)
    assert (told.value.state, told.value.wanted) == ("CLOSED", "CLOSED")


@pytest.mark.parametrize(
    ("named", "is_open", "belongs"),
    [
        (None, True, OPERATION.operation_id),
        (None, False, None),
        ("b" * 32, True, "b" * 32),
        ("b" * 32, False, "b" * 32),
    ],
)
def test_a_sanction_inherits_the_operation_of_its_report(
    named: str | None, is_open: bool, belongs: str | None
) -> None:
    """If it names none and the report's is still open; a report can be upheld after that is closed."""
    reported = OPERATION if is_open else operation_rules.close(operation=OPERATION, now=LATER)
    assert operation_rules.inherit(named=named, reported=reported, now=LATER) == belongs


def test_an_operation_has_a_title() -> None:
    """Which is not shown where an operation is."""
    assert operation_rules.check_title("a month") == "a month"
    for title in ("", " ", "x" * 201, "a\tb"):
        with pytest.raises(InvalidError) as refused:
            operation_rules.check_title(title)
        assert [each.field for each in refused.value.violations] == ["title"]
    assert "month" not in repr(OPERATION)


def test_a_joint_operation_ends_by_itself() -> None:
    """Once, at the end of its last day; no moderator closes it, and one of a platform never ends so."""
    last = NOW + timedelta(days=2)
    joint = replace(OPERATION, signed=b"paper", end_at=last)
    with pytest.raises(TransitionError):
        operation_rules.close(operation=joint, now=NOW)
    before = last - timedelta(seconds=1)
    assert operation_rules.end(operation=joint, now=before) is None
    operation_rules.check_open(operation=joint, now=before)
    assert operation_rules.inherit(named=None, reported=joint, now=before) == joint.operation_id
    # From then on nothing belongs to it, also before a worker has stored its end.
    with pytest.raises(PreconditionError, match="OPERATION_CLOSED"):
        operation_rules.check_open(operation=joint, now=last)
    assert operation_rules.inherit(named=None, reported=joint, now=last) is None
    ended = operation_rules.end(operation=joint, now=last)
    assert ended is not None
    assert ended.state is OperationState.CLOSED
    assert operation_rules.end(operation=ended, now=last) is None
    assert operation_rules.end(operation=OPERATION, now=last) is None
