"""`idvault-people authority operation`: what an officer sees before it is signed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from idvault_people.commands import joint_operation
from idvault_people.commands.session import MemberOptions
from idvault_verify.attest.order import JointTerms
from idvault_verify.commands.errors import CommandError, ExitCode
from tools.support import orders

TERMS = orders.joint()
OPEN = ("open", "--title", TERMS.title, "--category", "FRAUD", "--platform", "platform-a")
DAYS = ("--first-day", TERMS.first_day.isoformat(), "--last-day", TERMS.last_day.isoformat())


@dataclass(frozen=True)
class Officer:
    """Drafts the operation of this test, and signs nothing."""

    def joint_officer(self) -> "Officer":
        return self

    def operation(self, title: str, **_terms: Any) -> JointTerms:
        assert title == TERMS.title
        return TERMS


@contextmanager
def session(_role: str, _given: MemberOptions, **_options: Any) -> Iterator[Officer]:
    """Open no vault."""
    yield Officer()


def refuse(_yes: bool, question: str, *, otherwise: str) -> None:
    """Answer no at the terminal."""
    print(question)
    raise CommandError(ExitCode.REFUSED, otherwise, reason="NOT_CONFIRMED")


def test_the_terms_are_shown_before_they_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the signature is over, above the question."""
    monkeypatch.setattr(joint_operation, "open_session", session)
    monkeypatch.setattr(joint_operation, "confirm", refuse)
    monkeypatch.setattr(joint_operation, "as_json", lambda _context: False)
    done = CliRunner().invoke(joint_operation.app, [*OPEN, *DAYS])
    assert isinstance(done.exception, CommandError)
    shown, _, question = done.stdout.partition("\n\n")
    assert question == f"Sign and open this for {', '.join(TERMS.platforms)}?\n"
    rows = dict(line.split(": ", 1) for line in shown.splitlines())
    assert (rows["operation_id"], rows["title"]) == (TERMS.operation_id, TERMS.title)
    assert (rows["first_day"], rows["last_day"]) == (TERMS.first_day.isoformat(), TERMS.last_day.isoformat())
    assert all(each.value in rows["categories"] for each in TERMS.categories)
