"""The evidence of an opening is checked offline; no forged one passes, not even if its auditor signed it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from idvault_verify import seal
from idvault_verify.attest import payload, record_key
from idvault_verify.attest.disclosure import DecisionTerms, digest
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.app import app
from idvault_verify.disclosure import Verdict
from idvault_verify.offline import record as record_messages
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.evidence.file import EvidenceError, ProofFile
from idvault_verify.registry import RegistryAnswer
from idvault_verify.transparency import log_key
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.v1 import disclosure_pb2, evidence_pb2
from tools.support import builders, merkle, people
from tools.support.chamber import CUSTODIANS, Chamber, chamber, identity, roster_member
from tools.support.databases import Databases
from tools.support.evidence_world import (
    POLICY,
    Forge,
    Opened,
    approval,
    asked_anew,
    both,
    logged_anew,
    opening,
)
from tools.support.log_world import KEY, SIGNER
from tools.support.people import signed
from tools.support.reference import evidence as reference
from tools.support.reference import note as notes
from tools.support.reference.encoding import RefusedError

A, B, C = CUSTODIANS
Message = evidence_pb2.DisclosureEvidence
OTHER = "李四"


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def run(folder: Path, proof: ProofFile | bytes, *options: str) -> Result:
    """Run the command on a proof file."""
    file = folder / "proof.json"
    file.write_bytes(proof if isinstance(proof, bytes) else proof.to_bytes())
    return CliRunner().invoke(app, ["check-evidence", str(file), "--public-key", str(KEY), *options])


def refusal(proof: ProofFile) -> str:
    """Return why evidence is refused, or "" if it verifies."""
    try:
        evidence_check.check(proof, policy=POLICY)
    except EvidenceError as error:
        return error.reason
    return ""


async def test_evidence_proves_the_identity(room: Chamber, tmp_path: Path) -> None:
    """The command says what was opened, by whom and with whose approval, from the file and the log's key."""
    opened = await opening(room)
    result = run(tmp_path, opened.proof)
    own = "check: valid as far as its own roster says"
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (6, own)
    assert "compare its hash" in result.stderr
    result = run(tmp_path, opened.proof, "--json")
    assert (result.exit_code, json.loads(result.stdout)["valid_by_own_roster"]) == (6, True)
    assert "valid" not in json.loads(result.stdout)
    roster = tmp_path / "published.json"
    roster.write_bytes(room.rosters.current.to_bytes())
    result = run(tmp_path, opened.proof, "--roster", str(roster))
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "check: valid")
    result = run(tmp_path, opened.proof, "--roster", str(roster), "--json")
    shown = json.loads(result.stdout)
    assert {
        "real_name": builders.NAME,
        "document_number": builders.NUMBER,
        "registry_outcome": "MATCH",
        "asserted_by": None,
        "auditor": "auditor-a, 示例机构 (synthetic)",
        "approved_by": f"{A}, {B}",
        "quorum": "2 of 3",
        "quorum_custodians": f"{A}, {B}, {C}",
        "record_digest": room.records[opened.proof.terms.account_token].digest().hex(),
        "roster_compared": True,
        "destroy_after": "2027-03-01",
        "valid": True,
    }.items() <= shown.items()
    assert builders.NAME not in repr(evidence_check.check(opened.proof, policy=POLICY))
    assert builders.NAME not in repr(opened.proof)


async def test_no_byte_of_a_proof_file_can_change(room: Chamber) -> None:
    """Every byte is under the auditor's signature, which nobody else can make."""
    opened = await opening(room)
    passed = []
    for at in range(0, len(opened.proof.content), 17):
        try:
            evidence_check.check(opened.flipped(at), policy=POLICY)
        except EvidenceError:
            continue
        passed.append(at)
    assert passed == []
    signature = bytes([opened.proof.signature[0] ^ 1]) + opened.proof.signature[1:]
    assert refusal(replace(opened.proof, signature=signature)) == "SIGNATURE_INVALID"


