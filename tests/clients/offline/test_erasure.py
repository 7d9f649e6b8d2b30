"""The receipt of an erasure's step is fetched by the command and checked offline."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from typer.testing import CliRunner, Result

from idvault_client.commands.app import app as client
from idvault_verify.commands.app import app
from idvault_verify.erasure import ErasureState
from idvault_verify.event import Event, EventType
from idvault_verify.offline import erasure
from idvault_verify.transparency import entry
from idvault_verify.v1 import erasure_pb2 as pb
from tests.clients.offline.test_disclosure_history import W1, connection, last
from tests.clients.vault_server import TOKEN, VaultServer
from tools.support import logs, merkle
from tools.support.merkle import log_of

__all__ = ["connection"]

AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
ERASE, DESTROY, ABSENT = AT + timedelta(days=7), AT + timedelta(days=15), AT + timedelta(days=15, seconds=9)
ERASURE, KEY = "ab" * 16, b"k" * 32
WITNESSED = ("--witness", str(W1.key))
STEPS: dict[ErasureState, tuple[EventType, dict[str, str]]] = {
    ErasureState.REQUESTED: (EventType.ERASURE_REQUEST, {"erase_at": ERASE.isoformat()}),
    ErasureState.CANCELLED: (EventType.ERASURE_CANCEL, {}),
    ErasureState.ERASED: (EventType.ERASURE_ERASE, {"destroy_at": DESTROY.isoformat()}),
    ErasureState.DESTROYED: (EventType.ERASURE_DESTROY, {"absent_from": ABSENT.isoformat()}),
}


def _time(time: datetime) -> Timestamp:
    return Timestamp(seconds=int(time.timestamp()))


def message(
    state: ErasureState = ErasureState.ERASED,
    *,
    token: str = TOKEN,
    covered: bool = True,
    promised: bool = True,
    actor: str = "system",
    **changes: Any,
) -> pb.Erasure:
    """Return the receipt of a step at the end of a log with other entries."""
    kind, fields = STEPS[state]
    fields = fields if promised else {}
    event = Event(kind, actor, token, AT, AT, "11" * 16, KEY, {"erasure_id": ERASURE, **fields, **changes})
    leaves = [*log_of(7), entry.encode_leaf(event)]
    made = pb.Erasure(
        erasure_id=ERASURE,
        account_token=TOKEN,
        state=pb.Erasure.State.Value(f"STATE_{state.value}"),
        request_time=_time(AT),
        erase_time=_time(ERASE),
        destroy_time=_time(DESTROY),
    )
    if "absent_from" in event.fields:
        made.absent_time.CopyFrom(_time(ABSENT))
    made.entry.leaf, made.entry.opening_key = leaves[-1], KEY
    if covered:
        made.entry.proof.index, made.entry.proof.tree_size = 7, 8
        made.entry.proof.hashes.extend(merkle.path(7, leaves))
        made.checkpoint.note = logs.signed(leaves, W1)
    return made


def check(folder: Path, given: pb.Erasure | bytes, *options: str) -> Result:
    """Run the command on a receipt."""
    file = folder / "erasure.json"
    file.write_bytes(given if isinstance(given, bytes) else erasure.read(given).to_json().encode())
    return CliRunner().invoke(app, ["check-erasure", str(file), "--public-key", logs.VKEY, *options])


@pytest.mark.parametrize("state", ErasureState)
def test_each_step_verifies(tmp_path: Path, state: ErasureState) -> None:
    """With witnesses "valid"; without, as far as a log without witnesses says."""
    found = check(tmp_path, message(state), *WITNESSED)
    assert (found.exit_code, last(found)) == (0, "check: valid")
    shown = json.loads(check(tmp_path, message(state), "--json", *WITNESSED).stdout)
    assert (shown["state"], shown["account_token"], shown["index"]) == (state.value, TOKEN, 7)
    alone = check(tmp_path, message(state))
    assert (alone.exit_code, last(alone)) == (6, "check: valid as far as a log without witnesses says")


@pytest.mark.parametrize("state", list(ErasureState))
def test_the_time_that_a_step_commits_to_is_shown(state: ErasureState, tmp_path: Path) -> None:
    """When the account is erased, of a request; when the keys are destroyed, of an erasure; else neither."""
    made = message(state)
    shown = json.loads(check(tmp_path, made, "--json", *WITNESSED).stdout)
    erases, destroys = (each.ToDatetime(UTC).isoformat() for each in (made.erase_time, made.destroy_time))
    assert shown["erases_at"] == (erases if state is ErasureState.REQUESTED else None)
    assert shown["destroys_at"] == (destroys if state is ErasureState.ERASED else None)


def test_what_is_promised_about_files(tmp_path: Path) -> None:
    """From when on, if the entry commits to it; else it is said that nothing is promised."""
    found = check(tmp_path, message(ErasureState.DESTROYED), *WITNESSED)
    assert f"key_in_no_file_from: {ABSENT.isoformat()}" in found.stdout.splitlines()
    bare = message(ErasureState.DESTROYED, promised=False)
    found = check(tmp_path, bare, *WITNESSED)
    assert (found.exit_code, last(found)) == (0, "check: valid")
    assert "files: the vault promises nothing" in found.stdout
    assert json.loads(check(tmp_path, bare, "--json", *WITNESSED).stdout)["key_in_no_file_from"] is None


def test_a_version_that_is_kept(tmp_path: Path) -> None:
    """Until when, if the entry commits to it, with and without a promise; another time is no proof."""
    kept = ABSENT + timedelta(days=100)
    for promised in (True, False):
        made = message(ErasureState.DESTROYED, promised=promised, kept_until=kept.isoformat())
        assert last(check(tmp_path, made, *WITNESSED)) == "check: OTHER_ENTRY"
        made.kept_until_time.CopyFrom(_time(kept))
        found = check(tmp_path, made, *WITNESSED)
        assert (found.exit_code, last(found)) == (0, "check: valid")
        assert f"version_kept_until: {kept.isoformat()}" in found.stdout.splitlines()
        made.kept_until_time.CopyFrom(_time(kept + timedelta(days=1)))
        assert last(check(tmp_path, made, *WITNESSED)) == "check: OTHER_ENTRY"
        made.absent_time.CopyFrom(_time(kept))
        made.ClearField("kept_until_time")
        assert last(check(tmp_path, made, *WITNESSED)) == "check: OTHER_ENTRY"
    early = message(ErasureState.ERASED)
    early.kept_until_time.CopyFrom(_time(kept))
    assert last(check(tmp_path, early, *WITNESSED)) == "check: OTHER_ENTRY"


def moved(seconds: int | None, state: ErasureState = ErasureState.DESTROYED) -> pb.Erasure:
    """Return a receipt with another promise than its entry has; None: without the promise that it has."""
    made = message(state)
    if seconds is None:
        made.ClearField("absent_time")
    else:
        made.absent_time.CopyFrom(_time(ABSENT + timedelta(seconds=seconds)))
    return made


def promising() -> pb.Erasure:
    """Return a receipt that promises what its entry does not."""
    made = message(ErasureState.DESTROYED, promised=False)
    made.absent_time.CopyFrom(_time(ABSENT))
    return made


def changed(field: str, value: Any) -> pb.Erasure:
    """Return a receipt in which one field differs from what is logged."""
    made = message(ErasureState.REQUESTED if field == "erase_time" else ErasureState.ERASED)
    if isinstance(value, int) and field.endswith("_time"):
        getattr(made, field).seconds += value
    else:
        setattr(made, field, value)
    return made


def spoilt(part: str) -> pb.Erasure:
    """Return a receipt with one changed byte."""
    made = message()
    if part == "note":
        made.checkpoint.note = made.checkpoint.note.replace(b"\n8\n", b"\n9\n")
    elif part == "key":
        made.entry.opening_key = b"l" + KEY[1:]
    else:
        made.entry.proof.index = 6
    return made


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (message(covered=False), "NOT_COVERED"),
        (message(ErasureState.ERASED, actor="5e" * 16), "OTHER_ENTRY"),
        (message(ErasureState.DESTROYED, actor="5e" * 16), "OTHER_ENTRY"),
        (changed("erasure_id", "cd" * 16), "OTHER_ENTRY"),
        (changed("account_token", "acct_" + "0" * 26), "OTHER_ENTRY"),
        (changed("state", pb.Erasure.STATE_DESTROYED), "OTHER_ENTRY"),
        (changed("state", 99), "NOT_AN_ERASURE"),
        (changed("state", 0), "OTHER_ENTRY"),
        (changed("destroy_time", -1), "OTHER_ENTRY"),
        (changed("erase_time", 1), "OTHER_ENTRY"),
        (moved(-1), "OTHER_ENTRY"),
        (moved(None), "OTHER_ENTRY"),
        (moved(0, ErasureState.ERASED), "OTHER_ENTRY"),
        (promising(), "OTHER_ENTRY"),
        (message(token="acct_" + "0" * 26), "OTHER_ENTRY"),
        (spoilt("key"), "OTHER_ENTRY"),
        (spoilt("index"), "NOT_IN_LOG"),
        (spoilt("note"), "LOG_INVALID"),
        (b"{}", "NOT_AN_ERASURE"),
        (b"no json", "NOT_AN_ERASURE"),
    ],
)
def test_what_does_not_verify(tmp_path: Path, given: pb.Erasure | bytes, reason: str) -> None:
    """Every fault has a reason, with exit code 5."""
    result = check(tmp_path, given, *WITNESSED)
    assert (result.exit_code, last(result)) == (5, f"check: {reason}")


def test_another_account(tmp_path: Path) -> None:
    """Whoever knows the account can require it."""
    result = check(tmp_path, message(), "--account", "acct_" + "0" * 26, *WITNESSED)
    assert (result.exit_code, last(result)) == (5, "check: OTHER_ACCOUNT")


def test_the_commands(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """`erasure request`, `cancel` and `get` print the erasure; `get` writes the receipt that is checked."""
    states = [ErasureState.REQUESTED, ErasureState.CANCELLED, ErasureState.DESTROYED]
    server.outcomes = [message(state) for state in states]
    file = tmp_path / "mine.json"
    chosen = "00000000-0000-4000-8000-000000000001"
    commands = [
        ["request", TOKEN, "--request-id", chosen],
        ["cancel", TOKEN],
        ["get", TOKEN, "--receipt", str(file)],
    ]
    for state, command in zip(states, commands, strict=True):
        told = CliRunner().invoke(client, [*connection, "--json", "erasure", *command])
        assert (told.exit_code, json.loads(told.stdout)["state"]) == (0, state.value)
    assert [asked.path.rpartition("/")[2] for asked in server.asked] == [
        "EraseAccount",
        "CancelErasure",
        "GetErasure",
    ]
    assert pb.EraseAccountRequest.FromString(server.asked[0].body).request_id == chosen
    arguments = ["check-erasure", str(file), "--public-key", logs.VKEY, *WITNESSED]
    assert last(CliRunner().invoke(app, arguments)) == "check: valid"


def test_a_receipt_that_is_not_ready(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """Exit code 1 until a checkpoint covers the step."""
    server.outcomes = [message(covered=False)]
    told = CliRunner().invoke(
        client, [*connection, "erasure", "get", TOKEN, "--receipt", str(tmp_path / "r")]
    )
    assert told.exit_code == 1
    assert "repeat the command" in told.stderr


def test_an_answer_without_an_entry_breaks_the_contract(
    server: VaultServer, connection: Sequence[str]
) -> None:
    """An incomplete answer is no erasure."""
    server.outcomes = [pb.Erasure(erasure_id=ERASURE, account_token=TOKEN)]
    told = CliRunner().invoke(client, [*connection, "erasure", "get", TOKEN])
    assert told.exit_code not in (0, 1)
