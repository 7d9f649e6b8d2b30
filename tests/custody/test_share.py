"""Opening a custodian's share."""

from dataclasses import replace
from hashlib import sha256

import pytest

from idvault_people.opens.share import ShareError, check_share, open_share
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.error import Reason
from idvault_verify.record import SealedRecord
from tools.support import people
from tools.support.custody_vault import Vault

A, B, C = people.NAMES


def _with_first(record: SealedRecord, share: bytes, *, hashed: bytes | None = None) -> SealedRecord:
    """Return the record with another share sealed to custodian-a, as an attacker could."""
    info = seal.share_info(
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.present_quorum_id,
        custodian=A,
    )
    public_key = people.roster_member(A, suite=record.suite).hpke_public_key
    sealed = hpke.seal(suite=record.suite, public_key=public_key, plaintext=share, info=info)
    hashes = (hashed or record.share_hashes[0], *record.share_hashes[1:])
    return replace(record, shares=(sealed, *record.shares[1:]), share_hashes=hashes)


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
async def test_each_custodian_opens_the_own_share(suite: str) -> None:
    """Each custodian's share has 33 bytes, starts with the place, and matches the stored hash."""
    vault = Vault(suite=suite)
    record = await vault.seal()
    for place, (name, share) in enumerate(vault.shares(record, people.NAMES).items(), 1):
        assert (len(share), share[0]) == (33, place)
        check_share(share, record=record, custodian=name)


async def test_nobody_opens_another_share() -> None:
    """A custodian's keys open only that custodian's share, even under another name."""
    vault = Vault()
    record = await vault.seal()
    with pytest.raises(UnsealError):
        open_share(identity=vault.custodian(A), record=record, index=2)
    with pytest.raises(UnsealError):
        open_share(identity=replace(vault.custodian(A), name=B), record=record, index=2)


@pytest.mark.parametrize("change", ["account_token", "record_id", "present_quorum_id"])
async def test_a_share_is_bound_to_account_record_and_present_quorum(change: str) -> None:
    """A share moved to another account, record or quorum does not open."""
    vault = Vault()
    record = await vault.seal()
    moved = replace(record, **{change: "0" * 32})  # type: ignore[arg-type]
    with pytest.raises(UnsealError):
        vault.shares(moved, [A])


async def test_a_hand_over_may_change_the_present_quorum_only() -> None:
    """The sealing quorum is bound by the record, not by its shares."""
    vault = Vault()
    record = await vault.seal()
    assert vault.shares(replace(record, sealing_quorum_id="0" * 64), [A])


async def test_another_suite_than_the_keys_is_refused() -> None:
    """A record that states the other suite is damaged; there is no fallback."""
    vault = Vault()
    record = replace(await vault.seal(), suite=hpke.X_WING)
    with pytest.raises(UnsealError):
        vault.shares(record, [A])


@pytest.mark.parametrize("index", [0, 4, -1])
async def test_a_place_that_is_not_in_the_quorum_is_refused(index: int) -> None:
    """Places count from 1 to N."""
    vault = Vault()
    record = await vault.seal()
    with pytest.raises(ShareError, match="custodian-a"):
        open_share(identity=vault.custodian(A), record=record, index=index)


@pytest.mark.parametrize(
    "share", [b"", b"\x01", b"\x01" + bytes(31), b"\x02" + bytes(32), b"\x01" + bytes(32)]
)
async def test_a_share_that_was_put_in_its_place_is_named(share: bytes) -> None:
    """A different value, validly sealed to the right custodian, does not match the stored hash."""
    vault = Vault()
    record = _with_first(await vault.seal(), share)
    with pytest.raises(ShareError, match="the share of custodian-a is not the one") as caught:
        vault.shares(record, [A])
    assert (caught.value.custodian, caught.value.reason) == (A, Reason.RECORD_DAMAGED)


async def test_a_share_of_another_place_is_refused_even_with_its_hash() -> None:
    """Custodian A must not pass on a share of place 2, even if its hash fits."""
    vault = Vault()
    record = await vault.seal()
    theirs = vault.shares(record, [B])[B]
    with pytest.raises(ShareError, match="custodian-a"):
        vault.shares(_with_first(record, theirs), [A])


@pytest.mark.parametrize("place", [0, 4, 255])
async def test_a_share_of_no_place_is_refused(place: int) -> None:
    """A share of a place without a hash cannot be checked, so it is refused."""
    vault = Vault()
    record = await vault.seal()
    share = bytes([place]) + bytes(32)
    record = _with_first(record, share, hashed=sha256(share).digest())
    with pytest.raises(ShareError, match="custodian-c"):
        check_share(share, record=record, custodian=C)
