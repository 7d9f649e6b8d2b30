"""A success has a receipt, which is checked offline."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault.claim import api as claim_api
from idvault.claim.acts.claim import Receipt
from idvault.core.log_entry import Proved
from idvault_client.commands.app import app as client
from idvault_verify.attest import hpke
from idvault_verify.commands.app import app
from idvault_verify.event import Event, EventType
from idvault_verify.offline import receipt
from idvault_verify.transparency import entry
from idvault_verify.v1 import verification_pb2
from tests.clients.offline.test_disclosure_history import W1, connection, last
from tests.clients.vault_server import REQUEST_ID, TOKEN, VaultServer, verification
from tests.support.both_clients import AskClient
from tools.support import builders, logs, merkle, people
from tools.support.merkle import log_of

__all__ = ["connection"]

AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
CLAIM, KEY = "ab" * 16, b"k" * 32
QUORUM = people.quorum(suite=hpke.X25519)
RECORD = builders.record(account_token=TOKEN, sealing_quorum_id=QUORUM.id)
DIGEST = RECORD.digest()


def event(kind: EventType = EventType.CLAIM_SETTLE, **changes: Any) -> Event:
    """Return a success as logged."""
    fields: dict[str, str | bytes] = {
        "claim_id": CLAIM,
        "state": "SUCCEEDED",
        "failure_reason": "",
        "record_digest": DIGEST,
    }
    if kind is EventType.ACCOUNT_EXPIRE:
        fields = {"expire_date": "2027-02-01"}
    return Event(kind, "system", TOKEN, AT, AT, "11" * 16, KEY, {**fields, **changes})


def message(
    logged: Event | None = None, *, size: int = 7, witnesses: int = 0, covered: bool = True
) -> verification_pb2.Receipt:
    """Return the receipt of a success at the end of a log with other entries."""
    made = claim_api.receipt_message(
        Receipt(TOKEN, CLAIM, DIGEST, QUORUM, Proved(b"", b"", None, 0, None), b"", RECORD)
    )
    leaves = [*log_of(size), entry.encode_leaf(logged or event())]
    made.entry.leaf, made.entry.opening_key = leaves[-1], KEY
    if covered:
        made.entry.proof.index, made.entry.proof.tree_size = size, len(leaves)
        made.entry.proof.hashes.extend(merkle.path(size, leaves))
        made.checkpoint.note = logs.signed(leaves, *[W1][:witnesses])
    return made


def check(folder: Path, given: verification_pb2.Receipt | bytes, *options: str) -> Result:
    """Run the command on a receipt."""
    file = folder / "receipt.json"
    file.write_bytes(given if isinstance(given, bytes) else receipt.read(given).to_json().encode())
    return CliRunner().invoke(app, ["check-receipt", str(file), "--public-key", logs.VKEY, *options])


WITNESSED = ("--witness", str(W1.key))


async def test_a_success_brings_its_receipt(ask: AskClient, server: VaultServer) -> None:
    """Both clients return it with the claim; a claim without one has None."""
    answered = verification()
    answered.receipt.CopyFrom(message())
    server.outcomes = [answered, verification("PENDING")]
    found = (await ask("get_verification", REQUEST_ID)).receipt
    assert (found.account_token, found.record_digest, found.quorum) == (TOKEN, DIGEST, "2 of 3")
    assert found.covered
    assert str(KEY) not in repr(found)
    assert (await ask("get_verification", REQUEST_ID)).receipt is None


async def test_a_receipt_without_an_entry_breaks_the_contract(ask: AskClient, server: VaultServer) -> None:
    """An incomplete receipt breaks the contract."""
    answered = verification()
    answered.receipt.CopyFrom(verification_pb2.Receipt(account_token=TOKEN))
    server.outcomes = [answered]
    with pytest.raises(Exception, match="is not valid"):
        await ask("get_verification", REQUEST_ID)


def test_fetched_and_checked(server: VaultServer, connection: list[str], tmp_path: Path) -> None:
    """`check-receipt` accepts the output of `get-verification --receipt` offline."""
    answered = verification()
    answered.receipt.CopyFrom(message(witnesses=1))
    server.outcomes = [answered]
    file = tmp_path / "mine.json"
    arguments = [*connection, "get-verification", REQUEST_ID, "--receipt", str(file)]
    assert CliRunner().invoke(client, arguments).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    checked = check(tmp_path, file.read_bytes(), "--account", TOKEN, *WITNESSED)
    assert (checked.exit_code, last(checked)) == (0, "check: valid")
    assert "quorum: 2 of 3" in checked.stdout
    shown = json.loads(check(tmp_path, message(witnesses=1), "--json", *WITNESSED).stdout)
    assert shown == {
        "account_token": TOKEN,
        "record_digest": DIGEST.hex(),
        "quorum": "2 of 3",
        "custodians": "custodian-a, custodian-b, custodian-c",
        "quorum_id": QUORUM.id,
        "sealed_at": "2026-02-01T12:30:00+00:00",
        "index": 7,
        "roster_version": None,
        "roster_compared": False,
        "valid": True,
    }


@pytest.mark.parametrize("state", ["PENDING", "SUCCEEDED"])
def test_a_receipt_that_is_not_there_yet(
    server: VaultServer, connection: list[str], tmp_path: Path, state: str
) -> None:
    """If there is no receipt yet, or none covered, the command says so and prints the claim."""
    answered = verification(state)
    if state == "SUCCEEDED":
        answered.receipt.CopyFrom(message())
        answered.receipt.ClearField("checkpoint")
    server.outcomes = [answered, answered]
    file = tmp_path / "mine.json"
    arguments = [*connection, "get-verification", REQUEST_ID, "--receipt", str(file)]
    told = CliRunner().invoke(client, arguments)
    assert (told.exit_code, file.exists()) == (1, state == "SUCCEEDED")
    assert f"state={state}" in told.stdout
    assert told.stderr.startswith("no receipt" if state == "PENDING" else "no checkpoint")
    told = CliRunner().invoke(client, [*arguments, "--json"])
    assert json.loads(told.stderr)["error"]["code"] == "CHECK_FAILED"


def test_a_log_of_one_entry(tmp_path: Path) -> None:
    """The first entry of a log is proved by the checkpoint alone."""
    assert last(check(tmp_path, message(size=0, witnesses=1), *WITNESSED)) == "check: valid"


def test_a_witness_counts(tmp_path: Path) -> None:
    """If a witness is given it must have cosigned."""
    assert last(check(tmp_path, message(witnesses=1), *WITNESSED)) == "check: valid"
    assert last(check(tmp_path, message(), *WITNESSED)) == "check: LOG_INVALID"


def test_without_witnesses_a_log_may_be_a_copy(tmp_path: Path) -> None:
    """The attack: a second log under the same key verifies; without a witness policy that is not "valid"."""
    for witnesses in (0, 1):
        told = check(tmp_path, message(witnesses=witnesses))
        assert (told.exit_code, last(told)) == (6, "check: valid as far as a log without witnesses says")
        assert "copy that only you are shown" in told.stderr
    told = check(tmp_path, message(), "--json")
    shown = json.loads(told.stdout)
    assert (told.exit_code, shown["valid_unwitnessed"], "valid" in shown) == (6, True, False)
    assert not told.stderr


def changed(**changes: Any) -> verification_pb2.Receipt:
    """Return a receipt with other fields."""
    made = message()
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def spoilt(what: str) -> verification_pb2.Receipt:
    """Return a receipt with a changed entry, proof or checkpoint."""
    made = message()
    match what:
        case "opening key":
            made.entry.opening_key = b"x" * 32
        case "leaf":
            made.entry.leaf = log_of(1)[0]
        case "index":
            made.entry.proof.index = 6
        case "hash":
            made.entry.proof.hashes[0] = b"x" * 32
        case "record":
            made.record.sealing_quorum_id = people.quorum(threshold=3, suite=hpke.X25519).id
            made.sealing_quorum.threshold, made.quorum = 3, "3 of 3"
        case "threshold":
            made.sealing_quorum.threshold, made.quorum = 3, "3 of 3"
        case "custodian":
            made.sealing_quorum.custodians[0].custodian = "custodian-x"
        case "custodian's key":
            made.sealing_quorum.custodians[0].hpke_public_key = b"x" * 32
        case "fewer custodians":
            del made.sealing_quorum.custodians[2]
            made.quorum = "2 of 2"
        case "no quorum":
            made.ClearField("sealing_quorum")
        case "checkpoint":
            made.checkpoint.note = logs.signed(log_of(9))
        case "signature":
            made.checkpoint.note = made.checkpoint.note.replace(b"\n\n", b"\nx\n\n")
    return made


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (changed(account_token="acct_" + "0" * 26), "OTHER_ENTRY"),
        (changed(claim_id="cd" * 16), "OTHER_ENTRY"),
        (changed(record_digest=b"e" * 32), "OTHER_ENTRY"),
        (changed(quorum="9 of 9"), "OTHER_QUORUM"),
        (changed(quorum=""), "OTHER_QUORUM"),
        (spoilt("record"), "OTHER_RECORD"),
        (spoilt("threshold"), "OTHER_QUORUM"),
        (spoilt("custodian"), "OTHER_QUORUM"),
        (spoilt("custodian's key"), "OTHER_QUORUM"),
        (spoilt("fewer custodians"), "OTHER_QUORUM"),
        (spoilt("no quorum"), "OTHER_QUORUM"),
        (message(event(state="FAILED")), "OTHER_ENTRY"),
        (message(event(EventType.ACCOUNT_EXPIRE)), "OTHER_ENTRY"),
        (message(covered=False), "NOT_COVERED"),
        (spoilt("opening key"), "OTHER_ENTRY"),
        (spoilt("leaf"), "OTHER_ENTRY"),
        (spoilt("index"), "NOT_IN_LOG"),
        (spoilt("hash"), "NOT_IN_LOG"),
        (spoilt("checkpoint"), "NOT_IN_LOG"),
        (spoilt("signature"), "LOG_INVALID"),
        (b"{}", "NOT_A_RECEIPT"),
        (b"no json", "NOT_A_RECEIPT"),
        (b'{"unknown": 1}', "NOT_A_RECEIPT"),
        (b"\xff", "NOT_A_RECEIPT"),
    ],
)
def test_what_does_not_verify(tmp_path: Path, given: verification_pb2.Receipt | bytes, reason: str) -> None:
    """Every fault has a specific reason, with exit code 5."""
    result = check(tmp_path, given)
    assert (result.exit_code, last(result)) == (5, f"check: {reason}")
    told = json.loads(check(tmp_path, given, "--json").stderr)["error"]
    assert (told["code"], told["reason"]) == ("UNVERIFIED", reason)


def test_a_receipt_without_its_record_proves_no_quorum(tmp_path: Path) -> None:
    """Former receipts, and those of replaced records, verify; the quorum that they state is not shown."""
    given = message(witnesses=1)
    given.quorum = "9 of 9"
    given.ClearField("record")
    given.ClearField("sealing_quorum")
    found = check(tmp_path, given, *WITNESSED)
    assert (found.exit_code, last(found)) == (0, "check: valid")
    assert "quorum" not in found.stdout
    shown = json.loads(check(tmp_path, given, "--json", *WITNESSED).stdout)
    assert (shown["quorum"], shown["custodians"], shown["quorum_id"]) == (None, None, None)


def test_another_account(tmp_path: Path) -> None:
    """A caller who knows the account can require it."""
    result = check(tmp_path, message(), "--account", "acct_" + "0" * 26)
    assert (result.exit_code, last(result)) == (5, "check: OTHER_ACCOUNT")


def test_no_file(tmp_path: Path) -> None:
    """An unreadable file is a different error from a failed proof."""
    arguments = ["check-receipt", str(tmp_path / "none"), "--public-key", logs.VKEY]
    told = CliRunner().invoke(app, arguments)
    assert (told.exit_code, told.stderr) == (3, f"{tmp_path / 'none'}: No such file or directory\n")
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(told.stderr)["error"]["code"] == "UNAVAILABLE"