def other_identity(opened: Opened, *, answer: RegistryAnswer = RegistryAnswer.MATCH) -> Forge:
    """Return a forge that seals another identity with keys of the forger's own."""

    def forge(message: Message) -> None:
        made = replace(opened.payload, identity=replace(opened.payload.named, name=OTHER), answer=answer)
        record = message.record
        info = seal.record_info(
            format_version=1,
            relying_party=record.relying_party,
            account_token=record.account_token,
            record_id=record.record_id,
            quorum_id=record.sealing_quorum_id,
        )
        key = record_key.derive(
            data_key=message.data_key, shred_value=message.shred_value, salt=record.salt, info=info
        )
        record.ciphertext = key.encrypt(nonce=bytes(12), padded=payload.encode(made), info=info)

    return forge


def approvals(*signed_approvals: bytes) -> Forge:
    """Return a forge that replaces the approvals."""

    def forge(message: Message) -> None:
        message.ClearField("signed_approvals")
        message.signed_approvals.extend(signed_approvals)

    return forge


def rosters(*versions: Roster) -> Forge:
    """Return a forge that replaces the roster."""

    def forge(message: Message) -> None:
        message.ClearField("rosters")
        message.rosters.extend(each.to_bytes() for each in versions)

    return forge


def put(**changes: Any) -> Forge:
    """Return a forge that replaces fields of the evidence."""

    def forge(message: Message) -> None:
        for name, value in changes.items():
            if isinstance(value, bytes | str):
                setattr(message, name, value)
            else:
                getattr(message, name).CopyFrom(value)

    return forge


def record(**changes: Any) -> Forge:
    """Return a forge that replaces fields of the record."""

    def forge(message: Message) -> None:
        for name, value in changes.items():
            setattr(message.record, name, value)

    return forge


def entry_forges(opened: Opened) -> dict[str, tuple[Forge, str]]:
    """Return each forge of a service that logs entries again, with the reason of its refusal."""
    return {
        "a request before the settlement": (
            both(other_identity(opened), logged_anew(order=("request", "settlement", "opening"))),
            "OTHER_ENTRY",
        ),
        "an opening before the request": (
            logged_anew(order=("settlement", "opening", "request")),
            "OTHER_ENTRY",
        ),
    }


def forges(opened: Opened, other: Opened, roster: Roster) -> dict[str, tuple[Forge, str]]:
    """Return each forge with the reason of its refusal. other: another opening of the same auditor."""
    own, its = opened.proof.message, other.proof.message
    first, request = own.signed_approvals[0], own.signed_request
    lone = replace(roster, quorums=(people.quorum(threshold=1, suite=roster_member(A).suite),), signatures=())
    return {
        "payload": (other_identity(opened), "OTHER_ENTRY"),
        "data key": (put(data_key=bytes(32)), "RECORD_DAMAGED"),
        "short data key": (put(data_key=b""), "RECORD_DAMAGED"),
        "derived value": (put(shred_value=bytes(32)), "RECORD_DAMAGED"),
        "commitment": (record(commitment=bytes(32)), "OTHER_ENTRY"),
        "quorum of the record": (record(sealing_quorum_id=people.quorum(threshold=1).id), "OTHER_ENTRY"),
        "platform": (record(relying_party="platform-b"), "OTHER_ENTRY"),
        "account": (record(account_token="acct_" + "0" * 26), "OTHER_RECORD"),
        "record of another account": (put(record=its.record), "OTHER_RECORD"),
        "request": (put(signed_request=its.signed_request), "OTHER_RECORD"),
        "settlement": (put(settlement=its.settlement), "OTHER_ENTRY"),
        "claim": (put(settlement_claim_id="0" * 32), "OTHER_ENTRY"),
        "opening": (put(opening=its.opening), "OTHER_ENTRY"),
        "entry of the request": (put(request=its.request), "OTHER_ENTRY"),
        "an entry of another type": (put(request=own.opening), "OTHER_ENTRY"),
        "no entry of the request": (put(request=disclosure_pb2.LoggedEntry()), "OTHER_ENTRY"),
        "checkpoint": (put(checkpoint=its.checkpoint), "NOT_IN_LOG"),
        "one approval": (approvals(first), "APPROVALS_MISSING"),
        "one approval twice": (approvals(first, first), "APPROVALS_MISSING"),
        "another place": (approvals(first, approval(B, 3, request)), "SIGNATURE_INVALID"),
        "an outsider": (approvals(first, approval("mallory", 2, request)), "SIGNATURE_INVALID"),
        "another request's approvals": (approvals(*its.signed_approvals), "OTHER_REQUEST"),
        "noise for an approval": (approvals(b"noise"), "SIGNATURE_INVALID"),
        "no roster": (rosters(), "OTHER_ROSTER"),
        "a roster with a smaller quorum": (rosters(signed(lone, *CUSTODIANS)), "ROSTER_INVALID"),
        **entry_forges(opened),
        "no day": (put(destroy_after_date="never"), "NOT_EVIDENCE"),
    }


