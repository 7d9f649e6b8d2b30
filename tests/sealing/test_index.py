"""Recognising a person."""

import hmac
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.sealing.identity import ChainedIndexer, CurrentIndexer
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Holder, KeySet, Purpose, fresh
from idvault.sealing.ports import PersonKey, UsedVersions
from idvault_verify import seal
from idvault_verify.claim import AnyIdentity, Identity, OpaqueIdentity
from idvault_verify.document import Document, DocumentType
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

KEYS = {str(number): bytes([number + 1]) * 32 for number in range(4)}


def _indexer(versions: int = 1) -> ChainedIndexer:
    held = {version: key for version, key in KEYS.items() if int(version) < versions}
    return ChainedIndexer(keys=KeySet(str(versions - 1), held))


def _person(
    indexer: ChainedIndexer,
    *,
    relying_party: str = "platform-a",
    identity: AnyIdentity | None = None,
    today: date = builders.TODAY,
) -> PersonKey:
    return indexer.person(
        relying_party=relying_party,
        identity=identity or builders.identity(),
        person_id=builders.PERSON,
        today=today,
    )


def test_the_index_is_pinned() -> None:
    """The chain's first link is the documented hash, and its bytes never change."""
    message = seal.encode("idvault/index/v1", "platform-a", "RESIDENT_ID", builders.NUMBER)
    first = hmac.digest(KEYS["0"], message, "sha256")
    found = _person(_indexer())
    assert (found.index_version, found.index, found.others) == (0, first, ())
    assert first.hex() == "1e915cb66cdb6ca69f0aa3ee92b3d1dca59c126f4ac973425eb09ca314eabae5"
    assert found.limiter_key.hex() == "2330673a9242717e93c6c1a826c6ed2e10163117975798b093c59398a55381c1"
    assert found.person_id == builders.PERSON


def _representative(indexer: ChainedIndexer, **changes: str) -> tuple[bytes, ...]:
    where = {"relying_party": "platform-a", "account_token": builders.TOKEN} | changes
    return indexer.representative(identity=builders.identity(), **where)


def test_the_digest_of_a_representative_is_pinned() -> None:
    """It is under a sub-key, so that neither an index nor a limiter key can be compared with it."""
    own = hmac.digest(KEYS["0"], seal.encode("idvault/representative-key/v1"), "sha256")
    message = seal.encode(
        "idvault/representative/v1",
        "platform-a",
        builders.TOKEN,
        "RESIDENT_ID",
        builders.NUMBER,
        builders.NAME,
    )
    assert _representative(_indexer()) == (hmac.digest(own, message, "sha256"),)


def test_a_representative_is_recognised_after_a_rotation() -> None:
    """What was stored under a former version is among the present digests, of which the newest is first."""
    for versions in (1, 2, 3):
        stored, present = _representative(_indexer(versions))[0], _representative(_indexer(versions + 1))
        assert stored in present[1:]
        assert len(set(present)) == versions + 1


def test_digests_of_one_representative_differ_by_account_and_platform() -> None:
    """Nothing tells that two organisations have the same one, and none is that of his own account."""
    indexer, other = _indexer(), "acct_" + "0" * 26
    digests = {
        _representative(indexer)[0],
        _representative(indexer, account_token=other)[0],
        _representative(indexer, relying_party="platform-b")[0],
    }
    own = _person(indexer)
    assert len(digests) == 3
    assert not digests & {own.index, own.limiter_key, own.yesterday_key}


@pytest.mark.parametrize("versions", [2, 3, 4])
def test_a_stored_index_is_rekeyed_without_a_number(versions: int) -> None:
    """Each version's index is the keyed hash of the previous one, which is also returned."""
    former, present = _person(_indexer(versions - 1)), _person(_indexer(versions))
    assert present.index_version == versions - 1
    assert present.others[0] == former.index
    assert present.index == hmac.digest(KEYS[str(versions - 1)], former.index, "sha256")


def test_a_version_that_is_rolled_out_but_not_primary_is_not_used() -> None:
    """Rolling out a key changes nothing until it is in use, but a person that others moved is found."""
    rolled_out = _person(ChainedIndexer(keys=KeySet("0", {"0": KEYS["0"], "1": KEYS["1"]})))
    assert replace(rolled_out, others=()) == _person(_indexer())
    assert rolled_out.others == (_person(_indexer(2)).index,)


def test_versions_that_are_over_are_looked_under() -> None:
    """A machine that slept may have written under one; a version after a gap cannot be computed."""
    held = {version: KEYS[version] for version in ("0", "1", "2")}
    found = _person(ChainedIndexer(keys=KeySet("2", held, over=frozenset({"0"}))))
    assert found.others == (_person(_indexer(2)).index, _person(_indexer(1)).index)
    assert found.index == _person(_indexer(3)).index
    gap = ChainedIndexer(keys=KeySet("0", {"0": KEYS["0"], "2": KEYS["2"]}))
    assert _person(gap).others == ()


