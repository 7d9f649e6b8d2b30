"""A client without a network is told what one over the network is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import aio
from idvault_client.errors import AccessDenied, VaultError
from idvault_verify.error import (
    DeniedError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    Reason,
    TransitionError,
    Violation,
)
from idvault_verify.v1 import public_account_pb2 as pb
from tests.support.served import served
from tools.support.flow_world import PARTY, at
from tools.support.in_process import client

_ERRORS = (
    InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", FieldCode.CHARACTER)),
    TransitionError(state="APPLIED", wanted="ACTIVE"),
    ExhaustedError(Reason.REGISTRY_BACKLOG, retry_after=timedelta(seconds=7)),
    DeniedError(Reason.SELF_APPROVAL),
    RuntimeError("a fault of the service"),
)


class FailingServicer:
    """Refuses a public account by the place of the error in its id, and a list after one page."""

    async def GetPublicAccount(self, request: pb.GetPublicAccountRequest, **_: Any) -> pb.PublicAccount:
        raise _ERRORS[int(request.public_account_id)]

    def __getattr__(self, name: str) -> Any:
        """Return a method that is not called."""
        return None


SERVICES = [Service(pb.DESCRIPTOR.services_by_name["PublicAccountService"], FailingServicer())]


async def told(vault: aio.Vault, place: int) -> dict[str, Any]:
    """Return what an error says, with its class."""
    with pytest.raises(VaultError) as failed:
        await vault.public_accounts.get(str(place))
    ids = {"error_id": bool(failed.value.error_id), "request_id": bool(failed.value.request_id)}
    return {"kind": type(failed.value), **vars(failed.value), **ids}


async def test_errors_are_as_over_the_network(tmp_path: Path) -> None:
    """Fields, states, delays, reasons and codes of each kind of error, and of a fault that nobody foresaw."""
    near = client(SERVICES, Caller(PARTY, "platform", "b" * 32), at(0))
    logs = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    async with (
        served(SERVICES, logs=logs, folder=tmp_path) as (target, tls),
        aio.connect(target, tls=tls, timeout=60.0) as far,
    ):
        for place in range(len(_ERRORS)):
            assert await told(near, place) == await told(far, place)
    logs.close()


async def test_a_method_is_for_its_roles() -> None:
    """As at the edge: the hosted pages cannot read a public account."""
    with pytest.raises(AccessDenied):
        await client(SERVICES, Caller("web-1", "web", "b" * 32), at(0)).public_accounts.get("0")
