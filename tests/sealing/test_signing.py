"""The service's signing keys."""

from pathlib import Path

import pytest

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, KeySet, Purpose, fresh
from idvault.sealing.signing import Ed25519Signer, public_keys, sign_with
from tests.vectors.load import load, unhex
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP


def test_signatures_are_those_of_rfc_8032() -> None:
    """The RFC's key gives its public key and signature of the empty message."""
    vector = load("ed25519_rfc8032.json")
    signer = Ed25519Signer(keys=KeySet("0", {"0": unhex(vector["secret"])}))
    assert signer.public_key == unhex(vector["public"])
    assert signer.sign(b"") == unhex(vector["signature"])
    assert sign_with(unhex(vector["secret"]), b"") == unhex(vector["signature"])


def test_the_primary_version_signs() -> None:
    """A rolled-out version signs once it is primary; a set without keys cannot sign."""
    versions = {"0": b"a" * 32, "1": b"b" * 32}
    first, second = (Ed25519Signer(keys=KeySet(primary, versions)) for primary in ("0", "1"))
    assert first.public_key != second.public_key
    with pytest.raises(KeyError):
        Ed25519Signer(keys=KeySet())


def test_every_version_has_a_public_key(tmp_path: Path) -> None:
    """The public keys of some purposes, also of versions that are not in use yet."""
    made, path = fresh(Holder.WORK, entropy=CountingEntropy()), tmp_path / "work.keys"
    keys = LocalKeyProvider.create(
        path, keys=made, passphrase=b"right", entropy=CountingEntropy(), cost=CHEAP
    )
    keys.put(Purpose.LOG, "1", b"n" * 32)
    found = public_keys(keys, Purpose.LOG, Purpose.STATUS_LIST)
    assert len(set(found)) == 3
    assert Ed25519Signer(keys=keys.keys(Purpose.LOG)).public_key in found
