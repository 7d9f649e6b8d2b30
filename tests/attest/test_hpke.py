"""HPKE under both suites, against published vectors and a slow reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import HpkeKeyError, UnsealError
from tests.attest import reference
from tests.vectors.load import load, unhex

SUITES = sorted(hpke.SUITES)
KEY = bytes(range(32))


def _sealed(suite: str, plaintext: bytes = b"plaintext", info: bytes = b"info") -> bytes:
    public_key = hpke.public_key(suite=suite, private_key=KEY)
    return hpke.seal(suite=suite, public_key=public_key, plaintext=plaintext, info=info)


@pytest.mark.parametrize("suite", SUITES)
def test_each_message_has_its_own_encapsulation(suite: str) -> None:
    """A public key is loaded once, and still no two messages to it share an encapsulated key."""
    size = {hpke.X_WING: 1120, hpke.X25519: 32}[suite]
    encapsulated = {_sealed(suite)[:size] for _ in range(32)}
    assert len(encapsulated) == 32


def test_reference_key_schedule_is_that_of_rfc_9180() -> None:
    """The reference gives key, nonce and ciphertext of the RFC's vector for X25519 and AES-256-GCM."""
    vector = load("hpke_rfc9180.json")
    shared_secret, info = unhex(vector["shared_secret"]), unhex(vector["info"])
    key, nonce = reference.key_schedule(kem_id=0x0020, shared_secret=shared_secret, info=info)
    assert (key, nonce) == (unhex(vector["key"]), unhex(vector["base_nonce"]))
    ciphertext = reference.seal(
        kem_id=0x0020,
        shared_secret=shared_secret,
        info=info,
        plaintext=unhex(vector["pt"]),
        aad=unhex(vector["aad"]),
    )
    assert ciphertext == unhex(vector["ct"])


def test_x25519_opens_a_message_to_the_key_of_rfc_9180() -> None:
    """A message sealed by the reference opens with the RFC's encapsulated key and private key."""
    vector = load("hpke_rfc9180.json")
    assert hpke.public_key(suite=hpke.X25519, private_key=unhex(vector["skRm"])) == unhex(vector["pkRm"])
    info = unhex(vector["info"])
    ciphertext = reference.seal(
        kem_id=hpke.kem_id(hpke.X25519),
        shared_secret=unhex(vector["shared_secret"]),
        info=info,
        plaintext=unhex(vector["pt"]),
    )
    sealed = unhex(vector["enc"]) + ciphertext
    opened = hpke.unseal(suite=hpke.X25519, private_key=unhex(vector["skRm"]), sealed=sealed, info=info)
    assert opened == b"Beauty is truth, truth beauty"


def test_x_wing_keys_and_secrets_are_those_of_the_draft() -> None:
    """The draft's seed gives its public key, and its ciphertext gives its shared secret."""
    vector = load("x_wing.json")
    seed = unhex(vector["seed"])
    assert hpke.public_key(suite=hpke.X_WING, private_key=seed) == unhex(vector["pk"])
    ciphertext = reference.seal(
        kem_id=hpke.kem_id(hpke.X_WING), shared_secret=unhex(vector["ss"]), info=b"info", plaintext=b"text"
    )
    sealed = unhex(vector["ct"]) + ciphertext
    assert hpke.unseal(suite=hpke.X_WING, private_key=seed, sealed=sealed, info=b"info") == b"text"


@pytest.mark.parametrize("suite", SUITES)
@given(
    plaintext=st.binary(max_size=600), info=st.binary(max_size=200), key=st.binary(min_size=32, max_size=32)
)
def test_what_is_sealed_opens(suite: str, plaintext: bytes, info: bytes, key: bytes) -> None:
    """Any text under any info opens with the private key."""
    public_key = hpke.public_key(suite=suite, private_key=key)
    sealed = hpke.seal(suite=suite, public_key=public_key, plaintext=plaintext, info=info)
    assert hpke.unseal(suite=suite, private_key=key, sealed=sealed, info=info) == plaintext


