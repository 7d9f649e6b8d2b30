"""The NPPA wire against the samples of its specification (V1.9, 2021-08-20)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.registry import nppa
from idvault.registry.nppa import (
    Credentials,
    NppaCode,
    NppaReply,
    NppaRequest,
    NppaStatus,
    NppaWireError,
    Question,
)
from idvault_dev.mock_registry import registry_half
from idvault_dev.mock_registry.registry_half import RefusedError

KEY = "2836e95fcd10e04b0069bb1ee659955b"
SAMPLE_BODY = (
    b'{"data":"CqT/33f3jyoiYqT8MtxEFk3x2rlfhmgzhxpHqWosSj4d3hq2EbrtVyx2aLj565ZQNTcPrcDipnvpq/D/vQDaLKW70O83'
    b'Q42zvR0//OfnYLcIjTPMnqa+SOhsjQrSdu66ySSORCAo"}'
)
SAMPLE_CONTENT = {"ai": "test-accountId", "name": "用户姓名", "idNum": "371321199012310912"}
SAMPLE_NONCE = bytes.fromhex("0aa4ffdf77f78f2a2262a4fc")
SAMPLE_SIGN = "386c03b776a28c06b8032a958fbd89337424ef45c62d0422706cca633d8ad5fd"
SAMPLE_PI = "1fffbjzos82bs9cnyj1dna7d6d29zg4esnh99u"
WHO = Credentials("test-appId", "test-bizId", KEY)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUESTION = Question("a" * 32, "某一一", "110000190101010001")


def test_the_sample_body_opens() -> None:
    """The specification's enveloped body opens to its plain text."""
    assert registry_half.open_body(secret_key=KEY, body=SAMPLE_BODY) == SAMPLE_CONTENT


def test_the_sample_body_is_made_again() -> None:
    """Its plaintext and nonce give exactly the same bytes."""
    made = nppa.seal_body(secret_key=KEY, content=SAMPLE_CONTENT, nonce=SAMPLE_NONCE)
    assert made == SAMPLE_BODY


def test_the_sample_signature() -> None:
    """Headers, URL parameters and body of the sample give its signature."""
    fields = {
        "appId": "test-appId",
        "bizId": "test-bizId",
        "timestamps": "1584949895758",
        "id": "test-id",
        "name": "test-name",
    }
    assert nppa.sign(secret_key=KEY, fields=fields, body=SAMPLE_BODY) == SAMPLE_SIGN


def accept(
    request: NppaRequest, *, now: datetime = NOW, accepted: tuple[Credentials, ...] = (WHO,)
) -> Credentials:
    """Return the signer of a request, as the server side sees it."""
    return registry_half.authenticate(
        accepted=accepted, headers=request.headers, params=request.params, body=request.body, now=now
    )


def refusal(
    request: NppaRequest, *, now: datetime = NOW, accepted: tuple[Credentials, ...] = (WHO,)
) -> NppaCode:
    """Return the code with which the server side refuses a request."""
    with pytest.raises(RefusedError) as caught:
        accept(request, now=now, accepted=accepted)
    return caught.value.code


def test_a_check_travels() -> None:
    """The server side reads what the client side sent, and the body reveals nothing."""
    request = nppa.build_check(credentials=WHO, question=QUESTION, now=NOW, nonce=bytes(12))
    assert (request.method, request.path) == ("POST", "/idcard/authentication/check")
    assert set(request.headers) == {"appId", "bizId", "timestamps", "sign", "Content-Type"}
    assert request.headers["timestamps"] == str(int(NOW.timestamp() * 1000))
    assert registry_half.read_check(credentials=accept(request), body=request.body) == QUESTION
    assert QUESTION.number.encode() not in request.body


def test_a_query_travels() -> None:
    """A query is signed over its parameter and has no body."""
    request = nppa.build_query(credentials=WHO, ai="b" * 32, now=NOW)
    assert (request.method, request.path, request.body) == ("GET", "/idcard/authentication/query", b"")
    accept(request)
    assert registry_half.read_query(params=request.params) == "b" * 32


def changed(request: NppaRequest, **headers: str) -> NppaRequest:
    return NppaRequest(
        request.method, request.path, request.params, {**request.headers, **headers}, request.body
    )


def test_a_request_is_refused_for_each_reason() -> None:
    """Missing headers, unknown callers, old messages and wrong signatures have different codes."""
    request = nppa.build_query(credentials=WHO, ai="b" * 32, now=NOW)
    assert refusal(changed(request, sign="")) is NppaCode.HEADER_MISSING
    assert refusal(changed(request, timestamps="")) is NppaCode.HEADER_MISSING
    assert refusal(changed(request, appId="other")) is NppaCode.PARTNER_ERROR
    assert refusal(changed(request, bizId="other")) is NppaCode.PARTNER_ERROR
    assert refusal(changed(request, timestamps="soon")) is NppaCode.EXPIRED
    assert refusal(request, now=NOW + timedelta(seconds=5.1)) is NppaCode.EXPIRED
    assert refusal(request, now=NOW - timedelta(seconds=5.1)) is NppaCode.EXPIRED
    assert refusal(changed(request, sign="0" * 64)) is NppaCode.SIGN_ERROR
    assert refusal(changed(request, sign="é\udcff")) is NppaCode.SIGN_ERROR
    accept(request, now=NOW + timedelta(seconds=5))


