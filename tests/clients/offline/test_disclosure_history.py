"""A disclosure history is fetched, and checked offline."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault_client import Tls
from idvault_client.commands.app import app as client
from idvault_verify.commands.app import app
from idvault_verify.event import Event, EventType
from idvault_verify.offline import disclosure_history
from idvault_verify.seal import Part
from idvault_verify.transparency import entry
from idvault_verify.v1 import status_pb2
from tests.clients.vault_server import TOKEN, VaultServer
from tests.support.both_clients import AskClient
from tools.support import logs, merkle, statements
from tools.support.merkle import log_of, signer, witness

HORIZON = datetime(2026, 3, 1, tzinfo=UTC)
AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
AS_TOLD = "check: valid as far as the vault told"
W1 = witness("witness.example/w1", seed=2)
WITNESSED = ("--witness", str(W1.key))


def event(
    number: int, kind: EventType = EventType.DISCLOSURE_OPEN, at: datetime = AT, *, of: int | None = None
) -> Event:
    """Return an opening as logged. of: the number of its disclosure, which else is its own."""
    disclosure = f"{number if of is None else of:032x}"
    fields: dict[str, str | bytes] = {"disclosure_id": disclosure, "record_digest": b"d" * 32}
    fields["decision"] = b"signed"
    return Event(kind, "55" * 16, TOKEN, at, at, f"{number:032x}", bytes([number]) * 32, fields)


def disclosed(number: int) -> Event:
    """Return a disclosure as logged."""
    fields: dict[str, str | bytes] = {
        "disclosure_id": f"{number:032x}",
        "record_digest": b"d" * 32,
        "auditor_actor_id": "66" * 16,
        "legal_basis": "第一条\x1b[2J",
    }
    return replace(event(number, EventType.DISCLOSURE_DISCLOSE), fields=fields)


def opened(*numbers: int) -> list[Event]:
    """Return disclosures with these numbers, and an opening of each."""
    return [*map(disclosed, numbers), *map(event, numbers)]


def answer(*events: Event, size: int = 7, witnesses: int = 0) -> status_pb2.DisclosureHistory:
    """Return the signed history of these openings, at the end of a log with other entries."""
    leaves = [*log_of(size), *(entry.encode_leaf(each) for each in events)]
    made = status_pb2.DisclosureHistory(account_token=TOKEN)
    made.horizon_time.FromDatetime(HORIZON)
    made.checkpoint.note = logs.signed(leaves, *[W1][:witnesses])
    for index, each in enumerate(events, start=size):
        opening: Any
        if each.type is EventType.DISCLOSURE_DISCLOSE:
            opening = made.disclosures.add(**each.fields)
        else:
            disclosure_id = str(each.fields["disclosure_id"])
            opening = made.openings.add(disclosure_id=disclosure_id, record_digest=b"d" * 32)
        opening.entry.leaf, opening.entry.opening_key = leaves[index], each.opening_key
        opening.entry.proof.index, opening.entry.proof.tree_size = index, len(leaves)
        opening.entry.proof.hashes.extend(merkle.path(index, leaves))
    return statements.sign(made)


def check(folder: Path, message: status_pb2.DisclosureHistory | bytes, *options: str) -> Result:
    """Run the command on a history."""
    file = folder / "history.json"
    if isinstance(message, bytes):
        file.write_bytes(message)
    else:
        file.write_text(disclosure_history.read_answer(message.SerializeToString()).to_json(), "utf-8")
    return CliRunner().invoke(app, ["check-history", str(file), "--public-key", logs.VKEY, *options])


def last(result: Result) -> str:
    """Return the last line of the command's output."""
    return result.stdout.splitlines()[-1]


@pytest.fixture
def connection(server: VaultServer, tls: Tls) -> Sequence[str]:
    """The connection options for the server."""
    return (
        *("--target", server.target, "--server-name", "localhost"),
        *("--ca", str(tls.ca), "--certificate", str(tls.certificate), "--key", str(tls.key)),
    )


