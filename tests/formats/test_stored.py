"""What the service stores under its own keys is the same in the reference, or opens both ways."""

from datetime import date
from pathlib import Path

import pytest

from idvault.core import invitation_code
from idvault.sealing.identity import ChainedIndexer, KeyedReferencer
from idvault.sealing.intake import DayIntakeOpener, DayIntakeSealer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import (
    CaseField,
    DayKey,
    Intake,
    SealedModerationText,
    SealedText,
    WaitingIdentity,
)
from idvault.sealing.request import KeyedFingerprinter, KeyedInvitationCoder, KeyedLinkCoder
from idvault.sealing.second_factor import TotpSealer
from idvault.sealing.text import KeyedCaseTextSealer, KeyedModerationTextSealer, KeyedTipOffSecrets
from idvault.tip_off import rules as tip_off_rules
from idvault_verify import secret
from idvault_verify.attest import status_token
from idvault_verify.document import DocumentType
from tests.support.tip_off_world import key_files
from tools.support import builders, people
from tools.support.fakes.keys import MemoryDayKeys
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP
from tools.support.reference import hpke, stored
from tools.support.reference.encoding import RefusedError, crockford, encode
from tools.support.reference.payload import Identity

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
DAY = "2026-03-01T04:00"
CLAIM = "c" * 32
WAITING = Identity("RESIDENT_ID", builders.NUMBER, builders.NAME)
BOUND = {"relying_party": "platform-a", "account_token": builders.TOKEN, "claim_id": CLAIM}
INFO = stored.intake_info("platform-a", builders.TOKEN, CLAIM, DAY)


def provider(folder: Path, purpose: Purpose, version: str = "0") -> LocalKeyProvider:
    return LocalKeyProvider.create(
        folder / "keys",
        keys={purpose: KeySet(version, {version: KEY})},
        passphrase=b"words",
        entropy=CountingEntropy(),
        cost=CHEAP,
    )


@pytest.mark.parametrize("suite", [hpke.X25519, hpke.X_WING])
async def test_waiting_claims_open_both_ways(tmp_path: Path, suite: str) -> None:
    """Header, HPKE message and padded identity, bound to party, account, claim and key."""
    keys = MemoryDayKeys()
    public = hpke.public_key(suite, KEY)
    await keys.publish(DayKey(DAY, suite, public))
    intake = await DayIntakeSealer(store=keys).seal(
        **BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY[:10]
    )
    assert stored.open_intake(intake.ciphertext, private=KEY, info=INFO) == WAITING
    with pytest.raises(RefusedError):
        stored.open_intake(intake.ciphertext, private=KEY, info=INFO + b"x")
    made = Intake(DAY, stored.seal_intake(WAITING, suite=suite, public=public, info=INFO))
    opener = DayIntakeOpener(keys=provider(tmp_path, Purpose.INTAKE, DAY), suite=suite)
    assert opener.open(**BOUND, intake=made) == WaitingIdentity(builders.identity())


def test_case_texts_open_both_ways(tmp_path: Path) -> None:
    """A signed request at rest."""
    sealer = KeyedCaseTextSealer(keys=provider(tmp_path, Purpose.CASE_TEXT), entropy=CountingEntropy())
    sealed = sealer.seal(disclosure_id="d" * 32, text=b"signed request")
    assert stored.open_case_text(KEY, "d" * 32, sealed.data) == b"signed request"
    made = SealedText("0", stored.seal_case_text(KEY, "d" * 32, b"signed request"))
    assert sealer.open(disclosure_id="d" * 32, sealed=made) == b"signed request"
    with pytest.raises(RefusedError):
        stored.open_case_text(KEY, "e" * 32, sealed.data)
    place, signed = ("d" * 32, "custodian-a"), b"signed denial"
    denial = sealer.seal(disclosure_id=place[0], text=signed, custodian=place[1])
    assert stored.open_denial(KEY, *place, denial.data) == signed
    theirs = SealedText("0", stored.seal_denial(KEY, *place, signed))
    assert sealer.open(disclosure_id=place[0], sealed=theirs, custodian=place[1]) == signed


def test_moderation_texts_open_both_ways(tmp_path: Path) -> None:
    """A text of an appeal, under its own data key."""
    keys = provider(tmp_path, Purpose.MODERATION_TEXT)
    sealer = KeyedModerationTextSealer(keys=keys, entropy=CountingEntropy())
    place, parts = CaseField("platform-a", "a" * 32, "text"), ("platform-a", "a" * 32, "text", "0")
    sealed = sealer.seal(place, "申诉 (synthetic)")
    assert stored.open_moderation_text(KEY, parts, sealed.data) == "申诉 (synthetic)"
    made = SealedModerationText("0", stored.seal_moderation_text(KEY, parts, "申诉 (synthetic)"))
    assert sealer.open(place, made) == "申诉 (synthetic)"
    with pytest.raises(RefusedError):
        stored.open_moderation_text(KEY, ("platform-b", *parts[1:]), sealed.data)