def test_an_index_is_rekeyed_over_several_versions() -> None:
    """What is stored under an old version becomes what a sign-up computes today."""
    today = _indexer(4)
    for versions in (1, 2, 3, 4):
        stored = _person(_indexer(versions)).index
        assert today.rekeyed(stored, version=versions - 1) == _person(today).index


def test_the_version_in_use_is_followed(tmp_path: Path) -> None:
    """An edge that runs indexes under the version that is in use, or not at all if it lacks that."""
    made, path = fresh(Holder.SERVICE, entropy=CountingEntropy()), tmp_path / "service.keys"
    keys = LocalKeyProvider.create(
        path, keys=made, passphrase=b"right", entropy=CountingEntropy(), cost=CHEAP
    )
    current = CurrentIndexer(keys=keys)

    def person() -> PersonKey:
        return current.person(
            relying_party="platform-a",
            identity=builders.identity(),
            person_id=builders.PERSON,
            today=builders.TODAY,
        )

    first = person()
    assert person() == first
    digests = current.representative(
        relying_party="platform-a", account_token=builders.TOKEN, identity=builders.identity()
    )
    assert len(digests) == 1
    keys.put(Purpose.INDEX, "1", b"n" * 32)
    keys.use({"index": UsedVersions(1, frozenset())})
    second = person()
    assert (second.index_version, second.others) == (1, (first.index,))
    keys.use({"index": UsedVersions(2, frozenset())})
    with pytest.raises(KeyMissingError):
        person()


@given(number=st.text("0123456789X", min_size=1, max_size=18), name=st.text(max_size=5))
def test_an_index_is_of_the_document_alone(number: str, name: str) -> None:
    """The same number gives the same index under any name; another number gives another index."""
    document = Document(DocumentType.RESIDENT_ID, number)
    index = _person(_indexer(), identity=Identity(name, document)).index
    assert index == _person(_indexer(), identity=Identity("other", document)).index
    assert (index == _person(_indexer()).index) == (number == builders.NUMBER)


def test_relying_parties_and_document_types_do_not_meet() -> None:
    """One person has unrelated indexes at two relying parties, and for two document types."""
    permit = Identity(builders.NAME, Document(DocumentType.RESIDENCE_PERMIT, builders.NUMBER))
    found = {
        _person(_indexer()).index,
        _person(_indexer(), relying_party="platform-b").index,
        _person(_indexer(), identity=permit).index,
    }
    assert len(found) == 3


def test_a_person_without_a_number_has_an_index_of_its_own_kind() -> None:
    """Of relying party, provider and id, and never that of a number that reads the same."""
    opaque = OpaqueIdentity("https://provider.example", "A" * 43)
    message = seal.encode("idvault/opaque-index/v1", "platform-a", opaque.provider, opaque.opaque_id)
    index = _person(_indexer(), identity=opaque).index
    assert index == hmac.digest(KEYS["0"], message, "sha256")
    assert _indexer(2).rekeyed(index, version=0) == _person(_indexer(2), identity=opaque).index
    others = {
        _person(_indexer(), relying_party="platform-b", identity=opaque).index,
        _person(_indexer(), identity=replace(opaque, provider="https://other.example")).index,
        _person(_indexer(), identity=replace(opaque, opaque_id="B" * 43)).index,
        _person(_indexer(), identity=OpaqueIdentity("RESIDENT_ID", builders.NUMBER)).index,
        _person(_indexer()).index,
    }
    assert len(others | {index}) == 6


def test_limiter_keys_are_of_a_day() -> None:
    """Tomorrow's "yesterday" is today; no limiter key equals an index or another day's key."""
    today, tomorrow = _person(_indexer()), _person(_indexer(), today=builders.TODAY + timedelta(days=1))
    assert tomorrow.yesterday_key == today.limiter_key
    assert len({today.index, today.limiter_key, today.yesterday_key, tomorrow.limiter_key}) == 4
    assert len(today.limiter_key) == 32


@pytest.mark.parametrize("keys", [KeySet(), KeySet("1", {"1": KEYS["1"]}), KeySet("0", {"1": KEYS["1"]})])
def test_a_chain_with_a_gap_is_refused(keys: KeySet) -> None:
    """Without all keys from 0 on, no person could be recognised."""
    with pytest.raises(ValueError, match=r"gap|invalid literal"):
        ChainedIndexer(keys=keys)


def test_every_version_locks_one_number() -> None:
    """Processes that look for one person under different versions wait for each other."""
    numbers = {_person(_indexer(versions)).number for versions in (1, 2, 3, 4)}
    assert len(numbers) == 1
    assert numbers != {_person(_indexer(), relying_party="platform-b").number}