async def test_both_clients_fetch_it(ask: AskClient, server: VaultServer) -> None:
    """The answer is the content of the file."""
    server.outcomes = [answer(*opened(1))]
    found = await ask("get_disclosure_history", TOKEN)
    assert (found.account_token, found.horizon, found.openings) == (TOKEN, HORIZON, 1)
    (asked,) = server.asked
    assert asked.path == "/idvault.v1.StatusService/GetDisclosureHistory"
    assert status_pb2.GetDisclosureHistoryRequest.FromString(asked.body).account_token == TOKEN


def test_fetched_and_checked(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """`check-history` accepts the output of `history` offline."""
    server.outcomes = [answer(disclosed(3), event(1, of=3), event(2, of=3), witnesses=1)]
    file = tmp_path / "mine.json"
    fetched = CliRunner().invoke(client, [*connection, "history", TOKEN, "--out", str(file)])
    text = f"history: 1 disclosures, 2 openings before {HORIZON.isoformat()}"
    assert (fetched.exit_code, last(fetched)) == (0, text)
    checked = check(tmp_path, file.read_bytes(), "--account", TOKEN, *WITNESSED)
    assert (checked.exit_code, last(checked)) == (6, AS_TOLD)
    assert "opened 2026-02-01T12:30:00+00:00 by " + "55" * 16 in checked.stdout
    assert "disclosed 2026-02-01T12:30:00+00:00 to " + "66" * 16 in checked.stdout
    assert "legal basis: 第一条\\x1b[2J" in checked.stdout  # what an auditor wrote cannot move the cursor
    again = CliRunner().invoke(client, [*connection, "--json", "history", TOKEN, "--out", str(file)])
    found = json.loads(again.stdout)
    assert (found["disclosures"], found["openings"]) == (1, 2)


def test_a_history_without_openings(tmp_path: Path) -> None:
    """The record was never opened up to the horizon."""
    result = check(tmp_path, answer(witnesses=1), "--json", *WITNESSED)
    assert result.exit_code == 6
    shown = json.loads(result.stdout)
    assert (shown["account_token"], shown["openings"], shown["valid_as_told"]) == (TOKEN, [], True)
    assert shown["disclosures"] == []
    assert ("valid" in shown, shown["log"]) == (False, None)
    assert shown["stated_at"] == statements.MADE.isoformat()


def test_a_witness_counts(tmp_path: Path) -> None:
    """If a witness is given it must have cosigned."""
    assert last(check(tmp_path, answer(*opened(1), witnesses=1), *WITNESSED)) == AS_TOLD
    assert check(tmp_path, answer(*opened(1)), *WITNESSED).exit_code == 5


def test_without_witnesses_a_log_may_be_a_copy(tmp_path: Path) -> None:
    """The attack: a second log under the same key verifies; without a witness policy the result says so."""
    told = check(tmp_path, answer(*opened(1)))
    assert (told.exit_code, last(told)) == (6, f"{AS_TOLD}, and a log without witnesses says")
    assert "copy that only you are shown" in told.stderr
    told = check(tmp_path, answer(*opened(1)), "--json")
    shown = json.loads(told.stdout)
    assert (told.exit_code, shown["valid_as_told_unwitnessed"]) == (6, True)
    assert not {"valid", "valid_as_told"} & set(shown)
    assert not told.stderr


def _changed(**changes: object) -> status_pb2.DisclosureHistory:
    message = answer(*opened(1, 2))
    for name, value in changes.items():
        setattr(message.openings[1], name, value)
    return message


def _changed_disclosure(**changes: object) -> status_pb2.DisclosureHistory:
    message = answer(disclosed(1), event(2))
    for name, value in changes.items():
        setattr(message.disclosures[0], name, value)
    return message


def _spoilt(what: str) -> status_pb2.DisclosureHistory:
    message = answer(*opened(1, 2))
    first, second = message.openings
    match what:
        case "account":
            message.account_token = "acct_7123456789abcdefghjkmnpqrs"
        case "key":
            second.entry.opening_key = b"x" * 32
        case "leaf":
            second.entry.leaf = b"no leaf"
        case "proof":
            second.entry.proof.hashes[0] = b"x" * 32
        case "index":
            second.entry.proof.index = 3
        case "absent":
            second.entry.ClearField("proof")
        case "twice":
            second.CopyFrom(first)
        case "checkpoint":
            message.checkpoint.note = logs.signed(log_of(9), by=signer(logs.ORIGIN, seed=9))
        case "note":
            message.checkpoint.note = b"no note"
    return message


def _of_another_record(made: Event) -> Event:
    return replace(made, fields={**made.fields, "record_digest": b"e" * 32})


def _later(made: Event, *, minutes: int) -> Event:
    later = AT + timedelta(minutes=minutes)
    return replace(made, occurred_at=later, recorded_at=later)


def _again(made: Event) -> Event:
    """Return an entry of its own with other words for the same disclosure."""
    fields = {**made.fields, "legal_basis": "harmless"}
    return replace(made, fields=fields, entry_id="ab" * 16, opening_key=b"z" * 32)


def test_the_clocks_of_two_processes_may_differ(tmp_path: Path) -> None:
    """A disclosure whose process was a minute ahead of the opening's is no reason to refuse."""
    history = answer(_later(disclosed(1), minutes=1), event(1), witnesses=1)
    assert last(check(tmp_path, history, *WITNESSED)) == AS_TOLD


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (_changed(disclosure_id="66" * 16), "OTHER_ENTRY"),
        (_changed_disclosure(legal_basis="第二条"), "OTHER_ENTRY"),
        (_changed_disclosure(auditor_actor_id="77" * 16), "OTHER_ENTRY"),
        (_changed_disclosure(record_digest=b"e" * 32), "OTHER_ENTRY"),
        (_changed(record_digest=b"e" * 32), "OTHER_ENTRY"),
        (_spoilt("account"), "OTHER_ENTRY"),
        (_spoilt("key"), "OTHER_ENTRY"),
        (_spoilt("leaf"), "OTHER_ENTRY"),
        (_spoilt("proof"), "NOT_IN_LOG"),
        (_spoilt("index"), "NOT_IN_LOG"),
        (_spoilt("absent"), "NOT_IN_LOG"),
        (_spoilt("twice"), "LISTED_TWICE"),
        (answer(*opened(1), event(2)), "DISCLOSURE_LEFT_OUT"),
        (answer(event(1)), "DISCLOSURE_LEFT_OUT"),
        (answer(_of_another_record(disclosed(1)), event(1)), "DISCLOSURE_LEFT_OUT"),
        (answer(_later(disclosed(1), minutes=2), event(1)), "DISCLOSURE_LEFT_OUT"),
        (answer(disclosed(1), _again(disclosed(1)), event(1)), "LISTED_TWICE"),
        (_spoilt("checkpoint"), "LOG_INVALID"),
        (_spoilt("note"), "LOG_INVALID"),
        (answer(event(1, at=HORIZON)), "PAST_HORIZON"),
        (answer(event(1, EventType.DISCLOSURE_CANCEL)), "OTHER_ENTRY"),
        (b"no history", "NOT_A_HISTORY"),
        (b"{}", "NOT_A_HISTORY"),
    ],
)
def test_whatever_does_not_verify_is_named(
    tmp_path: Path, message: status_pb2.DisclosureHistory | bytes, reason: str
) -> None:
    """The exit code is 5, with the reason in the last line."""
    result = check(tmp_path, message, "--json")
    assert result.exit_code == 5
    assert json.loads(result.stderr)["error"]["reason"] == reason
    people = check(tmp_path, message)
    assert people.exit_code == 5
    assert last(people) == f"check: {reason}"
    assert people.stderr.strip()


