"""A disclosure history is signed whole: nothing of it can be left out, added, moved or exchanged."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import json_format

from idvault_verify.offline import disclosure_history
from idvault_verify.offline.disclosure_history import HistoryError
from idvault_verify.transparency import note as notes
from idvault_verify.v1 import status_pb2
from tests.clients.offline.test_disclosure_history import (
    HORIZON,
    answer,
    check,
    disclosed,
    event,
    last,
    opened,
)
from tests.clients.vault_server import TOKEN
from tools.support import logs, statements
from tools.support.merkle import log_of, signer
from tools.support.statements import MADE, note_of, sign

OTHER = "acct_7123456789abcdefghjkmnpqrs"
THIEF = Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32)
LATER = signer(logs.ORIGIN, seed=9)
Json = dict[str, Any]


def whole() -> status_pb2.DisclosureHistory:
    """Return the history of an account with two disclosures and three openings."""
    return answer(disclosed(1), disclosed(2), event(3, of=1), event(4, of=1), event(5, of=2))


def content() -> Json:
    found: Json = json_format.MessageToDict(whole())
    return found


def verdict(content: Json | status_pb2.DisclosureHistory) -> str:
    """Return why a history is refused, "" if it is not."""
    text = json.dumps(content) if isinstance(content, dict) else json_format.MessageToJson(content)
    try:
        disclosure_history.check(disclosure_history.parse(text), policy=logs.POLICY)
    except HistoryError as error:
        return error.reason
    return ""


def paths(value: Any, *before: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each member and item."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in items:
        yield (*before, name)
        yield from paths(each, *before, name)


def place(found: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    for each in path[:-1]:
        found = found[each]
    return found, path[-1]


PATHS = list(paths(content()))


def test_the_true_one() -> None:
    """It passes as it is, with and without entries, and says when the vault stated it."""
    for message in (whole(), answer(), answer(*opened(1)), answer(disclosed(1))):
        assert verdict(message) == ""
    text = json_format.MessageToJson(whole())
    assert disclosure_history.check(disclosure_history.parse(text), policy=logs.POLICY).stated_at == MADE


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_nothing_can_be_left_out(path: tuple[str | int, ...]) -> None:
    """No member and no item of a list, at any depth."""
    found = content()
    at, name = place(found, path)
    del at[name]
    assert verdict(found) != ""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_nothing_can_be_changed(path: tuple[str | int, ...]) -> None:
    """No text, number, time or byte, to a value of the same form."""
    found = content()
    at, name = place(found, path)
    value = at[name]
    if isinstance(value, dict | list):
        at[name] = type(value)()
    elif isinstance(value, int) or value.isdigit():
        at[name] = type(value)(int(value) + 1)
    elif name in {"horizonTime", "makeTime"}:
        at[name] = value.replace("2026", "2025")
    else:
        at[name] = ("B" if value[0] == "A" else "A") + value[1:]
    assert verdict(found) != ""


def test_no_entries_can_be_left_out_moved_or_doubled() -> None:
    """Each set of them, each two, and each one, also where the counts are made to fit."""
    for kind in ("disclosures", "openings"):
        size = len(content()[kind])
        for kept in (each for width in range(size) for each in combinations(range(size), width)):
            found = content()
            found[kind] = [found[kind][each] for each in kept]
            assert verdict(found) == "NOT_WHOLE"
            found["statement"][f"{kind[:-1]}Count"] = len(kept)
            assert verdict(found) == "SIGNATURE_INVALID"
        for one, other in combinations(range(size), 2):
            found = content()
            found[kind][one], found[kind][other] = found[kind][other], found[kind][one]
            assert verdict(found) == "SIGNATURE_INVALID"
        for one in range(size):
            found = content()
            found[kind].append(found[kind][one])
            found["statement"][f"{kind[:-1]}Count"] += 1
            assert verdict(found) == "LISTED_TWICE"


def test_what_belongs_to_another_history() -> None:
    """Its signature, account, horizon, time and checkpoint, also if nothing is listed."""
    for mine in (whole(), answer()):
        others = [
            answer(disclosed(1), event(3)),
            _signed(account_token=OTHER),
            _signed(horizon=-1),
            _signed(made=-9),
        ]
        for other in others:
            found, its = (json_format.MessageToDict(each) for each in (mine, other))
            for name in ("statement", "checkpoint", "accountToken", "horizonTime"):
                if found[name] != its[name]:
                    assert verdict({**found, name: its[name]}) != "", name
            told = {**found["statement"], "signature": its["statement"]["signature"]}
            assert verdict({**found, "statement": told}) == "SIGNATURE_INVALID"


def _signed(*, account_token: str = TOKEN, horizon: int = 0, made: int = 0) -> status_pb2.DisclosureHistory:
    message = status_pb2.DisclosureHistory(account_token=account_token)
    message.horizon_time.FromDatetime(HORIZON + timedelta(days=horizon))
    message.checkpoint.note = logs.signed(log_of(9))
    return sign(message, made_at=MADE + timedelta(days=made))


def test_an_older_one_is_no_newer_one(tmp_path: Path) -> None:
    """The time of the statement cannot be moved, not even by a part of a second, and is shown."""
    for seconds in (-86_400, -1, 1, 86_400):
        message = whole()
        message.statement.make_time.FromDatetime(MADE + timedelta(seconds=seconds))
        assert verdict(message) == "SIGNATURE_INVALID"
    for name in ("horizon_time", "statement.make_time"):
        message = whole()
        time = message.statement.make_time if "." in name else message.horizon_time
        time.nanos = 1
        assert verdict(message) == "NOT_A_HISTORY"
        found = disclosure_history.read_answer(message.SerializeToString())
        with pytest.raises(HistoryError, match="not in whole seconds"):
            disclosure_history.check(found, policy=logs.POLICY)
    shown = check(tmp_path, whole())
    assert (shown.exit_code, f"stated by the vault at {MADE.isoformat()}" in shown.stdout) == (6, True)
    cut = whole()
    del cut.openings[1]
    refused = check(tmp_path, cut)
    assert (refused.exit_code, last(refused)) == (5, "check: NOT_WHOLE")
    assert "2 disclosures and 2 openings, of 2 and 3 that the vault told" in refused.stderr
    assert verdict(status_pb2.DisclosureHistory.FromString(_without_statement(whole()))) == "NOT_SIGNED"


def _without_statement(message: status_pb2.DisclosureHistory) -> bytes:
    message.ClearField("statement")
    return message.SerializeToString()


def test_whoever_signs_must_be_vouched_for() -> None:
    """By the log's key, for this log, this key and this time, in a note of this form."""
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    for ends, reason in ((MADE, ""), (MADE - timedelta(seconds=1), "SIGNATURE_INVALID")):
        assert verdict(sign(whole(), note=note_of(begins=begins, ends=ends))) == reason
    assert verdict(sign(whole(), note=note_of(begins=MADE + timedelta(seconds=1)))) == "SIGNATURE_INVALID"
    assert verdict(sign(whole(), key=THIEF)) == "SIGNATURE_INVALID"
    assert verdict(sign(whole(), key=THIEF, note=note_of(THIEF))) == ""
    assert verdict(sign(whole(), note=note_of(statements.KEY, LATER))) == "SIGNATURE_INVALID"
    assert verdict(sign(whole(), note=note_of(statements.KEY, LATER, logs.SIGNER))) == ""
    key = note_of().decode().split("\n")[2]
    wrong: tuple[Callable[[list[str]], list[str]], ...] = (
        lambda lines: ["idvault/log-key/v1", *lines[1:]],
        lambda lines: [lines[0], "log.example/other", *lines[2:]],
        lambda lines: [*lines[:2], "A" * 43 + "=", *lines[3:]],
        lambda lines: [*lines[:2], "x" + key, *lines[3:]],
        lambda lines: [*lines[:3], "x", lines[4]],
        lambda lines: [*lines[:4], "-1"],
        lambda lines: [*lines, "more"],
        lambda lines: lines[:4],
    )
    for change in wrong:
        lines = change(notes.parse(note_of()).text.splitlines())
        made = notes.sign_note("".join(f"{line}\n" for line in lines), [logs.SIGNER])
        assert verdict(sign(whole(), note=made)) == "SIGNATURE_INVALID", lines
    checkpoint = logs.signed(log_of(9))
    assert verdict(sign(whole(), note=checkpoint)) == "SIGNATURE_INVALID"
