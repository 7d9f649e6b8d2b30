"""The worked examples of whole files in docs/formats.md, read by idvault's own code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.processes.witness import key as witness_key
from idvault_verify import seal, secret
from idvault_verify.attest import assertion, hpke, reading
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.registration import Registration
from idvault_verify.offline import erasure
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.offline.report import ReportCheck
from idvault_verify.transparency import log_key
from idvault_verify.transparency.report import parse as parse_report
from tests.formats.test_examples import GIVEN, IDENTITY, START, TOKEN, policy

NOW = datetime.fromtimestamp(START, UTC)


def public(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def test_a_witness_reads_its_key(tmp_path: Path) -> None:
    """The file's key is that of the example's witness."""
    path = tmp_path / "witness.key"
    path.write_text(GIVEN["witness-key"]["file"], "utf-8")
    path.chmod(0o600)
    found = witness_key.load_or_make(path, name=None)
    assert str(found.key) == GIVEN["checkpoint"]["witness's verifier key"]


def test_the_later_key_of_the_log() -> None:
    """Whoever knows the first key follows to the later one; the file is written the same."""
    given = GIVEN["log-keys"]
    changes = log_key.decode(given["file"].encode())
    known = policy().log_keys[0]
    later = log_key.keys_of(known, changes)[-1]
    assert later.public_key == public(given["later private key"])
    assert log_key.encode(changes).decode() == given["file"]


def test_a_registration() -> None:
    """The moderator's key signed it; the file is written the same."""
    given = GIVEN["registration"]
    made = Registration.from_bytes(given["file"].encode())
    assert made.to_bytes().decode() == given["file"]
    assert made.public_key == public(given["private key of the moderator"])
    assert made.paper(now=NOW) == given["signed bytes"] + made.own.signature


def test_the_statement_of_an_epoch() -> None:
    """The custodians' signatures and the former checkpoint verify; the file is written the same."""
    given = GIVEN["epochs"]
    roster = rosters.parse(GIVEN["roster"]["file"].encode())
    listed = epochs.parse(given["file"].encode())
    (found,) = epochs.verified(listed, versions=(roster,), log_key=policy().log_keys[0])
    assert (found.epoch.number, found.epoch.digest) == (2, given["digest"])
    assert listed[0].canonical() == given["signed bytes"]
    assert statements.encode_chain(listed).decode() == given["file"]


def test_the_report(tmp_path: Path) -> None:
    """The example's log confirms it, with the note beside it; the file is written the same."""
    given, files = GIVEN["report"], GIVEN["log-files"]
    (tmp_path / "checkpoint").write_text(GIVEN["checkpoint"]["note"], "utf-8")
    for path in (each for each in files if each.startswith("tile/")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(files[path])
    data = given["file"].encode()
    found = ReportCheck(files=LogFolder(tmp_path), policy=policy()).check(
        data, given["note beside it"].encode()
    )
    assert (found.signed, found.early, found.later) == (True, False, 0)
    assert parse_report(data).to_bytes() == data


def test_the_erasure() -> None:
    """The client accepts the receipt."""
    found = erasure.check(erasure.parse(GIVEN["erasure"]["file"]), policy=policy())
    assert (found.account_token, found.state.value, found.index) == (TOKEN, "REQUESTED", 9)


def test_a_sealed_copy_of_evidence() -> None:
    """It opens with the reader's roster key alone."""
    given = GIVEN["sealed-evidence"]
    fields = reading.document(given["file"].encode())
    info = seal.sealed_evidence_info(
        disclosure_id=fields["disclosure_id"], reader=fields["reader"], destroy_after=fields["destroy_after"]
    )
    opened = hpke.unseal(
        suite=fields["suite"],
        private_key=given["private key of zhao"],
        sealed=reading.raw(fields["sealed"], "sealed"),
        info=info,
    )
    assert opened == given["plaintext"]


def test_a_provider_s_assertion() -> None:
    """The vault accepts it for this session, and the hash that it keeps is as given."""
    given = GIVEN["assertion"]
    session = given["session id"]
    nonce = secret.proof_nonce(given["browser key"], session_id=session, number=given["number of the proof"])
    awaited = assertion.Awaited(
        "https://provider.example",
        public(given["private key of the provider"]),
        "https://vault.example/log",
        secret.proof_session(nonce, session_id=session),
        nonce,
    )
    bound = assertion.binding(session_id=session, nonce=nonce, typed=assertion.Typed(IDENTITY))
    assert bound == given["proof hash"]
    now = NOW + timedelta(seconds=599)
    found = assertion.holder(given["assertion"], awaited, session_id=session, bound=bound, now=now)
    assert found == (assertion.EndedProof(assertion.ProofEnd.CONFIRMED, IDENTITY), False)
