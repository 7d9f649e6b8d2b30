"""The requests of both clients byte for byte, and what they make of answers.

Both are committed (`tests/vectors/client_calls.json`, which `tools.support.generate.client_calls` writes).
"""

from collections.abc import Iterator
from typing import Any

import pytest

import idvault_client
from idvault_client import aio, transport
from tests.vectors.load import load
from tools.support import client_answers, client_calls, client_feed
from tools.support.client_calls import AioRecordingChannel, Client, RecordingChannel
from tools.support.client_cases import PARTS

# Methods of `Vault` that ask nothing.
_OWN = {"close", "run", "use_certificate"}
# For the hosted pages, which have another role than a platform.
_PAGES = {
    "AgreeToTerms",
    "AnswerInvitation",
    "AppealFromSession",
    "AppealWithdrawalFromSession",
    "BeginDisavowalAnswer",
    "BeginProof",
    "ChangePublicAccountFromSession",
    "ContestFromSession",
    "ContestPairing",
    "EraseFromSession",
    "GetIdentity",
    "GetIdentityHistory",
    "GetIdentityReceipt",
    "GetPublicAccountFromSession",
    "GetSessionLink",
    "GetSessionPage",
    "FinishDisavowalAnswer",
    "FinishProof",
    "KeepFromSession",
    "RedeemSession",
    "SubmitIdentity",
}


@pytest.fixture(params=["blocking", "aio"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Each of both clients."""
    if request.param == "blocking":
        yield client_calls.blocking
    else:
        with client_calls.awaited() as client:
            yield client


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    """The committed vectors."""
    return load("client_calls.json")


def test_requests_are_as_they_were(client: Client, vectors: dict[str, Any]) -> None:
    """Each call sends the committed bytes to the committed path, with each argument set and unset."""
    assert client_calls.requests(client) == vectors["requests"]


def test_answers_mean_what_they_did(client: Client, vectors: dict[str, Any]) -> None:
    """Full, empty, unknown, late and broken answers give the committed values and errors."""
    assert client_calls.answers(client) == vectors["answers"]


def test_feeds_ask_and_answer_as_they_did(vectors: dict[str, Any]) -> None:
    """Both feeds send the committed requests, and answer from them with the committed values."""
    assert client_feed.blocking() == vectors["feed"]
    assert client_feed.awaited() == vectors["feed"]


def test_parameters_are_as_they_were(vectors: dict[str, Any]) -> None:
    """No method and no value has lost, renamed or reordered a parameter, or changed its default."""
    assert client_calls.signatures() == vectors["signatures"]


def test_every_method_of_the_clients_is_called() -> None:
    """Each public method of both clients is in the table of calls, and both have the same."""
    for vault in (
        idvault_client.Vault(RecordingChannel(), timeout=5),  # type: ignore[arg-type]
        aio.Vault(AioRecordingChannel(), timeout=5),  # type: ignore[arg-type]
    ):
        parts = {name for name in vars(vault) if name[0] != "_"} - {"statuses"}
        assert parts == set(PARTS) - {""}
        for part, called in PARTS.items():
            kind = type(getattr(vault, part) if part else vault)
            assert set(client_calls.public_methods(kind)) == set(called) | (set() if part else _OWN)


def test_every_method_of_the_platform_is_called(vectors: dict[str, Any]) -> None:
    """Each method of the services of a platform is in the vectors."""
    paths = {
        each.partition(" ")[0]
        for made in vectors["requests"].values()
        for asked in made.values()
        if isinstance(asked, list)
        for each in asked
        if each[0] == "/"
    }
    paths |= {each.partition(" ")[0] for each in vectors["feed"]["requests"]}
    known = {
        f"/idvault.v1.{service}/{method}"
        for service in transport.PLATFORM_SERVICES
        for method in client_answers.services()[f"idvault.v1.{service}"]
        if method not in _PAGES
    }
    assert paths == known


def test_both_clients_say_the_same_of_themselves() -> None:
    """Methods of both clients have the same docstring and parameters, and only one of both is awaited."""
    one = idvault_client.Vault(RecordingChannel(), timeout=5)  # type: ignore[arg-type]
    other = aio.Vault(AioRecordingChannel(), timeout=5)  # type: ignore[arg-type]
    for part in (*PARTS, "statuses"):
        first, second = (
            client_calls.public_methods(type(getattr(each, part) if part else each)) for each in (one, other)
        )
        for name, method in first.items():
            assert method.__doc__, name
            assert method.__doc__ == second[name].__doc__
            assert client_calls.parameters(method) == client_calls.parameters(second[name])
