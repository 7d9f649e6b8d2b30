"""A client without a network is told what one over the network is told, except of faults of the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import aio
from idvault_client.errors import AccessDenied, Unavailable, VaultError
from idvault_verify.error import (
    DeniedError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    Reason,
    TransitionError,
    UnavailableError,
    Violation,
)
from idvault_verify.v1 import public_account_pb2 as pb
from tests.support.served import served
from tools.support.flow_world import PARTY, at
from tools.support.in_process import InProcessChannel, ServicerFaultError, client

_ERRORS = (
    InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", FieldCode.CHARACTER)),
    TransitionError(state="APPLIED", wanted="ACTIVE"),
    ExhaustedError(Reason.REGISTRY_BACKLOG, retry_after=timedelta(seconds=7)),
    DeniedError(Reason.SELF_APPROVAL),
    UnavailableError(Reason.STORE_UNAVAILABLE),
)
_FAULTS = (KeyError("a bug"), ValueError("a bug"), TypeError("a bug"), RuntimeError("a bug"))


class FailingServicer:
    """Refuses a public account by the place of the error in its id; fails after one answer of an export."""

    async def GetPublicAccount(self, request: pb.GetPublicAccountRequest, **_: Any) -> pb.PublicAccount:
        raise (*_ERRORS, *_FAULTS)[int(request.public_account_id)]

    async def ExportPublicAccountFilings(
        self, request: pb.ExportPublicAccountFilingsRequest, **_: Any
    ) -> AsyncIterator[pb.ExportPublicAccountFilingsResponse]:
        yield pb.ExportPublicAccountFilingsResponse()
        raise KeyError("a bug")

    def __getattr__(self, name: str) -> Any:
        """Return a method that is not called."""
        return None


SERVICES = [Service(pb.DESCRIPTOR.services_by_name["PublicAccountService"], FailingServicer())]


@asynccontextmanager
async def over_the_network(folder: Path) -> AsyncIterator[aio.Vault]:
    """Serve the services; yield a client with a connection."""
    logs = Logs(process="serve-0", path=folder / "serve.jsonl")
    async with (
        served(SERVICES, logs=logs, folder=folder) as (target, tls),
        aio.connect(target, tls=tls, timeout=60.0) as far,
    ):
        yield far
    logs.close()


async def told(vault: aio.Vault, place: int) -> dict[str, Any]:
    """Return what an error says, with its class."""
    with pytest.raises(VaultError) as failed:
        await vault.public_accounts.get(str(place))
    ids = {"error_id": bool(failed.value.error_id), "request_id": bool(failed.value.request_id)}
    return {"kind": type(failed.value), **vars(failed.value), **ids}


async def test_errors_are_as_over_the_network(tmp_path: Path) -> None:
    """Fields, states, delays, reasons and codes of each kind of error that the edge foresees."""
    near = client(SERVICES, Caller(PARTY, "platform", "b" * 32), at(0))
    async with over_the_network(tmp_path) as far:
        for place in range(len(_ERRORS)):
            assert await told(near, place) == await told(far, place)


async def test_a_fault_of_the_service_is_no_outage_here(tmp_path: Path) -> None:
    """Over the network it is Unavailable; here it is no VaultError: no test takes it for an outage."""
    near = client(SERVICES, Caller(PARTY, "platform", "b" * 32), at(0))
    async with over_the_network(tmp_path) as far:
        found = await told(far, len(_ERRORS))
    assert (found["kind"], found["reason"]) == (Unavailable, "STORE_UNAVAILABLE")
    for place, fault in enumerate(_FAULTS, start=len(_ERRORS)):
        with pytest.raises(ServicerFaultError) as raised:
            await near.public_accounts.get(str(place))
        assert raised.value.__cause__ is fault


async def test_a_fault_of_a_stream_is_raised_too() -> None:
    """After what was sent before it."""
    channel = InProcessChannel(
        services=lambda: SERVICES, caller=Caller(PARTY, "platform", "b" * 32), now=lambda: at(0)
    )
    answers = channel.unary_stream("/idvault.v1.PublicAccountService/ExportPublicAccountFilings")(b"")
    assert await anext(answers) == pb.ExportPublicAccountFilingsResponse().SerializeToString()
    with pytest.raises(ServicerFaultError) as raised:
        await anext(answers)
    assert isinstance(raised.value.__cause__, KeyError)


async def test_a_method_is_for_its_roles() -> None:
    """As at the edge: the hosted pages cannot read a public account."""
    with pytest.raises(AccessDenied):
        await client(SERVICES, Caller("web-1", "web", "b" * 32), at(0)).public_accounts.get("0")
