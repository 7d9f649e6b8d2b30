"""Records: the reference opens what the vault sealed, and custody opens what the reference sealed."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from idvault.account.store import rows as account_rows
from idvault_people.opens import combining
from idvault_people.opens.record import open_record
from idvault_verify import sharing as product_sharing
from idvault_verify.attest import hpke as product_hpke
from idvault_verify.attest import payload as product_payload
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import OpaqueIdentity
from idvault_verify.document import DocumentType
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, people
from tools.support.custody_vault import Vault
from tools.support.reference import encoding, hpke, payload, record, review, sharing, story
from tools.support.reference.encoding import RefusedError
from tools.support.reference.payload import Identity
from tools.support.reference.record import Custodian, Record

SUITES = [hpke.X25519, hpke.X_WING]
SEALED = Identity(
    "RESIDENT_ID",
    builders.NUMBER,
    builders.NAME,
    "MATCH",
    builders.consent().policy_version,
    builders.consent().agree_time,
)
FIELDS = (
    "relying_party",
    "account_token",
    "record_id",
    "suite",
    "salt",
    "commitment",
    "ciphertext",
    "share_hashes",
    "shares",
    "format_version",
)


def theirs(sealed: SealedRecord) -> Record:
    """Return the vault's record as the reference reads it."""
    values = {name: getattr(sealed, name) for name in FIELDS}
    return Record(quorum_id=sealed.sealing_quorum_id, **values)


def ours(sealed: Record) -> SealedRecord:
    """Return the reference's record as custody reads it."""
    values = {name: getattr(sealed, name) for name in FIELDS}
    return SealedRecord(sealing_quorum_id=sealed.quorum_id, present_quorum_id=sealed.quorum_id, **values)


def custodians(suite: str, names: tuple[str, ...] = people.NAMES) -> list[Custodian]:
    return [Custodian(name, suite, hpke.public_key(suite, people.secret(name, "hpke"))) for name in names]


def opened(sealed: Record, names: tuple[str, ...], *, shred_key: bytes) -> bytes:
    """Open a record with these custodians' keys by the reference alone."""
    shares = [
        record.open_share(
            sealed,
            place=people.NAMES.index(name) + 1,
            name=name,
            private=people.secret(name, "hpke"),
        )
        for name in names
    ]
    value = record.shred_value(shred_key, sealed.record_id)
    return record.open_record(sealed, shares=shares, shred_value=value)


@pytest.mark.parametrize("suite", SUITES)
async def test_the_reference_opens_what_the_vault_sealed(suite: str) -> None:
    """Any two custodians of three open name, number, outcome and consent; the digests are equal."""
    vault = Vault(suite=suite)
    sealed = await vault.seal()
    found = theirs(sealed)
    assert found.quorum_id == record.quorum_id(2, custodians(suite))
    assert found.digest() == sealed.digest()
    for names in combinations(people.NAMES, 2):
        key = vault.shred.keys[builders.TOKEN, sealed.record_id]
        padded = opened(found, names, shred_key=key)
        assert payload.decode(padded) == SEALED


@pytest.mark.parametrize("suite", SUITES)
def test_custody_opens_what_the_reference_sealed(suite: str) -> None:
    """The custodians' code opens a record that the reference wrote, and its digest is the same."""
    vault = Vault(suite=suite)
    sealed = record.seal(
        payload.encode(SEALED),
        relying_party="platform-a",
        account_token=builders.TOKEN,
        shred_key=bytes(range(32)),
        threshold=2,
        custodians=custodians(suite),
        drawn=record.fresh(2, 3),
    )
    vault.shred.keys[builders.TOKEN, sealed.record_id] = bytes(range(32))
    assert ours(sealed).digest() == sealed.digest()
    expected = Payload(builders.identity(), RegistryAnswer.MATCH, builders.consent())
    for names in combinations(people.NAMES, 2):
        assert vault.open(ours(sealed), names) == expected


def _spoilt(sealed: Record) -> Iterator[Record]:
    changes: list[dict[str, Any]] = [
        {name: bytes([getattr(sealed, name)[0] ^ 1]) + getattr(sealed, name)[1:]}
        for name in ("salt", "commitment", "ciphertext")
    ]
    changes += [{name: "0" * 32} for name in ("relying_party", "record_id", "quorum_id")]
    changes += [{"format_version": 2}]
    for change in changes:
        yield replace(sealed, **change)


async def test_the_reference_refuses_what_custody_refuses() -> None:
    """A changed field, a missing share and a wrong shred key open nowhere."""
    vault = Vault()
    sealed = theirs(await vault.seal())
    key = vault.shred.keys[builders.TOKEN, sealed.record_id]
    shares = [
        record.open_share(sealed, place=place, name=name, private=people.secret(name, "hpke"))
        for place, name in enumerate(people.NAMES, start=1)
    ]
    value = record.shred_value(key, sealed.record_id)
    for changed in _spoilt(sealed):
        with pytest.raises(RefusedError):
            record.open_record(changed, shares=shares[:2], shred_value=value)
    with pytest.raises(RefusedError):
        record.open_record(sealed, shares=shares[:1], shred_value=value)
    with pytest.raises(RefusedError):
        record.open_record(sealed, shares=shares[:2], shred_value=record.shred_value(key, "0" * 32))
    with pytest.raises(RefusedError):
        record.open_share(sealed, place=1, name="custodian-b", private=people.secret("custodian-b", "hpke"))


