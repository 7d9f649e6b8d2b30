"""Sealing a record: what is stored, and what must happen before."""

from hashlib import sha256

import pytest

from idvault.sealing.identity import QuorumRecordSealer
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.error import UnavailableError
from idvault_verify.record import SealedRecord, UnconfirmedError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, people
from tools.support.fakes.keys import MemoryShredStore
from tools.support.fakes.sealing import CountingEntropy


async def _seal(
    *, store: MemoryShredStore | None = None, entropy: CountingEntropy | None = None, suite: str = hpke.X_WING
) -> SealedRecord:
    quorum = people.quorum(suite=suite)
    sealer = QuorumRecordSealer(
        quorum=lambda: quorum,
        shred_store=store or MemoryShredStore(),
        entropy=entropy or CountingEntropy(),
    )
    return await sealer.seal(
        relying_party="platform-a",
        account_token=builders.TOKEN,
        identity=builders.identity(),
        answer=RegistryAnswer.MATCH,
        consent=builders.consent(),
    )


@pytest.mark.parametrize(("suite", "size"), [(hpke.X_WING, 1169), (hpke.X25519, 81)])
async def test_a_record_has_the_form_of_the_design(suite: str, size: int) -> None:
    """Ids, sizes and the suite are stored; the ciphertext is a nonce, whole blocks and a tag."""
    record = await _seal(suite=suite)
    quorum_id = people.quorum(suite=suite).id
    assert (record.account_token, record.relying_party) == (builders.TOKEN, "platform-a")
    assert (record.format_version, record.suite) == (1, suite)
    assert (record.sealing_quorum_id, record.present_quorum_id) == (quorum_id, quorum_id)
    assert (len(record.record_id), len(record.salt), len(record.commitment)) == (32, 32, 32)
    assert len(record.ciphertext) == 12 + 512 + 16
    assert [len(share) for share in record.shares] == [size] * 3
    assert [len(found) for found in record.share_hashes] == [32] * 3


@pytest.mark.parametrize("answer", [each for each in RegistryAnswer if each is not RegistryAnswer.MATCH])
async def test_only_a_match_is_sealed(answer: RegistryAnswer) -> None:
    """Any other outcome is refused before a shred key is stored."""
    store = MemoryShredStore()
    sealer = QuorumRecordSealer(quorum=people.quorum, shred_store=store, entropy=CountingEntropy())
    with pytest.raises(UnconfirmedError):
        await sealer.seal(
            relying_party="platform-a",
            account_token=builders.TOKEN,
            identity=builders.identity(),
            answer=answer,
            consent=builders.consent(),
        )
    assert not store.keys


async def test_nothing_of_the_identity_is_in_the_record() -> None:
    """Neither name nor number is found in any encoding."""
    record = await _seal()
    stored = b"".join(
        (record.salt, record.commitment, record.ciphertext, *record.share_hashes, *record.shares)
    )
    for text in (builders.NAME, builders.NUMBER):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert text.encode(encoding) not in stored


async def test_two_records_of_one_identity_share_nothing() -> None:
    """Each version has a new id, data key, shred key, salt and nonce."""
    entropy, store = CountingEntropy(), MemoryShredStore()
    first, second = await _seal(entropy=entropy, store=store), await _seal(entropy=entropy, store=store)
    for field in ("record_id", "salt", "commitment", "ciphertext", "share_hashes", "shares"):
        assert getattr(first, field) != getattr(second, field)
    assert first.ciphertext[:12] != second.ciphertext[:12]
    assert len(set(store.keys.values())) == 2


async def test_without_a_shred_key_nothing_is_sealed() -> None:
    """If the store refuses or loses its answer, nothing is sealed; a key that was stored stays unused."""
    store, entropy = MemoryShredStore(), CountingEntropy()
    store.refuse = True
    with pytest.raises(UnavailableError):
        await _seal(store=store, entropy=entropy)
    assert store.keys == {}
    store.refuse, store.lose_answer = False, True
    with pytest.raises(UnavailableError):
        await _seal(store=store, entropy=entropy)
    (unused,) = store.keys
    store.lose_answer = False
    record = await _seal(store=store, entropy=entropy)
    assert store.keys.keys() == {unused, (builders.TOKEN, record.record_id)}
    assert record.record_id != unused[1]


async def test_share_hashes_are_of_the_shares_in_order() -> None:
    """Each custodian's opened share matches the stored hash of its place."""
    record = await _seal()
    for place, name in enumerate(people.NAMES, 1):
        share = hpke.unseal(
            suite=record.suite,
            private_key=people.secret(name, "hpke"),
            sealed=record.shares[place - 1],
            info=_info(record, name),
        )
        assert share[0] == place
        assert sha256(share).digest() == record.share_hashes[place - 1]


def _info(record: SealedRecord, name: str) -> bytes:
    return seal.share_info(
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.present_quorum_id,
        custodian=name,
    )
