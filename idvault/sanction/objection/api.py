"""What the messages of appeals and contests have in common."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

from idvault.moderator.api import invalid
from idvault.sanction.objection.rules import FILED, ObjectionFilter
from idvault_verify import token
from idvault_verify.error import FieldCode

State = TypeVar("State", bound=StrEnum)


class ObjectionList(Protocol):
    """A request for a list."""

    account_token: str
    overdue: bool

    @property
    def state(self) -> int:
        """The number of a state; 0 for all."""
        ...


def verdict(states: Mapping[State, int], number: int) -> State:
    """Return what was decided; raises InvalidError (INVALID_MESSAGE, verdict)."""
    for word, value in states.items():
        if value == number and word.value != FILED:
            return word
    raise invalid("verdict", FieldCode.CHARACTER if number else FieldCode.REQUIRED)


def wanted(states: Mapping[State, int], message: ObjectionList) -> ObjectionFilter:
    """Return what to list; raises InvalidError (INVALID_MESSAGE): what is overdue is FILED."""
    account_token = token.check(message.account_token) if message.account_token else None
    if not message.state:
        return ObjectionFilter(account_token, None, message.overdue)
    for word, value in states.items():
        if value == message.state and (word.value == FILED or not message.overdue):
            return ObjectionFilter(account_token, word, message.overdue)
    raise invalid("state", FieldCode.CHARACTER)