@pytest.mark.parametrize("suite", SUITES)
def test_hpke_messages_open_both_ways(suite: str) -> None:
    """Either implementation opens what the other sealed, and neither under another info."""
    private = bytes(range(32))
    public = hpke.public_key(suite, private)
    assert public == product_hpke.public_key(suite=suite, private_key=private)
    sealed = hpke.seal(suite, public, b"text", b"info")
    assert product_hpke.unseal(suite=suite, private_key=private, sealed=sealed, info=b"info") == b"text"
    sealed = product_hpke.seal(suite=suite, public_key=public, plaintext=b"text", info=b"info")
    assert hpke.unseal(suite, private, sealed, b"info") == b"text"
    with pytest.raises(RefusedError):
        hpke.unseal(suite, private, sealed, b"other")


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (2, 3), (3, 5), (7, 20)])
def test_shares_are_the_same_bytes(threshold: int, count: int) -> None:
    """Both split alike; either combines the other's shares, whichever they are."""
    secret, random = bytes(range(1, 33)), bytes(at * 7 % 256 for at in range(32 * (threshold - 1)))
    shares = sharing.split(secret, random, threshold, count)
    assert tuple(shares) == product_sharing.split(
        secret=secret, threshold=threshold, count=count, coefficients=random
    )
    for chosen in (shares[:threshold], shares[-threshold:]):
        assert sharing.combine(chosen) == combining.combine(shares=chosen) == secret


@pytest.mark.parametrize("kind", list(DocumentType))
def test_payloads_are_the_same_bytes(kind: DocumentType) -> None:
    """Both encode alike, with and without outcome and consent."""
    whole = Payload(builders.identity(), RegistryAnswer.MATCH, builders.consent())
    assert payload.encode(SEALED) == product_payload.encode(whole)
    claim = replace(whole.named, document=replace(whole.named.document, type=kind))
    waiting = Identity(kind.value, builders.NUMBER, builders.NAME)
    assert payload.encode(waiting) == product_payload.encode(Payload(claim))
    assert payload.decode(product_payload.encode(Payload(claim))) == waiting
    represented = Payload(replace(claim, representative=builders.identity()))
    theirs = replace(waiting, representative=replace(waiting, document_type="RESIDENT_ID"))
    assert payload.encode(theirs) == product_payload.encode(represented)
    assert payload.decode(product_payload.encode(represented)) == theirs


def test_a_person_without_a_name_is_the_same_bytes() -> None:
    """Provider and id in place of name and number; both refuse a name beside them."""
    opaque = OpaqueIdentity("https://provider.example", "A" * 43)
    theirs = replace(
        SEALED,
        document_type="",
        number="",
        name="",
        assertion="a.b.c",
        provider=opaque.provider,
        opaque_id=opaque.opaque_id,
    )
    whole = Payload(opaque, RegistryAnswer.MATCH, builders.consent(), "a.b.c")
    assert payload.encode(theirs) == product_payload.encode(whole)
    assert payload.decode(product_payload.encode(whole)) == theirs
    both = payload.encode(replace(theirs, name=builders.NAME))
    with pytest.raises(RefusedError):
        payload.decode(both)
    with pytest.raises(UnsealError):
        product_payload.decode(both)


@pytest.mark.parametrize("by", [story.REVIEWERS[:1], story.REVIEWERS])
def test_a_review_is_the_same_bytes(by: tuple[str, ...]) -> None:
    """One or two papers beside name and document; both accept what was signed, and refuse another name."""
    theirs = replace(story.REVIEWED, review=story.reviewed(by=by))
    found = product_payload.decode(payload.encode(theirs))
    assert product_payload.encode(found) == payload.encode(theirs)
    assert payload.decode(product_payload.encode(found)) == theirs
    whose = {"account_token": story.TOKEN, "terms": "terms-3"}
    for name, fits in ((theirs.name, True), ("EVE", False)):
        document, who = (theirs.document_type, theirs.number, name), replace(found.named, name=name)
        ours: dict[str, Any] = {"identity": who, "relying_party": story.PARTY, "account_token": story.TOKEN}
        if fits:
            review.verify(theirs.review, document, platform=story.PARTY, **whose)
            attest_review.check(found.review, policy_version="terms-3", **ours)
            continue
        with pytest.raises(RefusedError):
            review.verify(theirs.review, document, platform=story.PARTY, **whose)
        with pytest.raises(UnsealError):
            attest_review.check(found.review, policy_version="terms-3", **ours)


async def test_columns_are_packed_alike() -> None:
    """The column of shares, and that of share hashes, are read by the reference and written by it."""
    sealed = await Vault().seal()
    for parts in (sealed.shares, sealed.share_hashes):
        packed = account_rows.pack(parts)
        assert encoding.pack(list(parts)) == packed
        assert tuple(encoding.unpack(packed)) == parts
    ids = ("ab" * 32, "cd" * 32)
    assert account_rows.pack_ids(ids) == bytes.fromhex("".join(ids))


async def test_a_share_opens_alone() -> None:
    """What the reference opens as one custodian is what custody opens."""
    vault = Vault()
    sealed = await vault.seal()
    (share,) = vault.shares(sealed, ["custodian-b"]).values()
    private = people.secret("custodian-b", "hpke")
    assert record.open_share(theirs(sealed), place=2, name="custodian-b", private=private) == share
    shares = vault.shares(sealed, people.NAMES)
    value = vault.shred_value(sealed)
    data_key = sharing.combine(list(shares.values()))
    assert payload.decode(record.decrypt(theirs(sealed), data_key=data_key, shred_value=value)) == SEALED
    assert open_record(record=sealed, shares=shares, shred_value=value).identity == builders.identity()
