"""Reads the sanction to impose, from a call of its own or from a decision about a report."""

from idvault.moderator import api as moderator_api
from idvault.sanction.acts.sanction import NewSanction
from idvault.sanction.api import convert, statement
from idvault.v1 import sanction_pb2 as pb
from idvault.verify import token
from idvault.verify.clock import ClockReading
from idvault.verify.seal import Part


def read(
    message: pb.ImposeSanctionRequest, *, now: ClockReading, within: str = ""
) -> tuple[NewSanction, tuple[Part, ...]]:
    """Return the sanction, and the parts that a repeated request must share; raises InvalidError.

    within: the prefix of the account's path in an error.
    """
    wanted = NewSanction(
        account_token=token.check(message.account_token, field=f"{within}account_token"),
        scope=convert.scope(message.scope),
        degree=convert.degree(message.degree),
        measure=message.measure,
        statement=statement.from_message(message.statement, now=now.business),
        operation_id=_optional(message.operation_id, "operation_id"),
        public_account_id=_optional(message.public_account_id, "public_account_id"),
    )
    stated = statement.parts(message.statement)
    fields = (message.account_token, message.degree, message.measure, *stated)
    return wanted, (*fields, message.scope, message.operation_id, message.public_account_id)


def _optional(text: str, field: str) -> str | None:
    return moderator_api.an_id(text, field) if text else None
