"""Files under a passphrase open both ways: people's keys, and the service's keys."""

import json
import os
from pathlib import Path

import pytest

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, KeySet, Purpose, fresh
from idvault_people.opens import identity
from idvault_verify.attest import hpke as product_hpke
from idvault_verify.attest import passphrase
from idvault_verify.attest.hpke import UnsealError
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP
from tools.support.reference import hpke, key_file
from tools.support.reference.encoding import RefusedError, from_base64url

WORDS = "口令 words".encode()
COST = (CHEAP.memory_kib, CHEAP.iterations, CHEAP.lanes)


def test_a_file_opens_both_ways() -> None:
    """Each opens the other's file; another passphrase or purpose opens neither."""
    document = passphrase.lock(
        b"secret", passphrase=WORDS, purpose="test/v1", random=bytes(range(28)), cost=CHEAP
    )
    drawn = bytes(range(28))
    assert key_file.lock(b"secret", passphrase=WORDS, purpose="test/v1", cost=COST, drawn=drawn) == document
    assert key_file.unlock(document, passphrase=WORDS, purpose="test/v1") == b"secret"
    made = key_file.lock(b"secret", passphrase=WORDS, purpose="test/v1", cost=COST)
    assert passphrase.unlock(made, passphrase=WORDS, purpose="test/v1") == b"secret"
    for words, purpose in ((b"other", "test/v1"), (WORDS, "other/v1")):
        with pytest.raises(RefusedError):
            key_file.unlock(document, passphrase=words, purpose=purpose)
        with pytest.raises(UnsealError):
            passphrase.unlock(made, passphrase=words, purpose=purpose)


@pytest.mark.parametrize("suite", [hpke.X25519, hpke.X_WING])
def test_the_reference_reads_a_persons_keys(tmp_path: Path, suite: str) -> None:
    """keys.json yields the private keys of the public entry beside it."""
    identity.create(
        tmp_path / "li",
        name="li",
        role="custodian",
        organisation="示例机构 (synthetic)",
        passphrase=WORDS,
        random=os.urandom,
        suite=suite,
        cost=CHEAP,
    )
    document = (tmp_path / "li" / "keys.json").read_bytes()
    found = key_file.person(key_file.unlock(document, passphrase=WORDS, purpose=key_file.PERSON))
    public = json.loads((tmp_path / "li" / "public.json").read_text("utf-8"))
    assert hpke.public_key(suite, found["hpke"]) == from_base64url(public["hpke"]["public_key"])
    assert {name: found[name] for name in ("name", "role", "organisation", "actor_id")} == {
        name: public[name] for name in ("name", "role", "organisation", "actor_id")
    }


def test_custody_reads_a_persons_keys_of_the_reference(tmp_path: Path) -> None:
    """The custodian's client opens a keys.json that the reference wrote."""
    fields = {
        "name": "li",
        "role": "custodian",
        "organisation": "示例机构 (synthetic)",
        "actor_id": "ab" * 16,
        "suite": hpke.X_WING,
        "hpke": bytes(range(32)),
        "ed25519": bytes(range(1, 33)),
    }
    path = tmp_path / "keys.json"
    path.write_bytes(
        key_file.lock(key_file.person_content(fields), passphrase=WORDS, purpose=key_file.PERSON, cost=COST)
    )
    path.chmod(0o600)
    found = identity.load(tmp_path, passphrase=WORDS)
    assert (found.name, found.role, found.actor_id, found.suite) == (
        "li",
        "custodian",
        "ab" * 16,
        hpke.X_WING,
    )
    public = found.member(spki="").hpke_public_key
    assert public == product_hpke.public_key(suite=hpke.X_WING, private_key=bytes(range(32)))


def test_the_services_keys_are_read_both_ways(tmp_path: Path) -> None:
    """Every purpose, version and primary is the same."""
    entropy = CountingEntropy()
    for holder in Holder:
        made = fresh(holder, entropy=entropy)
        path = tmp_path / f"{holder.value}.keys"
        LocalKeyProvider.create(path, keys=made, passphrase=WORDS, entropy=entropy, cost=CHEAP)
        content = key_file.unlock(path.read_bytes(), passphrase=WORDS, purpose=key_file.SERVICE)
        assert key_file.service(content) == {
            purpose.value: (keys.primary, dict(keys.versions)) for purpose, keys in made.items()
        }
    sets = {"index": ("1", {"0": bytes(range(32)), "1": bytes(range(1, 33))})}
    path = tmp_path / "own.keys"
    path.write_bytes(
        key_file.lock(key_file.service_content(sets), passphrase=WORDS, purpose=key_file.SERVICE, cost=COST)
    )
    path.chmod(0o600)
    provider = LocalKeyProvider.load(path, passphrase=WORDS, entropy=entropy)
    assert provider.keys(Purpose.INDEX) == KeySet("1", sets["index"][1])
