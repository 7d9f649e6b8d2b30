"""The worked examples of docs/formats.md, recomputed or opened by idvault's own code."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.account.store import rows as account_rows
from idvault.core import invitation_code
from idvault.core.edge import convert, repetition
from idvault.sealing import key_set
from idvault.sealing.identity import ChainedIndexer, KeyedReferencer
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.request import KeyedFingerprinter, KeyedInvitationCoder
from idvault_people.opens import combining, reseal
from idvault_verify import seal, sharing, token
from idvault_verify.account import AccountState, Assurance, Standing, Status, SubjectKind
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import (
    drill,
    hpke,
    jose,
    passphrase,
    payload,
    reading,
    record_key,
    status_check,
    status_token,
)
from idvault_verify.attest import drill as drills
from idvault_verify.attest import notice as signed_notice
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.status_check import CheckError
from idvault_verify.attest.status_list import StatusList
from idvault_verify.claim import Consent, Identity, OpaqueIdentity
from idvault_verify.disclosure import Verdict
from idvault_verify.document import Document, DocumentType
from idvault_verify.event import FIELDS, EventType
from idvault_verify.notice import NoticeKind, RegistryNotice
from idvault_verify.offline import disclosure_history, receipt
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_files
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from idvault_verify.transparency import checkpoint, entry, note, proof, statement_key, tile
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.tree import CompactRange
from idvault_verify.v1 import common_pb2, status_pb2, verification_pb2
from tools.support.reference import page

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text("utf-8")
GIVEN: dict[str, dict[str, Any]] = page.read(PAGE)
X25519 = hpke.X25519
CUSTODIANS = ("li", "wang", "zhang")
IDENTITY = Identity("某一一", Document(DocumentType.RESIDENT_ID, "110000190101010001"))
AGREED = datetime(2026, 3, 1, 3, 59, tzinfo=UTC)
START = 1_772_337_600
RECORD = GIVEN["record"]
TOKEN = RECORD["account token"]


def pieces(data: bytes) -> list[bytes]:
    """Return the 32-byte hashes of a row."""
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def sealed_record() -> SealedRecord:
    quorum_id = GIVEN["quorum"]["quorum id"]
    return SealedRecord(
        account_token=TOKEN,
        relying_party=RECORD["relying party"],
        record_id=RECORD["record id"],
        format_version=1,
        sealing_quorum_id=quorum_id,
        present_quorum_id=quorum_id,
        suite=X25519,
        salt=RECORD["salt"],
        commitment=RECORD["commitment"],
        ciphertext=RECORD["ciphertext"],
        share_hashes=account_rows.unpack_parts(GIVEN["columns"]["share_hashes"]),
        shares=account_rows.unpack_parts(GIVEN["columns"]["shares"]),
    )


def test_encodings() -> None:
    """encode, base64url and account tokens."""
    assert list(GIVEN["encode"].values()) == [
        seal.encode("idvault/shred/v1", "0a"),
        seal.encode("p", "某", 10, b"\x00\xff"),
        seal.encode("p"),
    ]
    given = GIVEN["text"]
    assert reading.base64url(given["16 bytes"]) == given["base64url"]
    assert token.make(given["16 bytes"]) == given["account token"]


@pytest.mark.parametrize(("name", "suite"), [("hpke-x25519", X25519), ("hpke-x-wing", hpke.X_WING)])
def test_hpke(name: str, suite: str) -> None:
    """The messages of both suites open, and the public keys are those of the private ones."""
    given = GIVEN[name]
    public = hpke.public_key(suite=suite, private_key=given["private key"])
    opened = hpke.unseal(
        suite=suite, private_key=given["private key"], sealed=given["sealed"], info=given["info"]
    )
    assert opened == given["plaintext"]
    assert public == given.get("public key", public)
    assert sha256(public).digest() == given.get("SHA-256 of the public key", sha256(public).digest())


def test_records() -> None:
    """Quorum id, payload, keys, ciphertext, digest."""
    quorum = GIVEN["quorum"]
    members = tuple((name, quorum[f"HPKE public key of {name}"]) for name in CUSTODIANS)
    assert seal.quorum_id(threshold=quorum["number M"], members=members) == quorum["quorum id"]
    sealed = sealed_record()
    info = record_key.info_of(sealed)
    assert info == RECORD["record info"]
    value = record_key.shred_value(shred_key=RECORD["shred key"], record_id=sealed.record_id)
    assert value == RECORD["shred value"]
    key = record_key.derive(data_key=RECORD["data key"], shred_value=value, salt=sealed.salt, info=info)
    assert key.commitment == sealed.commitment
    padded = key.decrypt(record=sealed, info=info)
    nonce = sealed.ciphertext[:12]
    assert record_key.RecordKey(RECORD["key"], b"").encrypt(nonce=nonce, padded=padded, info=info) == (
        sealed.ciphertext
    )
    assert sealed.digest() == RECORD["record digest"]
    whole = payload.Payload(IDENTITY, RegistryAnswer.MATCH, Consent("terms-3", AGREED))
    assert payload.decode(padded) == whole
    given = GIVEN["payload"]
    assert len(padded) == given["number of bytes when padded"]
    assert padded[4 : 4 + given["number of bytes in the message"]] == given["message"]


def test_shares() -> None:
    """Split, hashed, sealed, packed and combined."""
    given, sealed = GIVEN["share"], sealed_record()
    shares = sharing.split(secret=given["data key"], threshold=2, count=3, coefficients=given["coefficients"])
    assert list(shares) == [given[f"share of {name}"] for name in CUSTODIANS]
    assert sealed.share_hashes == tuple(given[f"hash of {name}'s share"] for name in CUSTODIANS)
    assert sealed.share_hashes == tuple(sha256(share).digest() for share in shares)
    assert sealed.shares == tuple(given[f"sealed share of {name}"] for name in CUSTODIANS)
    info = seal.share_info(
        account_token=TOKEN,
        record_id=sealed.record_id,
        quorum_id=sealed.sealing_quorum_id,
        custodian="li",
    )
    assert info == given["share info of li"]
    private = given["private key of li"]
    assert hpke.unseal(suite=X25519, private_key=private, sealed=sealed.shares[0], info=info) == shares[0]
    assert given["combined from li and zhang"] == combining.combine(shares=[shares[0], shares[2]])
    assert account_rows.pack(sealed.shares) == GIVEN["columns"]["shares"]


def test_files_under_a_passphrase() -> None:
    """A file opens; the contents of both kinds of key files are read."""
    given = GIVEN["passphrase-file"]
    opened = passphrase.unlock(
        given["file"].encode(), passphrase=given["passphrase"], purpose=given["purpose"]
    )
    assert opened == given["plaintext"]
    assert seal.encode("idvault/passphrase/v1", given["purpose"]) == given["associated data"]
    person = reading.document(GIVEN["person-keys"]["plaintext"].encode())
    assert reading.raw(person["hpke"], "hpke") == GIVEN["share"]["private key of li"]
    sets = key_set.decode(GIVEN["service-keys"]["plaintext"].encode())
    assert sets == {Purpose.LOG: KeySet("0", {"0": GIVEN["checkpoint"]["log's private key"]})}


def test_what_the_service_stores() -> None:
    """Index, limiter key, fingerprint, stored id, reference, invitation code and page token."""
    given = GIVEN["index"]
    made = ChainedIndexer(keys=KeySet("1", {"0": given["key 0"], "1": given["key 1"]})).person(
        relying_party="platform-a", identity=IDENTITY, person_id="", today=date(2026, 3, 1)
    )
    assert (made.others[0], made.index) == (given["index 0"], given["index 1"])
    assert made.limiter_key == given["limiter key of 2026-03-01"]
    nameless = ChainedIndexer(keys=KeySet("1", {"0": given["key 0"], "1": given["key 1"]})).person(
        relying_party="platform-a",
        identity=OpaqueIdentity(given["provider"], given["opaque_id"]),
        person_id="",
        today=date(2026, 3, 1),
    )
    assert nameless.index == given["index 1 of the id"]
    given = GIVEN["fingerprint"]
    fingerprinter = KeyedFingerprinter(key=given["request key"])
    request = verification_pb2.VerifyIndividualRequest(
        request_id=given["request id"],
        real_name=IDENTITY.name,
        document=common_pb2.IdentityDocument(
            type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=IDENTITY.document.number
        ),
        consent=common_pb2.Consent(policy_version="terms-3", agree_time=Timestamp(seconds=1)),
    )
    content = repetition.content(request)
    assert content == given["content"]
    assert fingerprinter.fingerprint(method="VerifyIndividual", content=content) == given["fingerprint"]
    stored_id = fingerprinter.kept_id(relying_party="platform-a", request_id=given["request id"])
    assert stored_id == given["stored id"]
    given = GIVEN["hash"]
    referencer = KeyedReferencer(key=given["reference key"])
    assert referencer.references(relying_party="platform-a", references=["user-1"]) == [
        given["stored reference of user-1"]
    ]
    code = KeyedInvitationCoder(key=given["request key"]).code(
        account_token=TOKEN, campaign_id=given["campaign id"], batch_id=given["batch id"]
    )
    assert code == given["invitation code"]
    hashed = invitation_code.code_hash(account_token=TOKEN, code=code)
    assert hashed == given["stored hash of the code"]
    assert convert.page_token(20, of="ListCampaigns") == given["page token of place 20 in ListCampaigns"]


def test_what_is_sealed_at_rest() -> None:
    """A waiting claim opens; the associated data of texts and secrets is as given."""
    given = GIVEN["intake"]
    assert given["intake"][:3] == b"\x01\x00\x20"
    padded = hpke.unseal(
        suite=X25519, private_key=given["private key"], sealed=given["intake"][3:], info=given["info"]
    )
    assert payload.decode(padded) == payload.Payload(IDENTITY)
    given = GIVEN["second-factor"]
    info = seal.second_factor_info(
        member="zhao", actor_id=given["actor id"], request_id=GIVEN["fingerprint"]["request id"]
    )
    assert info == given["info of the sealed URI"]
    assert given["stored"].startswith(b"\x01\x010")
    assert GIVEN["case-text"]["text"] == GIVEN["request"]["signed request"]


def test_papers() -> None:
    """Request, approval, denial, drill and hand-over are read and their signatures verify."""
    roster = rosters.parse(GIVEN["roster"]["file"].encode())
    signed = GIVEN["request"]["signed request"]
    terms = papers.parse_request(signed)
    papers.check_signature(signed, roster_member=roster.member("zhao"), field="")
    assert papers.digest(signed) == GIVEN["request"]["its SHA-256"]
    assert (terms.account_token, terms.roster_digest) == (TOKEN, roster.digest())
    given = GIVEN["decision"]
    for verdict, paper, reason in (
        (Verdict.APPROVE, "signed approval", ""),
        (Verdict.DENY, "signed denial", given["reason"]),
    ):
        said = papers.parse_decision(given[paper], verdict=verdict)
        assert said.reason == reason
        papers.check_signature(given[paper], roster_member=roster.member("wang"), field="")
        assert (said.request_digest, said.share_index) == (papers.digest(signed), 2)
    share = reseal.open_resealed(
        given["resealed share"],
        signed_request=signed,
        terms=terms,
        private_key=given["one-time private key"],
        custodian="wang",
        index=2,
    )
    assert share == GIVEN["share"]["share of wang"]
    given = GIVEN["drill"]
    quorum_id = GIVEN["quorum"]["quorum id"]
    assert drill.token(quorum_id=quorum_id) == given["drill token"]
    statement = drills.DrillTerms(RECORD["record id"], quorum_id, "li", START)
    made = drills.check_signature(statement, given["paper"][-64:], roster_member=roster.member("li"))
    assert made == given["paper"]


def test_a_reviewed_document() -> None:
    """The mark and both papers are what the product signs and accepts in a record."""
    given = GIVEN["review"]
    document = Document(DocumentType(given["document type"]), given["number"])
    who = Identity(given["name"], document)
    assert attest_review.mark(who, salt=given["salt"]) == given["mark"]
    papers_of = [given[f"paper of the {place} reviewer"] for place in ("first", "second")]
    keys = [_seed(f"ed25519 of {name}") for name in ("qian", "sun")]
    public = [Ed25519PrivateKey.from_private_bytes(each).public_key().public_bytes_raw() for each in keys]
    signed = tuple(attest_review.ReviewerPaper(*each) for each in zip(public, papers_of, strict=True))
    sealed = attest_review.SealedReview(given["review id"], "", given["salt"], signed)
    attest_review.check(
        sealed, identity=who, relying_party="platform-a", account_token="acct_any", policy_version="terms-3"
    )


def _seed(label: str) -> bytes:
    return sha256(f"idvault example: {label}".encode()).digest()


def test_a_notice() -> None:
    """What a registry signs, and its signature."""
    given = GIVEN["notice"]
    old, new = (Document(DocumentType.RESIDENT_ID, f"1100001901010{rest}") for rest in ("10001", "20007"))
    made = RegistryNotice(given["notice id"], NoticeKind.NUMBER_REPLACED, date(2026, 3, 1), old, new)
    assert signed_notice.canonical(made) == given["signed bytes"]
    public = Ed25519PrivateKey.from_private_bytes(given["private key of the registry"]).public_key()
    signed_notice.check_signature(made, given["signature"], public_keys=[public.public_bytes_raw()])


def test_a_hand_over() -> None:
    """The successor opens the share, and the leaver's signature verifies."""
    given = GIVEN["hand-over"]
    info = seal.share_info(
        account_token=TOKEN,
        record_id=RECORD["record id"],
        quorum_id=given["quorum id with chen in place 1"],
        custodian="chen",
    )
    share = hpke.unseal(
        suite=X25519, private_key=given["private key of chen"], sealed=given["share for chen"], info=info
    )
    assert share == GIVEN["share"]["share of li"]
    roster = rosters.parse(GIVEN["roster"]["file"].encode())
    for name in ("signed batch of li", "signed end of li"):
        papers.check_signature(given[name], roster_member=roster.member("li"), field="")
    assert account_rows.unpack_ids(given["share_quorum_ids"])[0] == given["quorum id with chen in place 1"]