async def test_an_auditor_cannot_forge_evidence_either(room: Chamber, tmp_path: Path) -> None:
    """Each change is signed by the auditor, but does not fit what the log and the custodians' keys hold."""
    opened, other = await opening(room), await opening(room)
    assert refusal(opened.forged(lambda _message: None)) == ""
    cases = forges(opened, other, room.rosters.current)
    found = {name: refusal(opened.forged(forge)) for name, (forge, _) in cases.items()}
    assert found == {name: reason for name, (_, reason) in cases.items()}
    text = run(tmp_path, opened.forged(cases["payload"][0]))
    assert (text.exit_code, text.stdout) == (5, "check: OTHER_ENTRY\n")
    assert OTHER not in text.output


async def test_a_third_approval_counts_too(room: Chamber) -> None:
    """A custodian who was not needed is named as well."""
    opened = await opening(room, approving=(A, C))
    said = DecisionTerms(Verdict.APPROVE, digest(opened.proof.message.signed_request), B, 2, bytes(32))
    third = said.canonical() + people.signer(B).sign(said.canonical())
    proof = opened.forged(lambda message: message.signed_approvals.append(third))
    proved = evidence_check.check(proof, policy=POLICY)
    assert [member.name for member in proved.approved_by] == [A, C, B]


async def test_an_auditor_of_the_roster_signs(room: Chamber) -> None:
    """A file that another member signed, or that names a custodian as auditor, is refused."""
    opened = await opening(room)
    content = opened.proof.content
    wrong = proof_file.of(content, identity("auditor-b").sign(proof_file.signed_bytes(content)))
    assert refusal(wrong) == "SIGNATURE_INVALID"

    def forge(message: Message) -> None:
        terms = replace(opened.proof.terms, auditor=A).canonical()
        message.signed_request = terms + identity(A).sign(terms)

    message = Message.FromString(content)
    forge(message)
    forged = message.SerializeToString()
    found = proof_file.of(forged, identity(A).sign(proof_file.signed_bytes(forged)))
    assert refusal(found) == "SIGNATURE_INVALID"


async def test_the_roster_must_be_the_published_one(room: Chamber, tmp_path: Path) -> None:
    """A roster that a forger signed with keys of the forger's own does not follow the published one."""
    opened = await opening(room)
    other = tmp_path / "other.json"
    unsigned = replace(room.rosters.current, people=room.rosters.current.people[:4], signatures=())
    other.write_bytes(signed(unsigned, *CUSTODIANS).to_bytes())
    found = run(tmp_path, opened.proof, "--roster", str(other))
    assert (found.exit_code, found.stdout) == (5, "check: OTHER_ROSTER\n")
    other.write_bytes(unsigned.to_bytes())
    assert run(tmp_path, opened.proof, "--roster", str(other)).stdout == "check: OTHER_ROSTER\n"


