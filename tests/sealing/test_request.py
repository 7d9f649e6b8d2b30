"""Recognising a request."""

import hmac
from pathlib import Path

from idvault.core import request
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import UsedVersions
from idvault.sealing.request import (
    CurrentFingerprinter,
    CurrentInvitationCoder,
    CurrentLinkCoder,
    KeyedFingerprinter,
    KeyedInvitationCoder,
    KeyedLinkCoder,
    RequestKeys,
)
from idvault_verify import seal
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

KEY = b"k" * 32


def test_a_fingerprint_is_the_keyed_hash_of_the_design() -> None:
    """It hashes method and content in the common encoding, under the request key."""
    made = KeyedFingerprinter(key=KEY).fingerprint(method="/m", content=b"content")
    assert made == hmac.digest(KEY, seal.encode("idvault/request/v2", "/m", b"content"), "sha256")


def test_another_key_method_or_content_makes_another_fingerprint() -> None:
    """Nothing moves between method and content."""
    ours, theirs = KeyedFingerprinter(key=KEY), KeyedFingerprinter(key=b"o" * 32)
    made = [
        ours.fingerprint(method="/m", content=builders.content("a", "b")),
        ours.fingerprint(method="/n", content=builders.content("a", "b")),
        ours.fingerprint(method="/m", content=builders.content("ab", "")),
        ours.fingerprint(method="/m", content=builders.content("a", "b", "")),
        theirs.fingerprint(method="/m", content=builders.content("a", "b")),
    ]
    assert len(set(made)) == len(made)
    assert made[0] == KeyedFingerprinter(key=KEY).fingerprint(method="/m", content=builders.content("a", "b"))


def test_a_kept_id_is_a_uuid_that_does_not_show_the_request_id() -> None:
    """It is stable, differs by relying party, id and key, and never equals the id."""
    asked = "0b6f8b1c-8f6a-4f2e-9d1f-1d1a4c7f3a10"
    ours, theirs = KeyedFingerprinter(key=KEY), KeyedFingerprinter(key=b"o" * 32)
    made = [
        asked,
        ours.kept_id(relying_party="platform-a", request_id=asked),
        ours.kept_id(relying_party="platform-b", request_id=asked),
        ours.kept_id(relying_party="platform-a", request_id=asked.replace("0b6f", "0b60")),
        theirs.kept_id(relying_party="platform-a", request_id=asked),
    ]
    assert len(set(made)) == len(made)
    assert made[1] == KeyedFingerprinter(key=KEY).kept_id(relying_party="platform-a", request_id=asked)
    assert all(request.check_id(one) == one for one in made)


def test_a_key_that_was_never_rotated_has_no_former_one(tmp_path: Path) -> None:
    """Then a request has one id and one fingerprint."""
    keys = LocalKeyProvider.create(
        tmp_path / "keys",
        keys={Purpose.REQUEST: KeySet("0", {"0": KEY})},
        passphrase=b"p",
        entropy=CountingEntropy(),
        cost=CHEAP,
    )
    held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)
    assert (held.others(), CurrentFingerprinter(keys=held).former()) == ([], [])
    assert KeyedFingerprinter(key=KEY).former() == ()


def test_a_call_uses_the_key_that_it_was_found_under(tmp_path: Path) -> None:
    """The version in use, or that of the request which the call repeats; every derived value follows."""
    sets = {Purpose.REQUEST: KeySet("0", {"0": KEY, "1": b"n" * 32})}
    keys = LocalKeyProvider.create(
        tmp_path / "keys", keys=sets, passphrase=b"p", entropy=CountingEntropy(), cost=CHEAP
    )
    keys.use({"request": UsedVersions(1, frozenset())})
    held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)

    def derived() -> list[object]:
        asked = {"relying_party": "platform-a", "request_id": "1"}
        batch = {"account_token": "t", "campaign_id": "c", "batch_id": "b"}
        made = CurrentFingerprinter(keys=held)
        return [
            made.kept_id(**asked),
            made.fingerprint(method="/m", content=builders.content("a")),
            CurrentLinkCoder(current=lambda: held.current).code(**asked),
            CurrentInvitationCoder(current=lambda: held.current).code(**batch),
        ]

    def expected(key: bytes) -> list[object]:
        asked = {"relying_party": "platform-a", "request_id": "1"}
        return [
            KeyedFingerprinter(key=key).kept_id(**asked),
            KeyedFingerprinter(key=key).fingerprint(method="/m", content=builders.content("a")),
            KeyedLinkCoder(key=key).code(**asked),
            KeyedInvitationCoder(key=key).code(account_token="t", campaign_id="c", batch_id="b"),
        ]

    def former() -> list[bytes]:
        return [each.key for each in CurrentFingerprinter(keys=held).former()]

    assert [version for version, _ in held.others()] == ["0"]
    assert former() == [KEY]
    assert derived() == expected(b"n" * 32)
    with held.under("0"):
        assert derived() == expected(KEY)
        assert former() == []
    assert derived() == expected(b"n" * 32)
