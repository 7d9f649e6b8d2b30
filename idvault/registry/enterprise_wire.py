"""The enterprise wire format, for client and server. This project invented it; there is no specification.

- POST /enterprise/check with {ai, name, creditCode}; envelope, headers, signature and errcodes are NPPA's.
- An answer's result is {"status": 0 match, 1 in progress, 2 mismatch, 3 no record}, without other fields.
- There is no query. Sending the same ai with the same content again repeats the same check; with different
  content it is refused as in use.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from idvault.registry import nppa_wire
from idvault.registry.nppa_wire import Credentials, NppaCode, NppaRequest, NppaWireError, Question

CHECK_PATH = "/enterprise/check"
NAME_LIMIT = 50
_NUMBER = "creditCode"


class EnterpriseStatus(IntEnum):
    """The status of a check."""

    MATCH = 0
    IN_PROGRESS = 1
    MISMATCH = 2
    NO_RECORD = 3


@dataclass(frozen=True, slots=True)
class EnterpriseReply:
    """An answer: its errcode, which may be unknown, and the status if the code is OK."""

    code: int
    status: EnterpriseStatus | None = None


def build_check(*, credentials: Credentials, question: Question, now: datetime, nonce: bytes) -> NppaRequest:
    """Return the request for a check; question.number: a unified social credit code."""
    content = {"ai": question.ai, "name": question.name, _NUMBER: question.number}
    return nppa_wire.build_post(CHECK_PATH, credentials=credentials, content=content, now=now, nonce=nonce)


def read_check(*, credentials: Credentials, body: bytes) -> Question:
    """Return the content of an authenticated check; raises RefusedError (BODY_ERROR)."""
    return nppa_wire.read_check(credentials=credentials, body=body, number_key=_NUMBER)


def build_answer(status: EnterpriseStatus) -> bytes:
    """Return the body of an answer with a status; for refusals use nppa_wire.build_answer."""
    answer = {
        "errcode": int(NppaCode.OK),
        "errmsg": nppa_wire.MESSAGES[NppaCode.OK],
        "data": {"result": {"status": int(status)}},
    }
    return json.dumps(answer, separators=(",", ":")).encode()


def parse_answer(body: bytes) -> EnterpriseReply:
    """Parse an answer; raises NppaWireError unless it is complete."""
    code, answer = nppa_wire.parse_code(body)
    return EnterpriseReply(code, _status(answer) if code == NppaCode.OK else None)


def _status(answer: Mapping[str, object]) -> EnterpriseStatus:
    number = nppa_wire.result_of(answer).get("status")
    if type(number) is not int or number not in tuple(EnterpriseStatus):
        raise NppaWireError("an answer has no status")
    return EnterpriseStatus(number)
