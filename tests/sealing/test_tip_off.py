"""The secrets of reports and the ids of reporters: what they depend on, and what a wrong one leads to."""

from dataclasses import replace
from pathlib import Path

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.text import KeyedTipOffSecrets
from idvault_verify.error import NotFoundError, Reason
from tests.domain.tip_off.test_tip_off import filed
from tests.support.tip_off_world import key_files
from tools.support.fakes.sealing import CountingEntropy

PARTY = "platform-a"


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyProvider:
    """Return the platform edge's keys."""
    return key_files(tmp_path)


@pytest.fixture
def secrets(keys: LocalKeyProvider) -> KeyedTipOffSecrets:
    """Return secrets under them."""
    return KeyedTipOffSecrets(keys=keys)


def test_a_secret_depends_on_all(secrets: KeyedTipOffSecrets) -> None:
    """Platform, report and request each change the 16 digits; the same three give the same ones."""
    given = {"relying_party": PARTY, "tip_off_id": "a" * 32, "request_id": "1"}
    first = secrets.secret(**given, version=None)
    assert first == secrets.secret(**given, version="0")
    assert len(first.digits) == 16
    assert first.digits.isdigit()
    others = [secrets.secret(**{**given, name: "b"}, version=None).digits for name in given]
    assert len({first.digits, *others}) == 4
    assert first.digits not in repr(first)


def test_only_the_secret_proves_a_report(secrets: KeyedTipOffSecrets, keys: LocalKeyProvider) -> None:
    """Under the version of the key that was used; a wrong one is as an unknown report."""
    made = secrets.secret(relying_party=PARTY, tip_off_id="a" * 32, request_id="1", version=None)
    report = filed(secret_hash=made.hash, secret_key=made.key_version)
    keys.put(Purpose.TIP_OFF, "1", bytes(32), primary=True)
    secrets.check(report, secret=made.digits)
    later = secrets.secret(relying_party=PARTY, tip_off_id="a" * 32, request_id="1", version=None)
    assert (later.key_version, later.digits == made.digits) == ("1", False)
    wrong = (
        (report, later.digits),
        (replace(report, tip_off_id="b" * 32), made.digits),
        (replace(report, relying_party="platform-b"), made.digits),
    )
    for one, secret in wrong:
        with pytest.raises(NotFoundError) as refused:
            secrets.check(one, secret=secret)
        assert refused.value.reason is Reason.TIP_OFF_NOT_FOUND


def test_a_reporter_is_recognised(secrets: KeyedTipOffSecrets, keys: LocalKeyProvider) -> None:
    """By account or contact, at one platform, after a new key, too; the id leads back to nothing."""
    first = secrets.reporter_id(relying_party=PARTY, kind="account", value="acct_1")
    keys.put(Purpose.TIP_OFF, "1", bytes(32), primary=True)
    assert secrets.reporter_id(relying_party=PARTY, kind="account", value="acct_1") == first
    others = {
        secrets.reporter_id(relying_party="platform-b", kind="account", value="acct_1"),
        secrets.reporter_id(relying_party=PARTY, kind="contact", value="acct_1"),
        secrets.reporter_id(relying_party=PARTY, kind="account", value="acct_2"),
    }
    assert len(others - {first}) == 3
    assert len(first) == 32


def test_an_old_key_file_is_refused(tmp_path: Path) -> None:
    """The edge does not start with a key file that has no key for reports."""
    sets = key_set.fresh(Holder.SERVICE, entropy=CountingEntropy())
    del sets[Purpose.TIP_OFF]
    old = LocalKeyProvider.create(
        tmp_path / "old.keys", keys=sets, passphrase=b"test", entropy=CountingEntropy()
    )
    with pytest.raises(KeyMissingError):
        KeyedTipOffSecrets(keys=old)
