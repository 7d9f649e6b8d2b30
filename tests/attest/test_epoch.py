"""The statement of a new epoch: what is signed, by whom, and what no file may say."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatementError
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from tests.support.epoch_world import ROSTER, cosigned, in_epoch, next_roster, signed, statement, tree
from tools.support.chamber import CUSTODIANS, roster_member

UNSIGNED = statement(cosigned(tree(10)), tree(6), seen=11)
SIGNED = signed(UNSIGNED)


def test_a_statement_comes_back_from_its_file() -> None:
    """Signatures are no part of the digest, which every checkpoint of the epoch names."""
    assert statements.parse(SIGNED.to_bytes()) == SIGNED
    assert SIGNED.digest() == UNSIGNED.digest()
    assert replace(SIGNED, reason="another").digest() != SIGNED.digest()


def test_the_custodians_of_each_quorum_sign() -> None:
    """One of three is not enough, two are; a repeat replaces a signature."""
    statements.verify(SIGNED, roster=ROSTER)
    with pytest.raises(EpochStatementError, match="1 of its custodians signed, 2 are needed"):
        statements.verify(signed(UNSIGNED, CUSTODIANS[0], CUSTODIANS[0]), roster=ROSTER)
    other = Quorum("others", 2, tuple(roster_member(name) for name in ("custodian-d", "custodian-e")))
    two = replace(ROSTER, people=(*ROSTER.people, *other.custodians), quorums=(*ROSTER.quorums, other))
    made = signed(replace(UNSIGNED, roster=two.digest()), roster=two)
    with pytest.raises(EpochStatementError, match="quorum others: 0"):
        statements.verify(made, roster=two)


def test_only_valid_signatures_of_custodians_are_taken() -> None:
    """Not an auditor's, not one of another statement, and not under another roster."""
    with pytest.raises(EpochStatementError, match="auditor-a signed but is not a custodian"):
        signed(UNSIGNED, "auditor-a")
    forged = replace(SIGNED, reason="another reason")
    with pytest.raises(EpochStatementError, match="does not verify"):
        statements.verify(forged, roster=ROSTER)
    with pytest.raises(EpochStatementError, match="another version"):
        statements.verify(SIGNED, roster=next_roster())


def test_a_chain_has_no_gap_and_no_earlier_roster() -> None:
    """Each statement names the one before, and a version of the roster that is not earlier than its."""
    second = statement(cosigned(in_epoch(tree(8), SIGNED)), tree(7), seen=8, after=[SIGNED])
    chain = (SIGNED, signed(second))
    versions = (ROSTER, next_roster())
    assert statements.verify_chain(chain, versions=versions) == chain
    assert statements.parse_chain(statements.encode_chain(chain)) == chain
    later = signed(replace(UNSIGNED, roster=versions[1].digest()), roster=versions[1])
    statements.verify_chain([later], versions=versions)
    for wrong, why in (
        (chain[1:], "does not follow"),
        ((SIGNED, replace(second, previous="a" * 64)), "does not follow"),
        ((later, signed(replace(second, previous=later.digest()))), "or an earlier one"),
        ((signed(replace(UNSIGNED, roster=ROSTER.digest())),), None),
    ):
        if why is None:
            statements.verify_chain(wrong, versions=versions)
            continue
        with pytest.raises(EpochStatementError, match=why):
            statements.verify_chain(wrong, versions=versions)
    with pytest.raises(EpochStatementError, match="than those at hand"):
        statements.verify_chain([later], versions=[ROSTER])


def _set(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields.__setitem__(name, value)


@pytest.mark.parametrize(
    "change",
    [
        _set("extra", 1),
        _set("log", ""),
        _set("epoch", 1),
        _set("epoch", 3),
        _set("previous", "a" * 64),
        _set("previous", "x"),
        _set("former", 7),
        _set("former", "not base64"),
        _set("former", "A" * 200_000),
        _set("seen", 5),
        _set("size", -1),
        _set("root", "AAAA"),
        _set("lost", []),
        _set("lost", {"Name": 1}),
        _set("lost", {"a:b": "1"}),
        _set("time", "2026-03-01"),
        _set("time", "2026-13-01T00:00:00Z"),
        _set("time", "2026-03-01T24:00:00Z"),
        _set("reason", "two\nlines"),
        _set("roster", "b"),
        _set("signatures", [{"name": "custodian-a", "signature": "AAAA"}]),
        lambda fields: fields["signatures"].append(fields["signatures"][0]),
        lambda fields: fields.pop("seen"),
    ],
)
def test_a_file_that_says_anything_else_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    """Every field is required, unknown ones are refused, and each has one form."""
    fields = json.loads(SIGNED.to_bytes())
    change(fields)
    with pytest.raises(RosterError):
        statements.parse(json.dumps(fields).encode())


def test_statements_of_several_places_are_joined() -> None:
    """A place may lack some; two statements for one epoch, or a gap, are refused."""
    second = statement(cosigned(in_epoch(tree(8), SIGNED)), tree(7), seen=8, after=[SIGNED])
    chain = (SIGNED, second)
    assert statements.join() == statements.join((), ()) == ()
    for places in ([chain], [(SIGNED,), chain, ()], [(second,), (SIGNED,)], [chain, chain]):
        assert statements.join(*places) == chain
    # Signatures are no part of a statement.
    assert statements.join((UNSIGNED,), (SIGNED,)) == (UNSIGNED,)
    other = replace(SIGNED, reason="another")
    for places, why in (
        ([(SIGNED,), (other,)], "two statements for epoch 2"),
        ([(SIGNED, replace(second, previous=other.digest()))], "does not follow"),
        ([(second,)], "does not follow"),
        ([(SIGNED,), (replace(second, epoch=4),)], "does not follow"),
    ):
        with pytest.raises(EpochStatementError, match=why):
            statements.join(*places)


def test_a_file_has_one_statement_or_all() -> None:
    """Both are read; nothing else is."""
    assert statements.parse_any(SIGNED.to_bytes()) == (SIGNED,)
    assert statements.parse_any(statements.encode_chain([SIGNED])) == (SIGNED,)
    for wrong in (b"", b"{}", b"[]"):
        with pytest.raises(RosterError):
            statements.parse_any(wrong)
