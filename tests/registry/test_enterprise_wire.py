"""The enterprise wire format. All names and codes are synthetic."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.registry import enterprise, nppa
from idvault.registry.enterprise import EnterpriseQuestion, EnterpriseReply, EnterpriseStatus
from idvault.registry.nppa import Credentials, NppaCode, NppaWireError, Question
from idvault_dev.mock_registry import registry_half
from idvault_dev.mock_registry.registry_half import RefusedError
from tools.support.organizations import NAME, REPRESENTATIVE, credit_code

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
WHO = Credentials("test-appId", "test-bizId", "2836e95fcd10e04b0069bb1ee659955b")
QUESTION = EnterpriseQuestion(
    "b" * 32, NAME, credit_code(), REPRESENTATIVE.name, REPRESENTATIVE.document.number
)


def test_a_check_travels() -> None:
    """The envelope, headers and signature are those of the NPPA wire; the body reveals nothing."""
    request = enterprise.build_check(credentials=WHO, question=QUESTION, now=NOW, nonce=bytes(12))
    assert (request.method, request.path) == ("POST", "/enterprise/check")
    assert set(request.headers) == {"appId", "bizId", "timestamps", "sign", "Content-Type"}
    caller = registry_half.authenticate(
        accepted=(WHO,), headers=request.headers, params=request.params, body=request.body, now=NOW
    )
    content = registry_half.open_body(secret_key=WHO.secret_key, body=request.body)
    assert content == {
        "ai": QUESTION.ai,
        "name": QUESTION.name,
        "creditCode": QUESTION.number,
        "representativeName": REPRESENTATIVE.name,
        "representativeNumber": REPRESENTATIVE.document.number,
    }
    assert registry_half.read_enterprise_check(credentials=caller, body=request.body) == QUESTION
    for told in (QUESTION.number, REPRESENTATIVE.document.number):
        assert told.encode() not in request.body
        assert told not in repr(QUESTION)


def test_the_printed_sample_is_what_is_sent() -> None:
    """The documented body, signature and time are those of the documented elements."""
    request = enterprise.build_check(credentials=WHO, question=QUESTION, now=NOW, nonce=bytes(12))
    page = (ROOT / "docs" / "enterprise-registry.md").read_text("utf-8")
    for part in (request.body.decode(), request.headers["sign"], request.headers["timestamps"]):
        assert part in page


def test_a_persons_check_is_none_of_an_organization() -> None:
    """A body of the NPPA wire has no creditCode and gives errcode 1012."""
    asked = Question(QUESTION.ai, QUESTION.name, QUESTION.number)
    other = nppa.build_check(credentials=WHO, question=asked, now=NOW, nonce=bytes(12))
    with pytest.raises(RefusedError) as caught:
        registry_half.read_enterprise_check(credentials=WHO, body=other.body)
    assert caught.value.code is NppaCode.BODY_ERROR


@pytest.mark.parametrize("status", list(EnterpriseStatus))
def test_answers_travel(status: EnterpriseStatus) -> None:
    """Each status is sent and read, without a player id or name."""
    body = registry_half.build_enterprise_answer(status)
    assert json.loads(body)["data"] == {"result": {"status": int(status)}}
    assert enterprise.parse_answer(body) == EnterpriseReply(0, status)


def test_a_refusal_is_read_by_its_code() -> None:
    """A refusal is built as on the NPPA wire."""
    body = registry_half.build_answer(code=NppaCode.BUSY)
    assert enterprise.parse_answer(body) == EnterpriseReply(1006)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"errcode": 0},
        {"errcode": 0, "data": {}},
        {"errcode": 0, "data": {"result": {}}},
        {"errcode": 0, "data": {"result": {"status": 5}}},
        {"errcode": 0, "data": {"result": {"status": -1}}},
        {"errcode": 0, "data": {"result": {"status": "0"}}},
        {"errcode": 0, "data": {"result": {"status": False}}},
        {"errcode": "0", "data": {"result": {"status": 0}}},
    ],
)
def test_an_answer_that_is_not_whole_is_none(answer: object) -> None:
    """An incomplete answer never matches anybody."""
    with pytest.raises(NppaWireError):
        enterprise.parse_answer(json.dumps(answer).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Any bytes give an answer or NppaWireError."""
    with suppress(NppaWireError):
        assert isinstance(enterprise.parse_answer(body), EnterpriseReply)