async def test_every_version_of_the_file_is_published(room: Chamber, tmp_path: Path) -> None:
    """The attack: M custodians sign a version that nobody publishes, with an auditor and witnesses of theirs.

    Whether the request names it, or it only stands behind the one that is named.
    """
    opened = await opening(room)
    current = room.rosters.current
    private = WitnessPolicy(1, (("private.example/w", merkle.witness("w", seed=9).key.public_key),))
    hidden = signed(replace(current, version=2, witness=private, signatures=()), A, B)
    published = tmp_path / "published.json"
    published.write_bytes(current.to_bytes())
    named = both(rosters(current, hidden), asked_anew(opened, roster_digest=hidden.digest()))
    for forge in (both(named, logged_anew()), rosters(current, hidden)):
        forged = opened.forged(forge)
        found = run(tmp_path, forged, "--roster", str(published))
        assert (found.exit_code, found.stdout) == (5, "check: OTHER_ROSTER\n")
        with pytest.raises(EvidenceError, match=r"version 2 .* newest that was given is 1"):
            evidence_check.check(forged, policy=POLICY, published=[current])
    # Published, or not compared: nothing is wrong with the file itself.
    alone = opened.forged(rosters(current, hidden))
    assert evidence_check.check(alone, policy=POLICY, published=[current, hidden]).is_published
    assert not evidence_check.check(alone, policy=POLICY).is_published
    # An older file is covered by a longer chain.
    assert evidence_check.check(opened.proof, policy=POLICY, published=[current, hidden]).is_published


async def test_a_roster_of_the_forgers_own_is_not_called_valid(room: Chamber, tmp_path: Path) -> None:
    """Without the published roster the verdict says whose word it is; a development roster is refused."""
    opened = await opening(room)
    changed = replace(
        room.rosters.current, people=room.rosters.current.people[:4], witness=None, development=True
    )
    lax = signed(replace(changed, signatures=()), *CUSTODIANS)
    proof = opened.forged(
        both(
            other_identity(opened),
            rosters(lax),
            asked_anew(opened, roster_digest=lax.digest()),
            logged_anew(is_witnessed=False),
        )
    )
    found = run(tmp_path, proof)
    assert (found.exit_code, found.stdout) == (5, "check: DEVELOPMENT_ROSTER\n")
    found = run(tmp_path, proof, "--development")
    own = "check: valid as far as its own roster says"
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (6, own)
    published = tmp_path / "published.json"
    published.write_bytes(room.rosters.current.to_bytes())
    found = run(tmp_path, proof, "--development", "--roster", str(published))
    assert (found.exit_code, found.stdout) == (5, "check: OTHER_ROSTER\n")
    published.write_bytes(lax.to_bytes())
    found = run(tmp_path, proof, "--roster", str(published))
    assert (found.exit_code, found.stdout) == (5, "check: DEVELOPMENT_ROSTER\n")
    assert run(tmp_path, proof, "--development", "--roster", str(published)).exit_code == 0


async def test_the_witnesses_of_the_roster_are_demanded(room: Chamber, tmp_path: Path) -> None:
    """If the roster demands cosignatures, or the caller does, evidence without them is refused."""
    opened = await opening(room)
    witness = merkle.witness("witness.example", seed=2)
    found = run(tmp_path, opened.proof, "--witness", str(witness.key))
    assert (found.exit_code, found.stdout) == (5, "check: LOG_INVALID\n")
    demanding = replace(
        room.rosters.current,
        witness=WitnessPolicy(1, (("witness-a", witness.key.public_key),)),
        signatures=(),
    )
    demanded = signed(demanding, *CUSTODIANS)

    def forge(message: Message) -> None:
        terms = replace(opened.proof.terms, roster_digest=demanded.digest()).canonical()
        message.signed_request = terms + identity("auditor-a").sign(terms)
        del message.rosters[:]
        message.rosters.append(demanded.to_bytes())

    assert refusal(opened.forged(forge)) == "LOG_INVALID"