def test_the_roster() -> None:
    """The file is valid, and its signed bytes and digest are as given."""
    given = GIVEN["roster"]
    (roster,) = roster_chain.verified([rosters.parse(given["file"].encode())])
    assert (roster.canonical(), roster.digest()) == (given["signed bytes"], given["digest"])
    assert roster.quorums[0].id == GIVEN["quorum"]["quorum id"]
    assert roster.to_bytes().decode() == given["file"]


def test_the_log() -> None:
    """Leaf, tree, proofs, checkpoint and files."""
    given, hashes = GIVEN["leaf"], pieces(GIVEN["proof"]["leaf hashes"])
    fields = dict(
        zip(
            FIELDS[EventType.CLAIM_SETTLE],
            (
                json.loads(GIVEN["receipt"]["file"])["claimId"],
                "SUCCEEDED",
                "",
                RECORD["record digest"],
            ),
            strict=True,
        )
    )
    opened = entry.check_opened(
        given["leaf"],
        type=EventType.CLAIM_SETTLE,
        opening_key=given["opening key"],
        account_token=TOKEN,
        fields=fields,
    )
    assert opened.commitment == given["commitment"]
    assert seal.encode("verification:claim:settle", *fields.values()) == given["details"]
    assert entry.leaf_hash(given["leaf"]) == given["leaf hash"] == hashes[1]
    given, grown = GIVEN["proof"], CompactRange()
    for size, value in enumerate(hashes, start=1):
        grown.append(value)
        assert grown.root() == given.get(f"root of size {size}", grown.root())
    assert grown.to_bytes() == given["stored tree of size 9"]
    root = given["root of size 9"]
    proof.verify_inclusion(
        leaf_hash=hashes[1],
        index=1,
        size=9,
        root=root,
        proof=pieces(given["inclusion of entry 1 in size 9"]),
    )
    proof.verify_consistency(
        old=3,
        new=9,
        old_root=given["root of size 3"],
        new_root=root,
        proof=pieces(given["consistency of sizes 3 and 9"]),
    )
    bundle = tile.decode_bundle(GIVEN["log-files"]["tile/entries/000.p/9"], 9)
    assert [entry.leaf_hash(leaf) for leaf in bundle] == hashes
    assert tile.Tile(1, 1_234_567).path == GIVEN["log-files"]["path of the full tile 1234567 of level 1"]


