"""The roster file: its form, its errors, its canonical bytes."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idvault_verify import seal
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.people import roster, roster_member
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.error import Reason
from tests.vectors.load import load
from tools.support import people

Change = Callable[[dict[str, Any]], Any]


def _file(change: Change = lambda _: None, **options: Any) -> bytes:
    fields: dict[str, Any] = json.loads(people.roster(**options).to_bytes())
    change(fields)
    return json.dumps(fields).encode()


def _set(*path: Any) -> Change:
    def change(fields: Any) -> None:
        for step in path[:-2]:
            fields = fields[step]
        fields[path[-2]] = path[-1]

    return change


def _drop(*path: Any) -> Change:
    def change(fields: Any) -> None:
        for step in path[:-1]:
            fields = fields[step]
        del fields[path[-1]]

    return change


def _copy_from_first(field: str) -> Change:
    return lambda fields: fields["people"][1].update({field: fields["people"][0][field]})


def test_rfc_8785_library_passes_the_sample_of_the_rfc() -> None:
    """The canonical form of the RFC's example object is that of the RFC."""
    vector = load("jcs_rfc8785.json")
    assert rfc8785.dumps(vector["input"]) == vector["canonical"].encode()


def test_a_roster_comes_back_from_its_file() -> None:
    """A written file parses to the same roster, including signatures and witnesses."""
    witnesses = WitnessPolicy(1, (("witness.example/w1", b"w" * 32), ("见证人", b"v" * 32)))
    whole = people.signed(people.roster(), *people.NAMES)
    assert roster.parse(whole.to_bytes()) == whole
    watched = Roster(2, False, whole.people, whole.quorums, witnesses)
    assert roster.parse(watched.to_bytes()) == watched


def test_the_summary_counts() -> None:
    """The line that commands print has the version, and how many quorums and people there are."""
    found = roster.parse(people.roster().to_bytes())
    counts = f"{len(found.quorums)} quorums, {len(found.people)} people"
    assert found.summary() == f"roster: version {found.version}, {counts}, valid"


def test_canonical_bytes_are_the_signed_form_without_signatures() -> None:
    """They are the encoded RFC 8785 JSON of the file's fields; signing changes neither them nor the hash."""
    plain = people.roster()
    fields = json.loads(plain.to_bytes())
    del fields["signatures"]
    assert plain.canonical() == seal.encode("idvault/roster/v1", rfc8785.dumps(fields))
    signed = people.signed(plain, "custodian-b")
    assert (signed.canonical(), signed.digest()) == (plain.canonical(), plain.digest())


def test_the_digest_is_pinned() -> None:
    """The canonical form of a fixed roster never changes: old signatures must verify forever."""
    assert people.roster().digest() == "dda853b56e59625fef40f6ce060fd9e51d8411e4876e8946c1bee99de9d6a697"
    assert people.quorum().id == "c52c78fc7af3b81ebcc4fae8aed899dfc77ff0bc7a5fedfa378381dec6f3aee0"


def test_every_field_is_signed() -> None:
    """Changing any field of the body changes the hash."""
    changes: list[Change] = [
        _set("version", 2),
        _set("people", 0, "organisation", "another"),
        _set("people", 0, "actor_id", "0" * 32),
        _set("people", 4, "role", "auditor"),
        _set("people", 0, "spki", "0" * 64),
        _set("quorums", 0, "name", "others"),
        _set("quorums", 0, "custodians", ["custodian-c", "custodian-b", "custodian-a"]),
        _set("witness", {"threshold": 1, "witnesses": [{"name": "w", "ed25519": "B" * 42 + "A"}]}),
        _set("development", True),
    ]
    digests = {roster.parse(_file(change)).digest() for change in changes}
    assert len(digests | {people.roster().digest()}) == len(changes) + 1


def test_people_and_quorums_are_found_by_name() -> None:
    """An unknown name raises an error."""
    found = people.roster()
    assert found.member("auditor-a").role == "auditor"
    assert found.quorum("records").threshold == 2
    with pytest.raises(RosterError, match="'nobody' is not a member of the roster"):
        found.member("nobody")
    with pytest.raises(RosterError, match="'drills' is not a quorum"):
        found.quorum("drills")