@pytest.mark.parametrize("suite", SUITES)
@given(data=st.data())
def test_a_flipped_bit_does_not_open(suite: str, data: st.DataObject) -> None:
    """Every flipped bit of the message and the encapsulated key is detected."""
    sealed = bytearray(_sealed(suite))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(UnsealError):
        hpke.unseal(suite=suite, private_key=KEY, sealed=bytes(sealed), info=b"info")


@pytest.mark.parametrize("suite", SUITES)
def test_another_info_key_or_suite_does_not_open(suite: str) -> None:
    """A different info, key or suite gives the same error."""
    sealed = _sealed(suite)
    other = next(name for name in SUITES if name != suite)
    attempts = [(suite, KEY, b"other"), (suite, bytes(32), b"info"), (other, KEY, b"info")]
    for used, key, info in attempts:
        with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
            hpke.unseal(suite=used, private_key=key, sealed=sealed, info=info)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("size", [0, 1, 31, 64])
def test_a_short_message_does_not_open(suite: str, size: int) -> None:
    """A message too short for its suite is reported as damaged."""
    with pytest.raises(UnsealError):
        hpke.unseal(suite=suite, private_key=KEY, sealed=bytes(size), info=b"info")


def test_sizes_are_those_that_the_design_counts_with() -> None:
    """A 33-byte share takes 1,169 bytes with X-Wing and 81 with X25519."""
    assert len(_sealed(hpke.X_WING, bytes(33))) == 1120 + 33 + 16
    assert len(_sealed(hpke.X25519, bytes(33))) == 32 + 33 + 16


def test_suites_have_their_registered_numbers() -> None:
    """The KEM ids are IANA's."""
    assert {hpke.kem_id(suite): suite for suite in SUITES} == {0x647A: hpke.X_WING, 0x0020: hpke.X25519}


def test_an_unknown_suite_is_refused() -> None:
    """There is no fallback from an unknown suite."""
    with pytest.raises(HpkeKeyError, match="unknown"):
        hpke.public_key(suite="AES", private_key=KEY)


def test_keys_of_wrong_sizes_are_refused() -> None:
    """A private key has 32 bytes, a public key the size of its suite."""
    with pytest.raises(HpkeKeyError, match="32 bytes"):
        hpke.unseal(suite=hpke.X25519, private_key=bytes(31), sealed=bytes(100), info=b"")
    with pytest.raises(HpkeKeyError, match="1216 bytes"):
        hpke.check_public_key(suite=hpke.X_WING, public_key=bytes(32))


def test_bytes_that_are_no_public_key_are_refused() -> None:
    """Coefficients beyond the modulus of ML-KEM are not a key (FIPS 203 section 7.2)."""
    with pytest.raises(HpkeKeyError, match="not a public key"):
        hpke.check_public_key(suite=hpke.X_WING, public_key=b"\xff" * 1216)


@pytest.mark.parametrize("point", [0, 1])
def test_points_that_give_no_secret_are_refused(point: int) -> None:
    """A point of low order would make the shared secret known to everybody (RFC 7748 section 6.1)."""
    with pytest.raises(HpkeKeyError, match="nothing can be sealed"):
        hpke.check_public_key(suite=hpke.X25519, public_key=point.to_bytes(32, "little"))


@pytest.mark.parametrize("suite", SUITES)
def test_a_good_key_passes_the_check(suite: str) -> None:
    """The key of a seed is valid; with one more byte it is not."""
    public_key = hpke.public_key(suite=suite, private_key=KEY)
    hpke.check_public_key(suite=suite, public_key=public_key)
    with pytest.raises(HpkeKeyError):
        hpke.check_public_key(suite=suite, public_key=public_key + b"\x00")


def test_a_public_keys_size_tells_its_suite() -> None:
    """A receipt has keys without the names of their suites (docs/formats.md, sections 2 and 11)."""
    private = bytes(range(32))
    sizes = [len(hpke.public_key(suite=each, private_key=private)) for each in (hpke.X25519, hpke.X_WING)]
    assert sizes == [32, 1216]
    assert [hpke.suite_of(bytes(size)) for size in (0, 31, *sizes, 1217)] == [
        None,
        None,
        hpke.X25519,
        hpke.X_WING,
        None,
    ]