def test_two_keys_overlap() -> None:
    """During a key change either key is accepted."""
    former = Credentials("test-appId", "test-bizId", "0" * 32)
    request = nppa.build_query(credentials=former, ai="b" * 32, now=NOW)
    assert accept(request, accepted=(WHO, former)) == former
    assert refusal(request) is NppaCode.SIGN_ERROR


@pytest.mark.parametrize(
    "content",
    [
        {"ai": "a", "name": "某"},
        {"ai": 1, "name": "某", "idNum": "1"},
        {"ai": "", "name": "某", "idNum": "1"},
        {"ai": "a" * 33, "name": "某", "idNum": "1"},
    ],
)
def test_a_body_without_its_parts_is_refused(content: dict[str, str]) -> None:
    """A body that lacks a part, or has an id of a wrong length, gives errcode 1012."""
    body = nppa.seal_body(secret_key=KEY, content=content, nonce=bytes(12))
    with pytest.raises(RefusedError) as caught:
        registry_half.read_check(credentials=WHO, body=body)
    assert caught.value.code is NppaCode.BODY_ERROR


def test_a_body_under_another_key_is_refused() -> None:
    """A body that cannot be decrypted, and a query without an id, give errcode 1012."""
    with pytest.raises(RefusedError) as caught:
        registry_half.read_check(credentials=Credentials("a", "b", "0" * 32), body=SAMPLE_BODY)
    assert caught.value.code is NppaCode.BODY_ERROR
    with pytest.raises(RefusedError):
        registry_half.read_query(params={})


def test_a_body_that_is_no_object_is_refused() -> None:
    """The content of an envelope must be an object."""
    body = nppa.seal_body(secret_key=KEY, content=["x"], nonce=bytes(12))  # type: ignore[arg-type]
    with pytest.raises(NppaWireError):
        registry_half.open_body(secret_key=KEY, body=body)


def test_answers_travel() -> None:
    """Every status and every code parses back; the player id is dropped."""
    for status in NppaStatus:
        pi = SAMPLE_PI if status is NppaStatus.VERIFIED else None
        body = registry_half.build_answer(code=NppaCode.OK, status=status, pi=pi)
        assert nppa.parse_answer(body) == NppaReply(0, status)
    for code in NppaCode:
        if code is not NppaCode.OK:
            assert nppa.parse_answer(registry_half.build_answer(code=code)) == NppaReply(int(code))
    assert nppa.parse_answer(b'{"errcode":1019,"errmsg":""}') == NppaReply(1019)
    assert set(registry_half.MESSAGES) == set(NppaCode)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"errcode": "0"},
        {"errcode": True},
        {"errcode": 0},
        {"errcode": 0, "data": None},
        {"errcode": 0, "data": {"result": []}},
        {"errcode": 0, "data": {"result": {"pi": SAMPLE_PI}}},
        {"errcode": 0, "data": {"result": {"status": "0", "pi": SAMPLE_PI}}},
        {"errcode": 0, "data": {"result": {"status": False, "pi": SAMPLE_PI}}},
        {"errcode": 0, "data": {"result": {"status": 3, "pi": SAMPLE_PI}}},
        {"errcode": 0, "data": {"result": {"status": 0}}},
        {"errcode": 0, "data": {"result": {"status": 0, "pi": None}}},
        {"errcode": 0, "data": {"result": {"status": 0, "pi": SAMPLE_PI[:-1]}}},
        {"errcode": 0, "data": {"result": {"status": 0, "pi": SAMPLE_PI.upper()}}},
    ],
)
def test_an_answer_that_is_not_whole_is_none(answer: object) -> None:
    """An answer without code, status or (if positive) player id is refused."""
    with pytest.raises(NppaWireError):
        nppa.parse_answer(json.dumps(answer).encode())


@given(body=st.binary(max_size=200) | st.text(alphabet='{}[]":,0data', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Any bytes give an answer or NppaWireError."""
    for read in (nppa.parse_answer, lambda data: registry_half.open_body(secret_key=KEY, body=data)):
        try:
            read(body)
        except NppaWireError:
            continue


def test_deep_nesting_is_refused() -> None:
    """Deeply nested brackets are refused without a crash."""
    with pytest.raises(NppaWireError):
        nppa.parse_answer(b"[" * 200_000)


@given(name=st.text(max_size=40), number=st.text(max_size=20), nonce=st.binary(min_size=12, max_size=12))
def test_any_text_travels(name: str, number: str, nonce: bytes) -> None:
    """Any name and number arrive unchanged."""
    question = Question("c" * 32, name, number)
    request = nppa.build_check(credentials=WHO, question=question, now=NOW, nonce=nonce)
    assert registry_half.read_check(credentials=accept(request), body=request.body) == question


def test_nothing_secret_is_shown() -> None:
    """No repr shows the key, name, number or body; an invalid key is refused without being shown."""
    request = nppa.build_check(credentials=WHO, question=QUESTION, now=NOW, nonce=bytes(12))
    for shown in (repr(WHO), repr(QUESTION), repr(request)):
        assert KEY not in shown
        assert QUESTION.name not in shown
        assert QUESTION.number not in shown
    with pytest.raises(NppaWireError) as caught:
        Credentials("a", "b", "not-a-key")
    assert "not-a-key" not in str(caught.value)