def test_a_quorum_has_an_id_and_a_suite() -> None:
    """The id depends on threshold, names, keys and their order."""
    made = people.quorum()
    assert made.suite == hpke.X_WING
    ids = {
        made.id,
        people.quorum(threshold=1).id,
        people.quorum(names=people.NAMES[::-1]).id,
        people.quorum(names=people.NAMES[:2]).id,
        people.quorum(suite=hpke.X25519).id,
    }
    assert len(ids) == 5


def test_development_allows_what_is_unsafe_elsewhere() -> None:
    """A quorum of one custodian is allowed only in development."""
    small = _file(_set("development", True), names=("custodian-a",), threshold=1)
    assert roster.parse(small).quorums[0].threshold == 1


def _mixed(fields: dict[str, Any]) -> None:
    fields["people"][0] = people.roster_member("custodian-a", suite=hpke.X25519).to_json()


def _crowd(fields: dict[str, Any]) -> None:
    names = [f"custodian-{number}" for number in range(256)]
    fields["people"] = [people.roster_member(name, suite=hpke.X25519).to_json() for name in names]
    fields["quorums"][0]["custodians"] = names


MEMBER = ("people", 0)
QUORUM = ("quorums", 0)
# The point of order 1, under which one signature verifies for every text.
WEAK = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
WITNESS: dict[str, Any] = {"threshold": 1, "witnesses": [{"name": "w", "ed25519": "B" * 42 + "A"}]}
REFUSED: list[tuple[Change, str]] = [
    (_drop("version"), "the roster: version is missing"),
    (_set("version", 0), "version must be 1 or more"),
    (_set("version", -1), "version must be a whole number"),
    (_set("version", True), "version must be a whole number"),
    (_set("version", "1"), "version must be a whole number"),
    (_set("version", 2**53), "not a JSON document"),
    (_set("version", 1.5), "not a JSON document"),
    (_set("version", float("nan")), "not a JSON document"),
    (_set("more", 1), "the roster: 'more' is not a known field"),
    (_set("development", 0), "development must be true or false"),
    (_set("people", {}), "people must be a list"),
    (_set("people", [1]), "member 1 must be an object"),
    (_drop(*MEMBER, "spki"), "member 1: spki is missing"),
    (_set(*MEMBER, "more", 1), "member 1: 'more' is not a known field"),
    (_set(*MEMBER, "name", "Custodian"), "member 1: name must be"),
    (_set(*MEMBER, "name", 7), "member 1: name must be"),
    (_set(*MEMBER, "role", "platform"), "member custodian-a: role must be"),
    (_set(*MEMBER, "role", []), "member custodian-a: role must be"),
    (_set(*MEMBER, "organisation", ""), "organisation must have 1 to 200 printable"),
    (_set(*MEMBER, "organisation", "a\n"), "organisation must have 1 to 200 printable"),
    (_set(*MEMBER, "organisation", "\ud800"), "not a JSON document"),
    (_set(*MEMBER, "organisation", "x" * 201), "organisation must have 1 to 200 printable"),
    (_set(*MEMBER, "organisation", 1), "organisation must have 1 to 200 printable"),
    (_set(*MEMBER, "actor_id", "0" * 31), "actor_id must be 16 bytes in hex"),
    (_set(*MEMBER, "spki", ""), "spki must be a SHA-256 in hex"),
    (_set(*MEMBER, "spki", "A" * 64), "spki must be a SHA-256 in hex"),
    (_set(*MEMBER, "ed25519", "AAAA"), "must have 32 bytes"),
    (_set(*MEMBER, "ed25519", 7), "ed25519 must be base64url"),
    (_set(*MEMBER, "ed25519", "A"), "ed25519 must be base64url"),
    (_set(*MEMBER, "ed25519", "B" * 42 + "A" + "="), "ed25519 must be base64url without padding"),
    (_set(*MEMBER, "ed25519", "A" * 42 + "B"), "ed25519 must be base64url without padding"),
    (_set(*MEMBER, "hpke", "key"), "hpke must be an object"),
    (_set(*MEMBER, "hpke", "suite", "AES"), "hpke: unknown HPKE suite"),
    (_set(*MEMBER, "hpke", "public_key", "AAAA"), "hpke: a public key of this suite has 1216 bytes"),
    (_copy_from_first("name"), "a member's name occurs twice"),
    (_copy_from_first("actor_id"), "an actor_id occurs twice"),
    (_copy_from_first("hpke"), "an HPKE public key occurs twice"),
    (_copy_from_first("ed25519"), "an Ed25519 public key occurs twice"),
    (_copy_from_first("spki"), "a certificate key occurs twice"),
    (_set("quorums", []), "at least one quorum"),
    (_set("quorums", [1]), "quorum 1 must be an object"),
    (_drop(*QUORUM, "threshold"), "quorum 1: threshold is missing"),
    (_set(*QUORUM, "name", "."), "quorum 1: name must be"),
    (_set(*QUORUM, "threshold", None), "quorum records: threshold must be a whole number"),
    (_set(*QUORUM, "threshold", 0), "quorum records: threshold must not be 0"),
    (_set(*QUORUM, "threshold", 1), "threshold must be 2 or more"),
    (_set(*QUORUM, "threshold", 3), "needs one custodian more"),
    (_set(*QUORUM, "threshold", 4), "threshold 4 is more than its 3 custodians"),
    (_set(*QUORUM, "custodians", "all"), "custodians must be a list"),
    (_set(*QUORUM, "custodians", []), "threshold 2 is more than its 0 custodians"),
    (_set(*QUORUM, "custodians", [1]), "a custodian must have 1 to 200 printable"),
    (_set(*QUORUM, "custodians", 0, "nobody"), "'nobody' is not a member of the roster"),
    (_set(*QUORUM, "custodians", 0, "auditor-a"), "auditor-a is not a custodian"),
    (_set(*QUORUM, "custodians", 0, "custodian-b"), "a custodian occurs twice"),
    (lambda fields: fields["quorums"].append(fields["quorums"][0]), "a quorum's name occurs twice"),
    (_mixed, "different HPKE suites"),
    (_crowd, "more than 255 custodians"),
    (_set("witness", None), "witness must be an object"),
    (_set("witness", {"threshold": 1}), "witness: witnesses is missing"),
    (_set("witness", {**WITNESS, "threshold": 0}), "threshold must be from 1"),
    (_set("witness", {**WITNESS, "threshold": 2}), "threshold must be from 1"),
    (_set("witness", {**WITNESS, "witnesses": WITNESS["witnesses"] * 2}), "a witness's name occurs twice"),
    (
        _set(
            "witness",
            {**WITNESS, "witnesses": [*WITNESS["witnesses"], {"name": "v", "ed25519": "B" * 42 + "A"}]},
        ),
        "a witness's key occurs twice",
    ),
    (_set("witness", {**WITNESS, "witnesses": [{"name": "w", "ed25519": "AAAA"}]}), "must have 32 bytes"),
    (
        _set("witness", {**WITNESS, "witnesses": [{"name": "a b", "ed25519": "AAAA"}]}),
        "a witness's name must",
    ),
    (
        _set("witness", {**WITNESS, "witnesses": [{"name": "w", "ed25519": WEAK}]}),
        "witness w: ed25519: .* order",
    ),
    (_set("people", 0, "ed25519", WEAK), "member custodian-a: ed25519: .* order"),
    (_set("signatures", {}), "signatures must be a list"),
    (_set("signatures", [1]), "signature 1 must be an object"),
    (_set("signatures", [{"name": "a"}]), "signature 1: signature is missing"),
    (_set("signatures", [{"name": "A", "signature": "A"}]), "signature 1: name must be"),
    (_set("signatures", [{"name": "a", "signature": "AAAA"}]), "signature must have 64 bytes"),
    (_set("signatures", [{"name": "a", "signature": "A" * 86}] * 2), "a signature's name occurs twice"),
]


