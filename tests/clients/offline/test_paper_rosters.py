"""A receipt's quorum is compared with the published roster, and what was not compared is said."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idvault_verify.attest import hpke
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.transparency.note import NoteSigner
from tests.clients.offline import test_receipt as receipts
from tests.clients.offline.test_receipt import WITNESSED
from tools.support import people
from tools.support.merkle import witness

W1, W2 = (witness(f"witness.example/w{number}", seed=number + 1) for number in (1, 2))
MEMBERS = tuple(people.roster_member(name, suite=hpke.X25519) for name in people.NAMES)
OTHERS = tuple(people.roster_member(f"other-{letter}", suite=hpke.X25519) for letter in "abc")
AUDITOR = people.roster_member("auditor-a", role="auditor", suite=hpke.X25519)
SEALED = Quorum("records", 2, MEMBERS)
STRANGE = Quorum("records", 2, OTHERS)
NOT_COMPARED = "the custodians' keys were not compared with a roster"


def version(number: int, cosigner: NoteSigner, *quorums: Quorum, **changes: Any) -> Roster:
    """Return a version of the roster with this witness and these quorums.

    The custodians of the first version sign each.
    """
    custodians = tuple(dict.fromkeys(each for quorum in quorums for each in quorum.custodians))
    policy = WitnessPolicy(1, ((cosigner.key.name, cosigner.key.public_key),))
    made = replace(Roster(number, False, (*custodians, AUDITOR), quorums, policy), **changes)
    return people.signed(made, *(each.name for each in custodians if number == 1 or each in MEMBERS))


def published(folder: Path, *versions: Roster) -> tuple[str, str]:
    """Write the roster with its former versions beside it, and return the option."""
    path = folder / "roster.json"
    for each in versions:
        former = roster_chain.former_path(path, version=each.version)
        (path if each is versions[-1] else former).write_bytes(each.to_bytes())
    return "--roster", str(path)


def verdict(folder: Path, *versions: Roster) -> str:
    """Return the last line for a receipt of the sealed quorum that W1 cosigned."""
    found = receipts.check(folder, receipts.message(witnesses=1), *published(folder, *versions))
    assert (found.exit_code == 0) == ("roster_compared: True" in found.stdout), found.output
    return found.stdout.splitlines()[-1]


def test_the_quorum_is_in_the_roster(tmp_path: Path) -> None:
    """The keys are compared, which the result says, also in JSON."""
    assert verdict(tmp_path, version(1, W1, SEALED)) == "check: valid"
    chain = published(tmp_path, version(1, W1, SEALED))
    found = receipts.check(tmp_path, receipts.message(witnesses=1), "--json", *chain)
    assert json.loads(found.stdout)["roster_compared"] is True
    assert NOT_COMPARED not in found.stderr


@pytest.mark.parametrize(
    "quorum",
    [
        Quorum("records", 3, MEMBERS),
        Quorum("records", 2, MEMBERS[::-1]),
        Quorum("records", 2, (*MEMBERS, OTHERS[0])),
        Quorum("records", 2, (*MEMBERS[:2], OTHERS[0])),
        Quorum("records", 2, (replace(MEMBERS[0], hpke_public_key=OTHERS[0].hpke_public_key), *MEMBERS[1:])),
        STRANGE,
    ],
)
def test_a_quorum_of_no_version_is_refused(tmp_path: Path, quorum: Quorum) -> None:
    """The attack: a vault seals for custodians of its own, and the receipt is valid under the true roster.

    Here the roster has another M, order, number, custodian, or key than the receipt.
    """
    assert verdict(tmp_path, version(1, W1, quorum, development=True)) == "check: OTHER_QUORUM"


def test_a_quorum_of_a_former_version_is_one_of_the_roster(tmp_path: Path) -> None:
    """The records that were sealed for it are still there; any of a version's quorums will do."""
    longer = Quorum("records", 2, (*MEMBERS, OTHERS[0]))
    chain = (version(1, W1, SEALED), version(2, W2, longer))
    assert verdict(tmp_path, *chain) == "check: valid"
    beside = version(1, W1, replace(STRANGE, name="others"), SEALED)
    assert verdict(tmp_path, beside) == "check: valid"


def test_a_quorum_for_development_does_not_count_later(tmp_path: Path) -> None:
    """Whoever has its keys may be anybody."""
    longer = Quorum("records", 2, (*MEMBERS, OTHERS[0]))
    tried = version(1, W1, SEALED, development=True)
    assert verdict(tmp_path, tried) == "check: valid"
    assert verdict(tmp_path, tried, version(2, W1, longer, development=True)) == "check: valid"
    assert verdict(tmp_path, tried, version(2, W1, longer)) == "check: OTHER_QUORUM"
    assert verdict(tmp_path, tried, version(2, W1, SEALED)) == "check: valid"


def test_what_was_not_compared_is_said(tmp_path: Path) -> None:
    """Without a roster the keys are the vault's statement; without a record there is nothing to compare."""
    alone = receipts.check(tmp_path, receipts.message(witnesses=1), *WITNESSED)
    assert (alone.exit_code, "roster_compared: False" in alone.stdout) == (0, True)
    assert NOT_COMPARED in alone.stderr
    shown = receipts.check(tmp_path, receipts.message(witnesses=1), "--json", *WITNESSED)
    assert (json.loads(shown.stdout)["roster_compared"], shown.stderr) == (False, "")
    bare = receipts.message(witnesses=1)
    bare.ClearField("record")
    bare.ClearField("sealing_quorum")
    for options in (WITNESSED, published(tmp_path, version(1, W1, SEALED))):
        found = receipts.check(tmp_path, bare, *options)
        assert (found.exit_code, "roster_compared" in found.stdout) == (0, False)
        assert NOT_COMPARED not in found.stderr
