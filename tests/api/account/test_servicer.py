"""StatusService over a real channel."""

from typing import Any

from idvault.core.edge import repetition
from idvault_verify.v1 import common_pb2, status_pb2
from tools.support.authority import spiffe
from tools.support.edge import (
    AUDIENCE,
    BATCH,
    GET_STATUS,
    HISTORY,
    ISSUE_CREDENTIAL,
    ISSUE_TOKEN,
    OTHER_TOKEN,
    REQUEST_ID,
    TOKEN,
    Edge,
    call,
    platform,
    refused,
    requests,
)


def batch(*tokens: str) -> bytes:
    return status_pb2.BatchGetStatusesRequest(account_tokens=tokens).SerializeToString()


async def test_one_status(edge: Edge) -> None:
    """The whole published status of an account is returned."""
    answer = await call(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
    status = common_pb2.AccountStatus.FromString(answer)
    assert status.account_token == TOKEN
    assert status.state == common_pb2.AccountStatus.STATE_VERIFIED
    assert (status.verify_date, status.expire_date, status.revision) == ("2026-03-01", "2027-03-01", 2)


OF_ONE_ACCOUNT = (GET_STATUS, HISTORY, ISSUE_TOKEN, ISSUE_CREDENTIAL)


async def test_another_party_s_account_is_unknown(edge: Edge) -> None:
    """Another party's account gives the same error as an unknown one."""
    issued = edge.authority.client(spiffe("platform", "platform-b"))
    edge.platforms.platforms.append(platform(issued, name="platform-b"))
    await edge.directory.load()
    mine, other = edge.mine(), edge.channel(issued)
    for method in OF_ONE_ACCOUNT:
        request: Any = requests()[method]
        theirs = await refused(other, method, request.SerializeToString())
        request.account_token = OTHER_TOKEN
        assert theirs == await refused(mine, method, request.SerializeToString())
        assert theirs.reason == "ACCOUNT_NOT_FOUND"


async def test_no_token(edge: Edge) -> None:
    """An invalid token is refused before anything is read."""
    channel = edge.mine()
    for method in OF_ONE_ACCOUNT:
        request: Any = requests()[method]
        request.account_token = ""
        told = await refused(channel, method, request.SerializeToString())
        assert (told.reason, told.fields) == ("INVALID_ACCOUNT_TOKEN", {"account_token": "REQUIRED"})
    assert not edge.statuses.asked


async def test_many_statuses(edge: Edge) -> None:
    """Known accounts are answered, unknown tokens are listed."""
    answer = status_pb2.BatchGetStatusesResponse.FromString(
        await call(edge.mine(), BATCH, batch(TOKEN, OTHER_TOKEN))
    )
    assert [status.account_token for status in answer.statuses] == [TOKEN]
    assert list(answer.unknown_account_tokens) == [OTHER_TOKEN]


async def test_a_list_of_tokens_is_checked(edge: Edge) -> None:
    """An empty list and more than 1,000 tokens are refused; a malformed one is named with its index."""
    for tokens, reason, field, code in (
        ([], "INVALID_ACCOUNT_TOKEN", "account_tokens", "REQUIRED"),
        ([TOKEN] * 1_001, "TOO_MANY_ITEMS", "account_tokens", "LENGTH"),
        ([TOKEN, "acct_1"], "INVALID_ACCOUNT_TOKEN", "account_tokens[1]", "LENGTH"),
    ):
        told = await refused(edge.mine(), BATCH, batch(*tokens))
        assert (told.code.name, told.reason, told.fields) == ("INVALID_ARGUMENT", reason, {field: code})
    most = [f"acct_{number:026}" for number in range(10, 1_010)]
    answer = status_pb2.BatchGetStatusesResponse.FromString(await call(edge.mine(), BATCH, batch(*most)))
    assert len(answer.unknown_account_tokens) == 1_000


async def test_a_history(edge: Edge) -> None:
    """Each opening has its entry, opening key and proof, under one checkpoint."""
    answer = status_pb2.DisclosureHistory.FromString(
        await call(edge.mine(), HISTORY, requests()[HISTORY].SerializeToString())
    )
    (found,) = answer.openings
    assert (answer.account_token, answer.checkpoint.note) == (TOKEN, b"note")
    assert (found.disclosure_id, found.record_digest) == ("33" * 16, b"d" * 32)
    assert (found.entry.leaf, found.entry.opening_key) == (b"leaf", b"k" * 32)
    assert (found.entry.proof.index, found.entry.proof.tree_size) == (0, 1)
    assert answer.horizon_time.ToJsonString() == "2026-01-01T00:00:00Z"


async def test_a_status_token(edge: Edge) -> None:
    """A platform gets a signed statement about its account for the given audience."""
    body = requests()[ISSUE_TOKEN].SerializeToString()
    answer = status_pb2.IssueStatusTokenResponse.FromString(await call(edge.mine(), ISSUE_TOKEN, body))
    assert answer.status_token == f"token for {AUDIENCE}"
    assert answer.expire_time.ToJsonString() == "2026-01-01T00:00:00Z"


async def test_a_credential(edge: Edge) -> None:
    """A credential needs a request id, and all fields are in the fingerprint."""
    request: Any = requests()[ISSUE_CREDENTIAL]
    answer = status_pb2.IssueStatusCredentialResponse.FromString(
        await call(edge.mine(), ISSUE_CREDENTIAL, request.SerializeToString())
    )
    assert answer.status_credential == f"credential for {AUDIENCE}"
    assert answer.expire_time.ToJsonString() == "2026-01-31T00:00:00Z"
    [command] = edge.tokens.commands
    assert (command.relying_party, command.request_id) == ("platform-a", REQUEST_ID)
    assert command.content == repetition.content(request)


async def test_a_token_for_nobody(edge: Edge) -> None:
    """Without an audience nothing is issued; another party's account is not found."""
    channel = edge.mine()
    for method in (ISSUE_TOKEN, ISSUE_CREDENTIAL):
        request: Any = requests()[method]
        request.audience = ""
        assert list((await refused(channel, method, request.SerializeToString())).fields) == ["audience"]
        request = requests()[method]
        request.account_token = OTHER_TOKEN
        told = await refused(channel, method, request.SerializeToString())
        assert told.reason == "ACCOUNT_NOT_FOUND"