def test_another_account_and_no_file(tmp_path: Path) -> None:
    """Another account's history is refused; a missing file is a different error."""
    result = check(tmp_path, answer(*opened(1)), "--account", "acct_7123456789abcdefghjkmnpqrs")
    assert (result.exit_code, last(result)) == (5, "check: OTHER_ACCOUNT")
    missing = ["check-history", str(tmp_path / "none"), "--public-key", logs.VKEY]
    told = CliRunner().invoke(app, missing)
    assert (told.exit_code, told.stderr) == (3, f"{tmp_path / 'none'}: No such file or directory\n")
    told = CliRunner().invoke(app, [*missing, "--json"])
    assert json.loads(told.stderr)["error"]["code"] == "UNAVAILABLE"


def _published(folder: Path, *events: Event, size: int = 7, more: int = 0, witnesses: int = 0) -> Path:
    """Write the public directory of a log with these entries at the end; more: entries after them."""
    leaves = [*log_of(size), *(entry.encode_leaf(each) for each in events)]
    leaves += [b"more %d" % number for number in range(more)]
    place = folder / f"public-{len(list(folder.iterdir()))}"
    logs.write_folder(place, leaves, logs.signed(leaves, *[W1][:witnesses]))
    return place


def test_rows_that_the_vault_leaves_out_are_in_the_public_count(tmp_path: Path) -> None:
    """The attack: a vault signs a history without its rows; the result does not say more than it proves."""
    true, edited = (answer(*opened(1, 2), witnesses=1) for _ in range(2))
    del edited.openings[:], edited.disclosures[:]
    statements.sign(edited)
    later = event(4, at=HORIZON)
    approvals = [event(number, EventType.DISCLOSURE_APPROVE) for number in (5, 6, 7)]
    share: dict[str, Part] = {"disclosure_id": "08", "custodian": "custodian-a", "share_hash": b"s" * 32}
    released = replace(event(8, EventType.DISCLOSURE_RELEASE), fields=share)
    public = _published(tmp_path, *opened(1, 2), *approvals, released, later, more=300, witnesses=1)
    for message, listed in ((true, 2), (edited, 0)):
        result = check(tmp_path, message, "--directory", str(public), *WITNESSED)
        assert (result.exit_code, last(result)) == (6, AS_TOLD)
        assert f"{listed} openings before" in result.stdout
        counted = (
            "public log: 2 disclosures, 2 openings, 3 approvals and 1 releases of shares, of all accounts"
        )
        assert counted in result.stdout
        told = check(tmp_path, message, "--directory", str(public), "--json", *WITNESSED)
        shown = json.loads(told.stdout)
        log = {"disclosures": 2, "openings": 2, "approvals": 3, "releases": 1}
        assert (shown["log"], len(shown["openings"])) == (log, listed)
    assert "public log: not counted" in check(tmp_path, edited).stdout


