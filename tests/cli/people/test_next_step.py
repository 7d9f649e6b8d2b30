"""The text after a refusal: the cause, and the next command, ready to paste."""

from pathlib import Path

import pytest

from idvault_people.commands.authority import OrderNextStep
from idvault_people.commands.joint_operation import OperationNextStep
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.referral import ReferralNextStep
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

AUDITOR = NextStep("auditor", Path("keys"), "1" * 32)
CUSTODIAN = NextStep("custodian", Path("my keys"), "1" * 32)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_has_a_next_step(reason: Reason) -> None:
    """For every reason the last line says what to do."""
    for step in (AUDITOR, CUSTODIAN, NextStep("auditor", Path("keys"))):
        said = step.after_refusal(f"{reason.value} (X)", reason.value, "").splitlines()
        assert said[0] == f"{reason.value} (X)"
        assert said[-1].startswith("next: ")
        assert not said[-1].endswith("show ")


def test_why_and_what_to_do() -> None:
    """Refusals that members meet have specific texts; unknown ones have none."""
    said = AUDITOR.after_refusal("x", "ILLEGAL_TRANSITION", "").splitlines()
    assert said[1].startswith("why: not possible now")
    assert said[2] == f"next: idvault-people auditor --identity keys show {'1' * 32}"
    assert NextStep("auditor", Path("keys")).after_refusal("x", None, "") == (
        "x\nnext: idvault-people auditor --identity keys list"
    )


def test_an_authority_has_no_pending_requests() -> None:
    """What it is told to run next is a command of its own, whatever was refused."""
    for kind, listed, missing in (
        (OrderNextStep, "keys list", "ORDER_NOT_FOUND"),
        (OperationNextStep, "keys operation list", "OPERATION_NOT_FOUND"),
        (ReferralNextStep, "keys referral list", "REFERRAL_NOT_FOUND"),
    ):
        step = kind("authority", Path("keys"))
        for reason in Reason:
            assert "pending" not in step.after_refusal("x", reason.value, "")
        said = step.after_refusal("x", missing, "")
        assert "with this id" in said or "under this id" in said
        assert said.endswith(listed)


def test_a_referral_that_has_ended_is_not_signed() -> None:
    """Its target is not shown any more, so the answer is refused before it is signed."""
    step = ReferralNextStep("authority", Path("keys"))
    ended = InvalidError(Reason.INVALID_MESSAGE, Violation("referral", FieldCode.REQUIRED))
    assert "its last day has passed" in step.after_mistake(ended)
    other = InvalidError(Reason.INVALID_MESSAGE, Violation("x", FieldCode.REQUIRED))
    assert step.after_mistake(other) == NextStep("authority", Path("keys")).after_mistake(other)


def test_a_deadline_says_what_it_must_leave() -> None:
    """Before an order is signed, and when the vault refuses it."""
    step = OrderNextStep("authority", Path("keys"))
    said = step.after_refusal("x", "INVALID_MESSAGE", "deadline")
    assert "at least 24 hours" in said
    assert said.endswith("keys issue --help")
    short = InvalidError(Reason.INVALID_MESSAGE, Violation("deadline", FieldCode.LENGTH))
    assert step.after_mistake(short) == said.replace("x", "INVALID_MESSAGE", 1)
    other = InvalidError(Reason.INVALID_MESSAGE, Violation("reference", FieldCode.LENGTH))
    assert step.after_mistake(other).startswith("INVALID_MESSAGE: reference is wrong")


def test_folders_are_quoted() -> None:
    """The command can be pasted even if a folder's name has a space."""
    assert CUSTODIAN.look("x") == "x\nnext: idvault-people custodian --identity 'my keys' pending"
    denied = CUSTODIAN.after_refusal("x", "ACCESS_DENIED", "")
    assert denied.endswith("next: idvault-people roster show 'my keys/roster.json'")


def test_a_request_that_is_not_in_the_log_yet() -> None:
    """It may only be too early; any other failed check leads to a denial."""
    early = CUSTODIAN.after_finding("x", HistoryFinding.NOT_IN_LOG)
    assert "repeat the command in a few seconds; otherwise idvault-people custodian" in early
    forged = CUSTODIAN.after_finding("x", HistoryFinding.SIGNATURE_INVALID)
    assert forged.endswith(
        f"no share was given; next: idvault-people custodian --identity 'my keys' deny {'1' * 32}"
    )
    assert "nothing was shown" in AUDITOR.after_finding("x", HistoryFinding.SHARE_WRONG)


def test_a_mistake_names_its_option() -> None:
    """The option is named as typed, never its value."""
    error = InvalidError(Reason.INVALID_MESSAGE, Violation("case_reference", FieldCode.REQUIRED))
    assert AUDITOR.after_mistake(error) == (
        "INVALID_MESSAGE: --case is wrong (REQUIRED)\n"
        "next: idvault-people auditor --identity keys request --help"
    )
    assert CUSTODIAN.after_mistake(error).endswith("'my keys' --help")


def test_an_officer_is_led_to_lists() -> None:
    """An authority has no requests that wait: the next command is one that it has."""
    officer = OrderNextStep("authority", Path("keys"))
    said = officer.after_refusal("x", "ORDER_NOT_FOUND", "")
    assert said.endswith("why: there is no order of yours with this id\nnext: " + f"{officer.command} list")
    assert officer.after_refusal("x", "INVALID_MESSAGE", "").endswith(f"next: {officer.command} list")
    error = InvalidError(Reason.INVALID_MESSAGE, Violation("measure", FieldCode.CHARACTER))
    assert officer.after_mistake(error).startswith("INVALID_MESSAGE: --measure is wrong (CHARACTER)\n")