@pytest.mark.parametrize(("change", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_a_wrong_file_is_refused_with_what_is_wrong(change: Change, why: str) -> None:
    """Every error names the field or the member, and has the published reason."""
    with pytest.raises(RosterError, match=why) as caught:
        roster.parse(_file(change))
    assert caught.value.reason is Reason.ROSTER_INVALID


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a JSON"),
        (b"\xff", "not a JSON"),
        (b"[]", "must be an object"),
        (b"[" * 100_000, "not a JSON"),
        (b'{"version": 1, "version": 2}', "not a JSON"),
        (b'{"version": ' + b"1" * 5000 + b"}", "not a JSON"),
    ],
)
def test_another_file_is_refused(data: bytes, why: str) -> None:
    """A duplicate name could let two readers see different rosters, so the file is refused."""
    with pytest.raises(RosterError, match=why):
        roster.parse(data)


def test_base64url_comes_back() -> None:
    """Bytes are encoded in base64url without padding."""
    assert reading.base64url(b"\xfb\xff") == "-_8"
    assert reading.raw("-_8", "here") == b"\xfb\xff"


def _watched(threshold: int, *keys: bytes, development: bool = False) -> Roster:
    plain = people.roster(development=development)
    policy = WitnessPolicy(threshold, tuple((f"w{at}", key) for at, key in enumerate(keys)))
    return replace(plain, witness=policy)


