"""One-time codes: the RFC's vectors, the form at rest, and the member's sealed copy."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.second_factor import TotpSealer
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import UnsealError
from tools.support import people
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "totp.json").read_text("utf-8"))
REQUEST_ID = "00000000-0000-4000-8000-000000000001"
MEMBER = people.roster_member("auditor-a", role="auditor")


class _Entropy(CountingEntropy):
    """Returns the RFC's secret for a request of twenty bytes."""

    def random(self, size: int) -> bytes:
        secret = str(VECTORS["secret_ascii"]).encode()
        return secret if size == len(secret) else super().random(size)


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyProvider:
    entropy = CountingEntropy()
    return LocalKeyProvider.create(
        tmp_path / "custody.keys",
        keys=key_set.fresh(Holder.CUSTODY, entropy=entropy),
        passphrase=b"synthetic",
        entropy=entropy,
        cost=CHEAP,
    )


def _uri(for_member: bytes, *, request_id: str = REQUEST_ID) -> str:
    info = seal.second_factor_info(member=MEMBER.name, actor_id=MEMBER.actor_id, request_id=request_id)
    private_key = people.secret("auditor-a", "hpke")
    return hpke.unseal(suite=MEMBER.suite, private_key=private_key, sealed=for_member, info=info).decode()


@pytest.mark.parametrize(("seconds", "code"), [(v["seconds"], v["code"][-6:]) for v in VECTORS["codes"]])
def test_codes_are_those_of_the_rfc(keys: LocalKeyProvider, seconds: int, code: str) -> None:
    """RFC 6238 appendix B, SHA-1, the last six of its eight digits."""
    sealer = TotpSealer(keys=keys, entropy=_Entropy())
    fresh = sealer.fresh(roster_member=MEMBER, request_id=REQUEST_ID)
    now = datetime.fromtimestamp(seconds, UTC)
    found = sealer.match(actor_id=MEMBER.actor_id, at_rest=fresh.at_rest, code=code, now=now)
    assert found == seconds // 30


def test_the_window_is_one_step_before_and_after(keys: LocalKeyProvider) -> None:
    """The code's step is returned; two steps away the code is wrong."""
    sealer = TotpSealer(keys=keys, entropy=_Entropy())
    fresh = sealer.fresh(roster_member=MEMBER, request_id=REQUEST_ID)
    vector = VECTORS["codes"][1]
    step = vector["seconds"] // 30
    for away, expected in ((-2, None), (-1, step), (0, step), (1, step), (2, None)):
        now = datetime.fromtimestamp((step + away) * 30, UTC)
        code = vector["code"][-6:]
        found = sealer.match(actor_id=MEMBER.actor_id, at_rest=fresh.at_rest, code=code, now=now)
        assert found == expected


def test_only_the_person_reads_the_secret(keys: LocalKeyProvider) -> None:
    """The URI opens only with the member's roster key and this request's id."""
    fresh = TotpSealer(keys=keys, entropy=_Entropy()).fresh(roster_member=MEMBER, request_id=REQUEST_ID)
    uri = urlsplit(_uri(fresh.for_member))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/idvault:auditor-a")
    asked = parse_qs(uri.query)
    assert base64.b32decode(asked["secret"][0]) == str(VECTORS["secret_ascii"]).encode()
    with pytest.raises(UnsealError):
        _uri(fresh.for_member, request_id=REQUEST_ID.replace("1", "2"))
    for shown in (fresh.at_rest, fresh.for_member, repr(fresh).encode()):
        assert str(VECTORS["secret_ascii"]).encode() not in shown


def test_a_stored_secret_is_bound_to_its_person_and_key(keys: LocalKeyProvider, tmp_path: Path) -> None:
    """A swapped, damaged or truncated secret, or another key, does not open."""
    sealer = TotpSealer(keys=keys, entropy=CountingEntropy())
    at_rest = sealer.fresh(roster_member=MEMBER, request_id=REQUEST_ID).at_rest
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def match(stored: bytes, actor_id: str = MEMBER.actor_id) -> None:
        sealer.match(actor_id=actor_id, at_rest=stored, code="000000", now=now)

    match(at_rest)
    with pytest.raises(UnsealError):
        match(at_rest, actor_id="f" * 32)
    for place in range(len(at_rest)):
        with pytest.raises(UnsealError):
            match(at_rest[:place] + bytes([at_rest[place] ^ 1]) + at_rest[place + 1 :])
        with pytest.raises(UnsealError):
            match(at_rest[:place])


def test_a_rotated_key_opens_what_the_former_one_sealed(keys: LocalKeyProvider) -> None:
    """New secrets use the primary version; old ones name theirs."""
    sealer = TotpSealer(keys=keys, entropy=CountingEntropy())
    before = sealer.fresh(roster_member=MEMBER, request_id=REQUEST_ID).at_rest
    keys.put(Purpose.SECOND_FACTOR, "1", b"k" * 32, primary=True)
    after = sealer.fresh(roster_member=MEMBER, request_id=REQUEST_ID).at_rest
    assert (before[2:3], after[2:3]) == (b"0", b"1")
    for stored in (before, after):
        sealer.match(
            actor_id=MEMBER.actor_id, at_rest=stored, code="000000", now=datetime(2026, 3, 1, tzinfo=UTC)
        )


def test_a_key_file_of_an_older_version_is_completed(tmp_path: Path) -> None:
    """Missing purposes are added, and existing keys are kept."""
    entropy = CountingEntropy()
    older = {Purpose.PERSON_REQUEST: key_set.KeySet("0", {"0": b"r" * 32})}
    path = tmp_path / "custody.keys"
    LocalKeyProvider.create(path, keys=older, passphrase=b"synthetic", entropy=entropy, cost=CHEAP)
    provider = LocalKeyProvider.load(path, passphrase=b"synthetic", entropy=entropy)
    provider.complete(key_set.fresh(Holder.CUSTODY, entropy=entropy))
    again = LocalKeyProvider.load(path, passphrase=b"synthetic", entropy=entropy)
    assert again.primary(Purpose.PERSON_REQUEST) == b"r" * 32
    made = again.primary(Purpose.SECOND_FACTOR)
    written = path.read_bytes()
    again.complete(key_set.fresh(Holder.CUSTODY, entropy=entropy))
    assert path.read_bytes() == written
    assert again.primary(Purpose.SECOND_FACTOR) == made
