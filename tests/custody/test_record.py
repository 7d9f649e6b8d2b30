"""Opening a record needs M custodians and the shred value, and finds any change."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idvault_people.opens.record import data_key, open_record
from idvault_people.opens.share import ShareError
from idvault_verify import sharing, token
from idvault_verify.attest import hpke, payload, record_key
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.sealed_record import open_with_key
from idvault_verify.claim import Identity
from idvault_verify.document import REVIEWED, Document, DocumentType
from idvault_verify.error import DamagedError
from idvault_verify.record import SealedRecord, UnconfirmedError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, people
from tools.support.custody_vault import Vault
from tools.support.mismatch import mismatched

A, B, C = people.NAMES
ACCOUNTS = 12
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)


def _flips(data: bytes, *, step: int = 1) -> Iterator[bytes]:
    """Yield the data with each bit (or each step-th) flipped in turn."""
    for bit in range(0, len(data) * 8, step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def _refused(record: SealedRecord, shares: dict[str, bytes], shred_value: bytes) -> None:
    with pytest.raises(DamagedError):
        open_record(record=record, shares=shares, shred_value=shred_value)


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
@settings(max_examples=25)
@given(
    name=NAMES,
    number=st.text("0123456789X", min_size=15, max_size=18),
    kind=st.sampled_from(sorted(set(DocumentType) - REVIEWED)),
    openers=st.permutations(people.NAMES),
)
async def test_what_is_sealed_is_opened_by_two_custodians(
    suite: str, name: str, number: str, kind: DocumentType, openers: list[str]
) -> None:
    """Any two of three custodians, in any order, open any identity under both suites."""
    vault = Vault(suite=suite)
    identity = Identity(name, Document(kind, number))
    record = await vault.seal(identity=identity)
    assert vault.open(record, openers[:2]) == Payload(identity, RegistryAnswer.MATCH, builders.consent())


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (2, 3), (3, 5), (5, 5)])
async def test_every_set_of_m_custodians_opens_and_none_of_fewer(threshold: int, count: int) -> None:
    """All sets of M open; every set of M - 1 is refused with the same error as damage."""
    names = tuple(f"custodian-{number}" for number in range(count))
    vault = Vault(threshold=threshold, names=names)
    record = await vault.seal()
    for chosen in combinations(names, threshold):
        assert vault.open(record, chosen).identity == builders.identity()
    for few in combinations(names, threshold - 1):
        with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
            vault.open(record, few)


async def test_more_custodians_than_needed_open_too() -> None:
    """All three together open it as well as two."""
    vault = Vault()
    assert vault.open(await vault.seal(), people.NAMES).identity == builders.identity()


async def test_the_same_share_twice_is_one_share() -> None:
    """The same share under two names does not make a quorum."""
    vault = Vault()
    record = await vault.seal()
    share = vault.shares(record, [A])[A]
    with pytest.raises(UnsealError):
        open_record(record=record, shares={A: share, B: share}, shred_value=vault.shred_value(record))


async def test_without_the_shred_value_custodians_open_nothing() -> None:
    """Even all custodians together cannot open a record without its shred value."""
    vault = Vault()
    record, other = await vault.seal(), await vault.seal()
    shares = vault.shares(record, people.NAMES)
    for value in (
        bytes(32),
        vault.shred_value(other),
        vault.shred.keys[record.account_token, record.record_id],
    ):
        _refused(record, shares, value)


@pytest.mark.parametrize("field", ["salt", "commitment", "ciphertext"])
async def test_every_flipped_bit_is_detected(field: str) -> None:
    """No single bit of salt, commitment, nonce, text or tag can change."""
    vault = Vault()
    record = await vault.seal()
    shares, value = vault.shares(record, [A, C]), vault.shred_value(record)
    for changed in _flips(getattr(record, field)):
        _refused(replace(record, **{field: changed}), shares, value)  # type: ignore[arg-type]


async def test_every_flipped_bit_of_shares_and_hashes_is_detected() -> None:
    """A wrong share or a changed hash names the custodian of the share."""
    vault = Vault()
    record = await vault.seal()
    shares, value = vault.shares(record, [A, C]), vault.shred_value(record)
    for changed in _flips(shares[C]):
        with pytest.raises(ShareError, match="custodian-c"):
            open_record(record=record, shares={A: shares[A], C: changed}, shred_value=value)
    for changed in _flips(record.share_hashes[0]):
        wrong = replace(record, share_hashes=(changed, *record.share_hashes[1:]))
        with pytest.raises(ShareError, match="custodian-a"):
            open_record(record=wrong, shares=shares, shred_value=value)


@pytest.mark.parametrize(("suite", "step"), [(hpke.X25519, 1), (hpke.X_WING, 37)])
async def test_every_flipped_bit_of_a_sealed_share_is_detected(suite: str, step: int) -> None:
    """A changed sealed share does not open (with X-Wing every 37th bit is tried)."""
    vault = Vault(suite=suite)
    record = await vault.seal()
    for changed in _flips(record.shares[1], step=step):
        with pytest.raises(DamagedError):
            vault.shares(replace(record, shares=(record.shares[0], changed, record.shares[2])), [B])


@pytest.mark.parametrize(
    "change",
    [
        {"account_token": "acct_" + "0" * 26},
        {"relying_party": "platform-b"},
        {"record_id": "0" * 32},
        {"sealing_quorum_id": "0" * 64},
        {"format_version": 2},
    ],
)
async def test_every_bound_field_is_checked(change: dict[str, object]) -> None:
    """A record with a changed account, party, id, quorum or format does not open."""
    vault = Vault()
    record = await vault.seal()
    shares, value = vault.shares(record, [A, B]), vault.shred_value(record)
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        open_record(record=replace(record, **change), shares=shares, shred_value=value)  # type: ignore[arg-type]


async def test_a_format_that_is_not_known_is_not_guessed_at() -> None:
    """A validly sealed record with an unknown format number is refused."""
    vault = Vault()
    known = await vault.seal()
    info = record_key.info_of(replace(known, format_version=2))
    data_key, value = bytes(32), vault.shred_value(known)
    key = record_key.derive(data_key=data_key, shred_value=value, salt=known.salt, info=info)
    padded = payload.encode(Payload(builders.identity()))
    shares = sharing.split(secret=data_key, threshold=2, count=3, coefficients=bytes(range(32)))
    later = replace(
        known,
        format_version=2,
        commitment=key.commitment,
        ciphertext=key.encrypt(nonce=bytes(12), padded=padded, info=info),
        share_hashes=tuple(sha256(share).digest() for share in shares),
    )
    assert key.decrypt(record=later, info=info) == padded
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        open_record(record=later, shares={A: shares[0], B: shares[1]}, shred_value=value)


@pytest.mark.parametrize("ciphertext", [b"", bytes(12), bytes(28), bytes(540)])
async def test_a_cut_or_made_up_ciphertext_is_refused(ciphertext: bytes) -> None:
    """A ciphertext too short for a nonce or a tag, or invented, is refused."""
    vault = Vault()
    record = await vault.seal()
    changed = replace(record, ciphertext=ciphertext)
    _refused(changed, vault.shares(record, [A, B]), vault.shred_value(record))


async def test_records_swapped_between_accounts_are_refused() -> None:
    """Among twelve accounts no record or ciphertext opens in the place of another."""
    vault = Vault()
    tokens = [token.make(bytes([number]) * 16) for number in range(ACCOUNTS)]
    records = [await vault.seal(account_token=name) for name in tokens]
    shares = [vault.shares(record, [A, B]) for record in records]
    opened = 0
    for here, there in permutations(range(ACCOUNTS), 2):
        mine, theirs = records[here], records[there]
        value = vault.shred_value(mine)
        in_place = replace(theirs, account_token=mine.account_token)
        _refused(replace(mine, ciphertext=theirs.ciphertext), shares[here], value)
        _refused(in_place, shares[there], value)
        with pytest.raises(DamagedError):
            vault.shares(in_place, [A])
        opened += 1
    assert opened == ACCOUNTS * (ACCOUNTS - 1)


async def test_an_older_version_of_a_record_has_another_digest() -> None:
    """Both versions open; the digest in the log tells which one is newest."""
    vault = Vault()
    older = await vault.seal()
    newer = await vault.seal(identity=builders.identity(name="某二二"))
    assert vault.open(older, [A, B]) != vault.open(newer, [A, B])
    assert older.digest() != newer.digest()
    with pytest.raises(DamagedError):
        vault.shares(replace(newer, shares=older.shares), [A])


async def test_a_record_that_is_no_match_is_not_opened() -> None:
    """M custodians and the shred value open it, but what nobody confirmed is refused."""
    vault = Vault()
    record = await mismatched(vault.sealer)
    with pytest.raises(UnconfirmedError, match=r"^RECORD_DAMAGED$"):
        vault.open(record, [A, B])


async def test_the_data_key_opens_what_the_shares_open() -> None:
    """The data key and the derived value are enough; a key of another size is refused like a wrong one."""
    vault = Vault()
    record = await vault.seal()
    key, value = data_key(record=record, shares=vault.shares(record, [B, C])), vault.shred_value(record)
    assert open_with_key(record=record, data_key=key, shred_value=value) == vault.open(record, [A, B])
    for wrong in (bytes(32), key + value[:1], b""):
        with pytest.raises(UnsealError):
            open_with_key(record=record, data_key=wrong, shred_value=value)