def test_a_roster_in_force_needs_a_majority_of_witnesses() -> None:
    """Without witnesses, or with half of them, two histories of the log could both look good."""
    keys = [people.signer(f"witness-{at}").public_key().public_bytes_raw() for at in range(4)]
    for threshold, count in ((1, 1), (2, 2), (2, 3), (3, 4)):
        _watched(threshold, *keys[:count]).check_in_force()
    for threshold, count in ((1, 2), (1, 3), (2, 4)):
        with pytest.raises(RosterError, match="more than half"):
            _watched(threshold, *keys[:count]).check_in_force()
        with pytest.raises(RosterError, match="more than half"):
            _watched(threshold, *keys[:count], development=True).check_in_force()
    with pytest.raises(RosterError, match="names no witnesses"):
        people.roster().check_in_force()
    people.roster(development=True).check_in_force()


def test_a_member_of_the_roster_is_no_witness() -> None:
    """A custodian's or the operator's own key cannot cosign for the outside world."""
    operator = people.roster_member("operator", role="operator").ed25519
    with pytest.raises(RosterError, match="cannot be a witness"):
        _watched(1, operator).check_in_force()


def test_a_member_s_certificate_key_is_no_witness() -> None:
    """A member cannot cosign with the Ed25519 key of their own certificate either."""
    key = people.signer("witness").public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    watched = _watched(1, key.public_bytes_raw())
    watched.check_in_force()
    member = replace(watched.people[0], spki=sha256(der).hexdigest())
    with pytest.raises(RosterError, match="cannot be a witness"):
        replace(watched, people=(member, *watched.people[1:])).check_in_force()


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("log.example/idvault", True),
        ("log.example/w1", True),
        ("LOG.example:8443/w1", True),
        ("w1.log.example", True),
        ("w1.log.example./w", True),
        ("log.example.org/w1", False),
        ("blog.example/w1", False),
        ("witness.example/w1", False),
        ("见证人", False),
    ],
)
def test_a_witness_is_not_named_like_the_vault(name: str, refused: bool) -> None:
    """A name under the host of the log's name is the operator's own witness."""
    policy = WitnessPolicy(1, ((name, b"w" * 32),))
    found = replace(people.roster(), witness=policy)
    found.check_apart(origin="", keys=())
    if refused:
        with pytest.raises(RosterError, match="lies under that of the vault"):
            found.check_apart(origin="log.example/idvault", keys=())
    else:
        found.check_apart(origin="log.example/idvault", keys=())
    replace(found, development=True).check_apart(origin="log.example/idvault", keys=(b"w" * 32,))


def test_a_key_of_the_vault_is_no_witness() -> None:
    """The log's key, or another one of the vault, cannot cosign; a roster without witnesses has none."""
    found = _watched(1, b"w" * 32)
    found.check_apart(origin="", keys=(b"v" * 32,))
    with pytest.raises(RosterError, match="'w0': its key is a key of the vault"):
        found.check_apart(origin="", keys=(b"v" * 32, b"w" * 32))
    people.roster().check_apart(origin="log.example", keys=(b"w" * 32,))


def test_fingerprints_are_read_aloud() -> None:
    """Each key has 32 hex digits in groups of four; a TLS key that is not known yet has none."""
    member = people.roster_member("custodian-a")
    shown = member.fingerprints()
    assert list(shown) == ["signing key", "sealing key", "TLS key"]
    assert shown["signing key"] == roster_member.fingerprint(member.ed25519)
    assert shown["TLS key"].replace(" ", "") == member.spki[:32]
    assert {len(text) for text in shown.values()} == {39}
    assert replace(member, spki="").fingerprints()["TLS key"] == ""
