"""The key and commitment of a record."""

from dataclasses import replace

import pytest

from idvault_verify import seal
from idvault_verify.attest import record_key
from idvault_verify.attest.hpke import UnsealError
from tests.attest import reference
from tests.vectors.load import load, unhex
from tools.support import builders


def test_reference_hkdf_is_that_of_rfc_5869() -> None:
    """The reference gives the output of the RFC's first test case."""
    for case in load("hkdf.json")["sha256"]:
        okm = reference.hkdf(
            unhex(case["ikm"]), salt=unhex(case["salt"]), info=unhex(case["info"]), size=42, digest="sha256"
        )
        assert okm == unhex(case["okm"])


def test_hkdf_sha512_is_the_published_and_the_reference_one() -> None:
    """Code and reference give the published outputs."""
    for case in load("hkdf.json")["sha512"]:
        secret, salt, info, okm = (unhex(case[name]) for name in ("ikm", "salt", "info", "okm"))
        assert record_key.hkdf_sha512(secret, salt=salt, info=info, size=len(okm)) == okm
        assert reference.hkdf(secret, salt=salt, info=info, size=len(okm), digest="sha512") == okm


def test_keys_are_derived_as_the_design_says() -> None:
    """Shred value, key and commitment are derived by HKDF-SHA512 with separate info values."""
    shred_key, data_key, salt, info = b"k" * 32, b"d" * 32, b"s" * 32, b"record info"
    value = record_key.shred_value(shred_key=shred_key, record_id="d" * 32)
    assert value == reference.hkdf(
        shred_key, salt=bytes(64), info=seal.shred_info(record_id="d" * 32), size=32, digest="sha512"
    )
    okm = reference.hkdf(data_key + value, salt=salt, info=info, size=64, digest="sha512")
    key = record_key.derive(data_key=data_key, shred_value=value, salt=salt, info=info)
    assert key == record_key.RecordKey(okm[:32], okm[32:])


def test_a_key_is_not_shown() -> None:
    """The repr shows the commitment, which is public, but not the key."""
    assert "kkkk" not in repr(record_key.RecordKey(b"k" * 32, b"c" * 32))


def test_what_is_encrypted_decrypts_under_the_same_commitment_only() -> None:
    """The commitment is checked first; then nonce, text and info must be unchanged."""
    key = record_key.RecordKey(b"k" * 32, b"c" * 32)
    ciphertext = key.encrypt(nonce=b"n" * 12, padded=b"padded", info=b"info")
    record = builders.record(commitment=b"c" * 32, ciphertext=ciphertext)
    assert key.decrypt(record=record, info=b"info") == b"padded"
    damaged = [replace(record, commitment=b"d" * 32), replace(record, ciphertext=ciphertext[:-1])]
    damaged += [replace(record, ciphertext=b"short"), replace(record, ciphertext=b"")]
    for wrong in damaged:
        with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
            key.decrypt(record=wrong, info=b"info")
    with pytest.raises(UnsealError):
        key.decrypt(record=record, info=b"other")


def test_info_of_a_record_names_the_quorum_that_sealed_it() -> None:
    """A hand-over changes the present quorum, but not the info of the ciphertext."""
    record = builders.record()
    assert record_key.info_of(record) == record_key.info_of(replace(record, present_quorum_id="f" * 64))
    assert record_key.info_of(record) != record_key.info_of(replace(record, sealing_quorum_id="f" * 64))
    assert record_key.info_of(record) == seal.record_info(
        format_version=1,
        relying_party=record.relying_party,
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.sealing_quorum_id,
    )
