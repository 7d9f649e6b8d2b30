"""Receipts: the reference checks the vault's, and the client checks the reference's."""

import json
from typing import Any

import pytest

from idvault.transparency.checkpoint import CosignaturePolicy
from idvault_client.offline import receipt
from tests.clients.offline.test_receipt import AT, CLAIM, DIGEST, KEY, event, message
from tests.clients.vault_server import TOKEN
from tests.support import logs, merkle
from tests.support.merkle import log_of
from tests.support.reference import note as notes
from tests.support.reference import proof_file, tree
from tests.support.reference.encoding import RefusedError
from tests.support.reference.tree import Leaf

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
        _with(checkpoint={"note": json.loads(written(9))["checkpoint"]["note"]}),
    ],
)
def test_the_reference_refuses_what_the_client_refuses(text: str) -> None:
    """Another account, claim, digest, state or checkpoint, and a receipt that is not covered."""
    with pytest.raises(RefusedError):
        proof_file.check_receipt(text, log=LOG)
    with pytest.raises(receipt.ReceiptError):
        receipt.check(receipt.parse(text), policy=POLICY)


def test_a_witness_counts() -> None:
    """If witnesses are given, they must have cosigned."""
    witness = merkle.witness("w1", seed=3)
    key = notes.parse_key(str(witness.key))
    text = receipt.read(message()).to_json()
    with pytest.raises(RefusedError):
        proof_file.check_receipt(text, log=LOG, witnesses=[key], quorum=1)