def policy() -> CosignaturePolicy:
    given = GIVEN["checkpoint"]
    keys = [note.parse_key(given[f"{name}'s verifier key"]) for name in ("log", "witness")]
    return CosignaturePolicy(keys[0].name, (keys[0],), (keys[1],), 1)


def test_the_checkpoint() -> None:
    """The log signed it and the witness cosigned it; the signed bytes are as given."""
    given = GIVEN["checkpoint"]
    found = checkpoint.verify(given["note"].encode(), policy())
    assert found.checkpoint.root == GIVEN["proof"]["root of size 9"]
    text = found.checkpoint.text
    assert note.signed_bytes(key=policy().log_keys[0], text=text) == given["signed by the log"]
    ((key, time),) = found.cosigned
    assert note.signed_bytes(key=key, text=text, time=time) == given["signed by the witness"]


def test_statements() -> None:
    """Subject, keys, token, credential and list are checked offline."""
    given, audience = GIVEN["statement"], "https://taxi.example"
    keys = jose.parse_keys(given["jwks.json"].encode())
    assert keys.to_bytes().decode() == given["jwks.json"]
    subject = status_token.subject(key=given["pairwise key"], audience=audience, account_token=TOKEN)
    assert subject == given["subject"]
    now = datetime.fromtimestamp(START + 60, UTC)
    listed = status_check.read_list(given["list"], keys=keys, now=now)
    for name in ("status token", "status credential"):
        found = status_check.check(
            given[name], keys=keys, audience=audience, now=now, lists={listed.uri: listed}
        )
        assert found.subject == subject
    public = given["public account's credential"]
    named = status_check.check_public_account(
        public, keys=keys, audience=audience, now=now, lists={listed.uri: listed}
    )
    of_public = status_token.subject(
        key=given["pairwise key"], audience=audience, account_token=named.public_account_id
    )
    assert named.subject == of_public
    with pytest.raises(CheckError):
        status_check.check(public, keys=keys, audience=audience, now=now, lists={listed.uri: listed})
    assert bytes(listed.entries.data) == given["entries of the list"]


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, unverified."""
    found: dict[str, Any] = json.loads(jose.decode(token.split(".")[1]))
    return found


def test_the_claims_are_those_of_the_code() -> None:
    """A reader skips claims that it does not know, so what the vault writes is compared as a whole."""
    given, audience, at = GIVEN["statement"], "https://taxi.example", datetime.fromtimestamp(START, UTC)
    issuer = status_token.issuer("vault.example/log")
    shared: dict[str, Any] = {"issued_by": issuer, "issued_at": at, "audience": audience}
    shared["subject"] = given["subject"]
    status = Status(
        TOKEN, SubjectKind.INDIVIDUAL, AccountState.VERIFIED, Standing.GOOD,
        frozenset({Assurance.REGISTRY_MATCH}), 1, None, date(2027, 3, 1),
    )  # fmt: skip
    own = shared | {"audience": "platform-a"}
    own["subject"] = status_token.subject(
        key=given["pairwise key"], audience="platform-a", account_token=TOKEN
    )
    for name, its in (("status token", shared), ("status token for the account's own platform", own)):
        made = status_token.status_claims(
            **its, expires_at=at + status_token.TOKEN_LIFETIME, status=status, own=its is own
        )
        assert claims_of(given[name]) == made
    shared |= {"expires_at": at + status_token.CREDENTIAL_LIFETIME, "list_number": 0, "list_index": 9}
    assert claims_of(given["status credential"]) == status_token.credential_claims(**shared)
    of_public = claims_of(given["public account's credential"])
    shared |= {"public_account_id": of_public["public_account_id"], "subject": of_public["sub"]}
    assert of_public == status_token.public_account_claims(**shared)
    entries = StatusList(bits=1, data=given["entries of the list"])
    made = status_token.list_claims(issued_by=issuer, number=0, entries=entries, issued_at=at)
    assert claims_of(given["list"]) == made


def test_the_receipt() -> None:
    """The client accepts the receipt with its quorum."""
    found = receipt.check(receipt.parse(GIVEN["receipt"]["file"]), policy=policy())
    assert found.record_digest == RECORD["record digest"]
    assert (found.account_token, found.index) == (TOKEN, 1)
    assert found.quorum is not None
    assert (found.quorum.id, found.quorum.custodians) == (GIVEN["quorum"]["quorum id"], CUSTODIANS)


def test_the_history() -> None:
    """The client accepts the history, and proves its disclosure and its opening."""
    found = disclosure_history.parse(GIVEN["history"]["file"])
    assert (found.account_token, found.disclosures, found.openings) == (TOKEN, 1, 1)
    proved = disclosure_history.check(found, policy=policy())
    assert proved.stated_at == datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    answer = status_pb2.DisclosureHistory.FromString(found.message)
    assert disclosure_history.signed_bytes(answer) == GIVEN["history"]["signed"]
    given = GIVEN["history"]["note of the log's key for it"]
    key = statement_key.read(given.encode(), policy().log_keys)
    private = Ed25519PrivateKey.from_private_bytes(GIVEN["history"]["private key of the platform edge"])
    assert key.public_key == private.public_key().public_bytes_raw()


def test_the_evidence() -> None:
    """The client proves the identity from the proof file; the info of a sealed copy is as given."""
    given = GIVEN["evidence"]
    proved = proof_files.parse(given["proof file"].encode())
    found = evidence_check.check(proved, policy=policy())
    assert found.payload.identity == IDENTITY
    assert [each.name for each in found.approved_by] == ["li", "wang"]
    info = seal.sealed_evidence_info(
        disclosure_id=found.terms.disclosure_id, reader="zhao", destroy_after="2027-03-01"
    )
    assert info == given["info of a copy that is sealed to zhao"]
