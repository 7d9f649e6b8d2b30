"""The codec between messages and the client's values; backend/test_calls has what it makes of answers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import pytest

from idvault_client import codec
from idvault_client.codec import REQUIRED, Named, ReadBy, UnknownValueError
from idvault_client.errors import InvalidFields
from idvault_verify.v1 import campaign_pb2, common_pb2, sanction_pb2, tip_off_pb2


class _Degree(StrEnum):
    WARN = "WARN"
    CLOSE = "CLOSE"


class _Scope(StrEnum):
    UNSPECIFIED = "UNSPECIFIED"
    PERSON = "PERSON"


@dataclass(frozen=True)
class _Sanction:
    sanction_id: Annotated[str, REQUIRED]
    state_name: Annotated[str, ReadBy(lambda message: f"state {message.state}")]
    began: Annotated[datetime | None, Named("begin_time", "start_time")]
    degree: _Degree | None
    scope: _Scope
    ours: str = "ours"


@dataclass(frozen=True)
class _Strict:
    degree: _Degree


@dataclass(frozen=True)
class _Within:
    sanction: _Strict | None


@dataclass(frozen=True)
class _Plan:
    reminder_days: tuple[int, ...] = ()
    enforcement_date: date | None = None


@dataclass(frozen=True)
class _Elsewhere:
    sanction_id: str
    absent: int


def test_names_types_and_marks() -> None:
    """A field is read by its name or the first other one that the message has, and as its type says."""
    message = sanction_pb2.Sanction(sanction_id="a", state=sanction_pb2.Sanction.STATE_LIFTED)
    message.degree, message.scope = sanction_pb2.Sanction.DEGREE_CLOSE, sanction_pb2.Sanction.SCOPE_PERSON
    assert codec.read(_Sanction, message) == _Sanction("a", "state 3", None, _Degree.CLOSE, _Scope.PERSON)
    message.start_time.seconds = 60
    assert codec.read(_Sanction, message).began == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_value_that_is_not_known(number: int) -> None:
    """It is None, UNSPECIFIED, or makes the value around it None; otherwise the message is invalid."""
    message = sanction_pb2.Sanction(sanction_id="a", degree=number, scope=99)  # type: ignore[arg-type]
    found = codec.read(_Sanction, message)
    assert (found.degree, found.scope) == (None, _Scope.UNSPECIFIED)
    request = tip_off_pb2.ResolveTipOffRequest()
    request.sanction.degree = number  # type: ignore[assignment]
    assert codec.read(_Within, request) == _Within(None)
    with pytest.raises(UnknownValueError, match="is not known"):
        codec.read(_Strict, message)


def test_what_is_required_is_there() -> None:
    """An empty field that is required is an invalid message."""
    with pytest.raises(ValueError, match=r"^sanction_id is missing$"):
        codec.read(_Sanction, sanction_pb2.Sanction())


def test_a_field_that_no_message_has() -> None:
    """A class that does not fit is a mistake in the program, unless the value is given."""
    with pytest.raises(TypeError, match=r"_Elsewhere\.absent is no field of idvault\.v1\.Sanction"):
        codec.read(_Elsewhere, sanction_pb2.Sanction())
    assert codec.read(_Elsewhere, sanction_pb2.Sanction(), absent=3) == _Elsewhere("", 3)


def test_a_class_is_looked_up_once() -> None:
    """Later messages of a kind are read with what was found for the first one."""
    codec.read(_Strict, sanction_pb2.Sanction(degree=sanction_pb2.Sanction.DEGREE_WARN))
    before = codec._parts.cache_info().misses
    codec.read(_Strict, sanction_pb2.Sanction(degree=sanction_pb2.Sanction.DEGREE_CLOSE))
    assert codec._parts.cache_info().misses == before


def test_values_are_written_as_they_are_read() -> None:
    """What is written and read again is the same value, and None is no field."""
    plan = _Plan((3, 10), date(2026, 12, 31))
    message = campaign_pb2.CampaignPlan()
    codec.write(message, plan)
    assert codec.read(_Plan, message) == plan
    codec.write(empty := campaign_pb2.CampaignPlan(), _Plan())
    assert empty == campaign_pb2.CampaignPlan()


def test_texts_that_cannot_be_sent() -> None:
    """They are refused by their place in the request, and not shown."""
    kind = common_pb2.Consent.DESCRIPTOR
    with pytest.raises(InvalidFields) as caught:
        codec.message_of(kind, {"policy_version": "secret \ud800"})
    assert dict(caught.value) == {"policy_version": "CHARACTER"}
    assert "secret" not in str(caught.value)
    with pytest.raises(TypeError, match=r"^policy_version must be a str$"):
        codec.message_of(kind, {"policy_version": 1})
    for nothing in ("policy_version", "agree_time"):
        with pytest.raises(TypeError):
            codec.message_of(kind, {nothing: None})
    with pytest.raises(KeyError):
        codec.message_of(kind, {"policy": "1"})
