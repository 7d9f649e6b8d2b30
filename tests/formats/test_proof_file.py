"""Receipts and histories: the reference checks the vault's, and the client checks the reference's."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.erasure import ErasureState
from idvault_verify.offline import disclosure_history, erasure, receipt
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from tests.clients.offline import test_disclosure_history as histories
from tests.clients.offline import test_erasure as erasures
from tests.clients.offline.test_receipt import AT, CLAIM, DIGEST, KEY, event, message, spoilt
from tests.clients.vault_server import TOKEN
from tools.support import logs, merkle
from tools.support.generate.vectors import receipt_lies
from tools.support.merkle import log_of
from tools.support.reference import note as notes
from tools.support.reference import proof_file, tree
from tools.support.reference.encoding import RefusedError, base64
from tools.support.reference.tree import Leaf

LOG = notes.parse_key(logs.VKEY)
POLICY = CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,))
SETTLED = "verification:claim:settle"


def leaf() -> bytes:
    bound = tree.commitment(KEY, TOKEN, SETTLED, CLAIM, "SUCCEEDED", "", DIGEST)
    return tree.write_leaf(Leaf(SETTLED, f"{AT:%Y-%m-%dT%H:%M}Z", "system", bound))


def written(size: int = 7) -> str:
    """Return a receipt of the reference at the end of a log with other entries."""
    leaves = [*log_of(size), leaf()]
    hashes = [tree.leaf_hash(each) for each in leaves]
    body = notes.text(logs.ORIGIN, len(leaves), tree.root(hashes))
    return proof_file.receipt(
        account_token=TOKEN,
        claim_id=CLAIM,
        record_digest=DIGEST,
        quorum="2 of 3",
        entry=proof_file.logged_entry(leaves[-1], KEY, index=size, hashes=hashes),
        checkpoint=notes.write(body, [notes.sign(body, LOG, bytes([1]) * 32)]),
    )


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_receipts_are_checked_both_ways(size: int) -> None:
    """Entry, proof and checkpoint of each are accepted by the other."""
    found = proof_file.check_receipt(receipt.read(message(size=size)).to_json(), log=LOG)
    assert found == tree.read_leaf(leaf())
    proved = receipt.check(receipt.parse(written(size)), policy=POLICY)
    assert (proved.account_token, proved.record_digest, proved.index) == (TOKEN, DIGEST, size)


RECEIPTS = receipt_lies.receipts()


@pytest.mark.parametrize("case", receipt_lies.cases(), ids=lambda case: case["name"])
def test_the_reference_agrees_with_the_readers(case: dict[str, Any]) -> None:
    """It accepts and refuses the receipts that the program, the page and the Node client do."""
    text = json.dumps(receipt_lies.apply(RECEIPTS, case))
    log, witness = notes.parse_key(logs.VKEY), notes.parse_key(str(receipt_lies.WITNESS.key))
    if case["reason"] is None:
        proof_file.check_receipt(text, log=log, witnesses=[witness], quorum=1)
        return
    with pytest.raises((RefusedError, KeyError)):
        proof_file.check_receipt(text, log=log, witnesses=[witness], quorum=1)


SPOILT = ("record", "threshold", "custodian", "custodian's key", "fewer custodians", "no quorum")


def _with(**changes: Any) -> str:
    return json.dumps(json.loads(receipt.read(message()).to_json()) | changes)


@pytest.mark.parametrize(
    "text",
    [
        _with(accountToken="acct_" + "0" * 26),
        _with(claimId="cd" * 16),
        _with(recordDigest="ZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWU="),
        receipt.read(message(event(state="FAILED"))).to_json(),
        receipt.read(message(covered=False)).to_json(),
        _with(quorum="9 of 9"),
        *(receipt.read(spoilt(what)).to_json() for what in SPOILT),
        _with(checkpoint={"note": json.loads(written(9))["checkpoint"]["note"]}),
    ],
)
def test_the_reference_refuses_what_the_client_refuses(text: str) -> None:
    """Another account, claim, digest, state or checkpoint, and a receipt that is not covered."""
    with pytest.raises(RefusedError):
        proof_file.check_receipt(text, log=LOG)
    with pytest.raises(receipt.ReceiptError):
        receipt.check(receipt.parse(text), policy=POLICY)


OPENED, DISCLOSED = "disclosure:record:open", "disclosure:record:disclose"
STATING = Ed25519PrivateKey.from_private_bytes(bytes([44]) * 32).public_key().public_bytes_raw()
LEGAL_BASIS = "第一条"


def listed(number: int, kind: str) -> dict[str, Any]:
    """Return a disclosure or an opening of a history, without its entry."""
    made = {"disclosureId": f"{number:032x}", "recordDigest": base64(b"d" * 32)}
    return made | ({"auditorActorId": "66" * 16, "legalBasis": LEGAL_BASIS} if kind == DISCLOSED else {})


def told(*kinds: str, horizon: str = "2026-03-01T00:00:00Z", twice: bool = False) -> str:
    """Return a history of the reference with these entries."""
    leaves = log_of(7)
    # The disclosure of all of them is the first one.
    of = kinds.index(DISCLOSED) + 1 if DISCLOSED in kinds else 1
    for number, kind in enumerate(kinds, start=1):
        named = of if kind == OPENED else number
        more = ("66" * 16, LEGAL_BASIS) if kind == DISCLOSED else ()
        bound = tree.commitment(bytes([number]) * 32, TOKEN, kind, f"{named:032x}", b"d" * 32, *more)
        leaves.append(tree.write_leaf(Leaf(kind, "2026-02-01T12:30Z", "55" * 16, bound)))
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    found: dict[str, list[dict[str, Any]]] = {OPENED: [], DISCLOSED: []}
    for number, kind in enumerate(kinds, start=1):
        place = 6 + number
        entry = proof_file.logged_entry(leaves[place], bytes([number]) * 32, index=place, hashes=hashes)
        named = of if kind == OPENED else number
        found[kind] += [listed(named, kind) | {"entry": entry}] * (2 if twice else 1)
    body = notes.text(logs.ORIGIN, len(leaves), tree.root(hashes))
    return proof_file.history(
        account_token=TOKEN,
        horizon=horizon,
        disclosures=found[DISCLOSED],
        openings=found[OPENED],
        checkpoint=notes.write(body, [notes.sign(body, LOG, bytes([1]) * 32)]),
        made="2026-06-01T08:30:00Z",
        key_note=proof_file.statement_key(STATING, 0, 2_000_000_000, log=LOG, private=bytes([1]) * 32),
        private=bytes([44]) * 32,
    )


CHANGES: tuple[dict[str, Any], ...] = (
    {"openings": []},
    {"disclosures": []},
    {"openings": [], "disclosures": [], "statement.disclosureCount": 0, "statement.openingCount": 0},
    {"horizonTime": "2026-04-01T00:00:00Z"},
    {"horizonTime": "2026-03-01T00:00:00.5Z"},
    {"statement.makeTime": "2026-06-02T08:30:00Z"},
    {"statement.makeTime": "2066-06-02T08:30:00Z"},
    {"statement.disclosureCount": 2},
    {"statement.signature": base64(bytes(64))},
    {"statement.keyNote": json.loads(written())["checkpoint"]["note"]},
)


def edited(**changes: Any) -> str:
    """Return a history of the reference with other members."""
    fields = json.loads(told(DISCLOSED, OPENED))
    for path, value in changes.items():
        *before, name = path.split(".")
        (fields[before[0]] if before else fields)[name] = value
    return json.dumps(fields)


@pytest.mark.parametrize("kinds", [(), (DISCLOSED,), (DISCLOSED, OPENED, OPENED)])
def test_histories_are_checked_both_ways(kinds: tuple[str, ...]) -> None:
    """The disclosures and openings of each are proved by the other."""
    events = [
        histories.disclosed(number) if kind == DISCLOSED else histories.event(number, of=1)
        for number, kind in enumerate(kinds, start=1)
    ]
    answered = histories.answer(*events)
    text = disclosure_history.read_answer(answered.SerializeToString()).to_json()
    assert [leaf.type for leaf in proof_file.check_history(text, log=LOG)] == list(kinds)
    given = disclosure_history.parse(told(*kinds))
    assert (given.disclosures, given.openings) == (kinds.count(DISCLOSED), kinds.count(OPENED))
    disclosure_history.check(given, policy=POLICY)


@pytest.mark.parametrize(
    "text",
    [
        told(OPENED),
        told(DISCLOSED, twice=True),
        told(DISCLOSED, OPENED, horizon="2026-02-01T00:00:00Z"),
        told(DISCLOSED, OPENED).replace(TOKEN, "acct_" + "0" * 26),
        told(DISCLOSED, OPENED).replace(f"{1:032x}", f"{2:032x}"),
        told(DISCLOSED).replace(LEGAL_BASIS, "第二条"),
        told(DISCLOSED).replace("66" * 16, "77" * 16),
        *(edited(**change) for change in CHANGES),
    ],
)
def test_both_refuse_a_history(text: str) -> None:
    """A disclosure left out, and an entry listed twice, later than the horizon, or of something else."""
    with pytest.raises(RefusedError):
        proof_file.check_history(text, log=LOG)
    with pytest.raises(disclosure_history.HistoryError):
        disclosure_history.check(disclosure_history.parse(text), policy=POLICY)


def test_a_witness_counts() -> None:
    """If witnesses are given, they must have cosigned."""
    witness = merkle.witness("w1", seed=3)
    key = notes.parse_key(str(witness.key))
    text = receipt.read(message()).to_json()
    with pytest.raises(RefusedError):
        proof_file.check_receipt(text, log=LOG, witnesses=[key], quorum=1)


@pytest.mark.parametrize("state", ErasureState)
@pytest.mark.parametrize("promised", [True, False])
def test_erasure_receipts_are_read_by_the_reference(state: ErasureState, promised: bool) -> None:
    """Of each state; it finds the promise about files, and only where there is one."""
    given = erasure.read(erasures.message(state, promised=promised or state is not ErasureState.DESTROYED))
    found = proof_file.check_erasure(given.to_json(), log=LOG)
    assert bool(found) == (promised and state is ErasureState.DESTROYED)
    assert found == (f"{erasures.ABSENT:%Y-%m-%dT%H:%M:%SZ}" if found else "")


@pytest.mark.parametrize(
    "given",
    [
        erasures.message(actor="5e" * 16),
        erasures.message(ErasureState.DESTROYED, actor="5e" * 16),
        erasures.moved(1),
        erasures.moved(None),
        erasures.moved(0, ErasureState.ERASED),
        erasures.moved(0, ErasureState.CANCELLED),
        erasures.promising(),
    ],
)
def test_both_refuse_another_erasure(given: Any) -> None:
    """A promise of another time, or that the entry lacks; one less; an entry that the vault did not make."""
    made = erasure.read(given)
    with pytest.raises(RefusedError):
        proof_file.check_erasure(made.to_json(), log=LOG)
    with pytest.raises(erasure.ErasureError):
        erasure.check(made, policy=POLICY)