def test_the_public_log_must_be_the_historys(tmp_path: Path) -> None:
    """Another log, an older one, and damaged or missing files are refused."""
    message = answer(*opened(1))
    for public, code, reason in (
        (_published(tmp_path, event(2), more=9), 5, "LOG_FORKED"),
        (_published(tmp_path, size=3), 5, "LOG_OLDER"),
        (_published(tmp_path, event(2), size=300), 5, "LOG_FORKED"),
    ):
        result = check(tmp_path, message, "--directory", str(public))
        assert (result.exit_code, last(result)) == (code, f"check: {reason}")
    whole = _published(tmp_path, *opened(1), more=9)
    bundle = whole / "tile" / "entries" / "000.p" / "18"
    for damage in (bundle.read_bytes()[:-1], bundle.read_bytes()[:-1] + b"x"):
        bundle.write_bytes(damage)
        assert last(check(tmp_path, message, "--directory", str(whole))) == "check: LOG_INVALID"
    bundle.unlink()
    assert check(tmp_path, message, "--directory", str(whole)).exit_code == 3
    (whole / "checkpoint").write_bytes(b"noise")
    assert last(check(tmp_path, message, "--directory", str(whole))) == "check: LOG_INVALID"
    (whole / "checkpoint").unlink()
    assert check(tmp_path, message, "--directory", str(whole)).exit_code == 3