def test_second_factors_open_both_ways(tmp_path: Path) -> None:
    """The secret at rest, and the URI that its owner receives."""
    member = people.roster_member("auditor-a", role="auditor")
    sealer = TotpSealer(keys=provider(tmp_path, Purpose.SECOND_FACTOR), entropy=CountingEntropy())
    fresh = sealer.fresh(roster_member=member, request_id="11111111-1111-4111-8111-111111111111")
    secret = stored.open_second_factor({"0": KEY}, member.actor_id, fresh.at_rest)
    info = encode(
        "idvault/second-factor/v1", member.name, member.actor_id, "11111111-1111-4111-8111-111111111111"
    )
    uri = hpke.unseal(member.suite, people.secret("auditor-a", "hpke"), fresh.for_member, info)
    assert uri.startswith(b"otpauth://totp/idvault:auditor-a?secret=")
    made = stored.seal_second_factor(KEY, "0", member.actor_id, secret)
    assert stored.open_second_factor({"0": KEY}, member.actor_id, made) == secret
    assert len(made) == len(fresh.at_rest)
    now = builders.NOW
    assert sealer.match(actor_id=member.actor_id, at_rest=made, code="0", now=now) is None


@pytest.mark.parametrize("versions", [1, 2, 3])
def test_the_index_of_a_person_is_the_same(versions: int) -> None:
    """Index, previous index and the limiter keys of two days."""
    keys = [KEY, OTHER, b"k" * 32][:versions]
    made = ChainedIndexer(
        keys=KeySet(str(versions - 1), {str(at): key for at, key in enumerate(keys)})
    ).person(
        relying_party="platform-a",
        identity=builders.identity(),
        person_id="a" * 32,
        today=date(2026, 3, 1),
    )
    bound = {"relying_party": "platform-a", "document_type": "RESIDENT_ID", "number": builders.NUMBER}
    index, sub_key = stored.person_index(keys, **bound)
    assert made.index == index
    assert made.limiter_key == stored.limiter_key(sub_key, index, "2026-03-01")
    assert made.yesterday_key == stored.limiter_key(sub_key, index, "2026-02-28")
    if versions > 1:
        assert made.others[0] == stored.person_index(keys[:-1], **bound)[0]
    assert DocumentType.RESIDENT_ID.value == bound["document_type"]


def test_keyed_hashes_are_the_same(tmp_path: Path) -> None:
    """Fingerprints, kept ids, references, codes of invitations, secrets of reports, pairwise subjects."""
    fingerprinter = KeyedFingerprinter(key=KEY)
    fields = ((1, "a"), (3, ((1, 1), (2, b""))))
    fingerprint = fingerprinter.fingerprint(method="VerifyIndividual", content=stored.request_content(fields))
    assert fingerprint == stored.fingerprint(KEY, "VerifyIndividual", fields)
    request_id = "11111111-1111-4111-8111-111111111111"
    kept = stored.kept_id(KEY, "platform-a", request_id)
    assert fingerprinter.kept_id(relying_party="platform-a", request_id=request_id) == kept
    references = KeyedReferencer(key=KEY).references(relying_party="platform-a", references=["u-1", "u-2"])
    assert references == [stored.reference(KEY, "platform-a", each) for each in ("u-1", "u-2")]
    code = stored.invitation_code(KEY, builders.TOKEN, "e" * 32, "f" * 32)
    made = KeyedInvitationCoder(key=KEY).code(
        account_token=builders.TOKEN, campaign_id="e" * 32, batch_id="f" * 32
    )
    assert made == code
    hashed = invitation_code.code_hash(account_token=builders.TOKEN, code=code)
    assert hashed == stored.invitation_hash(builders.TOKEN, code)
    secrets = KeyedTipOffSecrets(keys=key_files(tmp_path))
    key = secrets.keys.version(Purpose.TIP_OFF, "0")
    secret = secrets.secret(
        relying_party="platform-a", tip_off_id="a" * 32, request_id=request_id, version=None
    )
    assert secret.digits == stored.tip_off_secret(key, "platform-a", "a" * 32, request_id)
    assert secret.hash == stored.tip_off_proof(key, "platform-a", "a" * 32, secret.digits)
    reporter = secrets.reporter_id(relying_party="platform-a", kind="account", value=builders.TOKEN)
    assert reporter == stored.tip_off_reporter(key, "platform-a", "account", builders.TOKEN)
    assert tip_off_rules.reference_of("a" * 32) == stored.tip_off_reference("a" * 32)
    subject = status_token.subject(key=KEY, audience="https://taxi.example", account_token=builders.TOKEN)
    assert subject == stored.pairwise_subject(KEY, "https://taxi.example", builders.TOKEN)


def test_a_hosted_session_s_secrets_are_the_same() -> None:
    """The link's code, every stored hash, and what is derived from the browser's key."""
    request_id, session_id = "11111111-1111-4111-8111-111111111111", "a" * 32
    code = KeyedLinkCoder(key=KEY).code(relying_party="platform-a", request_id=request_id)
    assert code == stored.session_link_code(KEY, "platform-a", request_id)
    key = secret.make(bytes(range(16)))
    assert secret.link_hash(code) == stored.session_hash("link", code)
    assert secret.browser_hash(key, session_id=session_id) == stored.session_hash("browser", session_id, key)
    bind_code = secret.bind_code(key, session_id=session_id)
    assert bind_code == crockford(stored.session_hash("bind-code", session_id, key)[:16])
    assert secret.bind_hash(bind_code, session_id=session_id) == stored.session_hash(
        "bind", session_id, bind_code
    )
    assert secret.form_token(key) == crockford(stored.session_hash("form", key)[:16])
    made = secret.request_id(key, session_id=session_id, step="agree")
    assert made == stored.session_request_id(session_id, "agree", key)