async def test_evidence_of_a_former_key_of_the_log(room: Chamber, tmp_path: Path) -> None:
    """Who knows the later key checks it with the log's keys, if published or given witnesses cosigned."""
    opened = await opening(room)
    proof, published, keys = (tmp_path / name for name in ("proof.json", "published.json", "log-keys.json"))
    proof.write_bytes(opened.proof.to_bytes())
    published.write_bytes(room.rosters.current.to_bytes())
    later = merkle.signer(KEY.name, seed=7)
    announced = log_key.announce(NoteSigner(KEY, SIGNER.sign), later, signs_from=1_800_000_000)
    keys.write_bytes(log_key.encode([log_key.parse(announced)]))
    known = ["check-evidence", str(proof), "--public-key", str(later.key)]
    chain, roster = ["--log-keys", str(keys)], ["--roster", str(published)]
    found = CliRunner().invoke(app, [*known, *chain, *roster])
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "check: valid")
    given = ["--witness", str(people.WITNESS.key)]
    assert CliRunner().invoke(app, [*known, *chain, *given]).exit_code == 6
    for options in (roster, given, chain, []):
        found = CliRunner().invoke(app, [*known, *options])
        assert (found.exit_code, found.stdout) == (5, "check: LOG_INVALID\n")


async def test_a_former_version_without_witnesses_removes_none(room: Chamber) -> None:
    """A request that names such a version is checked under the next one, which demands them."""
    opened = await opening(room)
    first = signed(replace(room.rosters.current, witness=None, signatures=()), *CUSTODIANS)
    second = signed(replace(room.rosters.current, version=2, signatures=()), *CUSTODIANS)
    chain = roster_chain.verified([first, second])

    def proof(*, is_witnessed: bool, versions: tuple[Roster, ...] = (first, second)) -> ProofFile:
        named = asked_anew(opened, roster_digest=first.digest())
        return opened.forged(both(rosters(*versions), named, logged_anew(is_witnessed=is_witnessed)))

    forged = proof(is_witnessed=False)
    with pytest.raises(EvidenceError) as refused:
        evidence_check.check(forged, policy=POLICY, published=chain)
    assert refused.value.reason == "LOG_INVALID"
    with pytest.raises(RefusedError):
        reference.check_file(forged.to_bytes(), log=notes.parse_key(str(KEY)))
    assert refusal(proof(is_witnessed=False, versions=(first,))) == "LOG_INVALID"
    assert evidence_check.check(proof(is_witnessed=True), policy=POLICY, published=chain).cosigned_by


async def test_a_record_that_is_no_match_proves_nothing(room: Chamber) -> None:
    """Evidence of an identity that the registry did not confirm is refused."""
    opened = await opening(room)
    forge = other_identity(opened, answer=RegistryAnswer.MISMATCH)
    message = Message.FromString(opened.proof.content)
    forge(message)
    record = record_messages.sealed_record(message.record)
    with pytest.raises(EvidenceError) as refused:
        evidence_check._opened(message, record)
    assert refused.value.reason == "NOT_A_MATCH"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"noise", "NOT_EVIDENCE"),
        (b"{}", "NOT_EVIDENCE"),
        (b'{"format": "idvault/evidence/v2"}', "NOT_EVIDENCE"),
        (b'{"format": "idvault/evidence/v2", "evidence": "AA", "signature": "AA"}', "NOT_EVIDENCE"),
        (b'{"format": "idvault/evidence/v2", "evidence": "", "signature": ""}', "NOT_EVIDENCE"),
        (b'{"format": "idvault/sealed-evidence/v2"}', "SEALED"),
        (b'{"format": "idvault/evidence/v1"}', "NOT_EVIDENCE"),
        (b" " * (16 * 1024 * 1024 + 1), "TOO_LONG"),
    ],
    ids=range(8),
)
def test_other_files_are_told(tmp_path: Path, data: bytes, reason: str) -> None:
    """Each has its reason, and exit code 5."""
    found = run(tmp_path, data)
    assert (found.exit_code, found.stdout) == (5, f"check: {reason}\n")


def test_the_message_of_a_record_has_only_what_the_digest_covers() -> None:
    """What nothing binds is left out."""
    message = disclosure_pb2.SealedRecord(present_quorum_id="f" * 64, suite="x", record_id="d" * 32)
    assert record_messages.covered(message) == disclosure_pb2.SealedRecord(record_id="d" * 32)
